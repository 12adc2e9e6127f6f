"""Carrying out changes, asking the verifiers, and the table of what they found."""

import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from distill.receipts import Workspace, verify_workspace
from distill.receipts.verify import VerificationRequest
from distill.receipts.verify.keys import PinnedKey
from distill.receipts.verify.since import OldCheckpoint
from tests.tamper.changes import (
    LOG,
    Change,
    files_of,
    flips,
    line_changes,
    put,
    swaps,
    whole_file_changes,
)
from tests.tamper.script import run_script
from tests.tamper.world import World

UNSIGNED, SIGNED = "unsigned", "signed"
KEPT, SCRIPT = "signed, checkpoint and key kept elsewhere", "`verify.sh` with both"
COLUMNS = (UNSIGNED, SIGNED, KEPT, SCRIPT)
HEAD, NONE = "what", "n/a"
VERDICTS = {0: "**not found**", 10: "found", 11: "can't check"}

# Pruning removes them, so their absence is no fault; what lies there must be what its name says.
MAY_GO = "a former version of an output|it is deleted"


@dataclass(frozen=True)
class Finding:
    """What a verifier said: its exit code, and all the text in which it names what it found."""

    code: int
    told: str

    def names(self, path: str) -> bool:
        """Whether a fault names this file."""
        return path in self.told


Verifier = Callable[[World], Finding]


def alone(world: World) -> Finding:
    """`distill verify`, with nothing from elsewhere."""
    return _verify(world.root, VerificationRequest())


def with_kept(world: World) -> Finding:
    """`distill verify --since CHECKPOINT --key KEY`, both the auditor's own."""
    assert world.key is not None
    old = OldCheckpoint.read(world.checkpoint.read_bytes(), "old")
    key = PinnedKey.read(world.key.read_bytes(), "key")
    return _verify(world.root, VerificationRequest(since=(old,), pinned=(key,)))


def script_with_kept(world: World) -> Finding:
    """`verify.sh --since CHECKPOINT --key KEY`."""
    verdict = run_script(world.root, "--since", world.checkpoint, "--key", world.key or "")
    return Finding(verdict.code, "\n".join(verdict.findings))


def _verify(root: Path, request: VerificationRequest) -> Finding:
    report = verify_workspace(Workspace.find(root), request)
    told = "\n".join(f"{fault.path} {fault.meaning}" for fault in report.faults)
    return Finding(report.exit_code, told)


class Playground:
    """A copy of a world in which changes are made and undone."""

    def __init__(self, world: World, folder: Path) -> None:
        shutil.copytree(world.root, folder, symlinks=True)
        self.world = World(folder, world.checkpoint, world.key)
        self._pristine = world.root

    def after(self, change: Change, verifiers: Sequence[Verifier]) -> list[Finding]:
        """Make the change, ask each verifier, and undo it."""
        change.apply(self.world.root)
        try:
            return [verifier(self.world) for verifier in verifiers]
        finally:
            self._undo(change)

    def _undo(self, change: Change) -> None:
        if change.is_wide:
            shutil.rmtree(self.world.root)
            shutil.copytree(self._pristine, self.world.root, symlinks=True)
            return
        for name in change.paths:
            if (self._pristine / name).exists():
                put(self.world.root / name, (self._pristine / name).read_bytes())
            else:
                (self.world.root / name).unlink()


@dataclass
class Matrix:
    """The exit codes by row and column, and what went unfound or unnamed with kept copies."""

    codes: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    changes: int = 0

    def note(self, change: Change, column: str, finding: Finding) -> None:
        """Take in what one verifier said of one change."""
        self.codes.setdefault((change.row, column), set()).add(finding.code)
        if column not in {KEPT, SCRIPT}:
            return
        place = f"{column}: {change.row}: {', '.join(change.paths)}"
        if finding.code == 0 and change.row != MAY_GO:
            self.missed.append(place)
        elif finding.code and not all(finding.names(path) for path in change.paths):
            self.unnamed.append(f"{place}: {finding.told[:300]}")

    def cell(self, row: str, column: str) -> str | None:
        """Return what the table says; null where nothing was tried.

        Raises:
            AssertionError: a row is found at one time and not at another: it must be two rows.
        """
        codes = self.codes.get((row, column))
        if codes is None:
            return None
        (code,) = codes
        return VERDICTS[code]

    def cells(self) -> dict[tuple[str, str], str]:
        """Return every cell of both tables: those of single files have one for all columns."""
        found: dict[tuple[str, str], str] = {}
        for row, column in self.codes:
            text = self.cell(row, column)
            assert text is not None
            what, _, done = row.partition("|")
            place = (what, done) if done else (row, column)
            assert found.setdefault(place, text) == text, f"{column}: {row}: {text}"
        return found


def simple_changes(root: Path, dice: random.Random, *, per_file: int) -> Iterator[Change]:
    """Yield changes of single files and lines, with up to so many flipped bytes of each file.

    The log gets eight times as many: every line of it should be hit.
    """
    names = files_of(root)
    for name in names:
        size = (root / name).stat().st_size
        most = 8 * per_file if name == LOG else per_file
        places = sorted(dice.sample(range(size), min(size, most)))
        yield from flips(root, name, places, dice)
    for name in names:
        yield from whole_file_changes(root, name, dice)
    yield from swaps(root, names, dice)
    yield from line_changes(root, dice)


def sample_by_row(changes: Iterable[Change], dice: random.Random, *, most: int) -> list[Change]:
    """Return up to so many changes of each row, drawn by lot."""
    by_row: dict[str, list[Change]] = {}
    for change in changes:
        by_row.setdefault(change.row, []).append(change)
    return [one for row in by_row.values() for one in dice.sample(row, min(len(row), most))]


def as_markdown(cells: dict[tuple[str, str], str]) -> str:
    """Return the two tables of the page: changes of single files, and all others."""
    rows = dict.fromkeys(row for row, _ in cells)
    single = [row for row in rows if not any((row, column) in cells for column in COLUMNS)]
    done = list(dict.fromkeys(column for row, column in cells if row in single))
    others = [row for row in rows if row not in single]
    return "\n".join((*_table(single, done, cells), "", *_table(others, COLUMNS, cells)))


def read_markdown(page: str) -> dict[tuple[str, str], str]:
    """Return the cells of the tables that `as_markdown` wrote."""
    cells: dict[tuple[str, str], str] = {}
    columns: list[str] = []
    for line in page.splitlines():
        first, *texts = [text.strip() for text in line.strip("|").split("|")]
        if first == HEAD:
            columns = texts
        elif texts and set(first) != {"-"}:
            cells |= {
                (first, column): text
                for column, text in zip(columns, texts, strict=True)
                if text != NONE
            }
    return cells


def _table(
    rows: Sequence[str], columns: Sequence[str], cells: dict[tuple[str, str], str]
) -> Iterator[str]:
    yield f"| {HEAD} | " + " | ".join(columns) + " |"
    yield "| --- |" + " --- |" * len(columns)
    for row in rows:
        texts = (cells.get((row, column), NONE) for column in columns)
        yield f"| {row} | " + " | ".join(texts) + " |"
