"""Comparing two sides stage by stage, each pair of receipts once, what it was made from first."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from distill.diff.change_tables import ChangeTables, Earlier, Judge
from distill.diff.conditions import Conditions
from distill.diff.evidence_causes import EvidenceCauses
from distill.diff.run_causes import ExportCauses, ScoredCauses
from distill.diff.sides import Side
from distill.diff.tables import UnitTables
from distill.diff.units import Place, reader_of
from distill.receipts.digest import Digest
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.versions import Versions
from distill.stages import evidence, scoring
from distill.stages.sets import SETS

EVIDENCE: Final = evidence.STAGE
SCORING: Final = scoring.STAGE


@dataclass(frozen=True, slots=True)
class Gone:
    """An output whose bytes no longer lie anywhere."""

    path: str
    blake3: str
    receipt: str
    stage: str


@dataclass(frozen=True)
class Pair:
    """Two receipts of one stage, compared; `number` names their changes in the tables.

    `same` and `moved` count the rows that say the same, in their place or at another.
    """

    number: int
    stage: str
    a: Receipt
    b: Receipt
    gone: tuple[Gone, ...] = ()
    same: Counter[Place] = field(default_factory=Counter)
    moved: Counter[Place] = field(default_factory=Counter)

    @property
    def is_compared(self) -> bool:
        """Whether all rows of both sides could be read."""
        return not self.gone


class Comparison:
    """Compares pairs of receipts; the changes of all stay in the tables."""

    def __init__(self, versions: Versions, a: Side, b: Side, tables: UnitTables) -> None:
        self._versions = versions
        self._sides = (a, b)
        self._tables = tables
        self.changes = ChangeTables(tables.narrow)
        self._pairs: dict[tuple[str, str], Pair] = {}

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs compared so far, those that only explain others included."""
        return tuple(self._pairs.values())

    def compare(self, stage: str) -> Pair:
        """Compare the sides' receipts of one stage.

        Raises:
            VerificationError: a file does not hold the bytes that its receipt names.
        """
        a, b = (side.receipts[stage] for side in self._sides)
        return self._pair(stage, a, b)

    def _pair(self, stage: str, a: Receipt, b: Receipt) -> Pair:
        name = (a.digest.hex, b.digest.hex)
        if name not in self._pairs:
            earlier = self._earlier(stage, a, b)
            self._pairs[name] = self._compared(Pair(len(self._pairs), stage, a, b), earlier)
        return self._pairs[name]

    def _earlier(self, stage: str, a: Receipt, b: Receipt) -> Earlier:
        numbers: dict[str, int | None] = {}
        for parent in (EVIDENCE, SCORING):
            numbers[parent] = None
            if stage not in {parent, EVIDENCE}:
                one = self._sides[0].made_from(a, parent)
                other = self._sides[1].made_from(b, parent)
                if one is not None and other is not None:
                    pair = self._pair(parent, one, other)
                    numbers[parent] = pair.number if pair.is_compared else None
        if stage == SCORING:
            numbers[SCORING] = len(self._pairs)
        return Earlier(self.changes, numbers[EVIDENCE], numbers[SCORING])

    def _compared(self, pair: Pair, earlier: Earlier) -> Pair:
        pair, loaded = self._load(pair)
        if not pair.is_compared:
            return pair
        if loaded:
            self._tables.settle()
            for place, is_moved, number in self._tables.same():
                (pair.moved if is_moved else pair.same)[place] += number
            self._judge(pair, earlier)
        return pair

    def _load(self, pair: Pair) -> tuple[Pair, bool]:
        """Load both sides' units; files that both have are not read, but counted."""
        self._tables.clear()
        both = _outputs(pair.a) & _outputs(pair.b)
        if pair.stage == SCORING and both != _outputs(pair.a) | _outputs(pair.b):
            both = frozenset()  # a changed run's neighbours may stand in unchanged files
        wanted: list[tuple[int, FileEntry, Receipt]] = []
        for side, receipt in enumerate((pair.a, pair.b)):
            for entry in receipt.claim.outputs:
                read = reader_of(pair.stage, entry)
                if read is None:
                    continue
                if (entry.path, entry.blake3) not in both:
                    wanted.append((side, entry, receipt))
                elif side == 0:
                    pair.same[_place(entry)] += entry.records or 0
        found = [self._versions.find(e, self._sides[side].home) for side, e, _ in wanted]
        gone = tuple(
            Gone(entry.path, entry.blake3.hex, receipt.digest.hex, pair.stage)
            for (_, entry, receipt), path in zip(wanted, found, strict=True)
            if path is None
        )
        if gone:
            return Pair(pair.number, pair.stage, pair.a, pair.b, gone), False
        for (side, entry, _), path in zip(wanted, found, strict=True):
            read = reader_of(pair.stage, entry)
            if path is not None and read is not None:
                self._tables.load(pair.number, side, path, read)
        return pair, bool(wanted)

    def _judge(self, pair: Pair, earlier: Earlier) -> None:
        """Write every change into the tables, then put each down to a cause."""
        changes = self.changes
        changes.record(pair.number, self._tables.changes(SETS[pair.stage]))
        if pair.stage == SCORING:
            changes.record_groups(pair.number)
        changes.judge(pair.number, SETS[pair.stage], self._judge_of(pair, earlier))

    def _judge_of(self, pair: Pair, earlier: Earlier) -> Judge:
        conditions = Conditions(pair.a, pair.b)
        if pair.stage == EVIDENCE:
            return EvidenceCauses(conditions, self._tables).of
        if pair.stage == SCORING:
            return ScoredCauses(conditions, self._tables, earlier).of
        return ExportCauses(conditions, earlier, f"[exports.{SETS[pair.stage]}]").of


def _outputs(receipt: Receipt) -> frozenset[tuple[str, Digest]]:
    return frozenset((entry.path, entry.blake3) for entry in receipt.claim.outputs)


def _place(entry: FileEntry) -> Place:
    if entry.role == "quarantine":
        return "quarantine"
    return "unattached" if entry.path.endswith("/unattached.jsonl") else "rows"
