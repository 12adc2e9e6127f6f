"""The rules for personal data: each is asked at its needles, and answers with what it found there.

A needle is written as it stands in folded bytes: small letters, ``0`` for any digit. Every rule
looks at a bounded stretch around its needle, or covers the stretch that it has looked at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Final

from distill.firewall.encodings import follows_escape, past_escape
from distill.firewall.marking import Span
from distill.firewall.personal_numbers import (
    IBAN_LENGTHS,
    digits_of,
    iban_length,
    is_card,
    is_public_ipv4,
    is_public_ipv6,
)
from distill.firewall.personal_words import is_address_of_nobody, is_name_of_nobody, is_top_level

_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = b"0123456789"
#: Bytes of letters with an accent, and of Greek, Cyrillic and Armenian ones (U+00C0 to U+053F).
_CONTINUATION: Final = bytes(range(0x80, 0xC0))
_BEYOND_ASCII: Final = _CONTINUATION + bytes(range(0xC3, 0xD5))
_LOCAL: Final = _LETTERS + _DIGITS + b"._%+-" + _BEYOND_ASCII
_MAX_LOCAL: Final = 64
_MAX_ESCAPES: Final = 32

_DOMAIN: Final = re.compile(
    rb"((?:[A-Za-z0-9\x80-\xbf\xc3-\xd4-]{1,63}+\.){1,8})([A-Za-z]{2,24}+)(?![A-Za-z0-9_(-])"
)
#: What may stand between the groups of a number, besides a blank: a dash of ASCII, one that does
#: not break a line, an en dash; blanks that do not break one, wide and narrow.
_PARTED_BY: Final = "-\u2011\u2013\u00a0\u202f"
_PART: Final = rb"(?:" + b"|".join(one.encode() for one in _PARTED_BY) + rb")"
_CARD: Final = re.compile(
    rb"[0-9]{4}(?P<of_16> |" + _PART + rb")[0-9]{4}(?P=of_16)[0-9]{4}(?P=of_16)[0-9]{4}|"
    rb"[0-9]{4}(?P<of_15> |" + _PART + rb")[0-9]{6}(?P=of_15)[0-9]{4,5}|[0-9]++"
)
_IBAN: Final = re.compile(
    rb"[A-Z]{2}[0-9]{2}(?:(?P<part>" + _PART + rb")[A-Z0-9]{4}"
    rb"(?:(?P=part)[A-Z0-9]{4}){1,6}+(?:(?P=part)[A-Z0-9]{1,3})?|(?:[ ]?[A-Z0-9]){11,30}+)"
)
_IPV4: Final = re.compile(rb"[0-9.]++")
_IPV6: Final = re.compile(rb"[23][0-9a-fA-F]{3}(?::[0-9a-fA-F]{0,4}){2,8}+")
_INTERNATIONAL: Final = re.compile(
    rb"\+[1-9][0-9]{0,3}+(?:[ .-]?(?:\([0-9]{1,5}\)|[0-9]{1,5}+)){2,6}+"
)
_BARE: Final = re.compile(rb"\+[1-9][0-9]{9,14}")
_NATIONAL: Final = re.compile(
    rb"(?:\((?![2-79]00)[2-9][0-9]{2}\) ?[2-9][0-9]{2}[-. ][0-9]{4}|"
    rb"(?![2-79]00)[2-9][0-9]{2}([-.])[2-9][0-9]{2}\1[0-9]{4})(?: ?(?:x|ext\.? ?)[0-9]{1,6}+)?"
)
_LABELLED: Final = re.compile(
    rb"(?i:phone|tel|mobile|fax)(?:[_ -]?(?i:number|nr|no))?\.?[\"'\\]{0,3}+[ ]{0,3}+[:=]?[ ]{0,3}+"
    rb"[\"'\\]{0,3}+(?P<key>\(?\+?[0-9][0-9 ()./-]{6,20}[0-9])"
)
_FICTITIOUS: Final = re.compile(
    rb"1?[2-9][0-9]{2}55501[0-9]{2}|1?555[0-9]{7}|1?55501[0-9]{2}|1?[2-9][0-9]{2}5551[0-9]{3}|([0-9])\1+|0?123456789?0?"
)
_UNIX_HOME: Final = re.compile(
    rb"(?:\\?/)(?:Users|home)(?:\\{0,32}+/)(?P<key>[A-Za-z0-9._-]{1,64}+)(\\{0,32}+/)?"
)
_DRIVE: Final = re.compile(rb"/[A-Za-z]\Z")  # /mnt/c/Users, /c/Users
_WINDOWS_HOME: Final = re.compile(
    rb"[A-Za-z]:\\{1,4}+[Uu]sers\\{1,4}+"
    rb"(?P<key>(?P<first>[^\\/:*?\"<>|\s\0]{1,64}+)(?:(?: [^\\/:*?\"<>|\s\0]{1,32}+){1,3}(?=\\))?)"
)
#: A path as one folder's name, as Claude Code writes it: ``-Users-NAME-work``, ``C--Users-NAME``.
_FOLDED_HOME: Final = re.compile(rb"-(?:Users|home)-(?P<key>[A-Za-z0-9._]{1,64}+)(?![A-Za-z0-9_(])")
_BEFORE_FOLDED: Final = {
    b"-U": re.compile(rb"(?:\A|[/\\\0:\s\"'`])(?:[A-Za-z]-)?\Z"),
    b"-h": re.compile(rb"(?:\A|[/\\\0:])\Z"),
}
_MIN_PHONE: Final = 8
_MAX_PHONE: Final = 15
_BEFORE_NUMBER: Final = _LETTERS + _DIGITS + b"_.-+#/\\$%"
_NOT_AFTER_NUMBER: Final = re.compile(rb"[A-Za-z0-9_%/]|[-.,][0-9]")
_BEFORE_HOME: Final = _LETTERS + _DIGITS + b"_.)-}~*"

Find = Callable[[bytes, int, int], "Span | int | None"]


@dataclass(frozen=True, slots=True)
class PersonalRule:
    """One kind of personal data.

    `find` is given the bytes and a needle's start and end. It returns what it found, or up to where
    it has looked in vain and need not be asked again, or null.
    """

    name: str
    needles: tuple[str, ...]
    find: Find


def _email(raw: bytes, start: int, end: int) -> Span | int | None:
    domain = _DOMAIN.match(raw, end)
    if domain is None:
        return None
    if raw[start] == ord("\\"):  # each layer of JSON doubles the escape's own
        before = raw[max(0, start - _MAX_ESCAPES) : start]
        start = start - len(before) + len(before.rstrip(b"\\"))
    before = raw[max(0, start - _MAX_LOCAL) : start]
    name = before[len(before.rstrip(_LOCAL)) :].lstrip(b".%+-" + _CONTINUATION)
    begin = start - len(name)
    if begin and raw[begin - 1] == ord("\\") and name[:1] in (b"n", b"t", b"r"):
        name, begin = name[1:], begin + 1
    if not name or not is_top_level(domain[2]):
        return None
    if is_address_of_nobody(name, domain[0]):
        return None
    return Span(begin, domain.end(), "email")


def _card(raw: bytes, start: int, _: int) -> Span | int | None:
    start = past_escape(raw, start)
    found = _CARD.match(raw, start)
    if found is None or not _stands_alone(raw, start, found.end()):
        return None if found is None else found.end()
    return Span(start, found.end(), "card_number") if is_card(digits_of(found[0])) else found.end()


def _iban(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _IBAN.match(raw, start)
    if found is None or not _begins(raw, start):
        return None
    length = iban_length(found[0])
    return None if length is None else Span(start, start + length, "iban")


def _ipv4(raw: bytes, start: int, _: int) -> Span | int | None:
    before = raw[max(0, start - 3) : start]
    start = past_escape(raw, start - len(before) + len(before.rstrip(_DIGITS)))
    found = _IPV4.match(raw, start)
    if found is None:
        return None
    text = found[0].rstrip(b".")
    if raw.startswith(b".in-addr", start + len(text)):
        return found.end()
    is_spec = raw[max(0, start - 2) : start] in (b"==", b">=", b"<=", b"~=", b"!=")
    if is_spec or not _stands_alone(raw, start, start + len(text)) or not is_public_ipv4(text):
        return found.end()
    return Span(start, start + len(text), "ip_address")


def _ipv6(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _IPV6.match(raw, start)
    if found is None or not _begins(raw, start) or raw[start - 1 : start] == b":":
        return None
    return Span(start, found.end(), "ip_address") if is_public_ipv6(found[0]) else None


def _international(raw: bytes, start: int, _: int) -> Span | int | None:
    """Find ``+49 151 23456789``; bare digits behind the ``+`` that begins a line are a diff's."""
    found = _BARE.match(raw, start)
    if found is not None and _begins_line(raw, start, found.end()):
        return found.end()
    found = found or _INTERNATIONAL.match(raw, start)
    return None if found is None else _phone(raw, start, found.end(), found[0])


