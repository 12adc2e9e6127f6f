"""Scoring: what verdicts make of a run."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.records.evidence import Verdict
from distill.records.scored import ScoredRun
from distill.records.taxonomy import Category, Polarity, VerdictOrigin, VerdictOutcome
from distill.scoring.decide import Rule, contradicted, decide, inherit, opposite
from distill.scoring.policy import ScoringPolicy, Threshold
from tests.exports.builders import ACCEPTED, PARTIAL, REJECTED, REVIEW, evidence, score, verdict

POLICY = ScoringPolicy()
HUMAN, HARNESS, JUDGE = (
    VerdictOrigin.HUMAN_REVIEW,
    VerdictOrigin.TEST_HARNESS,
    VerdictOrigin.MODEL_JUDGE,
)
YES, PARTLY, NO = (
    VerdictOutcome.ACCEPTED,
    VerdictOutcome.PARTIALLY_ACCEPTED,
    VerdictOutcome.REJECTED,
)
CRASH, UNREADABLE = VerdictOutcome.INSTRUMENT_FAILURE, VerdictOutcome.UNREADABLE


def decided(*verdicts: Verdict, failure: str | None = None) -> tuple[Category, str]:
    """Category and rule of a run with these verdicts."""
    record = evidence(verdicts=verdicts, instrument_failure=failure)
    decision = decide(record, POLICY)
    return decision.category, decision.rule


@pytest.mark.parametrize(
    ("verdicts", "category", "rule"),
    [
        ((), REVIEW, Rule.NO_VERDICT),
        ((verdict(YES),), ACCEPTED, Rule.HIGHEST_RANK),
        ((verdict(PARTLY),), PARTIAL, Rule.HIGHEST_RANK),
        ((verdict(NO),), REJECTED, Rule.HIGHEST_RANK),
        ((verdict(NO), verdict(YES, origin=JUDGE)), REJECTED, Rule.HIGHEST_RANK),
        ((verdict(NO), verdict(YES, origin=HUMAN)), ACCEPTED, Rule.HIGHEST_RANK),
        ((verdict(NO), verdict(YES, name="b")), REVIEW, Rule.SAME_RANK_DISAGREES),
        ((verdict(YES), verdict(PARTLY, name="b")), REVIEW, Rule.SAME_RANK_DISAGREES),
        ((verdict(CRASH),), REVIEW, Rule.INSTRUMENT_FAILURE),
        ((verdict(CRASH), verdict(NO, name="b")), REVIEW, Rule.INSTRUMENT_FAILURE),
        ((verdict(CRASH), verdict(NO, origin=JUDGE)), REVIEW, Rule.INSTRUMENT_FAILURE),
        ((verdict(CRASH), verdict(NO, origin=HUMAN)), REJECTED, Rule.HIGHEST_RANK),
        ((verdict(UNREADABLE),), REVIEW, Rule.VERDICT_UNREADABLE),
        ((verdict(UNREADABLE), verdict(YES, name="b")), REVIEW, Rule.VERDICT_UNREADABLE),
        ((verdict(UNREADABLE), verdict(YES, origin=JUDGE)), REVIEW, Rule.VERDICT_UNREADABLE),
        ((verdict(YES), verdict(UNREADABLE, origin=JUDGE)), ACCEPTED, Rule.HIGHEST_RANK),
        ((verdict(None),), REVIEW, Rule.NO_THRESHOLD),
        (
            (verdict(UNREADABLE, origin=HUMAN, value="needs_human_review"), verdict(YES)),
            REVIEW,
            Rule.LEFT_FOR_REVIEW,
        ),
    ],
)
def test_the_highest_rank_decides_with_one_readable_voice(
    verdicts: tuple[Verdict, ...], category: Category, rule: str
) -> None:
    """Each combination gives the documented category by the documented rule."""
    assert decided(*verdicts) == (category, rule)


def test_an_instrument_that_failed_leaves_the_decision_to_a_person() -> None:
    """A harness that crashed outweighs what a harness or a judge said, but not a human review."""
    assert decided(verdict(NO), failure="timeout") == (REVIEW, Rule.INSTRUMENT_FAILURE)
    assert decided(failure="timeout") == (REVIEW, Rule.INSTRUMENT_FAILURE)
    assert decided(verdict(NO, origin=HUMAN), failure="timeout")[0] is REJECTED


@pytest.mark.parametrize(
    ("value", "category"),
    [
        (1, ACCEPTED),
        (0.8, ACCEPTED),
        (0.79, PARTIAL),
        (0.5, PARTIAL),
        (0.49, REJECTED),
        (-1, REJECTED),
    ],
)
def test_the_shipped_threshold_measures_grounded_fraction(value: float, category: Category) -> None:
    """From 0.8 accepted, from 0.5 partially accepted, rejected below."""
    found = verdict(None, name="grounded_fraction", value=value)
    assert decided(found)[0] is category


@pytest.mark.parametrize(
    "value", [True, "0.9", "False", None, [1.0], {"a": 1}, math.nan, math.inf, 10**400]
)
def test_a_value_that_is_no_finite_number_is_never_guessed(value: Any) -> None:
    """A bool, a text, NaN or an endless integer where a number is expected needs a person."""
    found = verdict(None, name="grounded_fraction", value=value)
    assert decided(found) == (REVIEW, Rule.VERDICT_UNREADABLE)


def test_a_threshold_does_not_measure_a_verdict_that_points_the_other_way() -> None:
    """Bounds that rise can't measure a score of which less is better."""
    policy = ScoringPolicy(thresholds={"toxicity": Threshold(accepted=0.8, partially_accepted=0.5)})
    wrong = verdict(None, name="toxicity", value=0.1, polarity=Polarity.LOWER_IS_BETTER)
    assert decide(evidence(verdicts=(wrong,)), policy).rule == Rule.NO_THRESHOLD
    falling = Threshold(accepted=0.1, partially_accepted=0.3, polarity=Polarity.LOWER_IS_BETTER)
    policy = ScoringPolicy(thresholds={"toxicity": falling})
    assert decide(evidence(verdicts=(wrong,)), policy).category is ACCEPTED


