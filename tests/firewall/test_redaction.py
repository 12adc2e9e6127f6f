"""Redaction: nothing that is marked gets out, nothing beside it changes, and nobody can guess."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.firewall.observation import UndecidedError
from distill.firewall.redaction import RedactionKey, count_redactions, redact
from distill.firewall.settings import FirewallSettings, MarkAction, PersonalSettings, SecretSettings
from distill.records.evidence import EvidenceRecord, Mark, Observation
from distill.records.samples import PreferenceSample, RagSample, SftSample
from distill.records.taxonomy import QuarantineReason
from tests.exports.builders import REJECTED, Run, assistant, call, evidence, run, tool, user
from tests.firewall.labelled.personal_data import Census
from tests.firewall.labelled.secret_detected import Forge
from tests.firewall.planting import ENCODINGS, PLACES, Fields, in_key

KEY = RedactionKey(b"k" * 32)
OTHER = RedactionKey(b"o" * 32)
ALL = FirewallSettings(secret_detected=SecretSettings(action=MarkAction.REDACT))
ADDRESS = "mira.holt@posteo.de"
#: Values that must be gone; of a home folder, its owner's name.
VALUES = sorted(
    {
        *(value for rule, value in Census(3).all().values() if rule != "user_name"),
        *(secret for secret in Forge(3).all().values() if not set(secret) & set(' "\n')),
    }
)
_IN_PERCENT = sorted(value for value in VALUES if " " not in value)


def marked(text: str, *spans: tuple[int, int, str], at: str = "/text") -> EvidenceRecord:
    """Return a run with a text, in which the marks are where they are said to be."""
    marks = tuple(Mark(rule=rule, at=at, start=start, end=end) for start, end, rule in spans)
    observed = {"personal_data": Observation(version=1, marks=marks)}
    return evidence(messages=None, text=text, facts={"observed": observed})


@given(data=st.data(), encoding=st.sampled_from(sorted(ENCODINGS)), place=st.sampled_from(PLACES))
def test_a_planted_value_is_in_no_row(data: st.DataObject, encoding: str, place: Any) -> None:
    """In any promised place and encoding: the row holds a placeholder, or there is no row."""
    value = data.draw(st.sampled_from(VALUES))
    text = data.draw(ENCODINGS[encoding](value))
    fields: Fields = place(text)
    subject, other = run("trial/a", **fields), run("trial/b", REJECTED)
    worse = run("trial/a", REJECTED, **fields)
    rows = (
        rag_sample(*subject, RagSettings(firewall=ALL), key=KEY),
        sft_sample(*subject, SftSettings(firewall=ALL), key=KEY),
        preference_sample(subject, other, PreferenceSettings(firewall=ALL), key=KEY),
        preference_sample(run("trial/b"), worse, PreferenceSettings(firewall=ALL), key=KEY),
    )
    assert count_redactions([subject[1]], ALL)
    for row in rows:
        if isinstance(row, Refusal):
            assert row.reason not in (
                QuarantineReason.SECRET_DETECTED,
                QuarantineReason.PERSONAL_DATA,
            )
        else:
            assert value not in row.to_line().decode()
            assert json.dumps(value)[1:-1] not in row.to_line().decode()


@given(text=st.text(), data=st.data())
def test_only_what_is_marked_changes(text: str, data: st.DataObject) -> None:
    """Characters outside of all marks stand as they stood; marks that overlap are one."""
    places = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=6))
    spans = [(min(pair), max(pair), "email") for pair in pairs if pair[0] != pair[1]]
    record = marked(text, *spans)
    inside = {place for start, end, _ in spans for place in range(start, end)}
    kept = "".join(letter for place, letter in enumerate(text) if place not in inside)
    made = redact(record, ALL, KEY).text or ""
    placeholders = sum(count_redactions([record], ALL).values())
    assert len(made) == len(kept) + placeholders * len(KEY.placeholder("email", ""))
    pieces = made.split("<email:")
    assert pieces[0] + "".join(piece[17:] for piece in pieces[1:]) == kept or "<email:" in text


def test_the_same_value_is_the_same_placeholder_and_keyed() -> None:
    """Within a run, between runs and between texts; under another key it is another."""
    assert KEY.placeholder("email", ADDRESS) == KEY.placeholder("email", ADDRESS)
    assert KEY.placeholder("email", ADDRESS) != KEY.placeholder("email", ADDRESS.upper())
    assert KEY.placeholder("email", ADDRESS) != OTHER.placeholder("email", ADDRESS)
    assert KEY.id != OTHER.id
    assert KEY.secret.hex() not in repr(KEY)
    messages = (
        user(f"write {ADDRESS}"),
        assistant(f"wrote to {ADDRESS}", call("m", {"to": ADDRESS})),
    )
    row = sft_sample(*run("trial/a", messages=messages), SftSettings(), key=KEY)
    assert isinstance(row, SftSample)
    assert row.to_line().decode().count(KEY.placeholder("email", ADDRESS)) == 3


def test_the_whole_row_is_redacted() -> None:
    """Every text of a row: turns, calls, ids of calls, tools, and what the metadata quotes."""
    phone = "+49 151 23456789"
    messages = (
        user(f"mail {ADDRESS}"),
        assistant("calling", call(f"f {ADDRESS}", {"a": [{"b": phone}]}, f"call {ADDRESS}")),
        tool(f"/home/mholt/x {phone}", name=f"t {ADDRESS}"),
        assistant("done"),
    )
    tools = ({"type": "function", "function": {"name": "f", "description": f"see {ADDRESS}"}},)
    labels: Fields = {"subject": f"case of {ADDRESS}", "model": f"model of {ADDRESS}"}
    subject = run("trial/a", messages=messages, tools=tools, task=f"task of {ADDRESS}", **labels)
    for row in (
        rag_sample(*subject, RagSettings(), key=KEY),
        sft_sample(*subject, SftSettings(), key=KEY),
    ):
        assert isinstance(row, RagSample | SftSample)
        line = row.to_line().decode()
        for value in (ADDRESS, phone, "mholt"):
            assert value not in line
        for placeholder in (KEY.placeholder("phone", phone), KEY.placeholder("user_name", "mholt")):
            assert placeholder in line


def test_a_pair_keeps_its_common_beginning() -> None:
    """The same words on both sides are the same after, and different ones stay different."""
    opening = user(f"write to {ADDRESS}")
    chosen = run("trial/a", messages=(opening, assistant(f"wrote to {ADDRESS}")))
    rejected = run("trial/b", REJECTED, messages=(opening, assistant("wrote to jana@posteo.de")))
    row = preference_sample(chosen, rejected, PreferenceSettings(), key=KEY)
    assert isinstance(row, PreferenceSample)
    assert row.prompt[0].content == f"write to {KEY.placeholder('email', ADDRESS)}"
    assert row.chosen != row.rejected


@pytest.mark.parametrize(
    "fields",
    [
        in_key(ADDRESS),
        {"messages": (user("go"), assistant(None, call("f", {ADDRESS: "a text of some length"})))},
        {"messages": (user("go"), assistant(None, call("pay", {"card": 4539578763621486})))},
    ],
    ids=["a member's name", "a member's name before a text", "a number"],
)
def test_what_no_placeholder_can_replace_keeps_the_run_out(fields: Fields) -> None:
    """A member's name and a number stay what they are, so the run goes to quarantine."""
    refused = sft_sample(*run("trial/a", **fields), SftSettings(), key=KEY)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.rule) == (QuarantineReason.PERSONAL_DATA, "not_replaceable")


