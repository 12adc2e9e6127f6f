"""Finds the records, runs and rows that an id means, in the files of a workspace."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from distill.errors import ConfigurationError
from distill.records.evidence import EvidenceRecord
from distill.records.quarantine import Quarantined
from distill.records.scored import ScoredRun
from distill.stages.lines import read_lines
from distill.workspace.places import EVIDENCE_DIR, EXPORTS_DIR, QUARANTINE_DIR, SCORED_DIR
from distill.workspace.project import Project

_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """One exported row: its set, file, line from 1, id and the runs that it was made of."""

    set: str
    path: str
    line: int
    id: str
    run_ids: tuple[str, ...]


def lines_with(project: Project, folder: str, text: str) -> Iterator[tuple[Path, int, bytes]]:
    """Yield the JSONL lines below a folder that hold this text: file, line from 1, bytes."""
    wanted = text.encode()
    base = project.root / folder
    for path in sorted(base.rglob("*.jsonl")):
        for number, (_, line) in enumerate(read_lines(path), start=1):
            if wanted in line:
                yield path, number, line


def find_evidence(project: Project, text: str) -> list[EvidenceRecord]:
    """Return the runs whose run, logged or record id begins with `text`.

    Raises:
        ConfigurationError: several runs' ids begin with it, and none is it; the first are listed.
    """
    found: dict[str, EvidenceRecord] = {}
    for path, _, line in lines_with(project, EVIDENCE_DIR, text):
        if path.parent == project.root / EVIDENCE_DIR:
            continue
        record = EvidenceRecord.from_line(line)
        if record.run_id == text:
            return [record]
        if any(known.startswith(text) for known in _ids(record)):
            found[record.run_id] = record
    records = {place.blake3 for record in found.values() for place in record.provenance}
    if len(found) > 1 and len(records) > 1:
        named = ", ".join(sorted(found)[:_SHOWN])
        raise ConfigurationError(
            f"{len(found)} runs have an id that begins with {text!r}: {named}",
            "give more of the id",
        )
    return list(found.values())


def _ids(record: EvidenceRecord) -> Iterator[str]:
    yield record.run_id
    yield record.run_id.partition("/")[2]
    yield from (place.blake3 for place in record.provenance)


def find_scored(project: Project, run_id: str) -> ScoredRun | None:
    """Return the scored run of this id, null where it was not scored."""
    for _, _, line in lines_with(project, SCORED_DIR, run_id):
        run = ScoredRun.from_line(line)
        if run.run_id == run_id:
            return run
    return None


def find_task(project: Project, key: str) -> list[ScoredRun]:
    """Return the scored runs of a task, by its key."""
    lines = (line for _, _, line in lines_with(project, SCORED_DIR, key))
    return [run for line in lines if (run := ScoredRun.from_line(line)).task.key == key]


def find_rows(project: Project, text: str) -> list[Row]:
    """Return the exported rows whose id begins with `text`, or that a run of this id is part of."""
    rows = []
    for path, number, line in lines_with(project, EXPORTS_DIR, text):
        row: dict[str, Any] = orjson.loads(line)
        names = ("source_run_id", "chosen_run_id", "rejected_run_id")
        run_ids = tuple(row[name] for name in names if name in row)
        if row["id"].startswith(text) or text in run_ids:
            recorded = project.workspace.record_path(path)
            rows.append(Row(path.parent.name, recorded, number, row["id"], run_ids))
    return rows


def find_quarantined(project: Project, text: str) -> list[Quarantined]:
    """Return the quarantine rows of a run id, or of a raw record whose digest begins so."""
    found = []
    for _, _, line in lines_with(project, QUARANTINE_DIR, text):
        row = Quarantined.from_line(line)
        if text in row.ids or any(place.blake3.startswith(text) for place in row.origin):
            found.append(row)
    return found
