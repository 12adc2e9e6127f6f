"""Canonical JSON: one value, one sequence of bytes.

The profile (a subset of RFC 8785 in which the standard library, `rfc8785` and `jq -cS` agree byte
for byte):

1. Object keys are printable ASCII, sorted, and appear once.
2. Numbers are integers with ``|n| <= 2**53 - 1``. There are no floats; a rate is a pair.
3. Strings hold no U+007F and no lone surrogate.
4. Nothing is nested deeper than `MAX_DEPTH`.
5. No white space; UTF-8; nothing escaped that need not be.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NoReturn, TypeAlias

from distill.errors import ContractError, VerificationError

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
_MAX_DIGITS = 17  # a sign and the sixteen digits of 2**53 - 1
_MAX_SHOWN = 60  # characters of a key that a refusal shows


class _OutsideProfileError(ValueError):
    """A value that the profile can't hold, and the way to it, from the inside out.

    The way is gathered while the error travels up: told in advance, it would cost the length of
    every key again for every value below it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.way: list[str] = []

    def __str__(self) -> str:
        way = "".join(reversed(self.way))
        return f"{self.args[0]} at ${way}" if way else str(self.args[0])


def dumps(value: Json) -> bytes:
    """Return the canonical bytes of a value, without a newline at the end.

    Law: ``loads(dumps(value)) == value``, and ``jq -cS .`` prints the same line.

    Raises:
        ContractError: the value lies outside the profile.
    """
    try:
        return _checked(value)
    except _OutsideProfileError as error:
        raise ContractError(
            f"not canonical JSON: {error}",
            "use objects, lists, strings, integers up to 2**53 - 1, true, false and null",
        ) from error


def loads(raw: bytes) -> Json:
    """Return the value of canonical bytes (without a newline at the end).

    Law: ``dumps(loads(raw)) == raw``: bytes in any other form are refused, not read.

    Raises:
        VerificationError: the bytes are no JSON, or not in canonical form.
    """
    try:
        value: Json = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
        again = _checked(value)
    except (ValueError, RecursionError) as error:
        raise VerificationError(f"not canonical JSON: {error or 'nested too deep'}") from error
    if again != raw:
        raise VerificationError("not canonical JSON: the same value has other canonical bytes")
    return value


def dumps_part(part: Json) -> bytes:
    """Return the canonical bytes of a value that is a part of one that `loads` returned.

    Law: equals `dumps`, which looks again at what was looked at.
    """
    return _encode(part)


def _checked(value: Json) -> bytes:
    """Return the bytes of a value inside the profile, and raise for any other, naming the place.

    Looking for the place costs more than all else, so it is done only where something is wrong.
    """
    if _fits(value):
        try:
            raw = _encode(value)
        except UnicodeEncodeError:  # a lone surrogate
            raw = b"\x7f"
        if b"\x7f" not in raw:
            return raw
    _check(value, 0)
    return _encode(value)


def _fits(value: object) -> bool:
    """Say whether a value is inside the profile, what its strings hold aside; when unsure, no."""
    todo: list[tuple[int, Iterable[object]]] = [(0, (value,))]
    while todo:
        depth, items = todo.pop()
        if depth > MAX_DEPTH:
            return False
        for item in items:
            if type(item) is str or item is None:
                continue
            if isinstance(item, int):
                if abs(item) > MAX_INTEGER:
                    return False
                continue
            inside = _inside(item)
            if inside is None:
                return False
            if inside:
                todo.append((depth + 1, inside))
    return True


def _inside(item: object) -> Collection[object] | None:
    """Return what an object with fit keys or a list holds; null where it is neither."""
    if isinstance(item, dict):
        try:
            names = "".join(item)
        except TypeError:  # a key is no string
            return None
        return item.values() if names.isascii() and names.isprintable() else None
    return item if isinstance(item, list | tuple) else None


def _encode(value: Json) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def _check(value: object, depth: int) -> None:
    """Raise where a value leaves the profile."""
    if depth > MAX_DEPTH:
        _refuse(f"nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            _refuse("an integer beyond 2**53 - 1")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key)
            _check_inside(item, key, depth)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_inside(item, index, depth)
    else:
        _refuse(f"a value of type {type(value).__name__}")


def _check_inside(item: object, place: str | int, depth: int) -> None:
    try:
        _check(item, depth + 1)
    except _OutsideProfileError as error:
        error.way.append(f"[{place}]" if isinstance(place, int) else f".{place[:_MAX_SHOWN]}")
        raise


def _check_text(text: str) -> None:
    if "\x7f" in text:
        _refuse("U+007F in a string")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        _refuse("a lone surrogate in a string")


def _check_key(key: object) -> None:
    if not isinstance(key, str):
        _refuse(f"a key of type {type(key).__name__}")
    if not key.isascii() or not key.isprintable():
        _refuse(f"the key {key[:_MAX_SHOWN]!r} is not printable ASCII")


def _refuse(what: str) -> NoReturn:
    raise _OutsideProfileError(what)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        message = "a key appears twice in an object"
        raise _OutsideProfileError(message)
    return value


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        message = "an integer beyond 2**53 - 1"
        raise _OutsideProfileError(message)
    return int(digits)


def _refuse_number(digits: str) -> NoReturn:
    message = f"the number {digits[:20]} is no integer"
    raise _OutsideProfileError(message)
