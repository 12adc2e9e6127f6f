"""The user's function of a record or of a group, called with what it asks for.

A record is given as its bytes (``record: bytes``, no newline) or, under any other annotation, as
the JSON value that they hold. What comes out is a record or several, each bytes (one line, no
newline) or a JSON value, which is written compactly in UTF-8; None is no record.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from distill.errors import ContractError, DistillError, SourceError

PLACE: Final = "place"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies: its file's recorded path, line from 1, and bytes without the newline."""

    path: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Made:
    """What came out of a part of the input: whole lines, and how many."""

    content: bytes
    records: int


@dataclass(frozen=True)
class RecordFunction:
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
        return cls(
            function,
            _is_bytes(record.annotation),
            any(one.name == PLACE for one in others),
            tuple(one for one in others if one.name != PLACE),
        )

    def value(self, record: bytes) -> Any:
        """Return what the function is given for a record."""
        return record if self.takes_bytes else json.loads(record)

    def call(self, record: bytes, place: Place, given: Mapping[str, object]) -> object:
        """Call the function for one record.

        Raises:
            DistillError: the function's own.
            SourceError: it raised something else; path and line are named.
        """
        try:
            if self.takes_place:
                return self.function(self.value(record), place=place, **given)
            return self.function(self.value(record), **given)
        except DistillError:
            raise
        except Exception as error:
            raise _failed(f"{place.path} line {place.line}", error) from error

    def lines(self, record: bytes, place: Place, given: Mapping[str, object]) -> list[bytes]:
        """Return the lines that one record gives, without newlines.

        Raises:
            DistillError: as `call`.
            ContractError: what it returned is no record.
        """
        where = f"{place.path} line {place.line}"
        try:
            return lines_of(self.call(record, place, given), where)
        except DistillError:
            raise
        except Exception as error:  # a generator raises while it is read
            raise _failed(where, error) from error


@dataclass(frozen=True)
class GroupFunction:
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
        return cls(function, _is_bytes(parameters[1].annotation), tuple(parameters[2:]))

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


def lines_of(returned: object, where: str) -> list[bytes]:
    """Return the lines of what a function returned.

    Raises:
        ContractError: it is no record.
    """
    if returned is None:
        return []
    if isinstance(returned, bytes | Mapping | str):
        return [_line(returned, where)]
    if not isinstance(returned, Iterable):
        raise ContractError(
            f"{where}: a {type(returned).__name__} was returned, which is no record",
            "return bytes, JSON values, an iterable of them, or None",
        )
    return [_line(one, where) for one in returned]


def _line(value: object, where: str) -> bytes:
    if isinstance(value, bytes):
        if b"\n" in value:
            raise ContractError(f"{where}: a record holds a newline", "return it as two records")
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"{where}: a record is no JSON: {error}", "return JSON values"
        ) from error


def _failed(where: str, error: Exception) -> SourceError:
    return SourceError(
        f"{where}: {type(error).__name__}: {error}", "mend the record, or the stage that reads it"
    )


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise ContractError(f"{function.__qualname__} takes no record", "write it as f(record)")
    return parameters


def _is_bytes(annotation: object) -> bool:
    """Whether records are asked for as bytes: ``bytes``, ``list[bytes]``, ``Sequence[bytes]``."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    inner = getattr(annotation, "__args__", ())
    return text == "bytes" or bytes in inner or str(annotation).endswith("[bytes]")
