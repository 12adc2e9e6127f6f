"""Canonical JSON: the same bytes as RFC 8785 and jq inside the profile, refusal outside."""

import os
import shutil
import subprocess
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import ContractError, VerificationError
from distill.receipts.canonical import MAX_DEPTH, MAX_INTEGER, Json, dumps, loads

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x7f"))
KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)

# The value and its bytes by RFC 8785 §3.2.2 and §3.2.3, as far as the profile goes.
VECTORS: list[tuple[Any, bytes]] = [
    ({"b": 1, "a": [True, None, "x"]}, b'{"a":[true,null,"x"],"b":1}'),
    ({"numbers": [0, -1, MAX_INTEGER]}, b'{"numbers":[0,-1,9007199254740991]}'),
    ('\u20ac$\u000f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()),
    ({"1": {"f": {"f": "hi", "F": 5}}, "10": {}}, b'{"1":{"f":{"F":5,"f":"hi"}},"10":{}}'),
    ("\u2028\u00e9\U0001f600", '"\u2028é😀"'.encode()),
    ([], b"[]"),
]

OUTSIDE: list[Any] = [
    1.5,
    float("nan"),
    2**53,
    -(2**53),
    {"é": 1},
    {"a\x7f": 1},
    {"a\n": 1},
    {1: 2},
    "\x7f",
    "\ud800",
    b"bytes",
    {1, 2},
]

REFUSED: dict[str, bytes] = {
    "white space": b'{"a": 1}',
    "unsorted keys": b'{"b":1,"a":2}',
    "duplicate key": b'{"a":1,"a":1}',
    "float": b"[1.0]",
    "exponent": b"[1e3]",
    "negative zero": b"[-0]",
    "NaN": b"[NaN]",
    "infinity": b"[Infinity]",
    "huge integer": b"[9007199254740992]",
    "huge digits": b"[" + b"9" * 5000 + b"]",
    "escaped slash": b'["\\/"]',
    "escaped letter": b'["\\u0061"]',
    "lone surrogate": b'["\\ud800"]',
    "DEL": b'["\x7f"]',
    "not UTF-8": b'["\xff"]',
    "byte order mark": b"\xef\xbb\xbf[]",
    "trailing newline": b"[]\n",
    "two values": b"[][]",
    "cut short": b'{"a":',
    "empty": b"",
    "too deep": b"[" * 100_000 + b"]" * 100_000,
}


@given(VALUES)
def test_reading_gives_back_what_was_written(value: Json) -> None:
    """Loads is the inverse of dumps, and dumps that of loads."""
    raw = dumps(value)
    assert loads(raw) == value
    assert dumps(loads(raw)) == raw


@pytest.mark.parametrize(("value", "raw"), VECTORS)
def test_the_bytes_of_rfc_8785(value: Json, raw: bytes) -> None:
    """Known values have the bytes that RFC 8785 gives them."""
    assert dumps(value) == raw


@given(st.lists(VALUES, min_size=1, max_size=30))
def test_jq_writes_the_same_bytes(values: list[Json]) -> None:
    """An auditor's jq -cS prints what we print, byte for byte."""
    if shutil.which("jq") is None:
        assert not os.environ.get("CI"), "jq is missing, and CI demands it"
        pytest.skip("jq is missing: its bytes were NOT compared with ours")
    lines = b"".join(dumps(value) + b"\n" for value in values)
    done = subprocess.run(["jq", "-cS", "."], input=lines, capture_output=True, check=True)
    assert done.stdout == lines


@pytest.mark.parametrize("value", OUTSIDE)
def test_values_outside_the_profile_are_not_written(value: Any) -> None:
    """What the profile can't hold is refused, not bent."""
    with pytest.raises(ContractError, match="not canonical JSON"):
        dumps({"x": value})


def test_a_value_that_holds_itself_is_not_written() -> None:
    """It ends at the bound of the depth, at once."""
    value: list[Any] = []
    value += [value, value]
    with pytest.raises(ContractError, match="deeper"):
        dumps(value)


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_other_forms_are_not_read(raw: bytes) -> None:
    """Bytes in any other than the canonical form are refused, with our own error."""
    with pytest.raises(VerificationError):
        loads(raw)


def test_a_long_key_is_not_paid_for_by_every_value_below_it() -> None:
    """What stands under a key of 4 MB is read in a time that doesn't grow with the key."""
    raw = b'{"' + b"k" * 4_000_000 + b'":[' + b"1," * 100_000 + b"1]}"
    began = time.monotonic()
    loads(raw)
    assert time.monotonic() - began < 5  # told for each value, the way to it would be 400 GB


def test_a_refusal_names_the_place_and_is_short() -> None:
    """The way to the fault is told, with no more of a long key than can be read."""
    with pytest.raises(VerificationError) as caught:
        loads(b'{"a":[1,{"' + b"k" * 100_000 + b'":"\x7f"}]}')
    assert "U+007F in a string at $.a[1].kkk" in caught.value.message
    assert len(caught.value.message) < 200


def test_depth_is_bounded() -> None:
    """A value is as deep as the bound and no deeper."""
    value: Json = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert loads(dumps(value)) == value
    with pytest.raises(ContractError, match="deeper"):
        dumps([value])
