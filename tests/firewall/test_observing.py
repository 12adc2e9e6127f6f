"""Observers: what they are shown, and what a gate says where its observer failed."""

import gc
import json
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.exports.settings import SftSettings
from distill.exports.sft import sft_sample
from distill.firewall import observing
from distill.firewall.finding import Refusal
from distill.firewall.observing import observe
from distill.records.evidence import EvidenceRecord, Observation
from distill.records.message import Message
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason
from tests.exports.builders import assistant, call, evidence, run, user

#: The observers' version, and the versions that it stands for: who changes one raises both.
TABLE = (
    15,
    {
        "benchmark_contamination": 1,
        "looping": 1,
        "near_duplicate": 4,
        "oracle_access": 2,
        "personal_data": 5,
        "placeholder_code": 2,
        "prompt_injection": 2,
        "refusal": 2,
        "secret_detected": 4,
        "truncated_run": 1,
    },
)


def test_the_version_of_the_table_goes_up_with_its_observers() -> None:
    """A table that differs from the one written down here has another version."""
    table = {name: version for name, (version, _) in observing.OBSERVERS.items()}
    assert (observing.OBSERVERS_VERSION, table) == TABLE


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(arguments=st.dictionaries(st.text(), VALUES), text=st.text())
def test_every_text_is_shown_at_a_place_that_leads_to_it(
    arguments: dict[str, Any], text: str
) -> None:
    """Each string, member's name and number stands under its pointer; none is left out."""
    messages = (user(text), assistant(None, call("run", arguments)))
    record = evidence(messages=messages)
    shown = RunTexts(messages=messages).all
    value = json.loads(record.to_line())
    for one in shown:
        found = _resolve(value, one.at, in_key=one.in_key)
        assert one.text == (json.dumps(found) if one.is_number else found), one.at
    assert sorted(one.text for one in shown) == sorted(
        [*_strings(arguments), *filter(None, [text]), "run"]
    )
    assert RunTexts(messages=messages).strings == tuple(one.text for one in shown)


def _resolve(value: Any, pointer: str, *, in_key: bool) -> Any:
    tokens = [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]
    for token in tokens[:-1] if in_key else tokens:
        value = value[int(token) if isinstance(value, list) else token]
    return tokens[-1] if in_key else value


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        names = [name for name in value if name]
        return names + [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner)]
    if value is None or isinstance(value, bool) or value == "":
        return []
    return [value if isinstance(value, str) else json.dumps(value)]


def test_a_deep_value_is_walked_without_recursion() -> None:
    """A value nested 50,000 deep, as text that a log may hold, is shown and not a crash."""
    deep: Any = "bottom"
    for _ in range(50_000):
        deep = [deep]
    messages = (Message(role="assistant", tool_calls=(call("f", {"deep": deep}),)),)
    assert RunTexts(messages=messages).all[-1].text == "bottom"


def test_an_observer_that_fails_leaves_the_run_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its gate keeps the run out, with the gate's own reason."""

    def fail(_: RunTexts) -> Observation | None:
        raise ValueError("not for this text")

    monkeypatch.setattr(observing, "OBSERVERS", {"looping": (1, fail)})
    told = observe(RunTexts(text="a"))
    assert told["looping"].undecided == "its observer failed: ValueError"
    refused = sft_sample(*run("trial/a", facts={"observed": told}), SftSettings())
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.rule) == (QuarantineReason.LOOPING, "undecided")


def test_evidence_without_observers_is_never_clean() -> None:
    """A record that no observer was asked about stays out."""
    refused = sft_sample(*run("trial/a", facts={"observers": None}), SftSettings())
    assert isinstance(refused, Refusal)
    assert refused.rule == "undecided"


def test_observations_survive_the_line_that_they_are_written_to() -> None:
    """A record is read back with what was observed of it."""
    messages = (user("go"), *(assistant("again") for _ in range(3)))
    record = evidence(messages=messages)
    assert record.facts.observed["looping"].numbers == {"repeats": 3, "message": 1}
    assert EvidenceRecord.from_line(record.to_line()) == record


def test_a_run_that_was_looked_at_is_freed_at_once() -> None:
    """No cycle keeps its texts until Python looks for cycles, which costs as much as it holds."""
    address = "jane.roe@kestrelworks.org"  # something is found, so its place is asked for
    texts = RunTexts(
        messages=(user(f"write to {address}"), assistant(None, call("run", {"cmd": "x"})))
    )
    was_on = gc.isenabled()
    gc.disable()
    try:
        told = observe(texts)
        found = texts.joined.texts
        gone = weakref.ref(texts)
        del texts
        assert gone() is None
    finally:
        if was_on:
            gc.enable()
    assert told["personal_data"].marks
    assert any(address in one.text for one in found)
