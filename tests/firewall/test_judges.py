"""Gates on verdicts: what their settings change, and what the evidence is told."""

import pytest

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.firewall.self_judged import model_name
from distill.firewall.settings import (
    ConflictingVerdictsSettings,
    FirewallSettings,
    SelfJudgedSettings,
    Unknown,
    Unnamed,
)
from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category, VerdictOrigin
from tests.exports.builders import assistant, evidence, run, score, user, verdict

_JUDGE = VerdictOrigin.MODEL_JUDGE
_DISSENT = DecidingVerdict(name="thumbs", origin=VerdictOrigin.HUMAN_FEEDBACK, value=0)


def test_a_dissent_of_a_lower_rank_keeps_out_only_where_it_is_to() -> None:
    """By default the rank decides; with lower_rank = "quarantine" nobody may doubt."""
    record = evidence()
    run = score(record, dissent=(_DISSENT,))
    assert not isinstance(sft_sample(run, record, SftSettings()), Refusal)
    strict = ConflictingVerdictsSettings(lower_rank=Unknown.QUARANTINE)
    settings = SftSettings(firewall=FirewallSettings(conflicting_verdicts=strict))
    refused = sft_sample(run, record, settings)
    assert isinstance(refused, Refusal)
    assert refused.rule == "lower_rank"


def test_a_disputed_run_is_no_document_with_include_review() -> None:
    """Runs in review come in with the flag, but not those that people disagree about."""
    record = evidence()
    settings = RagSettings(include_review=True)
    undecided = score(record, Category.NEEDS_HUMAN_REVIEW, rule="no_verdict")
    assert not isinstance(rag_sample(undecided, record, settings), Refusal)
    disputed = score(record, Category.NEEDS_HUMAN_REVIEW, rule="same_rank_disagrees")
    refused = rag_sample(disputed, record, settings)
    assert isinstance(refused, Refusal)
    assert refused.reason.value == "conflicting_verdicts"


@pytest.mark.parametrize(
    ("model", "judges", "rule"),
    [
        ("gpt-4o", ("gpt-4.1",), None),
        ("gpt-4o", ("gpt-4o",), "same_model"),
        ("gpt-4o", (None,), "undecided"),
        (None, ("gpt-4o",), "undecided"),
        (None, (None,), "undecided"),
        ("gpt-4o", ("gpt-4o", None), "same_model"),
        ("gpt-4o", ("gpt-4.1", None), None),
        (None, ("gpt-4o", "gpt-4.1"), None),
        (None, ("gpt-4o", "openai/gpt-4o"), "undecided"),
    ],
)
def test_what_nobody_can_tell_is_never_clean(
    model: str | None, judges: tuple[str | None, ...], rule: str | None
) -> None:
    """Where the log names no judge, or not the run's model, the gate says that it can't tell.

    Two judges are two models, of which one at least did not make the run. `unnamed = "pass"` lets
    what can't be told through, and nothing else.
    """
    said = (verdict(origin=_JUDGE, name=f"q{n}", judge=one) for n, one in enumerate(judges))
    record = evidence(model=model, verdicts=tuple(said))
    by = DecidingVerdict(name="q0", origin=_JUDGE, value=1.0)
    other = run("trial/b", Category.REJECTED, messages=(user("mend it"), assistant("no")))
    chosen = score(record, decided_by=by), record
    for row in (
        sft_sample(*chosen, SftSettings()),
        preference_sample(chosen, other, PreferenceSettings()),
    ):
        assert (row.rule if isinstance(row, Refusal) else None) == rule
        assert not isinstance(row, Refusal) or row.reason.value == "self_judged"
    lenient = FirewallSettings(self_judged=SelfJudgedSettings(unnamed=Unnamed.PASS))
    row = sft_sample(*chosen, SftSettings(firewall=lenient))
    assert isinstance(row, Refusal) == (rule == "same_model")


def test_whoever_is_no_model_needs_no_name() -> None:
    """A harness's verdict decides over a run of an unnamed model."""
    record = evidence(model=None)
    assert not isinstance(sft_sample(score(record), record, SftSettings()), Refusal)


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("openai/gpt-4o-2024-08-06", "gpt-4o"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("gpt-4.1", "gpt-4.1"),
        ("o1", "o1"),
    ],
)
def test_a_name_loses_provider_and_date(name: str, bare: str) -> None:
    """And keeps what tells two models apart."""
    assert model_name(name) == bare