def test_dissent_and_reward_are_kept() -> None:
    """A lower rank that disagrees is recorded, and the deciding number is the reward."""
    verdicts = (verdict(NO, value=0.25), verdict(YES, origin=JUDGE, name="judge", value="C"))
    decision = decide(evidence(verdicts=verdicts), POLICY)
    assert decision.reward == 0.25
    assert [(d.name, d.origin, d.value) for d in decision.dissent] == [("judge", JUDGE, "C")]


def test_a_scored_run_never_holds_a_judges_prose() -> None:
    """A long text, an object or NaN as a value is left out of the decision."""
    for value in ("word " * 20, {"why": "because"}, math.nan):
        decision = decide(evidence(verdicts=(verdict(YES, value=value),)), POLICY)
        assert decision.decided_by is not None
        assert decision.decided_by.value is None
        scored = score(evidence(), decided_by=decision.decided_by)
        assert ScoredRun.from_line(scored.to_line()) == scored


def test_a_scorer_that_fails_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a threshold is a run to review, never a clean one; other bugs stop the stage."""

    def fail(*_: object) -> VerdictOutcome:
        raise ZeroDivisionError

    monkeypatch.setattr(Threshold, "outcome", fail)
    found = verdict(None, name="grounded_fraction", value=0.9)
    assert decided(found) == (REVIEW, Rule.SCORER_FAILED)


def test_extraction_takes_the_category_of_its_parents() -> None:
    """None, agreeing and disagreeing parents, in any order."""
    assert inherit(()).rule == Rule.NO_PARENT
    agreed = inherit([("b", ACCEPTED), ("a", ACCEPTED)])
    assert (agreed.category, agreed.parent_run_ids) == (ACCEPTED, ("a", "b"))
    differing = [("b", ACCEPTED), ("a", PARTIAL)]
    assert inherit(differing).rule == Rule.PARENTS_DISAGREE
    assert inherit(differing) == inherit(differing[::-1])
    assert inherit([("a", REVIEW)]).category is REVIEW


def test_only_accepted_beside_rejected_is_opposite() -> None:
    """Accepted and partially accepted differ in degree."""
    assert opposite({ACCEPTED, REJECTED, REVIEW})
    for pair in ((ACCEPTED, PARTIAL), (PARTIAL, REJECTED), (ACCEPTED, REVIEW), (REJECTED,)):
        assert not opposite(pair)
    before = decide(evidence(verdicts=(verdict(YES),)), POLICY)
    after = contradicted(before)
    assert (after.category, after.rule) == (REVIEW, Rule.SAME_OUTPUT_OPPOSITE_VERDICTS)
    assert after.decided_by == before.decided_by


_VERDICTS = st.lists(
    st.builds(
        verdict,
        st.sampled_from([*VerdictOutcome, None]),
        origin=st.sampled_from(VerdictOrigin),
        value=st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=3)),
        name=st.sampled_from(["reward", "grounded_fraction"]),
    ),
    max_size=5,
)


@given(_VERDICTS, st.randoms(use_true_random=False), st.sampled_from([None, "timeout"]))
def test_the_order_of_verdicts_does_not_matter(
    verdicts: list[Verdict], random: Any, failure: str | None
) -> None:
    """Shuffled verdicts give the same decision, to the byte of its scored run."""
    shuffled = verdicts[:]
    random.shuffle(shuffled)
    lines = []
    for order in (verdicts, shuffled):
        record = evidence(verdicts=tuple(order), instrument_failure=failure)
        decision = decide(record, POLICY)
        lines.append(
            score(
                record,
                decision.category,
                rule=decision.rule,
                reasons=decision.reasons,
                decided_by=decision.decided_by,
                dissent=decision.dissent,
                reward=decision.reward,
            ).to_line()
        )
    assert lines[0] == lines[1]


@given(_VERDICTS, st.booleans())
def test_an_instruments_failure_is_never_a_rejection(
    verdicts: list[Verdict], is_known: bool
) -> None:
    """Without a human review, a failed instrument of the record or the top rank never rejects."""
    verdicts = [found for found in verdicts if found.origin is not HUMAN]
    failed = verdict(
        CRASH, origin=min((v.origin for v in verdicts), key=lambda o: o.rank, default=JUDGE)
    )
    category, rule = decided(
        *verdicts, *(() if is_known else (failed,)), failure="timeout" if is_known else None
    )
    assert (category, rule) == (REVIEW, Rule.INSTRUMENT_FAILURE)
