"""What a user recalls: a run, a source or a file, told from one text."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from distill.errors import ConfigurationError
from distill.receipts.receipt import Receipt
from distill.records.mentions import run_ids
from distill.records.withdrawal import WithdrawalKind
from distill.retention.history import History
from distill.retention.matching import Target
from distill.stages.evidence import STAGE as EVIDENCE
from distill.stages.lines import read_lines
from distill.stages.source_jobs import source_jobs
from distill.workspace.project import Project

_SHOWN = 10


def resolve_target(
    project: Project, history: History, text: str, kind: WithdrawalKind | None
) -> Target:
    """Return what a text names: a source, a raw file, or a run by its id or a unique prefix.

    Sources and files are those of `distill.toml` and of every receipt; runs are those of every
    version of the evidence that is still here. With `kind` only that is looked for.

    Raises:
        ConfigurationError: it names nothing, or several things.
    """
    sources = _sources(project, history.receipts)
    path = _recorded(project, text, sources)
    found = []
    if text in sources and kind in {None, WithdrawalKind.SOURCE}:
        found.append(Target(WithdrawalKind.SOURCE, text, sources[text]))
    if path is not None and kind in {None, WithdrawalKind.FILE}:
        found.append(Target(WithdrawalKind.FILE, path, frozenset([path])))
    if not found and kind in {None, WithdrawalKind.RUN}:
        found = [Target(WithdrawalKind.RUN, run_id) for run_id in _runs(history, text)]
    if len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(str(target) for target in found[:_SHOWN])
        raise ConfigurationError(
            f"{text!r} means {len(found)} things: {named}",
            "give more of the run's id, or say which with --as run, source or file",
        )
    raise ConfigurationError(
        f"{text!r} is no run, source or file that any receipt here knows",
        "runs have ids like SOURCE/ID (data/evidence), sources the names in distill.toml, files the"
        " paths in a receipt's inputs",
    )


def _sources(project: Project, receipts: Iterable[Receipt]) -> dict[str, frozenset[str]]:
    """Return the files of every source that distill.toml or a receipt names."""
    files: dict[str, set[str]] = {}
    for job in source_jobs(project):
        files.setdefault(job.table.name, set()).update(job.files, job.task_files, job.withdrawn)
    for receipt in receipts:
        jobs = receipt.claim.parameters.get("jobs")
        if receipt.claim.stage != EVIDENCE or not isinstance(jobs, list):
            continue
        for job in jobs:
            if isinstance(job, dict):
                named = (*job["files"], *job["task_files"], *job.get("withdrawn", ()))
                files.setdefault(job["table"]["name"], set()).update(named)
    return {name: frozenset(paths) for name, paths in files.items()}


def _recorded(project: Project, text: str, sources: dict[str, frozenset[str]]) -> str | None:
    """Return the recorded path of a raw file, given as recorded or as seen from here."""
    known = {path for paths in sources.values() for path in paths}
    if text in known:
        return text
    if not text or not Path(text).exists():
        return None
    try:
        recorded = project.workspace.record_path(Path(text).absolute())
    except ConfigurationError:
        return None
    return recorded if recorded in known else None


def _runs(history: History, text: str) -> list[str]:
    """Return the run of exactly this id, of this logged id, or all that begin with it."""
    found: set[str] = set()
    for run_id in _ids_with(history, text):
        if run_id == text:
            return [text]
        if run_id.startswith(text) or run_id.partition("/")[2].startswith(text):
            found.add(run_id)
    whole = [run_id for run_id in found if run_id.partition("/")[2] == text]
    return sorted(whole or found)


def _ids_with(history: History, text: str) -> Iterator[str]:
    """Yield the ids of the runs on the lines of evidence and quarantine that hold a text."""
    needle = orjson.dumps(text)[1:-1]
    for version in history.versions if needle else ():
        if version.stage != EVIDENCE or version.file is None:
            continue
        for _, line in read_lines(version.file):
            if needle in line:
                yield from run_ids(orjson.loads(line))
