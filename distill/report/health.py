"""`distill status`: one screen that says whether the workspace is sound and what a run would do."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from distill.errors import DistillError
from distill.receipts import Receipt
from distill.receipts.look import one_look, shared_paths
from distill.report.ledger_health import LedgerHealth, look_at_ledger
from distill.stages.jobs import SourceJob
from distill.stages.pipeline import Planned, plan_all
from distill.stages.source_jobs import source_jobs
from distill.workspace.project import Project


@dataclass(frozen=True)
class SourceHealth:
    """One source: how many files and bytes it has, or why they can't be found."""

    name: str
    files: int
    bytes: int
    trouble: str = ""


@dataclass(frozen=True)
class Health:
    """What `look_at` saw."""

    root: str
    sources: Sequence[SourceHealth]
    stages: Sequence[Planned]
    laws_kept: int
    laws_broken: Sequence[str]
    without_provenance: int
    failed: Sequence[str]
    ledger: LedgerHealth
    trouble: str = ""

    @property
    def is_sound(self) -> bool:
        """True where nothing is broken; stale stages are sound, a run brings them up to date."""
        wrong = self.trouble or self.failed or self.laws_broken or self.without_provenance
        return not (wrong or self.ledger.trouble)

    def lines(self) -> Iterator[str]:
        """Yield the screen."""
        yield f"workspace {self.root}: {'sound' if self.is_sound else 'NOT SOUND'}"
        if self.trouble:
            yield f"  {self.trouble}"
        yield "sources"
        for source in self.sources:
            found = source.trouble or f"{source.files:,} files, {source.bytes:,} bytes"
            yield f"  {source.name:28} {found}"
        if not self.sources:
            yield "  none: add one to distill.toml, or run `distill init LOGS…`"
        yield "stages"
        for planned in self.stages:
            yield f"  {planned.stage:28} {planned.plan.status}: {planned.plan.reason}"
        yield f"laws: {self.laws_kept:,} kept, {len(self.laws_broken)} broken"
        for law in self.laws_broken:
            yield f"  broken: {law}"
        complete = "complete" if not self.without_provenance else "INCOMPLETE"
        yield f"provenance: {complete} ({self.without_provenance:,} runs without)"
        yield from self.ledger.told()
        stale = [planned.stage for planned in self.stages if planned.plan.status != "fresh"]
        yield f"a run would do: {', '.join(stale) if stale else 'nothing'}"

    def as_json(self) -> dict[str, Any]:
        """Return what was seen as a JSON object."""
        return {
            "root": self.root,
            "sound": self.is_sound,
            "trouble": self.trouble or None,
            "sources": [vars(source) for source in self.sources],
            "stages": [
                {
                    "stage": planned.stage,
                    "status": planned.plan.status,
                    "reason": planned.plan.reason,
                    "changed": list(planned.plan.changed),
                    "waits_for": planned.waits_for,
                }
                for planned in self.stages
            ],
            "laws": {"kept": self.laws_kept, "broken": list(self.laws_broken)},
            "without_provenance": self.without_provenance,
            "failed": list(self.failed),
            "ledger": self.ledger.as_json(),
        }


def look_at(project: Project) -> Health:
    """Look at a workspace without changing it."""
    with one_look(project.workspace):
        return _look_at(project)


def _look_at(project: Project) -> Health:
    trouble = ""
    jobs: tuple[SourceJob, ...] = ()
    planned: list[Planned] = []
    try:
        jobs = source_jobs(project)
        planned = plan_all(project, jobs)
    except DistillError as error:
        trouble = f"{error.message} ({error.hint})" if error.hint else error.message
    newest = _newest(project)
    laws = [law for receipt in newest for law in receipt.claim.laws]
    return Health(
        root=str(project.root),
        sources=[_source(project, job) for job in jobs] or _declared(project),
        stages=planned,
        laws_kept=sum(law.holds for law in laws),
        laws_broken=[str(law) for law in laws if not law.holds],
        without_provenance=sum(_missing_provenance(receipt) for receipt in newest),
        failed=[receipt.claim.stage for receipt in newest if not receipt.passed],
        ledger=look_at_ledger(project.workspace),
        trouble=trouble,
    )


def _newest(project: Project) -> list[Receipt]:
    store = project.receipts
    found = (store.newest(stage) for stage in store.stages())
    return [receipt for receipt in found if receipt is not None]


def _source(project: Project, job: SourceJob) -> SourceHealth:
    if job.is_withdrawn:
        return SourceHealth(job.table.name, 0, 0, "withdrawn: not read")
    real = shared_paths()
    files = [project.workspace.resolve_text(path, real) for path in job.files]
    size = sum(os.stat(path).st_size for path in files)  # noqa: PTH116 - for every file
    return SourceHealth(job.table.name, len(files), size)


def _declared(project: Project) -> list[SourceHealth]:
    """Return the sources with what is wrong with each, where the whole could not be read."""
    found = []
    for table in project.configuration.sources:
        try:
            files = project.logs(table)
            size = sum(path.stat().st_size for path in files)
            found.append(SourceHealth(table.name, len(files), size))
        except DistillError as error:
            found.append(SourceHealth(table.name, 0, 0, error.message))
    return found


def _missing_provenance(receipt: Receipt) -> int:
    reasons = receipt.claim.counts.get("by_reason", {})
    number = reasons.get("missing_provenance", 0) if isinstance(reasons, dict) else 0
    return number if isinstance(number, int) else 0
