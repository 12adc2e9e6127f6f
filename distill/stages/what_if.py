"""`distill what-if`: what other settings would change, worked out beside the workspace.

Scoring and exports run over the workspace's evidence in a temporary folder, once as `distill.toml`
says and once as supposed, and what they wrote is compared. No log is read, and nothing is written
into the workspace.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from distill.receipts import Workspace, workspace_scope
from distill.receipts.digest import digest_bytes
from distill.stages import evidence, preference, rag, scoring, sft
from distill.stages.arguments import scoring_settings
from distill.stages.parents import shards_below
from distill.workspace.places import EVIDENCE_DIR
from distill.workspace.project import Project

_ORIGIN: Final = "workspace"
_SETS: Final[Mapping[str, Any]] = {
    "rag": rag.write_rag,
    "sft": sft.write_sft,
    "preference": preference.write_preference,
}
_RUN_ID: Final = ("source_run_id",)
_RUN_IDS: Final = ("chosen_run_id", "rejected_run_id")
ABSENT: Final = "absent"


@dataclass(frozen=True, slots=True)
class _State:
    """What became of a unit: its label, why, and the digest of its row."""

    label: str
    why: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Supposed:
    """One run, row or pair that would be otherwise; `runs` are its ids, chosen first."""

    set: str
    runs: tuple[str, ...]
    before: str
    after: str
    why: str

    def line(self) -> str:
        """Return the change as one line for a person."""
        name = " over ".join(self.runs)
        return f"{self.set}  {name}  {self.before} → {self.after}  [{self.why}]"


@dataclass(frozen=True)
class WhatIf:
    """Everything that would be otherwise, set by set, and over which evidence that was found."""

    evidence: str
    changes: Sequence[Supposed]

    def lines(self) -> Iterator[str]:
        """Yield the changes for a person: how many of each kind, then each."""
        yield f"over the evidence of receipt {self.evidence}; nothing was written"
        counted = Counter((one.set, one.before, one.after) for one in self.changes)
        for (name, before, after), number in sorted(counted.items()):
            yield f"{number:,} of {name}: {before} → {after}"
        if not self.changes:
            yield "nothing would change"
        yield from (one.line() for one in self.changes)

    def as_json(self) -> dict[str, Any]:
        """Return the changes as a JSON object."""
        return {"evidence": self.evidence, "changes": [asdict(one) for one in self.changes]}


def what_if(project: Project, supposed: Project) -> WhatIf:
    """Return what would change if the workspace were configured as `supposed` is.

    Raises:
        DistillError: there is no evidence yet, or a stage fails under the settings.
    """
    newest = project.receipts.newest_passed(evidence.STAGE)
    files = shards_below(project, evidence.STAGE, EVIDENCE_DIR)
    with tempfile.TemporaryDirectory(prefix="distill-what-if-") as folder:
        root = Path(folder).resolve()
        (root / "distill.toml").write_bytes(b"")
        roots = {**project.workspace.roots, _ORIGIN: project.root}
        workspace = Workspace(root, roots)
        before = _run(Project(workspace, project.configuration), project, files)
        after = _run(Project(workspace, supposed.configuration), project, files)
    name = "none" if newest is None else newest.digest.short
    return WhatIf(name, tuple(_changes(before, after)))


def _run(project: Project, origin: Project, files: list[Path]) -> dict[tuple[str, ...], _State]:
    """Score and export in the temporary workspace, and return what became of everything."""
    root, configuration = project.root, project.configuration
    key = origin.redaction_key()
    with workspace_scope(project.workspace):
        scoring.decide_runs(files, scored=root / "scored", **scoring_settings(project))
        scored = sorted((root / "scored").rglob("part-*.jsonl"))
        for name, write in _SETS.items():
            settings = getattr(configuration.exports, name)
            if settings.firewall.redacts and key is None:
                project.make_redaction_key()
                key = project.redaction_key()
            write(
                scored,
                files,
                settings=settings,
                rows=root / "sets" / name,
                quarantine=root / "quarantine" / f"{name}.jsonl",
                redaction=None if key is None else key.id,
                key=key,
            )
    return dict(_states(root))


def _states(root: Path) -> Iterator[tuple[tuple[str, ...], _State]]:
    """Yield set and run ids of every scored run, row and refusal, with its state."""
    for _, run in _rows(root / "scored", "part-*.jsonl"):
        yield ("scored", run["run_id"]), _State(run["category"], "; ".join(run["reasons"]))
    for name in _SETS:
        for line, row in _rows(root / "sets" / name, "*.jsonl"):
            digest = digest_bytes(line).hex
            names = _RUN_IDS if name == "preference" else _RUN_ID
            yield (
                (name, *(row[one] for one in names)),
                _State("exported", "every gate passes", digest),
            )
        for _, row in _rows(root / "quarantine", f"{name}.jsonl"):
            why = f"{row['rule']}: {row['detail']}"
            yield (name, *row["ids"]), _State(f"quarantined: {row['reason']}", why)


def _rows(folder: Path, pattern: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    for path in sorted(folder.rglob(pattern)):
        with path.open("rb") as lines:
            yield from ((line, json.loads(line)) for line in lines)


def _changes(
    before: Mapping[tuple[str, ...], _State], after: Mapping[tuple[str, ...], _State]
) -> Iterator[Supposed]:
    order = ("scored", *_SETS)
    keys = sorted(before.keys() | after.keys(), key=lambda key: (order.index(key[0]), key))
    for key in keys:
        old, new = before.get(key), after.get(key)
        if old is None or new is None or (old.label, old.digest) != (new.label, new.digest):
            labels = [ABSENT if one is None else one.label for one in (old, new)]
            yield Supposed(
                key[0], key[1:], labels[0], labels[1], _why(key, old, new, before, after)
            )


def _why(
    key: tuple[str, ...],
    old: _State | None,
    new: _State | None,
    before: Mapping[tuple[str, ...], _State],
    after: Mapping[tuple[str, ...], _State],
) -> str:
    """Return the cause: another category, the gate that shuts, the one that opens, another pair."""
    for run in key[1:] if key[0] != "scored" else ():
        was, becomes = before.get(("scored", run)), after.get(("scored", run))
        if was is not None and becomes is not None and was.label != becomes.label:
            return f"{run} is {becomes.label}, was {was.label}: {becomes.why}"
    if new is None:
        return "its place among the pairs of the task went to others"
    if new.label == "exported" and old is not None:
        return f"no more {old.why}" if old.label != new.label else "the same run in another row"
    return new.why
