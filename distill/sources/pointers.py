"""RFC 6901 pointers into parsed JSON, also through JSON that stands in strings."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from distill.errors import ConfigurationError
from distill.records.pointers import escape_token, tokens_of
from distill.sources.protocol import RecordError
from distill.sources.strict_json import parse_value

_BAD_ESCAPE: Final = re.compile(r"~(?![01])")
_INDEX: Final = re.compile(r"0|[1-9][0-9]*")


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: What `resolve` returns where the record has nothing at a pointer (null is something).
ABSENT: Final = _Absent()


def parse_pointer(text: str) -> tuple[str, ...]:
    """Return a pointer's reference tokens, unescaped; "" has none (the whole value).

    Raises:
        ConfigurationError: the text does not begin with ``/`` or holds ``~`` but as ``~0``, ``~1``.
    """
    if text == "":
        return ()
    if not text.startswith("/") or _BAD_ESCAPE.search(text):
        raise ConfigurationError(
            f"{text!r} is no JSON pointer", 'write it as in RFC 6901, such as "/messages/0"'
        )
    return tuple(tokens_of(text))


def join_pointer(tokens: Iterable[str]) -> str:
    """Return the pointer of reference tokens. Law: ``join_pointer(parse_pointer(p)) == p``."""
    return "".join("/" + escape_token(token) for token in tokens)


def resolve(value: Any, tokens: Sequence[str]) -> Any:
    """Return what stands at a pointer, or `ABSENT`.

    A string on the way that holds JSON is read as what it holds.
    """
    for token in tokens:
        if type(value) is dict and token in value:
            value = value[token]
            continue
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            value = _read(value)
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return ABSENT
    return value


def overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Say whether one pointer's value holds the other's: equal, ancestor or descendant.

    A ``*`` stands for any token.
    """
    return all(a == b or "*" in (a, b) for a, b in zip(one, other, strict=False))


def _read(text: str) -> Any:
    try:
        return parse_value(text.encode())
    except (RecordError, UnicodeEncodeError):
        return ABSENT
