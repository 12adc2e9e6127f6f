"""The receipt format: what is refused, and that the lean reader and the published schema agree."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from distill.errors import VerificationError
from distill.receipts.canonical import dumps
from distill.receipts.digest import digest_bytes
from distill.receipts.published_schema import json_schema
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import MAX_RECEIPT_BYTES, to_json
from distill.receipts.schema import ReceiptModel, validate
from tests.receipts.samples import HEX, RECEIPT, changed, file, raw

REFUSED: dict[str, bytes] = {
    "absolute path": raw(changed("claim|inputs|0|path", "/etc/passwd")),
    "absolute path in a root": raw(changed("claim|inputs|0|path", "logs:/etc/passwd")),
    "parent path": raw(changed("claim|outputs|0|path", "../x")),
    "parent path inside": raw(changed("claim|outputs|0|path", "a/../../x")),
    "parent path in a root": raw(changed("claim|outputs|0|path", "logs:../x")),
    "empty path": raw(changed("claim|outputs|0|path", "")),
    "dot path": raw(changed("claim|outputs|0|path", "./x")),
    "double slash": raw(changed("claim|outputs|0|path", "a//x")),
    "backslash": raw(changed("claim|outputs|0|path", "a\\x")),
    "newline in a path": raw(changed("claim|outputs|0|path", "a\nx")),
    "drive": raw(changed("claim|outputs|0|path", "C:/x")),
    "odd root": raw(changed("claim|outputs|0|path", "-:x")),
    "long path": raw(changed("claim|outputs|0|path", "a" * 5000)),
    "long part of a path": raw(changed("claim|inputs|0|path", "é" * 128)),
    "reversed text in a path": raw(changed("claim|inputs|0|path", "out/\u202egpj.sh")),
    "what b3sum can't check": raw(changed("claim|inputs|0|path", "out/\ufffd")),
    "code outside of its root": raw(changed("claim|code|files", {"../x.py": HEX})),
    "code at an absolute path": raw(changed("claim|code|files", {"/x.py": HEX})),
    "two outputs at one path": raw(changed("claim|outputs", [file(), file(role="b")])),
    "target path": raw(changed("claim|targets|0|path", "/out")),
    "huge count": raw(changed("claim|inputs|0|bytes", 2**53)),
    "negative count": raw(changed("claim|inputs|0|bytes", -1)),
    "float count": raw(changed("claim|inputs|0|bytes", 1.0)),
    "truth as count": raw(changed("claim|inputs|0|bytes", True)),
    "text as count": raw(changed("claim|inputs|0|bytes", "3")),
    "records without root": raw(changed("claim|inputs|0|root", None)),
    "negative in counts": raw(changed("claim|counts|total|read", -1)),
    "text in counts": raw(changed("claim|counts|total|read", "1")),
    "list in counts": raw(changed("claim|counts|total", [1])),
    "negative in a law": raw(changed("claim|laws|0|left|a", -1)),
    "float in parameters": raw(changed("claim|parameters|depth", 0.5)),
    "unknown field": raw(changed("claim|colour", "red")),
    "unknown field deep inside": raw(changed("claim|inputs|0|mode", 420)),
    "unknown field at the top": raw({**RECEIPT, "more": 1}),
    "missing field": raw({k: v for k, v in RECEIPT.items() if k != "run"}),
    "future version": raw({**RECEIPT, "format": "distill.receipt/2"}),
    "no version": raw({"claim": {}, "run": {}}),
    "upper-case digest": raw(changed("claim|key", HEX.upper())),
    "short digest": raw(changed("claim|key", HEX[:-1])),
    "digest and newline": raw(changed("claim|key", HEX + "\n")),
    "bad stage": raw(changed("claim|stage", "../x")),
    "function without a module": raw(changed("claim|code|function", "copy")),
    "newline in a function": raw(changed("claim|code|function", "pkg:copy\n")),
    "bad time": raw(changed("run|started_at", "2026-01-31 08:00:00")),
    "no month": raw(changed("run|started_at", "2026-13-31T08:00:00.000Z")),
    "no day": raw(changed("run|started_at", "2026-02-30T08:00:00.000Z")),
    "no hour": raw(changed("run|started_at", "2026-01-31T24:00:00.000Z")),
    "bad run": raw(changed("run|id", "a run")),
    "bad trigger": raw(changed("run|trigger|kind", "cron")),
    "bad status": raw(changed("claim|validation|status", "fine")),
    "bad git state": raw(changed("run|code|state", "tidy")),
    "bad commit": raw(changed("run|code|commit", "HEAD")),
    "no object": b"[]\n",
    "no newline": raw(RECEIPT)[:-1],
    "not canonical": b" " + raw(RECEIPT),
    "too large": raw(changed("claim|notes", {"x": "y" * MAX_RECEIPT_BYTES})),
}


def test_the_sample_is_a_receipt() -> None:
    """Reading gives values that stand for the same bytes."""
    receipt = read_receipt(raw(RECEIPT))
    assert receipt.content == raw(RECEIPT)
    assert read_receipt(receipt.content) == receipt
    validate(receipt)


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(content: bytes) -> None:
    """Each defect is refused with an error of ours, before anything is believed."""
    with pytest.raises(VerificationError):
        read_receipt(content)


def test_a_future_version_is_named() -> None:
    """A receipt of a later version is refused with a hint, not called corrupt."""
    with pytest.raises(VerificationError) as caught:
        read_receipt(REFUSED["future version"])
    assert "distill.receipt/2" in caught.value.message
    assert "newer version" in caught.value.hint


def test_two_people_get_one_claim() -> None:
    """The claim's digest does not depend on the run."""
    mine = read_receipt(raw(RECEIPT))
    yours = read_receipt(raw(changed("run|started_at", "2026-02-01T00:00:00.000Z")))
    assert mine.digest != yours.digest
    assert mine.claim_digest == yours.claim_digest
    assert mine.claim_digest == digest_bytes(dumps(to_json(mine.claim)))


