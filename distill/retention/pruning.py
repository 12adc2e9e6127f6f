"""`distill prune`: replaced versions that nobody needs are deleted, once a receipt names them.

Order, while no stage may publish: plan → receipt → deletions. A crash after the receipt leaves
files that the next prune names again; none is ever deleted that no receipt names.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError, ContractError, SourceError
from distill.receipts import Outcome, workspace_scope
from distill.receipts.clock import now
from distill.receipts.digest import digest_file
from distill.receipts.durable import PARTIAL, sync_folder
from distill.receipts.locks import hold
from distill.receipts.publish import objects_folder, recover
from distill.receipts.strict import HEX_256
from distill.receipts.tree_file import TREES_DIR
from distill.retention.history import History, read_history
from distill.retention.holding import HoldingRows
from distill.retention.keeping import as_instant, cutoff_of, needed
from distill.retention.memories import forgotten
from distill.retention.prune_receipt import Freed, Why, Window, record_pruning
from distill.stages.evidence import STAGE as EVIDENCE
from distill.workspace.places import WITHDRAWALS_FILE
from distill.workspace.project import Project
from distill.workspace.retention import Retention

FOLDER: Final = "reports/pruned"
DAMAGED_DIR: Final = ".distill/damaged"
#: A receipt has room for this many and more.
_BATCH: Final = 10_000


@dataclass(frozen=True)
class Plan:
    """What may go and what stays: `kept` counts replaced versions that are needed."""

    freed: Sequence[Freed]
    window: Window
    kept: int
    kept_bytes: int


def plan_pruning(project: Project, retention: Retention, *, withdrawn: bool) -> Plan:
    """Say what a prune would delete now; nothing is written.

    Raises:
        ConfigurationError: `withdrawn`, and nothing is withdrawn.
        ContractError: `withdrawn`, and the evidence was not yet built without it.
        VerificationError: a receipt or a release is not what was written.
    """
    moment = now()
    history = read_history(project.workspace)
    cutoff = cutoff_of(moment, retention)
    window = Window(retention.keep_days, retention.keep_runs, cutoff, withdrawn)
    holding = _holding(project) if withdrawn else None
    planner = _Planner(project, history, needed(history, retention, cutoff), window, holding)
    derived = forgotten(project.workspace, [history.receipts[n] for n in sorted(history.current)])
    freed = [*planner.objects(), *planner.trees(), *planner.memories(derived)]
    freed += planner.left_over()
    return Plan(freed, window, planner.kept, planner.kept_bytes)


def prune(project: Project, retention: Retention, *, withdrawn: bool) -> tuple[Plan, list[Outcome]]:
    """Delete what `plan_pruning` finds, and return it with the receipts that name it.

    It waits for stages that run, and none starts meanwhile.

    Raises:
        DistillError: as `plan_pruning`; nothing was deleted.
    """
    workspace, store = project.workspace, project.receipts
    recover(workspace, "prune")
    with ExitStack() as stack:
        slots = {(stage, slot) for stage in store.stages() for slot in store.heads(stage)}
        for stage, slot in sorted(slots):
            stack.enter_context(hold(workspace, f"{stage}-{slot[:16]}"))
        plan = plan_pruning(project, retention, withdrawn=withdrawn)
        outcomes = [_record(project, batch, plan.window, n) for n, batch in _batches(plan.freed)]
        folders = {_delete(project.root / one.path) for one in plan.freed}
        for folder in sorted(folders):
            sync_folder(folder)
    return plan, outcomes


def _batches(freed: Sequence[Freed]) -> Iterator[tuple[int, tuple[Freed, ...]]]:
    for start in range(0, len(freed), _BATCH):
        yield start // _BATCH, tuple(freed[start : start + _BATCH])


def _record(project: Project, freed: tuple[Freed, ...], window: Window, number: int) -> Outcome:
    name = now().replace(":", "-") + (f"-{number}" if number else "")
    with workspace_scope(project.workspace):
        return record_pruning(
            freed=freed, window=window, pruned=project.root / FOLDER / f"{name}.jsonl"
        )


def _delete(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path.parent


def _holding(project: Project) -> HoldingRows:
    """Return what asks for withdrawn rows, once the evidence was built without them."""
    withdrawals = project.withdrawals()
    if not withdrawals.all:
        raise ConfigurationError(
            "nothing is withdrawn in this workspace",
            "`distill recall X --withdraw --reason TEXT` withdraws, or leave --withdrawn out",
        )
    newest = project.receipts.newest_passed(EVIDENCE)
    inputs = {} if newest is None else {e.path: e.blake3 for e in newest.claim.inputs}
    if inputs.get(WITHDRAWALS_FILE) != digest_file(project.withdrawals_file):
        raise ContractError(
            f"the sets were not built with {WITHDRAWALS_FILE} as it stands",
            "run `distill run` first",
        )
    return HoldingRows(withdrawals)


class _Planner:
    """Goes through the files that may be deleted, and says of each whether it is free to go."""

    def __init__(
        self,
        project: Project,
        history: History,
        digests: frozenset[str],
        window: Window,
        holding: HoldingRows | None,
    ) -> None:
        self._root = project.root
        self._objects = objects_folder(project.workspace)
        self._needed = digests
        self._window = window
        self._holding = holding
        self._named = {
            entry.blake3.hex: (entry.path, receipt.digest.hex)
            for receipt in history.receipts
            for entry in receipt.claim.outputs
        }
        self._gone: set[str] = set()
        self.kept = 0
        self.kept_bytes = 0

    def objects(self) -> Iterator[Freed]:
        """Yield the replaced versions that may go."""
        for path in _files(self._objects):
            if not HEX_256.fullmatch(path.name):
                continue
            why = self._why(path)
            if why is None:
                self.kept += 1
                self.kept_bytes += path.stat().st_size
            else:
                self._gone.add(path.name)
                was, receipt = self._named.get(path.name, (None, None))
                yield self._freed(path, why, was, receipt)

    def _why(self, path: Path) -> Why | None:
        if self._holding is not None and self._holding.in_file(path):
            return Why.WITHDRAWN
        if path.name in self._needed:
            return None
        if path.name in self._named:
            return Why.OUTSIDE_WINDOW
        return Why.UNNAMED if self._is_old(path) else None

    def trees(self) -> Iterator[Freed]:
        """Yield the sidecars of files that no kept receipt names, or that go themselves."""
        for path in _files(self._root / TREES_DIR):
            of = path.name[:64]
            if (of not in self._needed or of in self._gone) and not path.name.startswith("."):
                yield self._freed(path, Why.DERIVED)

    def memories(self, paths: Iterable[Path]) -> Iterator[Freed]:
        """Yield what was remembered for runs that are no more."""
        return (self._freed(path, Why.DERIVED) for path in paths)

    def left_over(self) -> Iterator[Freed]:
        """Yield what crashes left: temporary names among the objects, and damaged receipts."""
        partials = (p for p in _files(self._objects) if p.name.endswith(PARTIAL))
        for path in (*partials, *_files(self._root / DAMAGED_DIR)):
            if self._is_old(path):
                yield self._freed(path, Why.LEFT_OVER)

    def _is_old(self, path: Path) -> bool:
        """Whether nothing happened to a file since the window began."""
        return as_instant(datetime.fromtimestamp(path.stat().st_ctime, UTC)) < self._window.since

    def _freed(
        self, path: Path, why: Why, was: str | None = None, receipt: str | None = None
    ) -> Freed:
        recorded = path.relative_to(self._root).as_posix()
        try:
            blake3 = digest_file(path).hex
        except SourceError as error:
            raise SourceError(f"{recorded} can't be read: {error.message}", error.hint) from None
        return Freed(recorded, blake3, path.stat().st_size, why, was, receipt)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_file() and not p.is_symlink())
    except (FileNotFoundError, NotADirectoryError):
        return []
