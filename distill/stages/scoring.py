"""The second stage: evidence in, a category for every run out; ids and decisions, never a text."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeAlias

from distill.firewall.settings import NearDuplicateSettings
from distill.receipts import Ignored, InFiles, OutDir, Report, with_receipt
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.passes import NONE, Mapped, Parts, Passes
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.staging import Finished, KnownFile
from distill.records.evidence import EvidenceRecord
from distill.records.scored import DecidingVerdict, EvidenceRef, NearDuplicates, ScoredRun
from distill.records.taxonomy import Category, RecordClass, VerdictOrigin
from distill.scoring.decide import Decision, contradicted, decide, inherit
from distill.scoring.policy import ScoringPolicy
from distill.stages.decided_runs import DecidedRuns
from distill.stages.line_parts import PartLines, parts_of_shards
from distill.stages.narrow import NarrowTables
from distill.stages.numbering import NumberedParts
from distill.stages.other_runs import OTHERS_SCHEMA, OtherRuns
from distill.stages.progress import SILENT, Bar, Progress
from distill.stages.run_changes import Change, PartChanges, ToldOfRun
from distill.stages.run_rows import RunRows, pack_rows
from distill.stages.tally import Tally

#: Of a decision: category, rule, and the origin of what decided.
_Summary: TypeAlias = tuple[str, str, str | None]

STAGE: Final = "score_runs"
PARENT: Final = "build_evidence_index"
#: Under which key of the remembered rows it stands how alike texts are.
_SIMILARITIES: Final = hashlib.sha256(b"similarities of near-duplicates").digest()
COUNTS: Final = ("evidence", "scored", *(category.value for category in Category), "tools_unknown")


@with_receipt(stage=STAGE, version=1)
def decide_runs(
    evidence: InFiles,
    *,
    policy: ScoringPolicy,
    near_duplicates: NearDuplicateSettings | None = None,
    has_splits: bool = False,
    scored: OutDir,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Finished:
    """Write one scored line for each evidence line, in the same order, per source.

    ``near_duplicates`` null: nobody asks which runs are alike. Law: evidence = scored, in total and
    per source.
    """
    running = Running.here()
    tally = Tally()
    written: list[KnownFile] = []
    given = (policy, near_duplicates is not None)
    with (
        NarrowTables(OTHERS_SCHEMA) as tables,
        Passes(running, scored, start_scoring, given, is_packed=True) as passes,
        DecidedRuns(passes, scored) as runs,
    ):
        with progress.stage(STAGE, sum(path.stat().st_size for path in evidence)) as bar:
            sources = {
                name: _read_source(name, parts, passes, runs, tally, bar)
                for name, parts in parts_of_shards(running, "evidence", is_placed=True).items()
            }
        others = OtherRuns(tables, runs)
        others.find_told()
        if near_duplicates is not None:
            remembered = running.memory.rows.get(_SIMILARITIES, b"")
            similarities = others.find_alike(near_duplicates, remembered, has_splits=has_splits)
            running.rows[_SIMILARITIES] = similarities
        for name, source in sources.items():
            writer = running.writer(scored, running.target("scored"), below=f"{name}/")
            changes = PartChanges.of(tables, name, source.numbered)
            source.write(passes, changes, writer, tally)
            tally.add(name, "scored", writer.rows)
            written += writer.written
    return Finished(_report(tally), {"scored": written}, running.remember)


def _report(tally: Tally) -> Report:
    categories = [category.value for category in Category]
    return Report(
        counts=tally.counts(COUNTS),
        laws=[
            *tally.laws("every run is scored", "runs", ("evidence",), ("scored",)),
            *tally.laws("every scored run has one category", "runs", ("scored",), categories),
        ],
    )


def start_scoring(policy: ScoringPolicy, is_near_asked: bool) -> Callable[[PartLines], Mapped]:
    """Return what decides each run of a part by itself."""
    return lambda part: _decide_part(part, policy, is_near_asked=is_near_asked)


def _decide_part(part: PartLines, policy: ScoringPolicy, *, is_near_asked: bool) -> Mapped:
    runs, lines = [], []
    for start, line in part.lines():
        record = EvidenceRecord.from_line(line)
        decision = own_decision(record, policy)
        end, digest = start + len(line), blake3_hex(line)
        ref = EvidenceRef(path=part.path, start=start, end=end, blake3=digest)
        lines.append(scored_run(record, decision, ref).to_line())
        runs.append((record, decision))
    return Mapped(pack_rows(runs, is_near_asked=is_near_asked), b"".join(lines))


@dataclass
class _Source:
    """A source whose runs were decided one by one: its parts, and how often each decision came."""

    name: str
    numbered: NumberedParts[PartLines]
    decisions: Counter[_Summary] = field(default_factory=Counter)

    def write(
        self,
        passes: Passes[PartLines],
        changes: PartChanges,
        writer: ShardWriter,
        tally: Tally,
    ) -> None:
        """Write the lines, and count what was decided in the end."""
        passes.second(
            writer,
            self.numbered.parts,
            lambda number: _told(changes.in_part(number)),
            lambda number, content: _changed(content, changes.in_part(number)),
        )
        for part in changes.numbers:
            told = {n: one["told"] for n, one in changes.in_part(part).items() if "told" in one}
            key = self.numbered.parts[part].key
            rows = RunRows.of(passes.rows(key)).rows() if told else ()
            for index, by_others in told.items():
                own = rows[index].category, rows[index].rule, rows[index].origin
                self.decisions[own] -= 1
                self.decisions[_summary(own, by_others)] += 1
        for (category, rule, origin), number in (+self.decisions).items():
            tally.add(self.name, category, number)
            tally.group("by_rule", rule, number)
            if origin is not None:
                tally.group("by_deciding_origin", origin, number)


def _read_source(
    name: str,
    parts: Parts[PartLines],
    passes: Passes[PartLines],
    runs: DecidedRuns,
    tally: Tally,
    bar: Bar,
) -> _Source:
    """Take what is decided of each part of a source."""
    source = _Source(name, NumberedParts(parts))
    numbered = source.numbered
    runs.begin(name, numbered)
    for part, content in passes.first(parts):
        numbered.begin()
        found = RunRows.of(content)
        numbered.lines += runs.add(found)
        told = found.told
        for category, rule, origin, number in told["decisions"]:
            source.decisions[category, rule, origin or None] += number
        tally.add(name, "evidence", told["runs"])
        tally.add(name, "tools_unknown", told["tools_unknown"])
        tally.group_all("by_verdict_origin", told["origins"])
        bar.advance(part.size)
    return source


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
        **decision._asdict(),
    )


def _told(changes: Mapping[int, Change]) -> bytes:
    """Return the changes of a part as bytes: equal bytes make equal lines of equal ones."""
    return NONE if not changes else json.dumps(list(changes.items())).encode()


def _changed(content: bytes, changes: Mapping[int, Change]) -> bytes:
    lines = content.split(b"\n")
    for index, change in changes.items():
        run = ScoredRun.from_line(lines[index])
        values: dict[str, Any] = {}
        if "told" in change:
            values = _decided(_decision_of(run), change["told"])._asdict()
        if "near" in change:
            values["near_duplicates"] = NearDuplicates(**change["near"])
        if "floor" in change:
            values["split_floor"] = change["floor"]
        lines[index] = run.changed(**values).to_line().removesuffix(b"\n")
    return b"\n".join(lines)


def _decided(own: Decision, told: ToldOfRun) -> Decision:
    """Return the decision on a run that others have a say in."""
    if told is None:
        return contradicted(own)
    return inherit([(run_id, Category(category)) for run_id, category in told])


def _summary(own: _Summary, told: ToldOfRun) -> _Summary:
    """Return what a decision comes to that others have a say in."""
    category, rule, origin = own
    decided_by = None
    if origin is not None:
        decided_by = DecidingVerdict(name="", origin=VerdictOrigin(origin), value=None)
    decision = _decided(Decision(Category(category), rule, (), decided_by), told)
    by = decision.decided_by
    return decision.category.value, decision.rule, None if by is None else by.origin.value


def _decision_of(run: ScoredRun) -> Decision:
    return Decision(**{name: getattr(run, name) for name in Decision._fields})
