"""From a claim's JSON back to the value that a stage was called with: what `parameters` recorded.

The driver loads this file beside the recorded commit's code, which may be older than it, so it
imports the standard library alone. A guess is never believed: a value is the right one if recording
it gives the recorded JSON, which is what the law of `record_parameters` promises.
"""

import enum
import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from inspect import Parameter
from typing import Any

# Gives a list: the one JSON that stands for a value, or nothing where it can't be recorded.
Record = Callable[[object], list[Any]]

_MAX_INTEGER = 2**53 - 1
# What the constructors of other people's types raise when a value is none of theirs; pydantic's
# ValidationError is a ValueError.
_MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class UnfitError(Exception):
    """A recorded value can't be turned back into one that is recorded so."""


class Restorer:
    """Turns recorded JSON back into values; ``record`` is what recorded them."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def restore(self, value: object, annotation: object, where: str) -> Any:
        """Return a value that is recorded as this JSON and fits the annotation as well as may be.

        Raises:
            UnfitError: there is none that can be found; ``where`` names it.
        """
        for candidate in self._candidates(value, annotation, where):
            if self._is_recorded_as(candidate, value):
                return candidate
        raise UnfitError(
            f"the recorded argument {where} can't be turned back into {_shown(annotation)}"
        )

    def _is_recorded_as(self, candidate: object, value: object) -> bool:
        try:
            recorded = self._record(candidate)
        except _MISFITS:
            return False
        # As text, in which 1 and true differ.
        return [json.dumps(one, sort_keys=True) for one in recorded] == [
            json.dumps(value, sort_keys=True)
        ]

    def _candidates(self, value: object, annotation: object, where: str) -> Iterator[object]:
        """Yield what the value may have been, the likeliest first; the last are its plain forms."""
        for alternative in _alternatives(annotation):
            try:
                yield from self._of_kind(value, alternative, where)
            except (UnfitError, *_MISFITS):
                continue
        yield from (plain(value), value)

    def _of_kind(self, value: object, kind: Any, where: str) -> Iterator[object]:
        origin = typing.get_origin(kind) or kind
        if origin is typing.Literal:
            yield from typing.get_args(kind)
        elif not isinstance(origin, type):
            return
        elif issubclass(origin, enum.Enum):
            yield from origin
            yield origin(plain(value))  # flags that are set together
        elif value is None or isinstance(value, bool):
            yield value
        elif issubclass(origin, str | int | float):
            yield origin(plain(value))
        elif issubclass(origin, date | Decimal):
            yield from _from_text(value, origin)
        else:
            yield from self._of_many(value, kind, origin, where)

    def _of_many(self, value: object, kind: Any, origin: Any, where: str) -> Iterator[object]:
        arguments = typing.get_args(kind)
        if issubclass(origin, tuple) and hasattr(origin, "_fields"):
            hints = list(_hints(origin).values())
            yield origin(*self._items(value, hints, where))
        elif issubclass(origin, tuple):
            is_open = not arguments or arguments[-1] is ...
            kinds = [arguments[0] if arguments else Any] if is_open else list(arguments)
            yield tuple(self._items(value, kinds, where))
        elif issubclass(origin, AbstractSet):
            found = self._items(value, arguments or [Any], where)
            yield frozenset(found) if issubclass(frozenset, origin) else set(found)
        elif issubclass(origin, Mapping):
            yield self._mapping(value, kind, origin, where)
        elif issubclass(origin, Sequence) or issubclass(list, origin):
            found = self._items(value, arguments or [Any], where)
            yield from (found, tuple(found))
        else:
            yield from self._of_class(value, origin, where)

    def _of_class(self, value: object, kind: type, where: str) -> Iterator[object]:
        """Yield instances of a class and of those below it: its value may be of any of them."""
        named = _object(plain(value, deep=False))
        for one in (kind, *_below(kind)):
            try:
                if hasattr(one, "model_fields"):
                    yield self._model(one, named, where)
                elif is_dataclass(one):
                    yield self._instance(one, named, where)
            except (UnfitError, *_MISFITS):
                continue

    def _model(self, kind: Any, named: Mapping[str, object], where: str) -> object:
        """Return a pydantic model; what it computes itself is not given to it."""
        hints = _hints(kind)
        takes_more = kind.model_config.get("extra") == "allow"
        values = {
            name: self.restore(item, hints.get(name, Any), f"{where}.{name}")
            for name, item in named.items()
            if name in kind.model_fields or takes_more
        }
        try:
            return kind.model_validate(values, by_name=True)
        except TypeError:  # pydantic before 2.11
            fields_of = kind.model_fields
            aliases = {name: fields_of[name].alias or name for name in values if name in fields_of}
            return kind.model_validate({aliases.get(k, k): v for k, v in values.items()})

    def _instance(self, kind: Any, named: Mapping[str, object], where: str) -> object:
        hints = _hints(kind)
        given = {field.name: field.init for field in fields(kind)}
        return kind(
            **{
                name: self.restore(item, hints.get(name, Any), f"{where}.{name}")
                for name, item in named.items()
                if given.get(name, True)
            }
        )

    def _mapping(self, value: object, kind: Any, origin: Any, where: str) -> object:
        named = _object(plain(value, deep=False))
        if hasattr(origin, "__total__"):  # a TypedDict
            hints = _hints(origin)
            return {
                name: self.restore(item, hints.get(name, Any), f"{where}.{name}")
                for name, item in named.items()
            }
        key, inner = typing.get_args(kind) or (Any, Any)
        found = {
            _key(name, key): self.restore(item, inner, f"{where}.{name}")
            for name, item in named.items()
        }
        return found if issubclass(dict, origin) or origin is dict else origin(found)

    def _items(self, value: object, kinds: Sequence[object], where: str) -> list[object]:
        """Restore a list; a last kind stands for all further items."""
        if not isinstance(value, list):
            raise UnfitError(f"{where} is no list")
        return [
            self.restore(item, kinds[min(index, len(kinds) - 1)], f"{where}[{index}]")
            for index, item in enumerate(value)
        ]


def plain(value: object, *, deep: bool = True) -> Any:
    """Return recorded JSON with floats, large integers and odd keys as Python has them."""
    if isinstance(value, list):
        return [plain(item) for item in value] if deep else value
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name == "float" and isinstance(inner, str) and _is_float(inner):
            return float(inner)
        if name == "int" and isinstance(inner, str) and _is_large(inner):
            return int(inner)
        if name == "pairs" and isinstance(inner, list) and all(_is_pair(one) for one in inner):
            value = {plain(key): item for key, item in inner}
    return {name: plain(item) for name, item in value.items()} if deep else value


def _is_float(text: str) -> bool:
    try:
        return repr(float(text)) == text
    except ValueError:
        return False


def _is_large(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and abs(int(text)) > _MAX_INTEGER


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(plain(value[0]), str | int)


def _alternatives(annotation: object) -> Iterator[Any]:
    """Yield the kinds that an annotation allows, each without what stands around it."""
    if annotation in (Any, object, Parameter.empty) or isinstance(annotation, str):
        return
    if annotation is None:
        yield type(None)
    elif typing.get_origin(annotation) is typing.Annotated:
        yield from _alternatives(typing.get_args(annotation)[0])
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
        for one in typing.get_args(annotation):
            yield from _alternatives(one)
    elif isinstance(annotation, typing.NewType):
        yield from _alternatives(annotation.__supertype__)
    elif isinstance(annotation, typing.TypeVar):
        for one in annotation.__constraints__ or (annotation.__bound__,):
            yield from _alternatives(Any if one is None else one)
    elif hasattr(annotation, "__value__"):  # type X = …, of Python 3.12
        yield from _alternatives(annotation.__value__)
    else:
        yield annotation


def _from_text(value: object, kind: Any) -> Iterator[object]:
    if not isinstance(value, str):
        return
    if issubclass(kind, Decimal):
        yield kind(value)
        return
    for read in (kind.fromisoformat, datetime.fromisoformat):
        try:
            yield read(value)
        except ValueError:
            continue


def _key(name: object, kind: Any) -> object:
    """Return a key as it was before it was recorded; some engines recorded a number as a text."""
    for one in _alternatives(kind):
        if isinstance(one, type) and issubclass(one, enum.Enum):
            return next(member for member in one if str(member.value) == str(name))
        if one is int:
            return int(str(name))
    return name


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UnfitError("no object")
    return value


def _below(kind: type) -> Iterator[type]:
    below: list[type] = type.__subclasses__(kind)
    for one in below:
        yield one
        yield from _below(one)


def _hints(kind: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return {}


def _shown(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
