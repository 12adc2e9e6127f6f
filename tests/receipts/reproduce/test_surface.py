"""What another commit's engine is asked for is small, and stays as it is."""

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from distill.errors import IncompleteError
from distill.receipts.reproduce import Options, surface
from tests.receipts.reproduce.project import REPOSITORY, Mine

SURFACE = {
    "look": ["function"],
    "record": ["value"],
    "run": ["stage", "args", "kwargs"],
}
CHILD = ("driver.py", "restoring.py")


def test_the_surface() -> None:
    """These functions are called by drivers of every later version: none may go or change."""
    for name, parameters in SURFACE.items():
        assert list(inspect.signature(getattr(surface, name)).parameters) == parameters
    looked = surface.look(surface.record)
    assert set(looked) == {"files", "python", "distributions"}
    assert surface.record(0.5) == [{"float": "0.5"}]
    assert surface.record(Path()) == []


@pytest.mark.parametrize("name", CHILD)
def test_the_driver_needs_the_standard_library_alone(name: str) -> None:
    """It runs beside an engine that may lack anything."""
    path = REPOSITORY / "distill/receipts/reproduce" / name
    program = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('child', {str(path)!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "sys.modules['child'] = module\n"
        "spec.loader.exec_module(module)\n"
        "tops = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(sorted(tops - {'child', '__main__', '__mp_main__'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_engine_that_is_too_old(mine: Mine, tmp_path: Path) -> None:
    """A commit from before there was a surface is said to be so."""
    old = tmp_path / "old"
    ignore = shutil.ignore_patterns("__pycache__", "reproduce")
    shutil.copytree(REPOSITORY / "distill", old / "distill", ignore=ignore)
    shutil.copytree(mine.root / "mine", old / "mine")
    (mine.root / ".git").rename(mine.root / "no-git")
    (mine.root / "mine").rename(mine.root / "not-mine")
    with pytest.raises(IncompleteError, match=r"too old to be asked[\s\S]*ModuleNotFoundError"):
        mine.reproduce("up", Options(code=old))
