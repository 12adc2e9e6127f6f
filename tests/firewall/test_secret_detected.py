"""The gate of credentials: nothing planted gets out, and nothing costs more than its length."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall import secret_checks
from distill.firewall.finding import Refusal
from distill.firewall.secret_detected import observe
from distill.firewall.secret_rules import SECRET_RULES
from distill.firewall.settings import Action, FirewallSettings, MarkAction, SecretSettings
from distill.records.evidence import Mark
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason
from tests.exports.builders import REJECTED, assistant, call, place, run, user
from tests.firewall import hostile
from tests.firewall.labelled.secret_detected import Forge
from tests.firewall.planting import ENCODINGS, PLACES, Fields, in_key

SECRETS = Forge(99).all()
#: What has blanks or quotes of its own is no word, so it is planted on its own in other tests.
WORDS = {name: secret for name, secret in SECRETS.items() if not set(secret) & set(' "\n')}


def _marks(text: str) -> tuple[Mark, ...]:
    told = observe(RunTexts(text=text))
    return () if told is None else told.marks


def _labelled(label: str, text: str) -> RunTexts:
    fields: dict[str, Any] = {"text": "x", label: text}
    return RunTexts(**fields)


@pytest.mark.parametrize("rule", SECRETS)
def test_a_credential_is_found_by_its_own_rule(rule: str) -> None:
    """Each kind is named, and the mark covers the credential, whatever stands before it."""
    for before in ("", "x ", "é ", "\\n", "\ud800 ", "🜚="):
        text = f"{before}{SECRETS[rule]} and more"
        (mark,) = (one for one in _marks(text) if one.rule == rule)
        assert len(before) <= mark.start < mark.end <= len(before) + len(SECRETS[rule])
        assert SECRETS[rule].endswith(text[mark.start : mark.end]) or rule in (
            "url_password",
            "value_of_key_like_name",
        )


def _escaping_slashes(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


@pytest.mark.parametrize("rule", ["url_password", "slack_webhook"])
@pytest.mark.parametrize("layers", range(1, 4))
def test_slashes_escaped_within_layers_of_json_hide_nothing(rule: str, layers: int) -> None:
    """Of one writer that escapes a slash with others around it that don't, or that do as well."""
    for write in (json.dumps, _escaping_slashes):
        text = _escaping_slashes(SECRETS[rule])
        for _ in range(layers):
            text = write(text)
        assert rule in {mark.rule for mark in _marks(f"said {text}")}


def test_every_rule_has_another_name() -> None:
    """A rule can be ignored by its name alone."""
    names = [rule.name for rule in SECRET_RULES]
    assert len(set(names)) == len(names)


@given(data=st.data(), encoding=st.sampled_from(sorted(ENCODINGS)), place=st.sampled_from(PLACES))
def test_a_planted_credential_reaches_no_export(
    data: st.DataObject, encoding: str, place: st.SearchStrategy[Fields]
) -> None:
    """In any promised place and encoding, and the quarantine's detail does not quote it."""
    secret = data.draw(st.sampled_from(sorted(WORDS.values())))
    fields = place(data.draw(ENCODINGS[encoding](secret)))  # type: ignore[operator]
    subject = run("trial/a", **fields)
    for refused in (
        rag_sample(*subject, RagSettings()),
        sft_sample(*subject, SftSettings()),
        preference_sample(subject, run("trial/b", REJECTED), PreferenceSettings()),
        preference_sample(run("trial/b"), run("trial/a", REJECTED, **fields), PreferenceSettings()),
    ):
        assert isinstance(refused, Refusal)
        reasons = {refused.reason, *refused.also}
        assert QuarantineReason.SECRET_DETECTED in reasons
        assert secret not in refused.detail


@pytest.mark.parametrize("secret", WORDS.values(), ids=WORDS)
def test_a_credential_as_a_members_name_is_found(secret: str) -> None:
    """The mark says that the name is meant, not the value."""
    refused = sft_sample(*run("trial/a", **in_key(f"x {secret}")), SftSettings())
    assert isinstance(refused, Refusal)
    assert refused.reason is QuarantineReason.SECRET_DETECTED


@pytest.mark.parametrize("label", ["task_id", "subject", "model", "logged_run_id"])
def test_a_credential_in_a_label_is_found(label: str) -> None:
    """What names the run is looked at too."""
    told = observe(_labelled(label, SECRETS["github_token"]))
    assert told is not None
    assert told.marks[0].at.endswith(label)


