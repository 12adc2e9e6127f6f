"""The second stage: evidence in, a category for every run out; ids and decisions, never a text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final

from distill.receipts import Ignored, InFiles, OutDir, Report, with_receipt
from distill.receipts.digest import digest_bytes
from distill.receipts.scope import current_workspace
from distill.records.evidence import EvidenceRecord
from distill.records.scored import EvidenceRef, ScoredRun
from distill.records.taxonomy import Category, RecordClass, VerdictOrigin
from distill.scoring.decide import Decision, contradicted, decide, inherit, opposite
from distill.scoring.policy import ScoringPolicy
from distill.stages.narrow import NarrowTables, chunked
from distill.stages.progress import SILENT, Progress
from distill.stages.shards import ShardWriter, read_lines, rewrite
from distill.stages.tally import Tally

STAGE: Final = "score_runs"
PARENT: Final = "build_evidence_index"
PREFIX: Final = "part"
COUNTS: Final = ("evidence", "scored", *(category.value for category in Category), "tools_unknown")

_SCHEMA: Final = """
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, source TEXT, line INTEGER, run_id TEXT, class TEXT, task TEXT,
    output TEXT, subject TEXT, category TEXT, by_human INTEGER
);
"""


@with_receipt(stage=STAGE, version=1)
def decide_runs(
    evidence: InFiles,
    *,
    policy: ScoringPolicy,
    scored: OutDir,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Report:
    """Write one scored line for each evidence line, in the same order, per source.

    Law: evidence = scored, in total and per source.
    """
    tally = Tally()
    with NarrowTables(_SCHEMA) as tables:
        with progress.stage(STAGE, sum(path.stat().st_size for path in evidence)) as bar:
            for done in _FirstPass(scored, policy, tables, tally).over(evidence):
                bar.advance(done)
        changes = _contradictions(tables)
        changes = _inheritances(tables, changes)
    for source, decisions in sorted(changes.items()):
        _rewrite_source(scored / source, decisions)
    _count(scored, tally)
    return Report(
        counts=tally.counts(COUNTS),
        laws=[
            *tally.laws("every run is scored", "runs", ("evidence",), ("scored",)),
            *tally.laws(
                "every scored run has one category",
                "runs",
                ("scored",),
                [category.value for category in Category],
            ),
        ],
    )


def _by_source(evidence: Sequence[Path]) -> dict[str, list[Path]]:
    sources: dict[str, list[Path]] = {}
    for path in sorted(evidence):
        sources.setdefault(path.parent.name, []).append(path)
    return sources


class _FirstPass:
    """Decides each run by itself, in the order of the evidence."""

    def __init__(
        self, scored: Path, policy: ScoringPolicy, tables: NarrowTables, tally: Tally
    ) -> None:
        self._scored = scored
        self._policy = policy
        self._tables = tables
        self._tally = tally
        self._seq = 0

    def over(self, evidence: Sequence[Path]) -> Iterator[int]:
        """Write a line for each evidence line; yields the bytes of each that is done."""
        for source, shards in _by_source(evidence).items():
            number = 0
            with ShardWriter(self._scored / source, PREFIX) as writer:
                for ref, line in _evidence_lines(shards):
                    self._decide(writer, source, number, ref, EvidenceRecord.from_line(line))
                    number += 1
                    yield len(line)

    def _decide(
        self,
        writer: ShardWriter,
        source: str,
        number: int,
        ref: EvidenceRef,
        record: EvidenceRecord,
    ) -> None:
        decision = own_decision(record, self._policy)
        writer.write(scored_run(record, decision, ref).to_line())
        decided_by = decision.decided_by
        self._tables.add(
            "runs",
            (
                self._seq,
                source,
                number,
                record.run_id,
                record.record_class.value,
                record.task.key,
                record.facts.output_digest,
                record.subject,
                decision.category.value,
                decided_by is not None and decided_by.origin is VerdictOrigin.HUMAN_REVIEW,
            ),
        )
        self._seq += 1
        self._tally.add(source, "evidence")
        self._tally.add(source, "tools_unknown", int(record.facts.tools_unknown))
        for verdict in record.verdicts:
            self._tally.group("by_verdict_origin", verdict.origin.value)


def _evidence_lines(shards: Sequence[Path]) -> Iterator[tuple[EvidenceRef, bytes]]:
    workspace = current_workspace()
    for shard in shards:
        recorded = workspace.record_path(shard)
        for start, line in read_lines(shard):
            digest = digest_bytes(line).hex
            yield (
                EvidenceRef(path=recorded, start=start, end=start + len(line), blake3=digest),
                line,
            )


def own_decision(record: EvidenceRecord, policy: ScoringPolicy) -> Decision:
    """Return the decision on a run before other runs have a say: they may contradict or lend."""
    if record.record_class is RecordClass.EXTRACTION:
        return inherit(())
    return decide(record, policy)


def scored_run(record: EvidenceRecord, decision: Decision, ref: EvidenceRef) -> ScoredRun:
    """Return the scored run of a decision on a record, whose line stands where `ref` says."""
    return ScoredRun(
        run_id=record.run_id,
        dataset=record.dataset,
        source=record.source,
        source_category=record.source_category,
        record_class=record.record_class,
        role=record.role,
        task=record.task,
        subject=record.subject,
        instrument_failure=record.instrument_failure,
        output_digest=record.facts.output_digest,
        evidence=ref,
        **_values(decision),
    )


Changes = dict[str, dict[int, Sequence[tuple[str, Category]] | None]]


def _contradictions(tables: NarrowTables) -> Changes:
    """Return the lines whose output has opposite verdicts within its task (change: null).

    A run that a human decided keeps that decision, unless humans contradict each other: a review is
    the way out of a contradiction.
    """
    rows = tables.rows(
        "SELECT task || output AS both, category, by_human, source, line, seq FROM runs"
        " WHERE class = 'verdict_bearing' AND output IS NOT NULL AND (task, output) IN"
        " (SELECT task, output FROM runs WHERE class = 'verdict_bearing' AND output IS NOT NULL"
        "  GROUP BY task, output HAVING COUNT(DISTINCT category) > 1)"
        " ORDER BY both, seq"
    )
    changes: Changes = {}
    touched = []
    for _, group in chunked(rows):
        if not opposite({Category(row[1]) for row in group}):
            continue
        humans_agree = not opposite({Category(row[1]) for row in group if row[2]})
        for _, _, by_human, source, line, seq in group:
            if not (by_human and humans_agree):
                changes.setdefault(source, {})[line] = None
                touched.append(seq)
    for seq in touched:
        tables.run(
            "UPDATE runs SET category = ? WHERE seq = ?", (Category.NEEDS_HUMAN_REVIEW.value, seq)
        )
    return changes


def _inheritances(tables: NarrowTables, changes: Changes) -> Changes:
    """Add the extraction-class lines with the categories of their parents by subject."""
    tables.run("CREATE INDEX parents ON runs (class, subject)")
    rows = tables.rows(
        "SELECT child.seq, child.source, child.line, parent.run_id, parent.category"
        " FROM runs AS child JOIN runs AS parent ON parent.subject = child.subject"
        " AND parent.class = 'verdict_bearing'"
        " WHERE child.class = 'extraction' ORDER BY child.seq, parent.run_id"
    )
    for _, group in chunked(rows):
        _, source, line, *_ = group[0]
        parents = [(run_id, Category(category)) for *_, run_id, category in group]
        changes.setdefault(source, {})[line] = parents
    return changes


def _rewrite_source(
    folder: Path, decisions: Mapping[int, Sequence[tuple[str, Category]] | None]
) -> None:
    def change(number: int, line: bytes) -> bytes:
        if number not in decisions:
            return line
        run = ScoredRun.from_line(line)
        parents = decisions[number]
        decision = contradicted(_decision_of(run)) if parents is None else inherit(parents)
        return run.model_copy(update=_values(decision)).to_line()

    rewrite(folder, PREFIX, change)


def _values(decision: Decision) -> dict[str, Any]:
    """Return what a scored run takes over from a decision: fields of the same names."""
    return {field.name: getattr(decision, field.name) for field in fields(decision)}


def _decision_of(run: ScoredRun) -> Decision:
    return Decision(**{field.name: getattr(run, field.name) for field in fields(Decision)})


def _count(scored: Path, tally: Tally) -> None:
    """Count categories and rules from the files that were written."""
    for path in sorted(scored.glob(f"*/{PREFIX}-*.jsonl")):
        for _, line in read_lines(path):
            run = ScoredRun.from_line(line)
            tally.add(run.source, "scored")
            tally.add(run.source, run.category.value)
            tally.group("by_rule", run.rule)
            if run.decided_by is not None:
                tally.group("by_deciding_origin", run.decided_by.origin.value)
