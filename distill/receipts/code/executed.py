"""What this process executed of modules' files, and what the files were at that moment.

Python tells of every module that it executes (`sys.addaudithook`, the event ``exec``), be it by an
import, a reload or a script that runs another. From the import of this module on, all that are not
installed are noted. Of those that were executed before, the ones that are at work on importing this
one are noted, by their frames; the others by their source, if it is older than this process.
"""

import os
import sys
from types import CodeType, FrameType, ModuleType
from typing import Final, NamedTuple

from distill.receipts.clock import moment_ns, process_began_ns
from distill.receipts.code.modules import is_installed
from distill.receipts.identities import identity_text

_RACY_NS: Final = 2_000_000_000  # as in the stat cache
_OWN: Final = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")) + "/"  # noqa: PTH100, PTH118, PTH120


class Executed(NamedTuple):
    """The code of a module, and its file's identity when it was executed.

    ``is_settled``: had the file been written to since it was read, another identity would show it.
    """

    code: CodeType
    identity: str
    is_settled: bool


#: By the file's path. It outlives calls on purpose, as the modules do; a reload replaces it.
executed: Final[dict[str, Executed]] = {}

#: What was loaded before, and had not been written to since the process began, by the file's path.
sources_before: Final[dict[str, bytes]] = {}

#: Before it, this process had read no code of the user's.
BEGAN_NS: Final = process_began_ns()


def is_foreign(place: str) -> bool:
    """Whether a file is none of the user's: installed, of Python, or no file at all."""
    return place[:1] == "<" or is_installed(place)


def _note(code: CodeType, *, is_beginning: bool) -> None:
    place = code.co_filename
    if is_foreign(place):
        return
    place = os.path.abspath(place)  # noqa: PTH100 - a text
    try:
        status = os.stat(place)  # noqa: PTH116
    except (OSError, ValueError):
        executed[place] = Executed(code, "", is_settled=False)
        return
    written_ns = max(status.st_mtime_ns, status.st_ctime_ns)
    is_settled = is_beginning and written_ns + _RACY_NS < moment_ns()
    executed[place] = Executed(code, identity_text(status), is_settled)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "exec":
        code = arguments[0]
        if isinstance(code, CodeType) and code.co_name == "<module>":
            _note(code, is_beginning=True)


def _note_those_at_work() -> None:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            _note(frame.f_code, is_beginning=False)
        frame = frame.f_back


def _note_those_before() -> None:
    for module in tuple(sys.modules.values()):
        place = vars(module).get("__file__") if isinstance(module, ModuleType) else None
        if not isinstance(place, str) or is_foreign(place) or place.startswith(_OWN):
            continue
        place = os.path.abspath(place)  # noqa: PTH100
        try:
            status = os.stat(place)  # noqa: PTH116
            if max(status.st_mtime_ns, status.st_ctime_ns) < BEGAN_NS and place.endswith(".py"):
                with open(place, "rb") as file:  # noqa: PTH123
                    sources_before[place] = file.read()
        except OSError:
            continue


_note_those_at_work()
_note_those_before()
sys.addaudithook(_hook)
#: Of modules that were loaded before it and are not noted there is nothing but their functions.
LISTENING_NS: Final = moment_ns()
