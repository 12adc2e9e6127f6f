"""Lines of records: the bytes that the standard library would write, and strict when read."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.records.evidence import Provenance, Verdict
from distill.records.message import Message
from distill.records.record import LineError, Record, encode, read_list
from distill.records.samples import SftSample
from distill.records.taxonomy import VerdictOrigin

QUOTED = "what nobody is to quote"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
PLACE = Provenance(source="s", path="logs/a.jsonl", start=0, end=9, line=1, blake3="0" * 64)


def verdict(value: Any) -> Verdict:
    """A verdict of any value."""
    return Verdict(name="reward", value=value, origin=VerdictOrigin.TEST_HARNESS)


@given(JSON)
def test_a_value_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    """No blanks, UTF-8, keys in their order, the same escapes; any character may stand in it."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert encode(value) == told
    assert b'"value":' + told + b"," in verdict(value).to_line()


@given(JSON | st.floats(allow_nan=False, allow_infinity=False))
def test_a_record_reads_back_from_its_line(value: Any) -> None:
    """Floats keep every bit and stay floats, whatever form their exponent has."""
    read = Verdict.from_line(verdict(value).to_line())
    assert read == verdict(value)
    assert type(read.value) is type(value)


def test_a_written_line_leaves_nothing_in_memory() -> None:
    """Lines are written by the million: 48 bytes that stay of each would be 80 MB of 10 GB."""
    one = verdict(True)
    one.to_line()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10_000):
            one.to_line()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000


def test_half_of_a_surrogate_pair_is_not_written() -> None:
    """It has no UTF-8: an error, never another text."""
    with pytest.raises(ValueError, match="surrogates"):
        Message(role="user", content="\ud800").to_line()


@pytest.mark.parametrize(
    ("schema", "line", "fault"),
    [
        (Message, {"role": "user", "mood": QUOTED}, "/mood: extra_forbidden"),
        (Message, {"content": QUOTED}, "/role: missing"),
        (Message, {"role": QUOTED}, "/role: enum"),
        (Message, {"role": "user", "content": [QUOTED]}, "/content: type"),
        (Message, {"role": "user", "tool_calls": [{"function": QUOTED}]}, "/tool_calls/0/function"),
        (Provenance, {**PLACE.as_json(), "start": "0"}, "/start: type"),
        (SftSample, {"id": QUOTED}, "/id: pattern"),
        (Verdict, {**verdict(1).as_json(), "origin": QUOTED}, "/origin: enum"),
    ],
)
def test_a_line_of_another_form_is_refused_without_quoting_it(
    schema: type[Record], line: dict[str, Any], fault: str
) -> None:
    """Types are not bent into each other: a number as a text is refused too."""
    with pytest.raises(LineError) as raised:
        schema.from_line(json.dumps(line).encode())
    assert fault in str(raised.value)
    assert QUOTED not in str(raised.value)
    assert raised.value.form == schema.__name__


@pytest.mark.parametrize(
    "line", [b"", b"{", b'{"role":"user"} x', b"[" * 100_000, b'{"role":"user","content":NaN}']
)
def test_what_is_no_json_is_said_to_be_none(line: bytes) -> None:
    """Nesting without end is no crash."""
    with pytest.raises(LineError, match=r"is no JSON|nested too deep|type"):
        Message.from_line(line)


def test_a_list_of_records_is_read_as_strictly() -> None:
    """What `encode` wrote of several records."""
    assert read_list(Provenance, encode([PLACE, PLACE])) == [PLACE, PLACE]
    with pytest.raises(LineError, match="/1/path: type"):
        read_list(
            Provenance, json.dumps([PLACE.as_json(), {**PLACE.as_json(), "path": 1}]).encode()
        )


def test_a_changed_record_is_another_one() -> None:
    """The value itself can't change."""
    assert PLACE.changed(line=2).line == 2
    assert PLACE.line == 1
    with pytest.raises(AttributeError):
        PLACE.line = 3  # type: ignore[misc]
