"""The environment of a stage: Python's minor version and the distributions that it imports."""

import sys
from collections.abc import Iterable

from distill.receipts.installed import ENGINE, installed
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
    return Environment(f"{sys.version_info.major}.{sys.version_info.minor}", versions)
