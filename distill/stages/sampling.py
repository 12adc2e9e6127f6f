"""A deterministic sample of the logs in a scratch workspace, and what it lets one estimate.

The sample is the first records of every file of a source, the same number of each: no choice by
chance, and no log is read further than that. Estimates scale by bytes, so they are as good as the
beginnings of the files are typical.
"""

import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from distill.receipts import Outcome, Workspace
from distill.receipts.digest import digest_bytes
from distill.records.withdrawal import WithdrawalKind
from distill.sources.protocol import Envelope, Framing, RawRecord
from distill.stages.jobs import SourceJob
from distill.stages.source_jobs import source_jobs
from distill.workspace.closed_table import CONFIGURATION_FILE
from distill.workspace.places import SCRATCH_DIR, WITHDRAWALS_FILE
from distill.workspace.project import Project
from distill.workspace.reading import read_records
from distill.workspace.source_table import SourceTable

DEFAULT_LIMIT: Final = 1000
LOGS: Final = "logs"
ORIGIN: Final = "workspace"

_NOTE: Final = (
    "# A scratch workspace made by `distill run --limit`; it may be deleted at any time.\n"
)


@dataclass(frozen=True)
class Sample:
    """A scratch workspace, and the share of the logs' bytes that it holds."""

    project: Project
    sampled_bytes: int
    full_bytes: int

    @property
    def share(self) -> float:
        """Sampled bytes over all bytes, 0 to 1."""
        return self.sampled_bytes / self.full_bytes if self.full_bytes else 1.0

    def estimates(self, outcomes: Sequence[Outcome]) -> dict[str, str]:
        """Return estimates for the full run, as sentences: time, disk, rows of each stage."""
        scale = 1 / self.share if self.share else 0.0
        seconds = sum(outcome.receipt.run.duration_ms for outcome in outcomes) / 1000
        disk = sum(entry.bytes for outcome in outcomes for entry in outcome.outputs)
        estimates = {
            "time": f"about {seconds * scale:,.0f} s on this machine",
            "disk": f"about {disk * scale / 2**20:,.0f} MiB of outputs",
        }
        for outcome in outcomes:
            total = outcome.receipt.claim.counts.get("total")
            exported = total.get("exported") if isinstance(total, dict) else None
            if isinstance(exported, int):
                rows = f"rows of {outcome.receipt.claim.stage}"
                estimates[rows] = f"about {exported * scale:,.0f}"
        return estimates


def take_sample(project: Project, *, limit: int | None, source: str | None) -> Sample:
    """Write the sample and return its workspace; a former sample of the same shape is replaced.

    `limit` is the number of records of each source (rounded up to the same number of each file);
    `source` leaves only that source and those with verdicts for it.

    Raises:
        ConfigurationError: there is no source of that name.
    """
    if source is not None:
        project.configuration.source(source)
    chosen = [
        job
        for job in source_jobs(project)
        if source in (None, job.table.name, job.table.verdicts_for) and not job.is_withdrawn
    ]
    root = project.root / SCRATCH_DIR / digest_bytes(f"{limit}|{source}".encode()).hex[:12]
    root.mkdir(parents=True, exist_ok=True)
    (root / CONFIGURATION_FILE).write_text(_NOTE, encoding="utf-8")
    (root / WITHDRAWALS_FILE).write_bytes(b"".join(_scratch_withdrawals(project)))
    sampled = full = 0
    for job in chosen:
        if _is_sampled(job):
            files = [project.workspace.resolve(path) for path in job.files]
            full += sum(_decompressed_bytes(path) for path in files)
            sampled += _write_sample(job, files, root / LOGS / job.table.name, limit)
    return Sample(_scratch_project(project, root, chosen), sampled, full)


def _scratch_withdrawals(project: Project) -> Iterator[bytes]:
    """Yield the lines of the withdrawals, files named as the scratch workspace sees them."""
    for one in project.withdrawals().all:
        is_file = one.kind is WithdrawalKind.FILE
        yield (replace(one, name=_from_scratch(one.name)) if is_file else one).to_line()


def _is_sampled(job: SourceJob) -> bool:
    """Verdicts, and formats whose record or header is a whole file's, are taken whole."""
    reader = job.reader()
    is_whole = isinstance(reader.framing, Envelope) or reader.framing is Framing.DOCUMENT
    return not reader.verdict_only and not is_whole


def _write_sample(job: SourceJob, files: Sequence[Path], folder: Path, limit: int | None) -> int:
    """Write the first records of each file, as lines or as one array, and return their bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    reader = job.reader()
    each = math.ceil((limit or DEFAULT_LIMIT) / max(len(files), 1))
    written = 0
    for number, path in enumerate(files):
        frames = read_records(path, reader)
        records = list(islice((r for r in frames if isinstance(r, RawRecord)), each))
        data = [record.data for record in records]
        written += sum(map(len, data))
        if records and records[0].line is None:
            (folder / f"{number:05d}.json").write_bytes(b"[" + b",".join(data) + b"]")
        else:
            (folder / f"{number:05d}.jsonl").write_bytes(b"".join(d + b"\n" for d in data))
    return written


def _scratch_project(project: Project, root: Path, jobs: Sequence[SourceJob]) -> Project:
    roots = {**project.workspace.roots, ORIGIN: project.root}
    tables = tuple(_scratch_table(job) for job in jobs if job.joined is None)
    configuration = project.configuration.model_copy(
        update={"sources": tables, "redaction_key": None}
    )
    return Project(Workspace(root, roots), configuration)


def _scratch_table(job: SourceJob) -> SourceTable:
    """Return a source's table with its paths as the scratch workspace sees them."""
    table, settings = job.table, dict(job.table.settings)
    paths = tuple(_from_scratch(path) for path in table.paths)
    if _is_sampled(job):
        paths = (f"{LOGS}/{table.name}/*",)  # none where all files are withdrawn
        settings.pop("records_at", None)
        settings.pop("layout", None)
    if isinstance(settings.get("verdicts"), dict):
        joined = settings["verdicts"]
        names = [joined["paths"]] if isinstance(joined["paths"], str) else joined["paths"]
        settings["verdicts"] = {**joined, "paths": [_from_scratch(path) for path in names]}
    changes: dict[str, object] = {"paths": paths, "settings": settings, "optional": True}
    if table.task_table is not None:
        moved = tuple(_from_scratch(path) for path in table.task_table.paths)
        changes["task_table"] = table.task_table.model_copy(update={"paths": moved})
    if table.repository is not None:
        listings = tuple(_from_scratch(path) for path in table.repository.listings)
        checkout = table.repository.checkout
        changes["repository"] = table.repository.model_copy(
            update={
                "listings": listings,
                "checkout": _from_scratch(checkout) if checkout else None,
            }
        )
    return table.model_copy(update=changes)


def _from_scratch(pattern: str) -> str:
    """Return a pattern of the real workspace as the scratch workspace writes it."""
    return pattern if ":" in pattern else f"{ORIGIN}:{pattern}"


def _decompressed_bytes(path: Path) -> int:
    """Return a file's size, for gzip that of its last member's content (RFC 1952, ISIZE)."""
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return path.stat().st_size
        file.seek(-4, 2)
        return int.from_bytes(file.read(4), "little")
