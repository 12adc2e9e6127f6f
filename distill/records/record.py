"""The base of every value that is a line of a file, or a part of one: frozen, written in C.

Settings and a user's input are pydantic models (`distill.records.frozen`): they must be explained
to people. Lines are ours. They are read by the million, so they are msgspec structs: making one
checks nothing, reading one checks every type, and a field that is not known is refused.
"""

import re
from functools import cache
from typing import Any, Final, Self, TypeVar

import msgspec

#: Part of msgspec's message → our name for the fault, in order; the first that fits is taken.
_FAULTS: Final = (
    ("contains unknown field", "extra_forbidden"),
    ("missing required field", "missing"),
    ("Invalid enum value", "enum"),
    ("matching regex", "pattern"),
    ("of length >=", "too_short"),
    ("Expected", "type"),
    ("out of range", "range"),
)
_PLACE: Final = re.compile(r" - at `\$?(.*)`\Z", re.DOTALL)
_NAMED_FIELD: Final = re.compile(r"(?:unknown|required) field `(.*?)`", re.DOTALL)
_STEP: Final = re.compile(r"\[(\d+|\.\.\.)\]|\.([^.\[]+)")
_MAX_SHOWN: Final = 60

R = TypeVar("R", bound="Record")

_ENCODER: Final = msgspec.json.Encoder()


class LineError(ValueError):
    """Bytes that are no such record: ``form`` names the record, the text place and fault.

    The text quotes no value, so that it may stand in a quarantine row. ``is_json`` is false where
    the bytes are no JSON at all.
    """

    def __init__(self, form: str, fault: str, *, is_json: bool = True) -> None:
        super().__init__(fault)
        self.form = form
        self.is_json = is_json


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that can't change. What it is made of is checked where it is read.

    Every class gives ``frozen=True, kw_only=True`` again, which type checkers ask for.
    """

    def to_line(self) -> bytes:
        """Return the value as one JSON line, newline included, fields in the order of the class.

        Law: ``type(self).from_line(self.to_line()) == self``; the bytes depend on the value alone.

        Raises:
            ValueError: a text holds half of a surrogate pair.
        """
        # Of anything but a list msgspec (0.22) leaves an iterator behind in memory, at every call.
        return _ENCODER.encode_lines([self])

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Return the value that `to_line` wrote.

        Raises:
            LineError: the line is not such a value.
        """
        try:
            found: Self = _decoder(cls).decode(line)
        except (ValueError, RecursionError) as error:
            raise _explained(cls, error) from error
        return found

    def changed(self, **fields: Any) -> Self:
        """Return the value with these fields in the place of its own."""
        return msgspec.structs.replace(self, **fields)

    def as_json(self) -> dict[str, Any]:
        """Return the value as JSON values; arrays are tuples where the value has tuples."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def encode(value: Any) -> bytes:
    """Return records, and JSON values that hold records, as compact JSON in UTF-8.

    Keys stand in the order of their object. A number that is not finite is written as null: no
    record holds one.

    Raises:
        ValueError: a text holds half of a surrogate pair.
    """
    return _ENCODER.encode(value)


def read_list(cls: type[R], content: bytes) -> list[R]:
    """Return the records of a JSON array that `encode` wrote.

    Raises:
        LineError: it holds something else.
    """
    try:
        found: list[R] = _decoder(list[cls]).decode(content)  # type: ignore[valid-type]
    except (ValueError, RecursionError) as error:
        raise _explained(cls, error) from error
    return found


@cache
def _decoder(cls: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)


def _explained(cls: type[Any], error: Exception) -> LineError:
    if isinstance(error, RecursionError):
        return LineError(cls.__name__, "nested too deep", is_json=False)
    if not isinstance(error, msgspec.ValidationError):
        return LineError(cls.__name__, "is no JSON", is_json=False)
    text = str(error)
    place = _PLACE.search(text)
    steps = [one[1] or one[2] for one in _STEP.finditer(place[1])] if place else []
    message = text[: place.start()] if place else text
    named = _NAMED_FIELD.search(message)
    steps += [named[1][:_MAX_SHOWN]] if named else []
    fault = next((fault for part, fault in _FAULTS if part in message), message)
    return LineError(cls.__name__, f"/{'/'.join(steps)}: {fault}")
