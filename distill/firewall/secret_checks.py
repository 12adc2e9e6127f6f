"""What tells a credential from its example: checksums, randomness, the words of placeholders."""

import math
import re
import zlib
from base64 import urlsafe_b64decode
from collections import Counter
from typing import Final

_BASE62: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM_DIGITS: Final = 6

#: What people write where a key would stand. A random key of 40 characters holds one of the words
#: of five letters once in a hundred thousand, in one given case.
_EXAMPLE: Final = re.compile(
    rb"example|placeholder|your[_-]?|redacted|dummy|changeme|insert|replace|xxxx|\*\*\*|\.\.\.|"
    rb"12345678|abcdefg|sample|foobar|<|\$\{|\{\{|%\(",
    re.IGNORECASE,
)
_ONE_CHARACTER: Final = re.compile(rb"([A-Za-z0-9])\1{5}")
_HEX: Final = re.compile(rb"[0-9a-f]+|[0-9A-F]+")
_WORDS: Final = re.compile(rb"[A-Za-z]*(?:[._/-][A-Za-z]+)*[0-9]{0,4}")
_NAME_IN_CODE: Final = re.compile(
    rb"[A-Za-z_$]\w*+(?:(?:\.|->|::)[A-Za-z_]\w*+)++|[A-Z][A-Z0-9]*+(?:_[A-Z0-9]++)++"
)
_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
#: Passwords that stand in every tutorial and guard nothing.
_WEAK: Final = re.compile(
    rb"(?i:(?:my)?(?:pass(?:word|wd)?|pwd|pw|pswd|secret|token|user(?:name)?|root|admin|test(?:ing)?|"
    rb"guest|postgres|mysql|redis|mongo|minio|rabbitmq|default|demo|hunter2|letmein|string|key|"
    rb"x-oauth-basic|x-access-token|[0-9]{1,8}|x{3,}|\*+|\.+)[0-9]{0,4}!?)"
)
_VARIABLE: Final = re.compile(rb"[${}()\[\]%]")
_NO_SECRET: Final = (_WORDS, _NAME_IN_CODE, _UUID)
_MIN_HEX_BITS: Final = 3.0
_MIN_BITS: Final = 3.5
_MIN_DIGITS: Final = 2


def is_example(key: bytes) -> bool:
    """Say whether a key is one that documentation shows: its words, or one character repeated."""
    return bool(_EXAMPLE.search(key) or _ONE_CHARACTER.search(key))


def is_random(key: bytes, bits: float = 3.0) -> bool:
    """Say whether a key is no example and its characters have that many bits of entropy each."""
    return not is_example(key) and entropy(key) >= bits


def entropy(key: bytes) -> float:
    """Return Shannon's entropy of the bytes' frequencies, in bits a byte."""
    counts = Counter(key).values()
    return -sum(count / len(key) * math.log2(count / len(key)) for count in counts)


def has_crc32(token: bytes) -> bool:
    """Say whether the last six characters are the CRC-32 of those before, in base 62.

    Source: GitHub, "Behind GitHub's new authentication token formats" (2021). ``token`` is without
    its prefix.
    """
    body, told = token[:-_CHECKSUM_DIGITS], token[-_CHECKSUM_DIGITS:]
    number, digits = zlib.crc32(body), bytearray()
    for _ in range(_CHECKSUM_DIGITS):
        number, digit = divmod(number, len(_BASE62))
        digits.append(_BASE62[digit])
    return bytes(reversed(digits)) == told


def is_jwt(token: bytes) -> bool:
    """Say whether the first part is a JSON header that names an algorithm (RFC 7515, section 4)."""
    header = token.partition(b".")[0]
    try:
        text = urlsafe_b64decode(header + b"=" * (-len(header) % 4))
    except ValueError:
        return False
    return text.startswith(b"{") and b'"alg"' in text


def is_random_value(value: bytes) -> bool:
    """Say whether the value beside a key-like name is random: no word, path, name or number."""
    digits = len(value) - len(value.translate(None, b"0123456789"))
    if digits < _MIN_DIGITS or digits == len(value) or is_example(value):
        return False
    if any(no.fullmatch(value) for no in _NO_SECRET):
        return False
    if _HEX.fullmatch(value):
        return entropy(value) >= _MIN_HEX_BITS
    return entropy(value) >= _MIN_BITS and value.lower() != value.upper()


def is_password(word: bytes) -> bool:
    """Say whether a password in a URL or a connection string is one: no name, no place for one."""
    return not (is_example(word) or _WEAK.fullmatch(word) or _VARIABLE.search(word))
