"""`main`: the outermost line, where every error becomes a message, a hint and an exit code."""

import errno
import gc
import sys
from collections.abc import Sequence
from typing import Final

from distill.cli.console import Console
from distill.cli.parser import build_parser
from distill.errors import EXIT_INTERNAL, EXIT_NO_ROOM, DistillError

#: Python looks for cycles of objects when so many were made (by itself, 700): imports make a
#: hundred thousand that stay, and what is read of logs holds none.
_MADE_BETWEEN_LOOKS: Final = 10_000
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    gc.set_threshold(_MADE_BETWEEN_LOOKS)
    words = sys.argv[1:] if arguments is None else arguments
    options = build_parser(words[0] if words else None).parse_args(words)
    console = Console(quiet=options.quiet, verbose=options.verbose, as_json=options.json)
    try:
        code: int = options.run(options, console)
    except DistillError as error:
        if options.verbose:
            _print_trace()
        console.error(error.message, error.hint, error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        console.error("interrupted", "what was published before is untouched", 130)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_INTERNAL
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes a message
        if options.verbose:
            _print_trace()
        return _unforeseen(error, console)
    return code


def _unforeseen(error: Exception, console: Console) -> int:
    """Tell of what the system refuses, or of a bug, and return the exit code."""
    if isinstance(error, OSError):
        from distill.receipts.locks import DENIED, denied  # noqa: PLC0415 - few need it

        if error.errno in _NO_ROOM:
            where = "" if error.filename is None else f" at {error.filename}"
            hint = "make room and run it again: nothing half-made was left"
            console.error(f"{error.strerror}{where}", hint, EXIT_NO_ROOM)
            return EXIT_NO_ROOM
        if error.errno in DENIED:
            told = denied(error)
            console.error(told.message, told.hint, told.exit_code)
            return told.exit_code
    console.error(
        f"a bug in Distill: {type(error).__name__}: {error}",
        "run again with -v and report what it prints",
        EXIT_INTERNAL,
    )
    return EXIT_INTERNAL


def _print_trace() -> None:
    import traceback  # noqa: PLC0415 - a command that goes well needs none

    traceback.print_exc()
