"""The user's function of a record or of a group, called with what it asks for.

A record is given as its bytes (``record: bytes``, no newline) or, under any other annotation, as
the JSON value that they hold. What comes out is a record (bytes: one line, no newline; or a JSON
object, which is written compactly in UTF-8), or an iterable of records, among which a JSON array or
number may be too. None is no record. A text is refused: it may be meant as a line or as a value.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

from distill.errors import ContractError, DistillError, SourceError

PLACE: Final = "place"
_NO_RECORD: Final = (str, bytearray, memoryview)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies: its file's recorded path, line from 1, and bytes without the newline."""

    path: str
    line: int
    start: int
    end: int


class Where(NamedTuple):
    """A place that nobody may ask for, which costs less to make."""

    path: str
    line: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.path} line {self.line}"


class Made(NamedTuple):
    """What came out of a part of the input: whole lines, and how many."""

    content: bytes
    records: int


class RecordFunction(NamedTuple):
    """A function of one record. With a parameter named ``place`` it is told where the record lies.

    Its other parameters are parameters of the claim.
    """

    function: Callable[..., object]
    takes_bytes: bool
    takes_place: bool
    parameters: tuple[inspect.Parameter, ...]

    @classmethod
    def of(cls, function: Callable[..., object]) -> "RecordFunction":
        """Read the signature of a function.

        Raises:
            ContractError: it takes no record.
        """
        record, *others = _parameters(function)
        name = function.__qualname__
        if record.name == PLACE or record.kind is record.KEYWORD_ONLY:
            raise ContractError(
                f"{name} does not take a record first", f"write it as {name}(record)"
            )
        for one in others:
            is_place = one.name == PLACE
            if is_place and one.kind is one.POSITIONAL_ONLY:
                raise ContractError(f"{name} takes {PLACE} by position", "let it be given by name")
            if not is_place and _names(one.annotation, Place.__name__):
                raise ContractError(f"{name} calls a Place {one.name}", f"name it {PLACE}")
        return cls(
            function,
            _names(record.annotation, "bytes"),
            any(one.name == PLACE for one in others),
            tuple(one for one in others if one.name != PLACE),
        )

    def call(self, record: bytes, where: Where, given: Mapping[str, object]) -> object:
        """Call the function for one record.

        Raises:
            DistillError: the function's own.
            SourceError: it raised something else; path and line are named.
        """
        try:
            value = record if self.takes_bytes else json.loads(record)
            if self.takes_place:
                return self.function(value, place=Place(*where), **given)
            return self.function(value, **given)
        except DistillError:
            raise
        except Exception as error:
            raise _failed(where, error) from error

    def lines(self, record: bytes, where: Where, given: Mapping[str, object]) -> list[bytes]:
        """Return the lines that one record gives, without newlines.

        Raises:
            DistillError: as `call`.
            ContractError: what it returned is no record.
        """
        try:
            return lines_of(self.call(record, where, given), where)
        except DistillError:
            raise
        except Exception as error:  # a generator raises while it is read
            raise _failed(where, error) from error


class GroupFunction(NamedTuple):
    """A function of a key and all records that have it, in the order of the inputs."""

    function: Callable[..., object]
    takes_bytes: bool
    parameters: tuple[inspect.Parameter, ...]

    @classmethod
    def of(cls, function: Callable[..., object]) -> "GroupFunction":
        """Read the signature of a function.

        Raises:
            ContractError: it takes no key and records.
        """
        parameters = _parameters(function)
        if len(parameters) < 2:
            raise ContractError(
                f"{function.__qualname__} does not take a key and records",
                "write it as f(key, records)",
            )
        if any(one.name == PLACE for one in parameters):
            raise ContractError(
                f"{function.__qualname__} asks for a {PLACE}, and a group lies at many",
                f"let a record stage write the {PLACE} into each record first",
            )
        return cls(function, _names(parameters[1].annotation, "bytes"), tuple(parameters[2:]))

    def make(self, key: str, records: Sequence[bytes], given: Mapping[str, object]) -> Made:
        """Return the lines that a group gives.

        Raises:
            DistillError: the function's own.
            SourceError: it raised something else; the key is named.
        """
        where = f"the group {key!r}"
        try:
            values = records if self.takes_bytes else [json.loads(one) for one in records]
            return made_of(lines_of(self.function(key, values, **given), where))
        except DistillError:
            raise
        except Exception as error:
            raise _failed(where, error) from error


def made_of(lines: Sequence[bytes]) -> Made:
    """Join lines."""
    return Made(b"".join([line + b"\n" for line in lines]), len(lines))


def lines_of(returned: object, where: object) -> list[bytes]:
    """Return the lines of what a function returned.

    Raises:
        ContractError: it is no record.
    """
    if returned is None:
        return []
    if isinstance(returned, (bytes, Mapping)):
        return [_line(returned, where)]
    if isinstance(returned, _NO_RECORD) or not isinstance(returned, Iterable):
        raise _no_record(returned, where)
    return [_line(one, where) for one in returned if one is not None]


def _line(value: object, where: object) -> bytes:
    if isinstance(value, bytes):
        if b"\n" in value:
            raise ContractError(
                f"{where}: a record holds a newline",
                "return it without the newline at its end, or as two records",
            )
        return value
    if isinstance(value, _NO_RECORD):
        raise _no_record(value, where)
    try:
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"{where}: a record is no JSON: {error}", "return JSON values"
        ) from error


def _no_record(value: object, where: object) -> ContractError:
    if isinstance(value, str):
        hint = "return text.encode() for a line that is ready, or the value that is to be its JSON"
    else:
        hint = "return bytes, a JSON object, an iterable of records, or None"
    return ContractError(
        f"{where}: a {type(value).__name__} was returned, which is no record", hint
    )


def _failed(where: object, error: Exception) -> SourceError:
    return SourceError(
        f"{where}: {type(error).__name__}: {error}", "mend the record, or the stage that reads it"
    )


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise ContractError(f"{function.__qualname__} takes no record", "write it as f(record)")
    return parameters


def _names(annotation: object, name: str) -> bool:
    """Whether an annotation, or its text, names a type: ``bytes``, ``Sequence[bytes]``."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__ == name
    return name in re.findall(r"\w+", str(annotation))