@pytest.mark.parametrize("rule", ["value_of_key_like_name", "bearer_token"])
def test_an_ignored_rule_hides_nothing_of_the_others(rule: str) -> None:
    """A key beside a key-like name is a key, also where that name's rule does not count."""
    settings = FirewallSettings(secret_detected=SecretSettings(ignore=(rule,)))
    for name in ("npm_token", "stripe_key", "google_api_key"):
        for text in (f'api_key = "{SECRETS[name]}"', f"Authorization: Bearer {SECRETS[name]}"):
            for planted in (text, b64encode(f"run with {text} now".encode()).decode()):
                subject = run("trial/a", messages=(user("go"), assistant(planted)))
                row = rag_sample(*subject, RagSettings(firewall=settings))
                assert isinstance(row, Refusal)
                assert row.reason is QuarantineReason.SECRET_DETECTED


def test_where_a_run_is_from_is_looked_at() -> None:
    """A row names paths, pointers and a category: a credential in any of them keeps the run out."""
    found = place(name=SECRETS["npm_token"])
    pointer = place().changed(pointer=f"/runs/x~1{SECRETS['npm_token']}")
    for action in MarkAction.QUARANTINE, MarkAction.REDACT:
        settings = FirewallSettings(secret_detected=SecretSettings(action=action))
        for fields in (
            {"provenance": (place(), found)},
            {"provenance": (pointer,)},
            {"provenance": (place(name=f"b/{SECRETS['npm_token']}/x"),)},
            {"source_category": SECRETS["npm_token"]},
        ):
            refused = rag_sample(*run("trial/a", **fields), RagSettings(firewall=settings))
            assert isinstance(refused, Refusal)
            assert refused.reason is QuarantineReason.SECRET_DETECTED
            assert SECRETS["npm_token"] not in refused.detail


def test_a_detail_quotes_no_members_name() -> None:
    """A pointer to a marked name, or to what stands below it, holds no credential."""
    secret = SECRETS["npm_token"]
    arguments: dict[str, Any] = {secret: {"deeper": SECRETS["stripe_key"]}}
    refused = rag_sample(
        *run("trial/a", messages=(user("go"), assistant("", call("f", arguments)))), RagSettings()
    )
    assert isinstance(refused, Refusal)
    assert "npm_token at a member's name" in refused.detail
    assert secret not in refused.detail
    arguments = {"a sentence as a name, " * 5: SECRETS["stripe_key"]}
    refused = rag_sample(
        *run("trial/a", messages=(user("go"), assistant("", call("f", arguments)))), RagSettings()
    )
    assert isinstance(refused, Refusal)
    assert "function/arguments/…, characters" in refused.detail


def test_the_checksum_is_github_s_own() -> None:
    """The token that shows the algorithm has its checksum; one letter off, and it has not."""
    body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"
    assert secret_checks.has_crc32(body.encode())
    assert not secret_checks.has_crc32(body.replace("z", "Z").encode())


def test_a_rule_can_be_ignored_and_the_gate_switched_off() -> None:
    """Under both, what it finds no longer counts."""
    subject = run("trial/a", messages=(user("go"), assistant(SECRETS["npm_token"])))
    for settings, is_out in (
        (SecretSettings(), True),
        (SecretSettings(ignore=("github_token",)), True),
        (SecretSettings(ignore=("npm_token",)), False),
        (SecretSettings(action=Action.OFF), False),
    ):
        firewall = FirewallSettings(secret_detected=settings)
        row = sft_sample(*subject, SftSettings(firewall=firewall))
        assert isinstance(row, Refusal) == is_out


def test_a_run_with_too_many_findings_is_undecided() -> None:
    """Ten thousand marks are kept at most, and such a run never passes as clean."""
    text = " ".join(Forge(seed).all()["npm_token"] for seed in range(40)) + "\n"
    told = observe(RunTexts(text=text * 300))
    assert told is not None
    assert told.undecided == "more than 10000 findings"


def test_a_mark_quotes_nothing() -> None:
    """What is stored with the evidence holds places and names of rules alone."""
    told = observe(RunTexts(text=f"a {SECRETS['pypi_token']} b"))
    assert told is not None
    assert SECRETS["pypi_token"][:20] not in json.dumps(told.as_json())


@pytest.mark.parametrize("piece", hostile.HOSTILE)
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """Eight times the text takes about eight times as long, not sixty-four times."""
    assert hostile.growth(lambda text: observe(RunTexts(text=text)), piece, 40_000) < hostile.LINEAR
