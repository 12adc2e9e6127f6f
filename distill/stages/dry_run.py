"""What a run would do, from receipts and file sizes alone: no log is read, nothing written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from distill.errors import ContractError
from distill.receipts import Receipt
from distill.receipts.real_paths import RealPaths
from distill.stages.pipeline import Stage
from distill.workspace.project import Project


@dataclass(frozen=True)
class DryRun:
    """What one stage would do: `run`, `check` (sizes are as recorded, nothing was read), `wait`."""

    stage: str
    would: str
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return asdict(self)


def dry_run(project: Project, stages: Sequence[Stage]) -> list[DryRun]:
    """Say of each stage what a run would do, as far as that is known without reading a log.

    Raises:
        DistillError: the configuration is wrong, or a pattern matches no file.
    """
    rows: list[DryRun] = []
    running: set[str] = set()
    for stage in stages:
        row = _row(project, stage, running)
        if row.would != "check":
            running.add(stage.name)
        rows.append(row)
    return rows


def _row(project: Project, stage: Stage, running: set[str]) -> DryRun:
    for parent in stage.parents:
        if parent in running:
            return DryRun(stage.name, "run", f"after {parent}, if that gives other bytes")
    receipt = project.receipts.newest_passed(stage.name)
    if receipt is None:
        return DryRun(stage.name, "run", "it has no passing receipt")
    try:
        arguments = stage.arguments(project)
    except ContractError as error:
        return DryRun(stage.name, "wait", error.message)
    changed = [
        *_changed_inputs(project, receipt, arguments),
        *_changed_sizes(project, ((entry.path, entry.bytes) for entry in receipt.claim.outputs)),
    ]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return DryRun(stage.name, "run", changed[0] + more)
    size = sum(entry.bytes for entry in receipt.claim.inputs)
    return DryRun(
        stage.name,
        "check",
        f"sizes are as recorded: it would read {size:,} bytes, compare digests, code and"
        " parameters, and skip if they hold",
    )


def _changed_inputs(
    project: Project, receipt: Receipt, arguments: Mapping[str, Any]
) -> Iterable[str]:
    recorded = {entry.path: entry.bytes for entry in receipt.claim.inputs}
    present: dict[str, Path] = {}
    real = RealPaths()
    for value in arguments.values():
        if isinstance(value, list):
            found = {project.workspace.record_path(path, real): Path(path) for path in value}
            present.update(found)
    for path in sorted(present.keys() - recorded.keys()):
        yield f"new input {path}"
    for path in sorted(recorded.keys() - present.keys()):
        yield f"input {path} is gone"
    for path in sorted(recorded.keys() & present.keys()):
        size = present[path].stat().st_size
        if size != recorded[path]:
            yield f"input {path} has {size:,} bytes, recorded were {recorded[path]:,}"


def _changed_sizes(project: Project, entries: Iterable[tuple[str, int]]) -> Iterable[str]:
    for recorded, size in entries:
        path = project.workspace.resolve(recorded)
        if not path.is_file():
            yield f"output {recorded} is missing"
        elif path.stat().st_size != size:
            yield f"output {recorded} has {path.stat().st_size:,} bytes, recorded were {size:,}"
