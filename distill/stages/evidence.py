"""The first stage: raw logs in, evidence records out, every raw record accounted for."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

from distill.receipts import Ignored, InFiles, OutDir, OutFile, Report, with_receipt
from distill.receipts.canonical import Json
from distill.receipts.incremental.running import Running
from distill.receipts.scope import current_workspace
from distill.receipts.staging import Finished, known_file
from distill.records.withdrawal import read_withdrawals
from distill.stages.benchmarks import read_benchmarks
from distill.stages.evidence_lines import write_evidence
from distill.stages.ingest import SCALE, SCHEMA, Ingest
from distill.stages.jobs import SourceJob
from distill.stages.narrow import NarrowTables
from distill.stages.progress import SILENT, Progress
from distill.stages.quarantine_file import QuarantineFile
from distill.stages.record_reader import EVIDENCE_STAGE
from distill.stages.resolve import UNATTACHED_FILE, Resolution
from distill.stages.tally import Tally

STAGE: Final = EVIDENCE_STAGE

COUNTS: Final = (
    "files",
    "files_withdrawn",
    "records",
    "records_bearing",
    "records_no_run",
    "records_quarantined",
    "runs_declared",
    "runs",
    "runs_merged",
    "runs_quarantined",
    "quarantined",
    "verdicts",
    "verdicts_attached",
    "verdicts_orphaned",
    "verdicts_stale",
    "verdicts_quarantined",
)


@with_receipt(stage=STAGE, version=1)
def index_evidence(
    logs: InFiles,
    *,
    jobs: tuple[SourceJob, ...],
    withdrawals: InFiles = (),
    evidence: OutDir,
    quarantine: OutFile,
    progress: Annotated[Progress, Ignored] = SILENT,
) -> Finished:
    """Read the files of all jobs into ``<evidence>/<source>/part-00000.jsonl``.

    `logs` are the files that the jobs name by recorded path, each once. Law (units of each source
    and in total): records = bearing + no run + quarantined; runs declared = runs + merged +
    quarantined; verdicts = attached + orphaned + stale + quarantined. A withdrawn run is
    quarantined, and so is a verdict that is for withdrawn runs alone; a withdrawn source or file is
    named and not read. Where a file's entry has no root over its
    records, the receipt notes one.

    Raises:
        SourceError: a file can't be read as its source says.
    """
    workspace = current_workspace()
    files = {workspace.record_path(path): Path(path) for path in logs}
    tally = Tally()
    running = Running.here(with_parameters=False)
    with (
        NarrowTables(SCHEMA) as tables,
        QuarantineFile(quarantine, STAGE, tally) as refused,
        Ingest(running, evidence, tables, tally, refused) as ingest,
    ):
        with progress.stage(STAGE, sum(path.stat().st_size for path in files.values())) as bar:
            for job in _counted(jobs, tally):
                places = {**files, **_checkout_of(job)}
                for done in ingest.read_source(job, places):
                    bar.advance(done)
        resolution = Resolution(ingest, _withdrawn_runs(withdrawals))
        resolution.settle()
        written = [known_file(evidence, UNATTACHED_FILE)]
        for source, read in ingest.sources.items():
            target = running.target("evidence")
            writer = running.writer(evidence, target, below=f"{source}/", scale=SCALE)
            write_evidence(read, resolution.changes(source), writer)
            tally.add(source, "runs", writer.rows)
            written += writer.written
    notes = {**_withdrawn(jobs), **_benchmarks(jobs, files), **_names(jobs)}
    report = _report(tally, {**ingest.trees.notes(), **notes})
    return Finished(report, {"evidence": written}, running.remember)


def _counted(jobs: Sequence[SourceJob], tally: Tally) -> Iterator[SourceJob]:
    """Count what is withdrawn of every job, and yield those of which anything is read."""
    for job in jobs:
        tally.add(job.table.name, "files_withdrawn", len(job.withdrawn))
        if not job.is_withdrawn:
            yield job


def _withdrawn_runs(withdrawals: Sequence[Path]) -> frozenset[str]:
    read = (read_withdrawals(path.read_bytes()).runs for path in withdrawals)
    return frozenset(run_id for runs in read for run_id in runs)


def _withdrawn(jobs: Sequence[SourceJob]) -> dict[str, Json]:
    """Return, for the receipt's notes, what was not read because it is withdrawn."""
    sources = [job.table.name for job in jobs if job.is_withdrawn]
    files = sorted({path for job in jobs for path in job.withdrawn})
    return {"withdrawn": {"files": files, "sources": sources}} if sources or files else {}


def _benchmarks(jobs: Sequence[SourceJob], files: Mapping[str, Path]) -> dict[str, Json]:
    """Return, for the receipt's notes, with which lists of benchmarks runs were compared."""
    listed = {one.name: one for job in jobs for one in job.benchmarks}
    if not listed:
        return {}
    lists: dict[str, Json] = {}
    for index in read_benchmarks(tuple(listed.values()), files):
        place = listed[index.name].path
        lists[index.name] = {"version": index.version, "file": place, **index.compared()}
    return {"benchmarks": lists}


def _names(jobs: Sequence[SourceJob]) -> dict[str, Json]:
    """Return, for the receipt's notes, with which model names of persons were looked for."""
    asked = next((job.names for job in jobs if job.names), None)
    if asked is None:
        return {}
    told: dict[str, Json] = {"model": asked.model, "version": asked.version}
    return {"names_of_persons": {**told, "runtime": dict(asked.runtime)}}


def _checkout_of(job: SourceJob) -> dict[str, Path]:
    if job.checkout is None:
        return {}
    return {job.checkout: current_workspace().resolve(job.checkout)}


def _report(tally: Tally, notes: Mapping[str, Json]) -> Report:
    states = ("attached", "orphaned", "stale", "quarantined")
    verdicts = tuple(f"verdicts_{state}" for state in states)
    return Report(
        counts=tally.counts(COUNTS),
        laws=[
            *tally.laws(
                "every record is accounted for",
                "records",
                ("records",),
                ("records_bearing", "records_no_run", "records_quarantined"),
            ),
            *tally.laws(
                "every run is accounted for",
                "runs",
                ("runs_declared",),
                ("runs", "runs_merged", "runs_quarantined"),
            ),
            *tally.laws("every verdict is accounted for", "verdicts", ("verdicts",), verdicts),
            tally.reasons_law("records, runs and verdicts", "quarantined"),
        ],
        notes=notes,
    )
