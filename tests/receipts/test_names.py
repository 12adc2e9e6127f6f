"""The engine's public names are what they say, whatever was imported before."""

import subprocess
import sys

import distill.receipts

CHECK = """
import importlib
import pkgutil
from types import ModuleType

import distill.receipts as engine

for one in pkgutil.walk_packages(engine.__path__, "distill.receipts."):
    importlib.import_module(one.name)
print([name for name in engine.__all__ if isinstance(getattr(engine, name), ModuleType)])
"""


def test_no_module_hides_a_name() -> None:
    """Who imported a module of the engine still gets the function of the same name."""
    assert "side_by_side" in distill.receipts.__all__
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
