"""The environment of a stage: Python's minor version and the distributions that it imports.

``python -O`` leaves out asserts and sets ``__debug__``, ``-OO`` leaves out docstrings too: the same
files are other code then, and the version is told with the option.
"""

import sys
from collections.abc import Iterable

from distill.receipts.code.installed import ENGINE, installed
from distill.receipts.receipt import Environment
from distill.receipts.stat_cache import StatCache


def environment_of(foreign: Iterable[str], cache: StatCache | None = None) -> Environment:
    """Return the environment that code sees which imports these top-level names.

    The engine's own distribution always counts. A name that nothing installed provides counts once
    something does.
    """
    here = installed(StatCache() if cache is None else cache)
    names = {ENGINE} | {name for top in foreign for name in here.names.get(top, ())}
    versions = {name: here.versions[name] for name in sorted(names) if name in here.versions}
    return Environment(_python(), versions)


def _python() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    optimize = sys.flags.optimize
    return f"{version} -{'O' * optimize}" if optimize else version
