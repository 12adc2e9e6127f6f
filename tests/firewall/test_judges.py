"""Gates on verdicts: what their settings change, and what the evidence is told."""

import pytest

from distill.exports.rag import rag_sample
from distill.exports.settings import RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.gates import Refusal
from distill.firewall.self_judged import model_name
from distill.firewall.settings import (
    ConflictingVerdictsSettings,
    FirewallSettings,
    SelfJudgedSettings,
    Unknown,
)
from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category, VerdictOrigin
from tests.exports.builders import evidence, score, verdict

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


def test_an_unnamed_judge_keeps_out_where_it_is_to() -> None:
    """`unnamed` decides over a model's verdict whose judge the log does not name."""
    record = evidence(model="gpt-4o", verdicts=(verdict(origin=VerdictOrigin.MODEL_JUDGE),))
    by = DecidingVerdict(name="reward", origin=VerdictOrigin.MODEL_JUDGE, value=1.0)
    run = score(record, decided_by=by)
    assert not isinstance(sft_sample(run, record, SftSettings()), Refusal)
    strict = SelfJudgedSettings(unnamed=Unknown.QUARANTINE)
    refused = sft_sample(run, record, SftSettings(firewall=FirewallSettings(self_judged=strict)))
    assert isinstance(refused, Refusal)
    assert (refused.reason.value, refused.rule) == ("self_judged", "unnamed")


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
