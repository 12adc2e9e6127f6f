"""JSON as RFC 8259 and I-JSON (RFC 7493) have it, and nothing smoothed over.

jiter refuses duplicate keys, NaN, lone surrogates, raw control characters and more than 200 levels;
what it lets pass (integers beyond ±(2^53-1), floats that overflow to infinity) is found here. Every
refusal is a `RecordError` whose detail says what is wrong and where, and never quotes the record.
"""

import re
from functools import partial
from math import isfinite, isnan
from typing import Any, Final

import jiter

from distill.records.pointers import escape_token
from distill.records.taxonomy import QuarantineReason
from distill.sources.protocol import RecordError

MAX_SAFE_INTEGER: Final = 2**53 - 1
MAX_LEVELS: Final = 200
_NAN_RULE: Final = "nan_or_infinity"
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_PLACE: Final = re.compile(r" at line (\d+) column (\d+)$")
_NO_NUMBER: Final = re.compile(rb"[-+]?(?:nan|inf)", re.IGNORECASE)

_INFINITE: Final = (float("inf"), float("-inf"))

_load: Final = partial(jiter.from_json, catch_duplicate_keys=True, cache_mode="keys")

#: Part of jiter's message → our rule and words, in order; the first that fits is taken.
_RULES: Final = (
    ("duplicate key", "duplicate_key", "an object holds one key twice"),
    ("recursion limit", "too_deep", f"nested more than {MAX_LEVELS} levels deep"),
    ("surrogate", "lone_surrogate", "half of a surrogate pair stands alone"),
    ("hex escape", "lone_surrogate", "half of a surrogate pair stands alone, or \\u is cut short"),
    ("control character", "control_character", "a raw control character stands in a string"),
    ("unicode code point", "not_utf8", "the bytes are not UTF-8"),
    ("EOF while", "truncated", "the record ends in the middle of a value"),
    ("trailing characters", "not_json", "more follows the end of the value"),
)


def parse(data: bytes, *, nan_as_text: bool = False) -> dict[str, Any]:
    """Return the object that a record's bytes hold.

    An escaped NUL is a legal character and is kept. With `nan_as_text`, a bare NaN, Infinity or
    -Infinity is read as that text.

    Raises:
        RecordError: `schema_violation`, by one of the rules ``empty``, ``byte_order_mark``,
            ``not_utf8``, ``not_json``, ``truncated``, ``nan_or_infinity``, ``duplicate_key``,
            ``lone_surrogate``, ``control_character``, ``too_deep``, ``integer_too_large``,
            ``number_overflows``, ``not_an_object``.
    """
    value = parse_value(data, nan_as_text=nan_as_text)
    if not isinstance(value, dict):
        raise _refuse("not_an_object", f"a JSON {name_type(value)}, where an object must stand")
    return value


def parse_value(data: bytes, *, nan_as_text: bool = False) -> Any:
    """Return the JSON value that bytes hold, of any type; else as `parse`."""
    try:
        value = _load(data, allow_inf_nan=False)
    except ValueError as error:
        refusal = _explain(data, str(error))
        if not nan_as_text or refusal.rule != _NAN_RULE:
            raise refusal from error
        value = _loaded_with_texts(data)
    if _holds_large_number(value):
        _check_numbers(value)
    return value


def parse_key(text: bytes) -> str | None:
    """Return the string that bytes hold as JSON, null where they hold anything else."""
    try:
        key = parse_value(text)
    except RecordError:
        return None
    return key if isinstance(key, str) else None


def name_type(value: object) -> str:
    """Return the JSON name of a parsed value's type: object, array, string or number and so on."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _refuse(rule: str, detail: str) -> RecordError:
    return RecordError(QuarantineReason.SCHEMA_VIOLATION, rule, detail)


def _explain(data: bytes, message: str) -> RecordError:
    if data.startswith(_UTF8_BOM):
        return _refuse("byte_order_mark", "begins with a UTF-8 BOM: save the file without one")
    if not data.strip():
        return _refuse("empty", "holds no value")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return _refuse("not_utf8", f"the bytes are not UTF-8 at byte {error.start}")
    place = _PLACE.search(message)
    where = place.group(0) if place else ""
    if place and _NO_NUMBER.search(_around(data, int(place[1]), int(place[2]))):
        return _refuse(_NAN_RULE, f"NaN or Infinity is no JSON number{where}")
    for part, rule, detail in _RULES:
        if part in message:
            return _refuse(rule, detail + where)
    return _refuse("not_json", f"not JSON{where}")


def _loaded_with_texts(data: bytes) -> Any:
    """Return a value with a text for every number that JSON does not have, without recursion."""
    try:
        top = [_load(data, allow_inf_nan=True)]
    except ValueError as error:
        raise _explain(data, str(error)) from error
    pending: list[Any] = [top]
    while pending:
        value = pending.pop()
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(child, dict | list):
                pending.append(child)
            elif isinstance(child, float) and not isfinite(child):
                value[key] = "NaN" if isnan(child) else "Infinity" if child > 0 else "-Infinity"
    return top[0]


def _around(data: bytes, line: int, column: int) -> bytes:
    """Return the few bytes at a place that jiter names, where a literal NaN would stand."""
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
    at = start + column - 1
    return data[max(at - 2, 0) : at + 4]


def _holds_large_number(root: Any) -> bool:
    """Say whether a number stands in a value that can't be kept; texts cost nothing."""
    waiting = [root]
    for value in waiting:
        kind = type(value)
        if kind is str:
            continue
        if kind is dict:
            waiting += value.values()
        elif kind is list:
            waiting += value
        elif kind is int:
            if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                return True
        elif kind is float and value in _INFINITE:
            return True
    return False


def _check_numbers(root: object) -> None:
    """Walk the value without recursion.

    Raises:
        RecordError: a number in it can't be kept as it stands.
    """
    pending: list[tuple[object, str]] = [(root, "")]
    while pending:
        value, pointer = pending.pop()
        if isinstance(value, dict):
            pending += [(child, f"{pointer}/{_token(key)}") for key, child in value.items()]
        elif isinstance(value, list):
            pending += [(child, f"{pointer}/{i}") for i, child in enumerate(value)]
        elif isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
            raise _refuse(
                "integer_too_large", f"an integer beyond ±(2^53-1) at {pointer or 'the top'}"
            )
        elif isinstance(value, float) and value in _INFINITE:
            raise _refuse(
                "number_overflows", f"a number too large for a double at {pointer or 'the top'}"
            )


def _token(key: str) -> str:
    """A key as a reference token; a long one could be a text of the record, so it is not quoted."""
    return escape_token(key) if len(key) <= 60 else "…"
