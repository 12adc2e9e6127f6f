"""The pure steps once more, on the records of one proof: do they give these bytes?

source → assemble gives the evidence, decide the scored run, gates and exporter the row. What a step
takes from other records is not worked out again, and is said. The code that runs is the code that
is here: where it is not the recorded one, a difference proves nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, TypeAlias

from distill.errors import DistillError
from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.firewall.judging import UNDECIDED
from distill.firewall.redaction import RedactionKey
from distill.lineage.chain_check import EVIDENCE, SCORED
from distill.lineage.proof import Hop, Proof, RunHops
from distill.lineage.recorded import recorded_policy, recorded_settings
from distill.lineage.replay_evidence import NotReplayedError, evidence_again
from distill.lineage.verdict import ProofReport, Replayed
from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.surface import look
from distill.receipts.workspace import Workspace
from distill.records.evidence import EvidenceRecord
from distill.records.record import LineError
from distill.records.samples import PreferenceSample, RagSample, SftSample
from distill.records.scored import ScoredRun
from distill.records.taxonomy import RecordClass
from distill.scoring.decide import contradicted
from distill.scoring.decision import Rule
from distill.stages.pipeline import STAGES
from distill.stages.redaction_keys import find_key, needed_key
from distill.stages.scoring import own_decision, scored_run

PAIRING_NOTE: Final = (
    "which runs were paired was not worked out again: that takes all runs of a task"
)
_CONTRADICTED: Final = (
    "another run with the same output has the opposite verdict; it was not looked for again"
)
_NEAR_DUPLICATES: Final = "other runs are like this one; they were not looked for again"

_NO_RECEIPT: Final = (
    "its receipt, which has the parameters, is not at hand: name a folder with --receipts"
)
_NO_KEY: Final = "what it has redacted needs the key of its workspace, which is not here"
_NAMES: Final = ("evidence", "scored", "export")

#: Receipts by the names that a proof has for them.
Receipts: TypeAlias = Mapping[str, Receipt]
Row: TypeAlias = "RagSample | SftSample | PreferenceSample | Refusal"


@dataclass(frozen=True)
class _Again:
    """What a step gave: a line, and what it took from the proof that other records brought."""

    line: bytes
    beside: tuple[str, ...] = ()


def with_replay(
    report: ProofReport, proof: Proof, receipts: Receipts, workspace: Workspace | None
) -> ProofReport:
    """Return the report of a proof with what running its steps again gave.

    A proof that does not hold is not run again: there is nothing to compare with.
    """
    if any(not fault.is_uncheckable for fault in report.faults):
        return report
    steps = tuple(replay_proof(proof, receipts, workspace))
    faults = tuple(fault for step in steps if (fault := step.fault()) is not None)
    notes = (PAIRING_NOTE,) if len(proof.runs) > 1 else ()
    return replace(
        report,
        faults=(*report.faults, *faults),
        notes=(*report.notes, *notes),
        replayed=steps,
    )


def replay_proof(proof: Proof, receipts: Receipts, workspace: Workspace | None) -> list[Replayed]:
    """Run every step of a proof that holds again.

    ``receipts`` are those of the proof that are at hand, which have parameters and code, and
    ``workspace`` has what surrounds the records.

    Law: a step that is ``same`` gave the proof's bytes, from the records before it and the recorded
    parameters alone.
    """
    return list(_steps(proof, receipts, workspace))


def _steps(proof: Proof, receipts: Receipts, workspace: Workspace | None) -> Iterator[Replayed]:
    evidence, scored, export = (receipts.get(name) for name in _NAMES)
    for number, run in enumerate(proof.runs):
        place = f"runs[{number}]"
        yield _step(
            (f"{place}.evidence", EVIDENCE),
            run.evidence,
            evidence,
            lambda receipt, run=run: _evidence(run, receipt, workspace),  # type: ignore[misc]
        )
        yield _step(
            (f"{place}.scored", SCORED),
            run.scored,
            scored,
            lambda receipt, run=run: _scored(run, receipt),  # type: ignore[misc]
        )
    stage = proof.ledger.recorded(proof.receipts.export.line)
    yield _step(
        ("sample", "export" if stage is None else stage.stage),
        proof.sample,
        export,
        lambda receipt: _sample(proof, receipt, workspace),
    )


def _step(
    where: tuple[str, str],
    hop: Hop,
    receipt: Receipt | None,
    again: Callable[[Receipt], _Again],
) -> Replayed:
    """Run one step, given by its place and its stage, and say what came of it."""
    if receipt is None:
        return Replayed(*where, "not replayed", _NO_RECEIPT)
    try:
        made = again(receipt)
    except (NotReplayedError, DistillError, LineError) as error:
        return Replayed(*where, "not replayed", _why(error))
    told = hop.record + b"\n"
    if made.line == told:
        return Replayed(*where, "in part" if made.beside else "same", "; ".join(made.beside))
    differs = _difference(made.line, told)
    if _is_recorded_code(receipt):
        return Replayed(*where, "different", differs)
    commit = receipt.run.code.commit or "of the receipt"
    why = (
        f"{differs}, but the code or environment here is not the recorded one: try commit {commit}"
    )
    return Replayed(*where, "not replayed", why)


def _why(error: Exception) -> str:
    if isinstance(error, LineError):
        return f"no {error.form} of this version of Distill"
    return error.message if isinstance(error, DistillError) else str(error)


def _evidence(run: RunHops, receipt: Receipt, workspace: Workspace | None) -> _Again:
    told = EvidenceRecord.from_line(run.evidence.record)
    again = evidence_again(run, told, receipt, workspace)
    return _Again(again.record.to_line(), again.beside)


def _scored(run: RunHops, receipt: Receipt) -> _Again:
    record = EvidenceRecord.from_line(run.evidence.record)
    told = ScoredRun.from_line(run.scored.record)
    if record.record_class is RecordClass.EXTRACTION:
        raise NotReplayedError("it takes the category of its subject's runs, which are not here")
    decision = own_decision(record, recorded_policy(receipt))
    beside = []
    if told.rule == Rule.SAME_OUTPUT_OPPOSITE_VERDICTS:
        decision = contradicted(decision)
        beside.append(_CONTRADICTED)
    if told.near_duplicates is not None or told.split_floor is not None:
        beside.append(_NEAR_DUPLICATES)
    again = scored_run(record, decision, told.evidence)
    again = again.changed(near_duplicates=told.near_duplicates, split_floor=told.split_floor)
    return _Again(again.to_line(), tuple(beside))


def _sample(proof: Proof, receipt: Receipt, workspace: Workspace | None) -> _Again:
    sides = [
        (ScoredRun.from_line(run.scored.record), EvidenceRecord.from_line(run.evidence.record))
        for run in proof.runs
    ]
    key = _redaction_key(receipt, workspace)
    row: Row
    if receipt.claim.stage == "export_preference":
        pair_settings = recorded_settings(receipt, PreferenceSettings)
        row = preference_sample(sides[0], sides[1], pair_settings, key=key)
    elif receipt.claim.stage == "export_sft":
        row = sft_sample(*sides[0], recorded_settings(receipt, SftSettings), key=key)
    else:
        row = rag_sample(*sides[0], recorded_settings(receipt, RagSettings), key=key)
    if isinstance(row, Refusal):
        if row.rule == UNDECIDED and key is None and needed_key(receipt) is not None:
            raise NotReplayedError(_NO_KEY)
        return _Again(f"the gates refuse it: {row.reason}, {row.detail}".encode())
    return _Again(row.to_line())


def _redaction_key(receipt: Receipt, workspace: Workspace | None) -> RedactionKey | None:
    name = needed_key(receipt)
    found = None if name is None or workspace is None else find_key(name, workspace)
    return None if found is None else found[1]


def _difference(made: bytes, told: bytes) -> str:
    """Return which fields came out otherwise, or what came out in their place."""
    try:
        one, other = json.loads(made), json.loads(told)
    except ValueError:
        return made.decode(errors="replace")
    if not isinstance(one, dict) or not isinstance(other, dict):
        return "something else came out"
    names = [name for name in other if one.get(name) != other[name]]
    names += [name for name in one if name not in other]
    return f"came out otherwise: {', '.join(names) or 'its bytes'}"


@cache
def _code_of(stage: str) -> dict[str, Any]:
    recorded = next(one.recorded for one in STAGES if one.name == stage)
    return look(recorded.__wrapped__)


def _is_recorded_code(receipt: Receipt) -> bool:
    """Whether the code and the environment here are what the receipt names."""
    here, claim = _code_of(receipt.claim.stage), receipt.claim
    return bool(
        here["files"] == {name: digest.hex for name, digest in claim.code.files.items()}
        and here["python"] == claim.environment.python
        and here["distributions"] == dict(claim.environment.distributions)
    )
