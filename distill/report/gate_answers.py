"""What every gate says of a run, by itself and in the pairs that it is or could be in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from distill.exports.pairing import Pair, plan_task
from distill.firewall.finding import C, Gate, GateSettings, PairCandidate, RunCandidate
from distill.firewall.gates import PAIR_GATES, RAG_GATES, SFT_GATES
from distill.firewall.judging import ask
from distill.firewall.redaction import MARKING
from distill.records.evidence import EvidenceRecord
from distill.records.scored import ScoredRun
from distill.report.finding import find_evidence, find_task
from distill.report.quoting import quotes
from distill.report.remedies import REMEDIES
from distill.workspace.project import Project

PASSES: Final = "passes"
OFF: Final = "is off"
PREFERENCE: Final = "preference"
_MOST_PAIRS: Final = 5


@dataclass(frozen=True)
class GateAnswer:
    """What one gate of one export says of the run, or of the pair `runs`, chosen first.

    `evidence` quotes what the gate found, as far as it may be shown.
    """

    export: str
    gate: str
    answer: str
    remedy: str = ""
    evidence: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


def run_answers(
    project: Project, scored: ScoredRun, record: EvidenceRecord
) -> Iterator[GateAnswer]:
    """Yield what each gate before RAG and SFT says of a run."""
    exports = project.configuration.exports
    candidate = RunCandidate(scored, record)
    for export, gates, settings in (
        ("rag", RAG_GATES, exports.rag.gates()),
        ("sft", SFT_GATES, exports.sft.gates()),
    ):
        for gate in gates:
            answer = _answer(export, gate, candidate, settings, [record])
            said = _redacted(gate.name, record, settings) if answer.answer == PASSES else ""
            yield GateAnswer(export, gate.name, said) if said else answer


def pair_answers(
    project: Project, scored: ScoredRun, record: EvidenceRecord
) -> Iterator[GateAnswer]:
    """Yield what each gate says of the run's first pairs within its task, or why there are none."""
    plan = plan_task(find_task(project, scored.task.key))
    cause = next((cause for run, cause in plan.unpaired if run.run_id == scored.run_id), None)
    if cause is not None:
        yield GateAnswer(PREFERENCE, "pairing", f"in no pair of its task: {cause.value}")
    settings = project.configuration.exports.preference.gates()
    pairs = (pair for pair in plan.pairs() if scored.run_id in {run.run_id for run in pair})
    for pair in islice(pairs, _MOST_PAIRS):
        sides = [
            record if run.run_id == scored.run_id else found
            for run in pair
            for found in find_evidence(project, run.run_id)[:1]
        ]
        if len(sides) == len(pair):
            yield from _of_pair(pair, sides, settings)


def _of_pair(
    pair: Pair, sides: Sequence[EvidenceRecord], settings: GateSettings
) -> Iterator[GateAnswer]:
    chosen, rejected = (RunCandidate(*side) for side in zip(pair, sides, strict=True))
    runs = (pair[0].run_id, pair[1].run_id)
    for gate in PAIR_GATES:
        yield _answer(PREFERENCE, gate, PairCandidate(chosen, rejected), settings, sides, runs=runs)


def _answer(
    export: str,
    gate: Gate[C],
    candidate: C,
    settings: GateSettings,
    records: Sequence[EvidenceRecord],
    *,
    runs: tuple[str, ...] = (),
) -> GateAnswer:
    if settings.firewall.is_off(gate.name):
        return GateAnswer(export, gate.name, OFF, runs=runs)
    finding = ask(gate, candidate, settings)
    if finding is None:
        return GateAnswer(export, gate.name, PASSES, runs=runs)
    answer = f"{finding.reason.value}: {finding.detail}"
    evidence = tuple(one for record in records for one in quotes(record, gate.name))
    return GateAnswer(export, gate.name, answer, REMEDIES[finding.reason], evidence, runs)


def _redacted(gate: str, record: EvidenceRecord, settings: GateSettings) -> str:
    """Say what a gate has replaced by placeholders, "" where nothing."""
    observed = record.facts.observed
    marks = settings.firewall.redacted_marks(gate, observed) if gate in MARKING else ()
    rules = Counter(mark.rule for mark in marks)
    told = ", ".join(f"{number} {rule}" for rule, number in sorted(rules.items()))
    return f"passes with placeholders for {told}" if told else ""
