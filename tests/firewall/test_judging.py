"""The gates of a set, asked together: nothing is passed over that a gate would have found."""

from random import Random
from typing import Any

import pytest

from distill.firewall.finding import (
    GATE_ERRORS,
    C,
    Finding,
    Gate,
    GateSettings,
    PairCandidate,
    Refusal,
    RunCandidate,
)
from distill.firewall.gates import PAIR_GATES, RAG_GATES, SFT_GATES
from distill.firewall.judging import Judge, ask
from distill.firewall.observation import UndecidedError
from distill.firewall.settings import Action, FirewallSettings
from distill.records.evidence import Mark, Observation
from distill.records.taxonomy import QuarantineReason
from tests.exports.builders import Run
from tests.firewall.adversary import adversarial_run

RUNS = 1_000
OBSERVED = [gate for gate in SFT_GATES if gate.is_observed]
OFF: Any = {"action": Action.OFF}
SETTINGS = (
    GateSettings(),
    GateSettings(
        include_partial=True,
        include_review=True,
        firewall=FirewallSettings(looping=OFF, refusal=OFF, near_duplicate=OFF),
    ),
)


def _candidate(random: Random, number: int) -> RunCandidate:
    """Return a run of the adversary, in which some observers found something, or broke."""
    run, record = adversarial_run(random, number)
    observed = {gate.name: _observation(random) for gate in SFT_GATES if random.random() < 0.1}
    facts = record.facts.changed(observed=observed)
    return RunCandidate(run, record.changed(facts=facts), random.random() < 0.1)


def _observation(random: Random) -> Observation:
    mark = Mark(rule="last_turn", at="/messages/0/content", start=0, end=1)
    return Observation(
        version=1,
        undecided=random.choice([None, None, "cannot tell"]),
        marks=random.choice([(), (mark,)]),
        numbers=random.choice([{}, {"repeats": 9, "message": 1, "verdicts": 1}]),
        names=random.choice([{}, {"rule": "turn_limit", "origin": "human_review"}]),
    )


def _told(gate: Gate[C], candidate: C, settings: GateSettings) -> Finding | None:
    """Return what a gate says, by its own check alone."""
    try:
        return gate.check(candidate, settings)
    except UndecidedError as undecided:
        return Finding(undecided.reason, "undecided", undecided.why)
    except GATE_ERRORS as error:
        detail = f"the gate {gate.name} failed: {type(error).__name__}"
        return Finding(QuarantineReason.SCHEMA_VIOLATION, "gate_failed", detail)


def _one_by_one(gates: tuple[Gate[C], ...], candidate: C, settings: GateSettings) -> Refusal | None:
    """Return what the gates say, each asked by itself."""
    asked = [gate for gate in gates if not settings.firewall.is_off(gate.name)]
    told = (_told(gate, candidate, settings) for gate in asked)
    found = [finding for finding in told if finding is not None]
    if not found:
        return None
    first = found[0]
    also = dict.fromkeys(one.reason for one in found if one.reason != first.reason)
    return Refusal(reason=first.reason, also=tuple(also), rule=first.rule, detail=first.detail)


@pytest.mark.parametrize("settings", SETTINGS)
def test_all_together_say_what_each_says(settings: GateSettings) -> None:
    """Reason, what else failed, rule and detail are those of every gate asked in turn."""
    random = Random(7)  # noqa: S311 - a fixed seed is the point
    rag, sft = Judge(RAG_GATES, settings), Judge(SFT_GATES, settings)
    pairs = Judge(PAIR_GATES, settings)
    before = _candidate(random, RUNS)
    for number in range(RUNS):
        one = _candidate(random, number)
        pair = PairCandidate(one, before)
        assert rag.refusal(one) == _one_by_one(RAG_GATES, one, settings)
        assert sft.refusal(one) == _one_by_one(SFT_GATES, one, settings)
        assert pairs.refusal(pair) == _one_by_one(PAIR_GATES, pair, settings)
        for gate in SFT_GATES:
            is_off = settings.firewall.is_off(gate.name)
            alone = None if is_off else _told(gate, one, settings)
            assert ask(gate, one, settings) == alone
        before = one


@pytest.mark.parametrize("gate", OBSERVED, ids=lambda gate: gate.name)
def test_a_gate_that_is_passed_over_finds_nothing(gate: Gate[RunCandidate]) -> None:
    """Where its observer found nothing, nothing else of a run makes it find any."""
    random = Random(11)  # noqa: S311 - a fixed seed is the point
    for number in range(RUNS):
        one = _candidate(random, number)
        observed = {n: told for n, told in one.evidence.facts.observed.items() if n != gate.name}
        facts = one.evidence.facts.changed(observed=observed, observers=1)
        bare = RunCandidate(one.run, one.evidence.changed(facts=facts), one.is_duplicate)
        assert gate.check(bare, SETTINGS[0]) is None


def test_a_gate_is_passed_over_in_all_sets_or_in_none() -> None:
    """What a gate reads does not depend on the set that it stands before."""
    told: dict[str, set[bool]] = {}
    for name, is_observed in (
        *((gate.name, gate.is_observed) for gate in (*RAG_GATES, *SFT_GATES)),
        *((gate.name, gate.is_observed) for gate in PAIR_GATES),
    ):
        told.setdefault(name, set()).add(is_observed)
    assert [name for name, said in told.items() if len(said) > 1] == []


def test_a_gate_that_fails_is_a_finding(run_of: Run) -> None:
    """Nothing is clean because of an error."""

    def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
        raise LookupError

    judge = Judge((Gate("broken", check),), GateSettings())
    refused = judge.refusal(RunCandidate(*run_of))
    assert refused is not None
    assert (refused.reason, refused.rule) == (QuarantineReason.SCHEMA_VIOLATION, "gate_failed")


@pytest.fixture
def run_of() -> Run:
    """Return a run of the adversary."""
    return adversarial_run(Random(1), 1)  # noqa: S311 - a fixed seed is the point
