"""Receipts that are defective before any field is looked at: bytes, JSON, the canonical profile."""

from collections.abc import Iterator

from tests.vectors.making.sample import RECEIPT, changed, raw
from tests.vectors.making.vector import Vector

_OTHER_BYTES = "the same value has other canonical bytes"


def with_text(text: str) -> bytes:
    """Return the sample with these bytes as the value of one of its parameters."""
    return raw(changed("claim|parameters|depth", "HERE")).replace(b'"HERE"', text.encode())


def vectors() -> Iterator[Vector]:
    """Yield one invalid receipt for each way to leave the canonical form."""
    for name, (content, refusal, why) in {**_framing(), **_layout(), **_values()}.items():
        yield Vector("receipt", f"{name}.json", content, why, refusal)


def _framing() -> dict[str, tuple[bytes, str, str]]:
    good = raw(RECEIPT)
    return {
        "empty-file": (b"", "does not end in a newline", "No byte at all."),
        "newline-alone": (b"\n", "not canonical JSON", "A line without a value."),
        "no-newline": (good[:-1], "does not end in a newline", "The last byte is not 0x0A."),
        "two-newlines": (good + b"\n", _OTHER_BYTES, "One newline ends the file, not two."),
        "crlf": (good[:-1] + b"\r\n", _OTHER_BYTES, "The line ends in CR LF."),
        "byte-order-mark": (b"\xef\xbb\xbf" + good, "BOM", "U+FEFF stands before the object."),
        "utf-16": (good.decode().encode("utf-16-le") + b"\n", "not canonical JSON", "Not UTF-8."),
        "invalid-utf-8": (with_text('"?"').replace(b"?", b"\xff"), "utf-8", "0xFF in a string."),
        "overlong-utf-8": (
            with_text('"?"').replace(b"?", b"\xc0\xaf"),
            "utf-8",
            "A slash as two bytes of UTF-8.",
        ),
        "surrogate-utf-8": (
            with_text('"?"').replace(b"?", b"\xed\xa0\x80"),
            "utf-8",
            "U+D800 as three bytes, which are no UTF-8.",
        ),
        "two-objects": (good + good, "Extra data", "Two receipts in one file."),
        "cut-short": (good[: len(good) // 2] + b"\n", "not canonical JSON", "Half of a receipt."),
        "no-object": (b"[]\n", "is no object", "A list."),
        "text": (b'"distill.receipt/1"\n', "is no object", "A string."),
        "null": (b"null\n", "is no object", "Null."),
    }


def _layout() -> dict[str, tuple[bytes, str, str]]:
    good = raw(RECEIPT)
    head, format_, tail = good.partition(b',"format":"distill.receipt/1"')
    unsorted = b"{" + format_[1:] + b"," + head[1:] + tail
    return {
        "space-before": (b" " + good, _OTHER_BYTES, "White space before the object."),
        "space-after-colon": (
            good.replace(b'"format":', b'"format": '),
            _OTHER_BYTES,
            "White space after a colon.",
        ),
        "line-break-inside": (
            good.replace(b',"format"', b',\n"format"'),
            _OTHER_BYTES,
            "White space between two fields.",
        ),
        "unsorted-keys": (unsorted, _OTHER_BYTES, "`format` stands before `claim`."),
        "duplicate-key": (
            good.replace(b'"format":', b'"format":"distill.receipt/1","format":'),
            "a key appears twice",
            "One field twice, with one value.",
        ),
        "duplicate-key-inside": (
            with_text('{"a":1,"a":2}'),
            "a key appears twice",
            "One key twice, deep inside, with two values.",
        ),
        "trailing-comma": (with_text("[1,]"), "not canonical JSON", "A comma before a bracket."),
        "comment": (with_text("1/**/"), "not canonical JSON", "A comment."),
        "single-quotes": (with_text("'a'"), "not canonical JSON", "A string in single quotes."),
        "key-not-ascii": (with_text('{"é":1}'), "not printable ASCII", "A key beyond ASCII."),
        "key-with-control": (
            with_text('{"a\\n":1}'),
            "not printable ASCII",
            "A key with a newline in it.",
        ),
        "nested-65-deep": (
            with_text("[" * 63 + "]" * 63),
            "nested deeper than 64",
            "A value 65 levels below the top; 64 are the bound.",
        ),
        "nested-10000-deep": (
            with_text("[" * 10_000 + "]" * 10_000),
            "not canonical JSON",
            "So many levels that a recursive parser ends.",
        ),
    }


def _values() -> dict[str, tuple[bytes, str, str]]:
    def text(value: str, refusal: str, why: str) -> tuple[bytes, str, str]:
        return with_text(value), refusal, why

    return {
        "float": text("0.5", "is no integer", "A fraction."),
        "float-of-an-integer": text("1.0", "is no integer", "An integer, written as a fraction."),
        "exponent": text("1e3", "is no integer", "An integer, written with an exponent."),
        "negative-zero": text("-0", _OTHER_BYTES, "Zero with a sign."),
        "leading-zero": text("01", "not canonical JSON", "An integer with a zero before it."),
        "plus-sign": text("+1", "not canonical JSON", "An integer with a plus before it."),
        "hexadecimal-number": text("0x1", "not canonical JSON", "An integer in base 16."),
        "nan": text("NaN", "is no integer", "Not a number."),
        "infinity": text("-Infinity", "is no integer", "No number."),
        "integer-of-2-to-the-53": text(str(2**53), "beyond 2**53 - 1", "One more than the bound."),
        "integer-below-the-bound": text(str(-(2**53)), "beyond 2**53 - 1", "One below the bound."),
        "integer-of-5000-digits": text(
            "9" * 5000, "beyond 2**53 - 1", "An integer of 5000 digits."
        ),
        "escaped-slash": text('"\\/"', _OTHER_BYTES, "An escape that need not be."),
        "escaped-letter": text('"\\u0061"', _OTHER_BYTES, "An escape that need not be."),
        "escaped-accent": text('"\\u00e9"', _OTHER_BYTES, "An escape that need not be."),
        "escaped-pair": text('"\\ud83d\\ude00"', _OTHER_BYTES, "U+1F600 as two escapes."),
        "long-escape": text('"\\u000a"', _OTHER_BYTES, "A newline that is not written as \\n."),
        "upper-case-escape": text('"\\u001F"', _OTHER_BYTES, "An escape in upper case."),
        "control-character": text('"\t"', "not canonical JSON", "A raw tab in a string."),
        "null-character": text('"\0"', "not canonical JSON", "A raw 0x00 in a string."),
        "delete-character": text('"\x7f"', "U+007F", "U+007F, which writers treat in two ways."),
        "delete-escaped": text('"\\u007f"', "U+007F", "U+007F as an escape."),
        "lone-surrogate": text('"\\ud800"', "lone surrogate", "Half of a pair of surrogates."),
    }
