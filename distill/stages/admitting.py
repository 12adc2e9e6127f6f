"""What the exporters of single runs share: scored run and evidence in, row or refusal out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from distill.errors import ContractError
from distill.exports.card import CardTally, CardTotals
from distill.firewall.duplicate_id import SeenRunIds
from distill.firewall.gates import Refusal
from distill.receipts import Report
from distill.receipts.digest import digest_bytes
from distill.receipts.scope import current_workspace
from distill.records.evidence import EvidenceRecord
from distill.records.samples import RagSample, SftSample
from distill.records.scored import ScoredRun
from distill.records.taxonomy import QuarantineUnit
from distill.stages.progress import Progress
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.shards import RandomReader, ShardWriter, read_lines
from distill.stages.tally import Tally

PREFIX: Final = "train"
CARD_FILE: Final = "README.md"
COUNTS: Final = ("scored", "exported", "quarantined")


class EvidenceFiles:
    """Finds a scored run's evidence line, and checks that it is the line that was scored."""

    def __init__(self, evidence: Sequence[Path]) -> None:
        workspace = current_workspace()
        self._paths = {workspace.record_path(path): path for path in evidence}
        self._reader = RandomReader()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.close()

    def of(self, run: ScoredRun) -> EvidenceRecord:
        """Return the evidence of a run.

        Raises:
            ContractError: the line is not there, or is not the one that was scored.
        """
        ref = run.evidence
        path = self._paths.get(ref.path)
        line = b"" if path is None else self._reader.read(path, ref.start, ref.end)
        if digest_bytes(line).hex != ref.blake3:
            raise ContractError(
                f"{run.run_id}: its evidence, bytes {ref.start} to {ref.end} of {ref.path}, is not"
                " what was scored",
                "run `distill run`: it rebuilds what no longer fits together",
            )
        return EvidenceRecord.from_line(line)


def scored_lines(scored: Sequence[Path]) -> Iterator[tuple[Path, int, bytes]]:
    """Yield the scored lines of all shards in order: file, first byte, line."""
    for path in sorted(scored):
        for start, line in read_lines(path):
            yield path, start, line


#: (run, evidence, is its id a duplicate) → row or refusal.
Admit = Callable[[ScoredRun, EvidenceRecord, bool], RagSample | SftSample | Refusal]


@dataclass(frozen=True, kw_only=True)
class RunExport:
    """One exporter of single runs: how a run becomes a row, and how the card is written."""

    stage: str
    admit: Admit
    card: Callable[[CardTally, CardTotals], str]

    def write(
        self,
        scored: Sequence[Path],
        evidence: Sequence[Path],
        rows: Path,
        quarantine: Path,
        progress: Progress,
    ) -> Report:
        """Put every scored run through `admit` into a row or into quarantine, and write the card.

        Law: scored = exported + quarantined, in total and per source.
        """
        tally, described = Tally(), CardTally()
        seen = SeenRunIds()
        total = sum(path.stat().st_size for path in scored)
        with (
            EvidenceFiles(evidence) as records,
            ShardWriter(rows, PREFIX) as writer,
            QuarantineFile(quarantine, self.stage, tally) as refused,
            progress.stage(self.stage, total) as bar,
        ):
            for _, _, line in scored_lines(scored):
                run = ScoredRun.from_line(line)
                record = records.of(run)
                tally.add(run.source, "scored")
                sample = self.admit(run, record, seen.is_duplicate(run.run_id))
                if isinstance(sample, Refusal):
                    tally.add(run.source, "quarantined")
                    refuse(refused, run, record, sample)
                else:
                    tally.add(run.source, "exported")
                    tally.group("by_category", run.category.value)
                    row = sample.to_line()
                    writer.write(row)
                    described.add(sample, record, line=row)
                bar.advance(len(line))
        (rows / CARD_FILE).write_text(
            self.card(described, card_totals(tally, "scored")), encoding="utf-8"
        )
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
            ],
        )


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
    refused: QuarantineFile, run: ScoredRun, record: EvidenceRecord, refusal: Refusal
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
