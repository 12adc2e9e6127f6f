"""The one root of errors: who is at fault, what to do, and the exit code that says so.

Every error that a user can meet is a `DistillError`: a message that names the place (file, line,
key) and a hint that says what to do next. The children stand for who is at fault. The command
line maps them to exit codes here and nowhere else.
"""

from collections.abc import Iterable
from typing import ClassVar

EXIT_OK = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_SOURCE = 3
EXIT_CONTRACT = 4
EXIT_NO_VERDICT = 5
EXIT_NO_ROOM = 6
EXIT_TAMPERED = 10
EXIT_INCOMPLETE = 11

EXIT_CODES: dict[int, str] = {
    EXIT_OK: "done, or sound",
    EXIT_INTERNAL: "a bug in Distill",
    EXIT_USAGE: "wrong usage or configuration",
    EXIT_SOURCE: "a source can't be read, or changed while it was read",
    EXIT_CONTRACT: "a stage broke its contract: counts that don't add up, a failed check",
    EXIT_NO_VERDICT: "the run ended, but no SFT row came out because no run has a verdict",
    EXIT_NO_ROOM: "a disk is full, or a file may not become as long as it must",
    EXIT_TAMPERED: "verify found something changed, missing or added; reproduce got other bytes",
    EXIT_INCOMPLETE: "verify, reproduce, diff or recall could not check something",
}


class DistillError(Exception):
    """An error that a person can act on: what is wrong and where, and what to do."""

    exit_code: ClassVar[int] = EXIT_INTERNAL

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")  # a traceback shows it, where the library is called


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word nearest to ``word``, or all of them."""
    from difflib import get_close_matches  # noqa: PLC0415 - few are misspelt

    known = sorted(known)
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'}"


class ConfigurationError(DistillError):
    """`distill.toml`, a flag or an argument is wrong; the user mends it."""

    exit_code = EXIT_USAGE


class SourceError(DistillError):
    """A log can't be read as what it claims to be, or changed while it was read."""

    exit_code = EXIT_SOURCE


class ContractError(DistillError):
    """A stage broke its contract: its outputs, counts or parameters are not what they must be."""

    exit_code = EXIT_CONTRACT


class CodeStateError(DistillError):
    """The running code can't be read or identified."""

    exit_code = EXIT_CONTRACT


class VerificationError(DistillError):
    """A receipt, or bytes that a receipt names, are not what was written."""

    exit_code = EXIT_TAMPERED


class IncompleteError(DistillError):
    """Bytes that the answer needs are gone, though nothing is known to be wrong."""

    exit_code = EXIT_INCOMPLETE
