"""The preference stage: scored runs of one task in, pairs out, never by building all pairs."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson

from distill.exports.card import CardTally
from distill.exports.preference import preference_card
from distill.exports.settings import PreferenceSettings
from distill.firewall.redaction import RedactionKey
from distill.firewall.splits import SPLITS
from distill.receipts import Ignored, InFiles, Law, OutDir, OutFile, Report, with_receipt
from distill.receipts.incremental.keys import Keys
from distill.receipts.incremental.passes import NONE, Passes, item_key
from distill.receipts.incremental.running import Running
from distill.receipts.staging import Finished
from distill.stages.admitting import absorb, card_totals, finish_set
from distill.stages.group_passes import GroupPasses, Telling
from distill.stages.line_parts import PartLines, parts_of_shards
from distill.stages.narrow import NarrowTables, chunked
from distill.stages.pairing import PREFERENCE_STAGE, count_run, start_pairing, together
from distill.stages.progress import SILENT, Progress
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.redacting import key_named
from distill.stages.scored_evidence import evidence_files
from distill.stages.scored_groups import ScoredGroups, start_indexing
from distill.stages.scored_parts import worth_workers
from distill.stages.split_files import SplitFiles, piece_changes
from distill.stages.tally import Tally

STAGE: Final = PREFERENCE_STAGE
COUNTS: Final = ("scored", "paired", "unpaired", "examined", "exported", "quarantined")

_AT_ONCE: Final = 2 * 1024 * 1024  # bytes of evidence that a worker is given together, usually

_SCHEMA: Final = """
CREATE TABLE runs (run_id TEXT, source TEXT, cause TEXT);
CREATE TABLE paired (run_id TEXT);
CREATE TABLE subjects (subject TEXT, source TEXT, part INTEGER, number INTEGER);
"""
_BY_SUBJECT: Final = (
    "SELECT subject, part, number FROM subjects WHERE subject IN"
    " (SELECT subject FROM subjects GROUP BY subject HAVING COUNT(DISTINCT source) > 1)"
    " ORDER BY subject, part, number"
)
#: A run that its task left unpaired may be in a pair of its subject.
_BECAME: Final = (
    "SELECT source, told, COUNT(*) FROM (SELECT source,"
    " CASE WHEN run_id IN (SELECT run_id FROM paired) THEN NULL ELSE cause END AS told FROM runs)"
    " GROUP BY source, told"
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
    given = (settings, evidence_files(evidence), key_named(redaction, key))
    total = sum(path.stat().st_size for path in scored)
    with (
        NarrowTables(_SCHEMA) as tables,
        QuarantineFile(quarantine, STAGE, tally) as refused,
        Passes(running, rows, start_indexing, (settings.cross_source,)) as index,
        progress.stage(STAGE, total) as bar,
    ):
        split = SplitFiles(running, rows, settings.splits)
        groups = _groups(running, index, tables, tally)
        items = None if settings.splits is None else _items
        usual = sum(path.stat().st_size for path in evidence) // max(1, groups.runs)  # bytes a run
        at_once, worth = _AT_ONCE // max(1, usual), worth_workers(scored, evidence)
        telling = Telling(start_pairing, given, together, at_once, worth, items)
        with GroupPasses(running, rows, groups, telling) as passes:
            done = 0
            for runs, told in passes.first():
                split.take(told)
                absorb(told, tally, described, refused)
                tables.add_all("paired", [(run_id,) for run_id in told["paired"]])
                tables.add_all("runs", map(tuple, told["runs"]))
                bar.advance(_share(total, done + runs, groups) - _share(total, done, groups))
                done += runs
            for source, cause, number in tables.rows(_BECAME):
                count_run(tally, source, cause, number)
            split.write(passes.second, lambda _: NONE, lambda _, content: content)
        groups.remember(running.learnt(rows))
    totals = card_totals(tally, "examined")
    written = finish_set(
        described, split, lambda counted: preference_card(counted, totals, settings)
    )
    return Finished(_report(tally, split), {"rows": written}, running.remember)


def _groups(
    running: Running, passes: Passes[PartLines], tables: NarrowTables, tally: Tally
) -> ScoredGroups:
    """Count the scored runs, and return them by task, and by subjects that several sources have."""
    keys, lines = Keys(), []
    for parts in parts_of_shards(running, "scored", is_placed=False).values():
        for part, told in passes.first(parts):
            found = orjson.loads(told.partition(b"\n")[0])
            for source, number in found["sources"].items():
                tally.add(source, "scored", number)
            for number, subject, source in found["subjects"]:
                tables.add("subjects", (subject, source, len(keys), number))
            keys.append(part.key)
            lines.append(part.again())
    groups = ScoredGroups(running.memory, keys, lines, passes.rows)
    for _, runs in chunked(tables.rows(_BY_SUBJECT)):
        groups.add_subject([(at, number) for _, at, number in runs])
    return groups


def _items(digest: bytes, told: Mapping[str, Any]) -> list[bytes]:
    """Return the keys of what was written of a group: its rows in each split."""
    [sizes] = told["splits"]["sizes"]
    return [item_key(digest, piece_changes(at, sizes)) for at in range(len(SPLITS))]


def _share(total: int, runs: int, groups: ScoredGroups) -> int:
    """Return how many of so many bytes stand for some of all runs."""
    return total * runs // max(1, groups.runs)


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
