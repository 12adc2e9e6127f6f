"""What is no JSON, or no JSON that can be trusted, is seen; nothing is smoothed over."""

import pytest

from distill.records.taxonomy import QuarantineReason
from distill.sources.protocol import RecordError
from distill.sources.strict_json import parse

TEXT = "s3cret-text"

BAD = {
    "empty": b"",
    "byte_order_mark": b'\xef\xbb\xbf{"a": 1}',
    "not_utf8": b'{"a": "s3cret-text\xff"}',
    "not_json": b"{'a': 's3cret-text'}",
    "truncated": b'{"a": "s3cret-text',
    "nan_or_infinity": b'{"a": NaN, "s3cret-text": 1}',
    "duplicate_key": b'{"s3cret-text": 1, "s3cret-text": 2}',
    "lone_surrogate": b'{"a": "s3cret-text\\ud800"}',
    "control_character": b'{"a": "s3cret-text\x00"}',
    "too_deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "integer_too_large": b'{"a": ["s3cret-text", 9007199254740992]}',
    "number_overflows": b'{"a": 1e400}',
    "not_an_object": b'["s3cret-text"]',
}


@pytest.mark.parametrize("rule", BAD)
def test_bad_record(rule: str) -> None:
    """Each defect is a schema violation by its own rule, and the detail quotes no text."""
    with pytest.raises(RecordError) as caught:
        parse(BAD[rule])
    assert caught.value.reason is QuarantineReason.SCHEMA_VIOLATION
    assert caught.value.rule == rule
    assert TEXT not in caught.value.detail
    assert caught.value.detail


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b" \r\n", "empty"),
        (b'{"a": Infinity}', "nan_or_infinity"),
        (b'{"a": -Infinity}', "nan_or_infinity"),
        (b'{"a": 1} {"a": 2}', "not_json"),
        (b'{"a": {"b": 1, "b": 1}}', "duplicate_key"),
        (b'{"a": "\\udc00 x"}', "lone_surrogate"),
        (b'{"a": "\\ud800\\u0041"}', "lone_surrogate"),
        (b'{"a": -9007199254740992}', "integer_too_large"),
        (b'{"a": 12345678901234567890123}', "integer_too_large"),
        (b'{"a": 1E+400}', "number_overflows"),
        (b'{"a": -' + b"9" * 400 + b".5}", "number_overflows"),
        (b"\x00\x00", "not_json"),
        (b'{"a": 01}', "not_json"),
        (b"null", "not_an_object"),
    ],
)
def test_other_forms_of_a_defect(data: bytes, rule: str) -> None:
    """A defect is known in its less common forms too."""
    with pytest.raises(RecordError) as caught:
        parse(data)
    assert caught.value.rule == rule


def test_details_say_where() -> None:
    """The place is a line and column, a byte, or a pointer."""
    with pytest.raises(RecordError, match="line 1 column 14"):
        parse(b'{"a": 1, "a": 2}')
    with pytest.raises(RecordError, match=r"/a/b~1c/1"):
        parse(b'{"a": {"b/c": [0, 9007199254740993]}}')


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": "\\u0000"}', "\0"),
        (b'{"a": 9007199254740991}', 2**53 - 1),
        (b'{"a": -9007199254740991}', -(2**53) + 1),
        (b'{"a": "12345678901234567890 and 1e999"}', "12345678901234567890 and 1e999"),
        (b'{"a": 0.71000000000000000001}', 0.71),
        (b'{"a": 1.0}', 1.0),
        (b'{"a": "\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"a": "\xe2\x80\x8b"}', "\u200b"),
        (b' {"a": null}\r', None),
    ],
)
def test_legal_values_are_kept(data: bytes, value: object) -> None:
    """What is legal JSON comes through as it is, an escaped NUL and zero-width marks too."""
    found = parse(data)["a"]
    assert found == value
    assert type(found) is type(value)
