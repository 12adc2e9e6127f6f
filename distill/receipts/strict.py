"""Reading one JSON value strictly: it is of its type to the letter, or it is refused by its place.

Every function takes the value and where it stands, in words that begin the refusal's sentence
("the receipt's claim.stage").

Raises:
    VerificationError: by all of them.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn, TypeVar, get_args

from distill.errors import VerificationError
from distill.receipts.canonical import MAX_INTEGER, Json
from distill.receipts.digest import Digest, Sha256
from distill.receipts.paths import fault_in
from distill.receipts.report import Counts
from distill.receipts.targets import STAGE_NAME

HEX_256 = re.compile(r"[0-9a-f]{64}")
GIT_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
FUNCTION = re.compile(r"[^\x00-\x1f]+:[^:\x00-\x1f]+")
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_MAX_SHOWN = 60  # characters of a key that a place shows

T = TypeVar("T")
Read = Callable[[Any, str], T]


def refuse(where: str, what: str) -> NoReturn:
    """Refuse a file for what stands at a place of it."""
    raise VerificationError(f"{where} {what}")


def object_of(value: object, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return an object that has exactly the named fields."""
    if not isinstance(value, dict):
        refuse(where, "is no object")
    missing = [name for name in names if name not in value]
    unknown = [name for name in value if name not in names]
    if missing:
        refuse(where, f"lacks the field {missing[0]!r}")
    if unknown:
        refuse(where, f"has the unknown field {unknown[0][:_MAX_SHOWN]!r}")
    return value


def text(value: Any, where: str) -> str:
    """Return a string."""
    if not isinstance(value, str):
        refuse(where, "is no string")
    return value


def count(value: Any, where: str) -> int:
    """Return an integer from 0 to 2**53 - 1."""
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(where, "is no integer")
    if not 0 <= value <= MAX_INTEGER:
        refuse(where, f"is not between 0 and {MAX_INTEGER}")
    return value


def truth(value: Any, where: str) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        refuse(where, "is neither true nor false")
    return value


def matching(pattern: re.Pattern[str], meaning: str) -> Read[str]:
    """Return a reader of strings of one pattern, whose meaning the refusal tells."""

    def read(value: Any, where: str) -> str:
        if not pattern.fullmatch(text(value, where)):
            refuse(where, f"is no {meaning}")
        return str(value)

    return read


hex_256 = matching(HEX_256, "digest of 64 lower-case hexadecimal digits")
git_object = matching(GIT_OBJECT, "git object id")
function = matching(FUNCTION, "function like package.module:name")
stage = matching(STAGE_NAME, "name of a stage")
run_id = matching(RUN_ID, "name of a run")


def is_instant(value: str) -> bool:
    """Whether a text is a moment of the calendar, as ``2026-01-31T08:00:00.000Z``."""
    if not INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def instant(value: Any, where: str) -> str:
    """Return a moment as a text."""
    if not is_instant(text(value, where)):
        refuse(where, "is no UTC time like 2026-01-31T08:00:00.000Z")
    return str(value)


def digest(value: Any, where: str) -> Digest:
    """Return a BLAKE3 digest."""
    return Digest(hex_256(value, where))


def sha256(value: Any, where: str) -> Sha256:
    """Return a SHA-256 digest or an RFC 6962 root."""
    return Sha256(hex_256(value, where))


def path(value: Any, where: str) -> str:
    """Return a recorded path without fault."""
    fault = fault_in(text(value, where))
    if fault is not None:
        refuse(where, f"{value[:200]!r} is refused: {fault}")
    return str(value)


def member_of(alias: object) -> Read[Any]:
    """Return a reader of the members of a Literal."""
    members = get_args(alias)

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, str) or value not in members:
            refuse(where, f"is none of {', '.join(members)}")
        return value

    return read


def optional(value: Any, where: str, read: Read[T]) -> T | None:
    """Return null, or what the reader reads."""
    return None if value is None else read(value, where)


def list_of(value: Any, where: str, read: Read[T]) -> tuple[T, ...]:
    """Return a list, each item read."""
    if not isinstance(value, list):
        refuse(where, "is no list")
    return tuple(read(item, f"{where}[{index}]") for index, item in enumerate(value))


def map_of(value: Any, where: str, read: Read[T]) -> dict[str, T]:
    """Return an object with any keys, each value read."""
    if not isinstance(value, dict):
        refuse(where, "is no object")
    return {key: read(item, f"{where}.{key[:_MAX_SHOWN]}") for key, item in value.items()}


def counts(value: Any, where: str) -> Counts:
    """Return counts: an object that nests and ends in counts."""

    def nested(item: Any, place: str) -> "int | Counts":
        return counts(item, place) if isinstance(item, dict) else count(item, place)

    return map_of(value, where, nested)


def any_json(value: Any, _where: str) -> Json:
    """Return any JSON."""
    found: Json = value
    return found
