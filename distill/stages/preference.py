"""The preference stage: scored runs of one task in, pairs out, never by building all pairs."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

from distill.exports.card import CardTally
from distill.exports.preference import preference_card
from distill.exports.settings import PreferenceSettings
from distill.firewall.redaction import RedactionKey
from distill.receipts import Ignored, InFiles, Law, OutDir, OutFile, Report, with_receipt
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.passes import NONE, Mapped, Part, Passes
from distill.receipts.incremental.running import Running
from distill.receipts.staging import Finished
from distill.records.scored import ScoredRun, without_place
from distill.stages.admitting import absorb, card_totals, evidence_files, finish_set
from distill.stages.line_parts import PartLines, parts_of_shards
from distill.stages.narrow import NarrowTables, chunked
from distill.stages.pairing import PREFERENCE_STAGE, Group, Member, start_pairing
from distill.stages.progress import SILENT, Progress
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.redacting import key_named
from distill.stages.split_files import SplitFiles
from distill.stages.tally import Tally

STAGE: Final = PREFERENCE_STAGE
COUNTS: Final = ("scored", "paired", "unpaired", "examined", "exported", "quarantined")

_SCHEMA: Final = """
CREATE TABLE runs (
    task TEXT, subject TEXT, source TEXT, run_id TEXT, file INTEGER, start INTEGER, end INTEGER,
    blake3 TEXT
);
CREATE TABLE paired (run_id TEXT);
CREATE TABLE causes (run_id TEXT, source TEXT, cause TEXT);
"""
_BY_TASK: Final = "SELECT task, file, start, end, blake3 FROM runs ORDER BY task, file, start"
_BY_SUBJECT: Final = (
    "SELECT subject, file, start, end, blake3 FROM runs WHERE subject IN"
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
    redaction: str | None = None,
    key: Annotated[RedactionKey | None, Ignored] = None,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Finished:
    """Write ``train-00000.jsonl``, … and the dataset card, task by task in the order of task keys.

    Law: pairs examined = exported + quarantined; candidate pairs = examined + over the cap; runs =
    in an examined pair + unpaired, by cause. A pair counts for the source of its chosen run.
    ``redaction`` is the id of the redaction key, null where nothing is to be redacted.
    """
    running = Running.here()
    tally, described = Tally(), CardTally()
    pairing = (settings, evidence_files(evidence), key_named(redaction, key))
    with (
        NarrowTables(_SCHEMA) as tables,
        QuarantineFile(quarantine, STAGE, tally) as refused,
        Passes(running, rows, start_indexing, ()) as index,
        Passes(running, rows, start_pairing, pairing) as passes,
        progress.stage(STAGE, sum(path.stat().st_size for path in scored)) as bar,
    ):
        files = _index(running, index, tables, tally)
        parts, split = [], SplitFiles(running, rows, settings.splits)
        for part, told in passes.first(_groups(tables, files, settings)):
            parts.append(part)
            found = json.loads(told)
            split.take(found)
            _absorb(found, tables, tally, described, refused)
            bar.advance(part.size)
        _count_runs(tables, tally)
        split.write(passes, parts, lambda _: NONE, lambda _, content: content)
    totals = card_totals(tally, "examined")
    written = finish_set(
        described, split, lambda counted: preference_card(counted, totals, settings)
    )
    return Finished(_report(tally, split), {"rows": written}, running.remember)


def start_indexing() -> Callable[[PartLines], Mapped]:
    """Return what tells of scored lines what pairing asks of them; no line comes of it."""
    return _index_part


def _index_part(part: PartLines) -> Mapped:
    rows = []
    for start, line in part.lines():
        run = ScoredRun.from_line(line)
        begin = start - part.segment.start
        place = (begin, begin + len(line), blake3_hex(without_place(line)))
        rows.append((run.task.key, run.subject, run.source, run.run_id, *place))
    return Mapped(json.dumps(rows).encode(), b"")


def _index(
    running: Running, passes: Passes[PartLines], tables: NarrowTables, tally: Tally
) -> list[Path]:
    """Fill the table of runs and return the files by their number in it."""
    numbers: dict[Path, int] = {}
    for parts in parts_of_shards(running, "scored", is_placed=False).values():
        for part, told in passes.first(parts):
            lines = part.again()
            number = numbers.setdefault(lines.place, len(numbers))
            for task, subject, source, run_id, start, end, digest in json.loads(told):
                place = (number, start + lines.segment.start, end + lines.segment.start)
                tables.add("runs", (task, subject, source, run_id, *place, digest))
                tally.add(source, "scored")
    return list(numbers)


def _groups(
    tables: NarrowTables, files: Sequence[Path], settings: PreferenceSettings
) -> Iterator[Part[Group]]:
    """Yield the runs of each task, and of each subject that several sources have."""
    yield from _parts(tables, _BY_TASK, files, is_across=False)
    if settings.cross_source:
        yield from _parts(tables, _BY_SUBJECT, files, is_across=True)


def _parts(
    tables: NarrowTables, query: str, files: Sequence[Path], *, is_across: bool
) -> Iterator[Part[Group]]:
    for _, members in chunked(tables.rows(query)):
        group = Group(
            is_across,
            tuple(
                Member(files[number], start, end, digest)
                for _, number, start, end, digest in members
            ),
        )
        named = " ".join([str(is_across), *(member.blake3 for member in group.members)])
        yield Part.at_hand(sha256(named.encode()).digest(), group.size, group)


def _absorb(
    told: Mapping[str, Any],
    tables: NarrowTables,
    tally: Tally,
    described: CardTally,
    refused: QuarantineFile,
) -> None:
    absorb(told, tally, described, refused)
    tables.add_all("paired", [(run_id,) for run_id in told["paired"]])
    tables.add_all("causes", [tuple(cause) for cause in told["causes"]])


def _count_runs(tables: NarrowTables, tally: Tally) -> None:
    """Count every run as paired, or as unpaired with its cause."""
    tables.run("CREATE INDEX by_id ON paired (run_id)")
    unpaired = tables.rows(
        "SELECT source, cause, COUNT(*) FROM causes"
        " WHERE run_id NOT IN (SELECT run_id FROM paired) GROUP BY source, cause"
    )
    for source, cause, number in unpaired:
        tally.add(source, "unpaired", number)
        tally.group("by_unpaired_cause", cause, number)
    paired = tables.rows(
        "SELECT source, COUNT(*) FROM runs"
        " WHERE run_id IN (SELECT run_id FROM paired) GROUP BY source"
    )
    for source, number in paired:
        tally.add(source, "paired", number)


def _report(tally: Tally, split: SplitFiles) -> Report:
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
            *split.laws(),
        ],
    )