def test_a_mark_in_the_run_s_own_id_keeps_the_run_out() -> None:
    """The id names the run in receipts and withdrawals: it can't be another one in a row."""
    mark = Mark(rule="email", at="/logged_run_id", start=0, end=4)
    observed = {"personal_data": Observation(version=1, marks=(mark,))}
    refused = rag_sample(*run("trial/a", facts={"observed": observed}), RagSettings(), key=KEY)
    assert isinstance(refused, Refusal)
    assert refused.rule == "not_replaceable"


@pytest.mark.parametrize("at", ["/messages/7/content", "/nothing", "/messages/x", "/messages/0"])
def test_a_mark_whose_place_is_gone_is_undecided(at: str) -> None:
    """It is never passed over."""
    mark = Mark(rule="email", at=at, start=0, end=4)
    observed = {"personal_data": Observation(version=1, marks=(mark,))}
    refused = sft_sample(*run("trial/a", facts={"observed": observed}), SftSettings(), key=KEY)
    assert isinstance(refused, Refusal)
    assert refused.reason is QuarantineReason.PERSONAL_DATA
    assert refused.rule in ("undecided", "not_replaceable")


def test_a_mark_beyond_its_text_is_undecided() -> None:
    """A text that is shorter than it was is not the text that was looked at."""
    with pytest.raises(UndecidedError):
        redact(marked("ab", (0, 3, "email")), ALL, KEY)


def test_without_the_key_nothing_is_exported() -> None:
    """A run that has nothing to redact needs none."""
    subject: Run = run("trial/a", messages=(user("go"), assistant(ADDRESS)))
    refused = sft_sample(*subject, SftSettings())
    assert isinstance(refused, Refusal)
    assert refused.rule == "undecided"
    assert isinstance(sft_sample(*run("trial/b"), SftSettings()), SftSample)


def test_off_and_ignore_leave_a_text_as_it_is() -> None:
    """What the settings don't ask for is not done."""
    subject = run("trial/a", messages=(user("go"), assistant(ADDRESS)))
    for personal in (
        PersonalSettings(action=MarkAction.OFF),
        PersonalSettings(ignore=("email",)),
    ):
        settings = SftSettings(firewall=FirewallSettings(personal_data=personal))
        row = sft_sample(*subject, settings, key=KEY)
        assert isinstance(row, SftSample)
        assert row.messages[-1].content == ADDRESS
