"""What the exporters of single runs share: scored run and evidence in, row or refusal out."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

from distill.exports.card import CardTally, CardTotals
from distill.exports.card_tally import digest_of_shards
from distill.exports.samples import RunSamples
from distill.exports.settings import RagSettings, SftSettings
from distill.firewall.duplicate_id import SeenRunIds, key_of
from distill.firewall.finding import Refusal
from distill.firewall.redaction import RedactionKey, count_redactions
from distill.receipts import Report
from distill.receipts.incremental.passes import NONE, Mapped, Part, Parts, Passes
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.staging import Finished, KnownFile, known_file
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import RagSample, SftSample
from distill.records.scored import ScoredRun
from distill.records.taxonomy import QuarantineUnit
from distill.stages.progress import Progress
from distill.stages.quarantine_file import QuarantineFile, QuarantineRows
from distill.stages.scored_evidence import EvidenceFiles, evidence_files
from distill.stages.scored_parts import ScoredLines, parts_of_scored, worth_workers
from distill.stages.split_files import SCALE, Apply, Changes, SplitFiles, SplitRows
from distill.stages.tally import REDACTED, Tally

CARD_FILE: Final = "README.md"
COUNTS: Final = ("scored", "exported", "quarantined")

Samples: TypeAlias = RunSamples[Any, RagSample | SftSample]


@dataclass(frozen=True)
class Exporting:
    """How a run becomes a row: what a worker is given of an exporter."""

    stage: str
    samples: Callable[..., Samples]
    settings: RagSettings | SftSettings
    key: RedactionKey | None
    evidence: Mapping[str, Path]

    def start(self) -> Callable[[ScoredLines], Mapped]:
        """Return what exports the runs of a part."""
        return self.exports().of

    def exports(self) -> "PartExport":
        """Return what exports the runs of a part, of which some may be repeated."""
        samples = self.samples(self.settings, self.key)
        return PartExport(self, samples, EvidenceFiles(self.evidence))


@dataclass(frozen=True)
class PartExport:
    """Exports the runs of one part after another."""

    exporting: Exporting
    samples: Samples
    records: EvidenceFiles

    def of(self, part: ScoredLines, repeated: AbstractSet[int] = frozenset()) -> Mapped:
        """Return what comes of a part.

        ``repeated`` are the numbers of those of its lines whose run was seen before.
        """
        stage = self.exporting
        tally, card, refused = Tally(), CardTally(), QuarantineRows(stage.stage)
        keys, rows = [], SplitRows(stage.settings.splits)
        for number, (_, line) in enumerate(part.lines()):
            run = ScoredRun.from_line(line)
            record = self.records.of(run)
            keys.append(key_of(run.run_id))
            tally.add(run.source, "scored")
            sample = self.samples.of(run, record, is_duplicate=number in repeated)
            if isinstance(sample, Refusal):
                tally.add(run.source, "quarantined")
                refuse(refused, run, record, sample)
            else:
                tally.add(run.source, "exported")
                tally.group("by_category", run.category.value)
                redacted = count_redactions([record], stage.settings.firewall)
                tally.group_all(REDACTED, redacted)
                card.add(sample, record, redacted=redacted)
                rows.add(sample.to_line(), record)
        told = {
            "runs": "".join(keys),
            "tally": tally.as_json(),
            "card": card.as_json(),
            "refused": refused.rows,
            **rows.told(),
        }
        return Mapped(encode(told), rows.content)


@dataclass
class _Reading:
    """Takes what comes of the parts, and exports a part again in which runs are repeated."""

    passes: Passes[ScoredLines]
    parts: Parts[ScoredLines]
    exporting: Exporting
    tally: Tally
    described: CardTally
    refused: QuarantineFile
    files: SplitFiles
    seen: SeenRunIds = field(default_factory=SeenRunIds)
    repeated: dict[int, tuple[list[int], bytes]] = field(default_factory=dict)

    def read(self) -> Iterator[int]:
        """Take all parts, in order; yields the size of each."""
        for number, (part, rows) in enumerate(self.passes.first(self.parts)):
            self._take(number, part, rows)
            yield part.size

    def write(self, writer: ShardWriter, changes: Changes, apply: Apply) -> None:
        """Write the files of one split."""
        self.passes.second(writer, self.parts, changes, apply)

    def told(self, number: int) -> bytes:
        """Return which runs of a part are repeated."""
        found = self.repeated.get(number)
        return NONE if found is None else json.dumps(found[0]).encode()

    def rows_of(self, number: int, _: bytes) -> bytes:
        """Return the rows of a part with repeated runs."""
        return self.repeated[number][1]

    def _take(self, number: int, part: Part[ScoredLines], rows: bytes) -> None:
        told = orjson.loads(rows)
        lines = self.seen.repeated(bytes.fromhex(told["runs"]))
        if lines:
            again = self.exporting.exports().of(part.again(), frozenset(lines))
            self.repeated[number] = (lines, again.content)
            told = orjson.loads(again.rows)
        self.files.take(told)
        absorb(told, self.tally, self.described, self.refused)


@dataclass(frozen=True, kw_only=True)
class RunExport:
    """One exporter of single runs: how a run becomes a row, and how the card is written.

    ``samples`` is what `Exporting` takes: of settings and redaction key it makes what makes rows.
    """

    stage: str
    samples: Callable[..., Samples]
    settings: RagSettings | SftSettings
    key: RedactionKey | None
    card: Callable[[CardTally, CardTotals], str]

    def write(
        self,
        scored: Sequence[Path],
        evidence: Sequence[Path],
        rows: Path,
        quarantine: Path,
        progress: Progress,
    ) -> Finished:
        """Put every scored run through `samples` into a row or into quarantine, and write the card.

        Law: scored = exported + quarantined, in total and per source.
        """
        running = Running.here()
        tally, described = Tally(), CardTally()
        files = evidence_files(evidence)
        exporting = Exporting(self.stage, self.samples, self.settings, self.key, files)
        total = sum(path.stat().st_size for path in scored)
        scale = SCALE if self.settings.splits is None else None
        worth = worth_workers(scored, evidence)
        with (
            Passes(
                running, rows, Exporting.start, (exporting,), worth=worth, scale=scale
            ) as passes,
            QuarantineFile(quarantine, self.stage, tally) as refused,
            progress.stage(self.stage, total) as bar,
        ):
            split = SplitFiles(running, rows, self.settings.splits)
            parts = parts_of_scored(running)
            reading = _Reading(passes, parts, exporting, tally, described, refused, split)
            for size in reading.read():
                bar.advance(size)
            split.write(reading.write, reading.told, reading.rows_of)
        totals = card_totals(tally, "scored")
        written = finish_set(described, split, lambda tallied: self.card(tallied, totals))
        return Finished(_report(tally, split), {"rows": written}, running.remember)


def _report(tally: Tally, split: SplitFiles) -> Report:
    return Report(
        counts=tally.counts(COUNTS),
        laws=[
            *tally.laws(
                "every scored run is exported or quarantined",
                "runs",
                ("scored",),
                ("exported", "quarantined"),
            ),
            tally.reasons_law("runs", "quarantined"),
            *split.laws(),
        ],
    )


def absorb(
    told: Mapping[str, Any], tally: Tally, described: CardTally, refused: QuarantineFile
) -> None:
    """Take what the rows of a part of an export count, describe and refuse."""
    tally.absorb(told["tally"])
    described.absorb(told["card"])
    refused.put_all(told["refused"])


def finish_set(
    described: CardTally, files: SplitFiles, card: Callable[[CardTally], str]
) -> list[KnownFile]:
    """Write the card of a set whose shards are written, and return all files of the set."""
    written = [one for writer in files.writers for one in writer.written]
    described.set_digest = digest_of_shards((one.name, one.sums.sha256.hex) for one in written)
    described.splits = files.rows()
    (files.folder / CARD_FILE).write_text(card(described), encoding="utf-8")
    return [known_file(files.folder, CARD_FILE), *written]


def card_totals(tally: Tally, examined: str) -> CardTotals:
    """Return what a dataset card says of a stage that counted `examined` units."""
    return CardTotals(
        examined=tally.total(examined),
        quarantined=tally.total("quarantined"),
        by_reason=tally.members("by_reason"),
        by_source={
            source: (tally.of(source, "exported"), tally.of(source, "quarantined"))
            for source in tally.sources
        },
    )


def refuse(
    refused: QuarantineRows, run: ScoredRun, record: EvidenceRecord, refusal: Refusal
) -> None:
    """Write the quarantine row of a run."""
    refused.add(
        QuarantineUnit.RUN,
        run.source,
        ids=(run.run_id,),
        reason=refusal.reason,
        also=refusal.also,
        rule=refusal.rule,
        detail=refusal.detail,
        origin=record.provenance,
    )
