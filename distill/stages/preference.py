"""The preference stage: scored runs of one task in, pairs out, never by building all pairs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

from distill.exports.card import CardTally
from distill.exports.pairing import Examined, TaskPairing, TaskPlan, plan_subject, plan_task
from distill.exports.preference import preference_card, preference_sample
from distill.exports.settings import PreferenceSettings
from distill.firewall.gates import Refusal
from distill.receipts import Ignored, InFiles, Law, OutDir, OutFile, Report, with_receipt
from distill.records.samples import PreferenceSample
from distill.records.scored import ScoredRun
from distill.records.taxonomy import QuarantineUnit
from distill.stages.admitting import (
    CARD_FILE,
    PREFIX,
    EvidenceFiles,
    card_totals,
    scored_lines,
)
from distill.stages.narrow import NarrowTables, chunked
from distill.stages.progress import SILENT, Bar, Progress
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.shards import RandomReader, ShardWriter
from distill.stages.tally import Tally

STAGE: Final = "export_preference"
COUNTS: Final = ("scored", "paired", "unpaired", "examined", "exported", "quarantined")

_SCHEMA: Final = """
CREATE TABLE runs (
    task TEXT, subject TEXT, source TEXT, run_id TEXT, file INTEGER, start INTEGER, end INTEGER
);
CREATE TABLE paired (run_id TEXT);
CREATE TABLE causes (run_id TEXT, source TEXT, cause TEXT);
"""
_BY_TASK: Final = "SELECT task, file, start, end FROM runs ORDER BY task, file, start"
_BY_SUBJECT: Final = (
    "SELECT subject, file, start, end FROM runs WHERE subject IN"
    " (SELECT subject FROM runs GROUP BY subject HAVING COUNT(DISTINCT source) > 1)"
    " ORDER BY subject, file, start"
)


@with_receipt(stage=STAGE, version=1)
def write_preference(
    scored: InFiles,
    evidence: InFiles,
    *,
    settings: PreferenceSettings,
    rows: OutDir,
    quarantine: OutFile,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Report:
    """Write ``train-00000.jsonl``, … and the dataset card, task by task in the order of task keys.

    Law: pairs examined = exported + quarantined; candidate pairs = examined + over the cap; runs =
    in an examined pair + unpaired, by cause. A pair counts for the source of its chosen run.
    """
    tally, described = Tally(), CardTally()
    with (
        NarrowTables(_SCHEMA) as tables,
        EvidenceFiles(evidence) as records,
        RandomReader() as reader,
        ShardWriter(rows, PREFIX) as writer,
        QuarantineFile(quarantine, STAGE, tally) as refused,
        progress.stage(STAGE, sum(path.stat().st_size for path in scored)) as bar,
    ):
        stage = _Pairing(settings, tables, records, tally, described, writer, refused)
        files = _index(scored, tables, tally)
        for runs in _groups(tables, _BY_TASK, files, reader, bar):
            stage.pair(plan_task(runs))
        if settings.cross_source:
            for runs in _groups(tables, _BY_SUBJECT, files, reader, None):
                stage.pair(plan_subject(runs), is_across=True)
        stage.count_runs()
    card = preference_card(described, card_totals(tally, "examined"), settings)
    (rows / CARD_FILE).write_text(card, encoding="utf-8")
    return _report(tally)


def _index(scored: Sequence[Path], tables: NarrowTables, tally: Tally) -> list[Path]:
    """Fill the table of runs and return the files by their number in it."""
    numbers: dict[Path, int] = {}
    for path, start, line in scored_lines(scored):
        run = ScoredRun.from_line(line)
        number = numbers.setdefault(path, len(numbers))
        place = (number, start, start + len(line))
        tables.add("runs", (run.task.key, run.subject, run.source, run.run_id, *place))
        tally.add(run.source, "scored")
    return list(numbers)


def _groups(
    tables: NarrowTables, query: str, files: Sequence[Path], reader: RandomReader, bar: Bar | None
) -> Iterator[list[ScoredRun]]:
    """Yield the scored runs of each task or subject."""
    for _, group in chunked(tables.rows(query)):
        yield [
            ScoredRun.from_line(reader.read(files[number], start, end))
            for _, number, start, end in group
        ]
        if bar is not None:
            bar.advance(sum(end - start for _, _, start, end in group))


class _Pairing:
    """Drives the plans of all tasks and subjects, and counts what becomes of pairs and runs."""

    def __init__(
        self,
        settings: PreferenceSettings,
        tables: NarrowTables,
        records: EvidenceFiles,
        tally: Tally,
        described: CardTally,
        writer: ShardWriter,
        refused: QuarantineFile,
    ) -> None:
        self._settings = settings
        self._tables = tables
        self._records = records
        self._tally = tally
        self._described = described
        self._writer = writer
        self._refused = refused

    def pair(self, plan: TaskPlan, *, is_across: bool = False) -> None:
        """Examine the pairs of one plan; a subject's plan leaves no cause for its unpaired runs."""
        pairing = TaskPairing(plan, self._settings)
        for examined in pairing.examine(self._admit):
            self._write(examined)
        self._tally.group("pairs", "candidates", plan.candidates)
        self._tally.group("pairs", "over_cap", pairing.over_cap)
        for run_id in sorted(pairing.paired_run_ids):
            self._tables.add("paired", (run_id,))
        if not is_across:
            for run, cause in pairing.unpaired:
                self._tables.add("causes", (run.run_id, run.source, cause.value))

    def count_runs(self) -> None:
        """Count every run as paired, or as unpaired with its cause."""
        self._tables.run("CREATE INDEX by_id ON paired (run_id)")
        unpaired = self._tables.rows(
            "SELECT source, cause, COUNT(*) FROM causes"
            " WHERE run_id NOT IN (SELECT run_id FROM paired) GROUP BY source, cause"
        )
        for source, cause, number in unpaired:
            self._tally.add(source, "unpaired", number)
            self._tally.group("by_unpaired_cause", cause, number)
        paired = self._tables.rows(
            "SELECT source, COUNT(*) FROM runs"
            " WHERE run_id IN (SELECT run_id FROM paired) GROUP BY source"
        )
        for source, number in paired:
            self._tally.add(source, "paired", number)

    def _admit(self, chosen: ScoredRun, rejected: ScoredRun) -> PreferenceSample | Refusal:
        sides = [(run, self._records.of(run)) for run in (chosen, rejected)]
        return preference_sample(sides[0], sides[1], self._settings)

    def _write(self, examined: Examined) -> None:
        chosen, rejected, result = examined.chosen, examined.rejected, examined.result
        self._tally.add(chosen.source, "examined")
        records = [self._records.of(run) for run in (chosen, rejected)]
        if isinstance(result, Refusal):
            self._tally.add(chosen.source, "quarantined")
            self._refused.add(
                QuarantineUnit.PAIR,
                chosen.source,
                ids=(chosen.run_id, rejected.run_id),
                reason=result.reason,
                also=result.also,
                rule=result.rule,
                detail=result.detail,
                origin=[place for record in records for place in record.provenance],
            )
            return
        self._tally.add(chosen.source, "exported")
        self._tally.group("by_category", f"{chosen.category} over {rejected.category}")
        row = result.to_line()
        self._writer.write(row)
        self._described.add(result, *records, line=row)


def _report(tally: Tally) -> Report:
    return Report(
        counts=tally.counts(COUNTS),
        laws=[
            *tally.laws(
                "every examined pair is exported or quarantined",
                "pairs",
                ("examined",),
                ("exported", "quarantined"),
            ),
            Law(
                "every candidate pair is examined or over the cap",
                "pairs",
                {"candidates": tally.in_group("pairs", "candidates")},
                {
                    "examined": tally.total("examined"),
                    "over_cap": tally.in_group("pairs", "over_cap"),
                },
            ),
            *tally.laws(
                "every run is in an examined pair or unpaired",
                "runs",
                ("scored",),
                ("paired", "unpaired"),
            ),
            tally.reasons_law("pairs", "quarantined"),
        ],
    )