VALUES = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 2**53, [], {}, ["x"], {"x": 1}, {"x": {"y": -1}}),
        *("", "x", HEX, HEX + "\n", "a/b", "../a", "/a", "a:b", "a:b:c", ":b", "a:"),
        *("clean", "failed"),
        *([file()], [file(records=None)], {"total": {"a": True}}, {"a/": HEX, "/a": HEX}),
        *([file(), file(role="x")], "a/\u2028", "2026-02-30T08:00:00.000Z"),
    ]
)


def places(value: Any, prefix: str = "") -> list[str]:
    """Return every place of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in items:
        found.append(f"{prefix}{name}")
        if isinstance(inner, dict | list):
            found += places(inner, f"{prefix}{name}|")
    return found


@settings(max_examples=1000)
@given(st.sampled_from(places(RECEIPT)), VALUES, st.sampled_from(["set", "remove", "add"]))
def test_the_lean_reader_is_the_schema(place: str, value: Any, how: str) -> None:
    """What the lean reader takes or refuses, the published models take or refuse."""
    made = changed(place, value) if how == "set" else _reshaped(place, value, how)
    content = raw(made)
    try:
        read = to_json(read_receipt(content).claim)
    except VerificationError:
        read = None
    try:
        model = ReceiptModel.model_validate_json(content).model_dump(mode="json")["claim"]
    except ValidationError:
        model = None
    if read is None and model is not None:  # what canonical JSON alone refuses, models don't see
        assert any(n == 2**53 for n in _integers(made))
    else:
        assert read == model


def _reshaped(place: str, value: Any, how: str) -> dict[str, Any]:
    """Return the sample with a field removed from, or added beside, a place."""
    made = copy.deepcopy(RECEIPT)
    *way, last = place.split("|")
    here: Any = made
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if isinstance(here, list):
        here.append(value) if how == "add" else here.pop()
    elif how == "add":
        here["zzz"] = value
    else:
        del here[last]
    return made


def _integers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [n for inner in value.values() for n in _integers(inner)]
    if isinstance(value, list):
        return [n for inner in value for n in _integers(inner)]
    return [value] if isinstance(value, int) else []


def test_the_published_schema_names_every_field() -> None:
    """The JSON Schema forbids what it doesn't name."""
    schema = json_schema()
    assert set(schema["properties"]) == set(RECEIPT)
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["ClaimModel"]["properties"]) == set(RECEIPT["claim"])
    assert set(schema["$defs"]["RunModel"]["properties"]) == set(RECEIPT["run"])