def _begins_line(raw: bytes, start: int, end: int) -> bool:
    """Say whether something begins a line; a text's first line counts if it fills that."""
    before = raw[max(0, start - 2) : start]
    if not before or before.endswith(b"\0"):
        return raw.startswith((b"\n", b"\\n", b"\r"), end)
    return before.endswith((b"\n", b"\\n"))


def _national(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _NATIONAL.match(raw, start)
    return None if found is None else _phone(raw, start, found.end(), found[0])


def _labelled(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _LABELLED.match(raw, start)
    return None if found is None else _phone(raw, found.start("key"), found.end(), found["key"])


def _phone(raw: bytes, start: int, end: int, text: bytes) -> Span | None:
    digits = digits_of(text)
    if not _MIN_PHONE - 1 <= len(digits) <= _MAX_PHONE or _FICTITIOUS.fullmatch(digits):
        return None
    return Span(start, end, "phone") if _stands_alone(raw, start, end) else None


def _unix_home(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _UNIX_HOME.match(raw, start)
    if found is None:
        return None
    is_mounted = bool(_DRIVE.search(raw, max(0, start - 2), start)) and b"Users" in found[0]
    is_below = start > 0 and raw[start - 1] in _BEFORE_HOME and not follows_escape(raw, start)
    if is_below and not is_mounted:
        return None
    is_route = found[0].startswith((b"/home", b"\\/home")) and found[2] is None
    if is_route or is_name_of_nobody(found["key"]):
        return None
    return Span(found.start("key"), found.end("key"), "user_name")


def _windows_home(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _WINDOWS_HOME.match(raw, start - 1) if start else None
    if found is None or is_name_of_nobody(found["first"]):
        return None
    return Span(found.start("key"), found.end("key"), "user_name")


def _folded_home(raw: bytes, start: int, _: int) -> Span | int | None:
    found = _FOLDED_HOME.match(raw, start)
    if found is None or is_name_of_nobody(found["key"]):
        return None
    begins = _BEFORE_FOLDED[found[0][:2]].search(raw[max(0, start - 3) : start])
    if not begins and not follows_escape(raw, start):
        return None
    return Span(found.start("key"), found.end("key"), "user_name")


def _stands_alone(raw: bytes, start: int, end: int) -> bool:
    """Say whether no letter, digit or point makes a number part of something longer."""
    return _begins(raw, start) and not _NOT_AFTER_NUMBER.match(raw, end)


def _begins(raw: bytes, start: int) -> bool:
    """Say whether what begins at a place is not the rest of something longer."""
    return not start or raw[start - 1] not in _BEFORE_NUMBER or follows_escape(raw, start)


_HEX_GROUPS: Final = tuple(f"0{''.join(rest)}:" for rest in product("0abcdef", repeat=3))

PERSONAL_RULES: Final[tuple[PersonalRule, ...]] = (
    PersonalRule("email", ("@", "\\u0000"), _email),
    PersonalRule(
        "card_number",
        (
            "0" * 14,
            *(f"0000{part}0000{part}0000{part}0000" for part in f" {_PARTED_BY}"),
            *(f"0000{part}000000{part}0000" for part in f" {_PARTED_BY}"),
        ),
        _card,
    ),
    PersonalRule("iban", tuple(f"{country}00" for country in IBAN_LENGTHS), _iban),
    PersonalRule("ip_address", ("0.0.0", "0.00.0", "0.000.0"), _ipv4),
    PersonalRule("ip_address", _HEX_GROUPS, _ipv6),
    PersonalRule("phone", ("+0",), _international),
    PersonalRule("phone", ("(000)", "000-000-0000", "000.000.0000"), _national),
    PersonalRule("phone", ("phone", "tel:", 'tel"', "tel.", "tel ", "mobile", "fax"), _labelled),
    PersonalRule("user_name", ("/users", "/home"), _unix_home),
    PersonalRule("user_name", ("-users-", "-home-"), _folded_home),
    PersonalRule("user_name", (":\\users", ":\\\\users", ":\\\\\\\\users"), _windows_home),
)
