"""Who opens a file: Python's import system, what shows sources, or the stage; and what can be read.

Told by the frame that opens it, whatever the file is called: a ``.py`` file may be a table that is
executed as text, and a script needs no suffix.
"""

import os
import sys
from collections.abc import Callable, Iterator
from stat import S_ISDIR
from types import FrameType
from typing import Final, Literal

Opener = Literal["import", "display", "stage"]

#: What says which distributions are installed, wherever it lies: the key knows their versions.
SAYS_WHAT_IS_INSTALLED: Final = (".dist-info", ".egg-info")
#: What stands between the one who wants a file and the call that opens it.
_PLUMBING: Final = frozenset(["tokenize", "pathlib", "pathlib._local"])
_IMPORTS: Final = frozenset(
    ["importlib._bootstrap", "importlib._bootstrap_external", "_pytest.assertion.rewrite"]
)
_LINES: Final = "linecache"
#: Packages that show the sources of what runs, or measure it.
_TOOLS: Final = frozenset(
    ["coverage", "debugpy", "pdb", "pydevd", "_pydevd_bundle", "_pydev_bundle"]
)


def opener(is_first_party: Callable[[str], bool]) -> Opener:
    """Return who is opening a file, by the frames above the module that asks.

    ``linecache`` shows lines to tracebacks, warnings, ``inspect`` and debuggers; where the code of
    a file that ``is_first_party`` asks it, it reads the file for the stage.
    """
    frames = _frames_above(sys._getframe(1))
    names = ((_name(frame), frame) for frame in frames)
    name, _ = next((one for one in names if one[0] not in _PLUMBING), ("", None))
    if name in _IMPORTS:
        return "import"
    if name == _LINES:
        asks = next((frame for other, frame in names if other != _LINES), None)
        is_shown = asks is None or not is_first_party(asks.f_code.co_filename)
        return "display" if is_shown else "stage"
    return "display" if name.partition(".")[0] in _TOOLS else "stage"


def source_of_bytecode(place: str) -> str:
    """Return the source that a bytecode file stands for, or the place itself if it is none.

    Where it lies: https://docs.python.org/3/library/importlib.html#importlib.util.cache_from_source.
    A tool may add to the tag, as pytest does for modules whose assertions it rewrote.
    """
    folder, _, name = place.rpartition("/")
    stem, tag, _ = name.partition(f".{sys.implementation.cache_tag}")
    if not tag or not name.endswith(".pyc"):
        return place
    prefix = sys.pycache_prefix and os.path.abspath(sys.pycache_prefix)  # noqa: PTH100 - texts
    if prefix and folder.startswith(f"{prefix}/"):
        return f"{folder[len(prefix) :]}/{stem}.py"
    above, _, last = folder.rpartition("/")
    return f"{above}/{stem}.py" if last == "__pycache__" else place


def size_of(place: str) -> int | None:
    """Return how long a file is; null if there is none, or if it is a folder, which holds names."""
    try:
        status = os.stat(place)  # noqa: PTH116 - a text
    except (OSError, ValueError):
        return None
    return None if S_ISDIR(status.st_mode) else status.st_size


def reads(flags: object, size: int) -> bool:
    """Whether what a file holds can be read. A lock, which may be missing, is there and empty."""
    if not isinstance(flags, int):
        return True
    return flags & os.O_ACCMODE != os.O_WRONLY and not (flags & os.O_CREAT and size == 0)


def _frames_above(frame: FrameType) -> Iterator[FrameType]:
    """Yield the frames outside of the module that a frame belongs to, the nearest first."""
    asking, one = frame.f_globals, frame.f_back
    while one is not None:
        if one.f_globals is not asking:
            yield one
        one = one.f_back


def _name(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
