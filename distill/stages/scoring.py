"""The second stage: evidence in, a category for every run out; ids and decisions, never a text."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from distill.firewall.settings import NearDuplicateSettings
from distill.receipts import Ignored, InFiles, OutDir, Report, with_receipt
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.passes import NONE, Mapped, Part, Passes
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.staging import Finished, KnownFile
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.scored import DecidingVerdict, EvidenceRef, NearDuplicates, ScoredRun
from distill.records.taxonomy import Category, RecordClass, VerdictOrigin
from distill.scoring.decide import Decision, contradicted, decide, inherit
from distill.scoring.policy import ScoringPolicy
from distill.stages.line_parts import PartLines, parts_of_shards
from distill.stages.narrow import NarrowTables
from distill.stages.near_duplicates import (
    NEAR_SCHEMA,
    NearDuplicateSearch,
    add_near_row,
    near_row,
)
from distill.stages.near_texts import FacetFiles
from distill.stages.numbering import NumberedParts
from distill.stages.progress import SILENT, Bar, Progress
from distill.stages.run_changes import (
    CHANGES_SCHEMA,
    Change,
    PartChanges,
    Told,
    add_change,
    find_told,
)
from distill.stages.tally import Tally

#: Of a decision: category, rule, and the origin of what decided.
_Summary: TypeAlias = tuple[str, str, str | None]

STAGE: Final = "score_runs"
PARENT: Final = "build_evidence_index"
#: Under which key of the remembered rows it stands how alike texts are.
_SIMILARITIES: Final = hashlib.sha256(b"similarities of near-duplicates").digest()
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
    with (
        NarrowTables(_SCHEMA + NEAR_SCHEMA + CHANGES_SCHEMA) as tables,
        FacetFiles(scored) as facets,
        Passes(running, scored, start_scoring, (policy, near_duplicates is not None)) as passes,
    ):
        with progress.stage(STAGE, sum(path.stat().st_size for path in evidence)) as bar:
            reading = _Reading(passes, tables, facets, tally, bar)
            sources = {
                name: reading.source(name, parts)
                for name, parts in parts_of_shards(running, "evidence", is_placed=True).items()
            }
        find_told(tables)
        if near_duplicates is not None:
            search = reading.search(near_duplicates, running.memory.rows.get(_SIMILARITIES, b""))
            for name, line, found in search.found():
                add_change(tables, name, line, "near", found)
            for name, line, floor in search.floors() if has_splits else ():
                add_change(tables, name, line, "floor", floor)
            running.rows[_SIMILARITIES] = search.similarities.content()
        for name, source in sources.items():
            writer = running.writer(scored, running.target("scored"), below=f"{name}/")
            changes = PartChanges.of(tables, name, source.numbered)
            source.write(passes, changes, writer, tally)
            tally.add(name, "scored", writer.rows)
            written += writer.written
    report = Report(
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
    return Finished(report, {"scored": written}, running.remember)


def start_scoring(policy: ScoringPolicy, is_near_asked: bool) -> Callable[[PartLines], Mapped]:
    """Return what decides each run of a part by itself."""
    return lambda part: _decide_part(part, policy, is_near_asked=is_near_asked)


def _decide_part(part: PartLines, policy: ScoringPolicy, *, is_near_asked: bool) -> Mapped:
    rows = []
    lines = []
    for start, line in part.lines():
        record = EvidenceRecord.from_line(line)
        decision = own_decision(record, policy)
        end, digest = start + len(line), blake3_hex(line)
        ref = EvidenceRef(path=part.path, start=start, end=end, blake3=digest)
        lines.append(scored_run(record, decision, ref).to_line())
        origin = None if decision.decided_by is None else decision.decided_by.origin
        rank = len(VerdictOrigin) if origin is None else origin.rank
        rows.append(
            [
                record.run_id,
                record.record_class,
                record.task.key,
                record.facts.output_digest,
                record.subject,
                decision.category,
                _is_by_human(decision),
                int(record.facts.tools_unknown),
                [verdict.origin for verdict in record.verdicts],
                decision.rule,
                origin,
                near_row(record, rank, ref.start, ref.end) if is_near_asked else None,
            ]
        )
    return Mapped(encode(rows), b"".join(lines))


def _is_by_human(decision: Decision) -> int:
    decided_by = decision.decided_by
    return int(decided_by is not None and decided_by.origin is VerdictOrigin.HUMAN_REVIEW)


@dataclass
class _Source:
    """A source whose runs were decided one by one: its parts, and how often each decision came."""

    name: str
    numbered: NumberedParts[PartLines] = field(default_factory=NumberedParts)
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
            rows = json.loads(passes.rows(self.numbered.parts[part].key)) if told else ()
            for index, by_others in told.items():
                own = _own_summary(rows[index])
                self.decisions[own] -= 1
                self.decisions[_summary(own, by_others)] += 1
        for (category, rule, origin), number in (+self.decisions).items():
            tally.add(self.name, category, number)
            tally.group("by_rule", rule, number)
            if origin is not None:
                tally.group("by_deciding_origin", origin, number)


@dataclass
class _Reading:
    """Takes what is decided of each part; ``files`` of the evidence have numbers."""

    passes: Passes[PartLines]
    tables: NarrowTables
    facets: FacetFiles
    tally: Tally
    bar: Bar
    files: dict[Path, int] = field(default_factory=dict)
    runs: int = 0

    def source(self, name: str, parts: Sequence[Part[PartLines]]) -> _Source:
        """Return the runs of a source."""
        source = _Source(name)
        numbered = source.numbered
        for part, rows in self.passes.first(parts):
            numbered.begin(part)
            file = self.files.setdefault(part.again().place, len(self.files))
            for row in json.loads(rows):
                *keys, is_unknown, origins, _, _, near = row
                self.runs += 1
                self.tables.add("runs", (self.runs, name, numbered.lines, *keys))
                if near is not None:
                    add_near_row(self.tables, self.facets, self.runs, file, near)
                numbered.lines += 1
                source.decisions[_own_summary(row)] += 1
                self.tally.add(name, "evidence")
                self.tally.add(name, "tools_unknown", is_unknown)
                for one in origins:
                    self.tally.group("by_verdict_origin", one)
            self.bar.advance(part.size)
        return source

    def search(self, settings: NearDuplicateSettings, known: bytes) -> NearDuplicateSearch:
        """Return the search for runs that are alike; ``known`` are remembered similarities."""
        from distill.stages.similarities import Similarities  # noqa: PLC0415 - brings numpy

        return NearDuplicateSearch(
            self.tables, self.facets, list(self.files), settings, Similarities(known)
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


def _decided(own: Decision, told: Told) -> Decision:
    """Return the decision on a run that others have a say in."""
    if told is None:
        return contradicted(own)
    return inherit([(run_id, Category(category)) for run_id, category in told])


def _own_summary(row: Sequence[Any]) -> _Summary:
    """Return category, rule and deciding origin of a row of `_decide_part`."""
    return row[5], row[9], row[10]


def _summary(own: _Summary, told: Told) -> _Summary:
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
