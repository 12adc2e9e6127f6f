"""Bytes as base64 text, in exactly one spelling.

A decoder that bends (white space, missing padding, stray bits in the last digit) lets one signature
have many texts; here a text that would not be written again is refused.
"""

import binascii

from distill.errors import VerificationError


def to_base64(data: bytes) -> str:
    """Return bytes in the standard alphabet of RFC 4648 §4, with padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def from_base64(text: str, where: str) -> bytes:
    """Return the bytes of a base64 text; ``where`` begins the refusal's sentence.

    Law: ``to_base64(from_base64(text, where)) == text``.

    Raises:
        VerificationError: the text is not what `to_base64` writes.
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (ValueError, UnicodeEncodeError) as error:
        raise VerificationError(f"{where} is no base64") from error
    if to_base64(data) != text:
        raise VerificationError(f"{where} is base64 that is not written that way")
    return data
