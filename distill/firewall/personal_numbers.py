"""Numbers that name a person's account or line: which are real by their own checksum or plan."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

_DIGIT: Final = re.compile(rb"[0-9]")
_MOD_97: Final = 97
_MAX_DIGIT: Final = 9

#: First digits and lengths of the issuers' ranges (ISO/IEC 7812).
_ISSUERS: Final = re.compile(
    rb"4[0-9]{15}|4[0-9]{18}|5[1-5][0-9]{14}|(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|"
    rb"2720)[0-9]{12}|3[47][0-9]{13}|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}|"
    rb"35(?:2[89]|[3-8][0-9])[0-9]{12}|3(?:0[0-5]|[68][0-9])[0-9]{11}|62[0-9]{14}"
)
#: Published for tests by the issuers and by payment providers: they belong to nobody.
_TEST_CARDS: Final = re.compile(
    rb"4(?:1{15}|2424242424242424|0{11}[0-9]{4})|4242424242424242|4012888888881881|5555555555554444|"
    rb"5105105105105100|2223003122003222|5200828282828210|378282246310005|371449635398431|"
    rb"378734493671000|6011111111111117|6011000990139424|30569309025904|38520000023237|"
    rb"3530111333300000|3566002020360505|([0-9])\1+"
)

#: Length of an IBAN by country (ISO 13616, SWIFT's registry).
IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FO FI GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_OF_IBAN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_EXAMPLE_IBANS: Final = frozenset(
    {b"DE89370400440532013000", b"GB82WEST12345698765432", b"GB29NWBK60161331926819"}
)

_RESOLVERS: Final = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"})
#: Four small numbers are a version far more often than an address.
_VERSION_BELOW: Final = 40
_MIN_GROUPS: Final = 3


def is_card(digits: bytes) -> bool:
    """Say whether digits are a card's number: an issuer's range, Luhn's sum, no test number."""
    if not _ISSUERS.fullmatch(digits) or _TEST_CARDS.fullmatch(digits):
        return False
    return _luhn_sum(digits) % 10 == 0


def _luhn_sum(digits: bytes) -> int:
    """Return Luhn's sum (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = (digit - ord("0")) * (1 + place % 2)
        total += value - _MAX_DIGIT if value > _MAX_DIGIT else value
    return total


def iban_length(text: bytes) -> int | None:
    """Return how many of the bytes are an IBAN, with what parts it; null where none is there."""
    length = IBAN_LENGTHS.get(text[:2].decode("ascii", "replace"))
    if length is None:
        return None
    taken, letters = 0, bytearray()
    while taken < len(text) and len(letters) < length:
        if text[taken] in _OF_IBAN:
            letters.append(text[taken])
        taken += 1
    if len(letters) < length or bytes(letters) in _EXAMPLE_IBANS:
        return None
    moved = (letters[4:] + letters[:4]).decode()
    number = int("".join(str(int(letter, 36)) for letter in moved))
    return taken if number % _MOD_97 == 1 else None


def is_public_ipv4(text: bytes) -> bool:
    """Say whether an address leads to somebody: global, no public resolver, no version."""
    try:
        address = IPv4Address(text.decode())
    except AddressValueError:
        return False
    is_version = all(octet < _VERSION_BELOW for octet in address.packed)
    return address.is_global and not is_version and str(address) not in _RESOLVERS


def is_public_ipv6(text: bytes) -> bool:
    """Say whether an address is a global unicast one, of four groups or more."""
    try:
        address = IPv6Address(text.decode())
    except AddressValueError:
        return False
    return address.is_global and text.count(b":") >= _MIN_GROUPS


def digits_of(text: bytes) -> bytes:
    """Return the digits in some bytes."""
    return b"".join(_DIGIT.findall(text))
