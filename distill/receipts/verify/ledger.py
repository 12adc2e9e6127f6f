"""The ledger's lines against themselves and against the receipts, both ways."""

from collections.abc import Iterator

from distill.receipts.digest import Digest, Sha256
from distill.receipts.faults import Fault, Note
from distill.receipts.ledger.entries import Genesis, Recorded, Released, Started, recorded
from distill.receipts.ledger.places import LOG
from distill.receipts.merkle_proofs import TreeHead
from distill.receipts.verify.ledger_view import LedgerView
from distill.receipts.verify.objects import Objects, place_of
from distill.receipts.verify.scope import Scope


def line_faults(view: LedgerView) -> Iterator[Fault]:
    """Yield what is wrong with the lines alone: their form, the genesis, what is there twice."""
    if view.unread is not None and (view.unread.state != "missing" or view.checkpoints):
        message = "the ledger's log is missing or can't be read"
        yield Fault("ledger_missing", LOG, "a log", view.unread.told, message)
    for index, message in view.damage.items():
        yield _damaged(index, "an entry", "other bytes", message)
    for index, entry in enumerate(view.entries):
        if isinstance(entry, Genesis) != (index == 0) and entry is not None:
            message = "the first line of a ledger, and no other, says whose it is"
            yield _damaged(index, "genesis" if index == 0 else "no genesis", "another", message)
    yield from _doubled_lines(view)


def receipt_faults(view: LedgerView, objects: Objects, scope: Scope) -> Iterator[Fault]:
    """Yield where the lines and the objects of a scope differ."""
    listed: set[Digest] = set()
    for index, entry in enumerate(view.entries):
        if isinstance(entry, Recorded):
            listed.add(entry.blake3)
            if scope.judges(entry.blake3):
                yield from _entry_faults(index, entry, objects)
    if not view.entries and objects.receipts:
        if view.unread is not None and view.unread.state == "missing" and not view.checkpoints:
            message = "there are receipts, and no ledger"
            yield Fault("ledger_missing", LOG, "a log", "nothing", message)
        return
    for digest in objects.receipts:
        if digest not in listed and scope.judges(digest):
            message = "no line of the ledger records this receipt"
            yield Fault("receipt_unledgered", place_of(digest), "a line", "none", message)


def run_notes(view: LedgerView) -> Iterator[Note]:
    """Yield the runs that started and never ended, and the receipts whose run never started."""
    started = {e.run: e for e in view.entries if isinstance(e, Started)}
    ended = {e.run: e for e in view.entries if isinstance(e, Recorded)}
    for run, start in started.items():
        if run not in ended:
            message = f"a run of {start.stage} started at {start.at} and never ended ({run})"
            yield Note("run_unfinished", message)
    for run, record in ended.items():
        if run not in started:
            message = f"no line says that the run of the receipt {record.blake3.short}… started"
            yield Note("run_unannounced", message)


def _doubled_lines(view: LedgerView) -> Iterator[Fault]:
    recorded: dict[Digest, int] = {}
    begun: dict[str, int] = {}
    ended: dict[str, int] = {}
    released: dict[str, int] = {}
    for index, entry in enumerate(view.entries):
        if isinstance(entry, Recorded):
            first = recorded.setdefault(entry.blake3, index)
            if first != index:
                message = f"the receipt {entry.blake3.short}… is recorded twice"
                expected, found = "each receipt once", _lines(first, index)
                yield Fault("receipt_listed_twice", LOG, expected, found, message)
            ended.setdefault(entry.run, index)
        elif isinstance(entry, Started):
            first = begun.setdefault(entry.run, index)
            if first != index:
                message = f"the run {entry.run} starts twice"
                yield _damaged(index, "each run once", _lines(first, index), message)
            elif entry.run in ended:
                message = f"the run {entry.run} starts after its receipt"
                yield _damaged(index, "start, then receipt", "the reverse", message)
        elif isinstance(entry, Released):
            first = released.setdefault(entry.name, index)
            if first != index:
                message = f"the name {entry.name} is given to a second release"
                yield _damaged(index, "each name once", _lines(first, index), message)


def _entry_faults(index: int, entry: Recorded, objects: Objects) -> Iterator[Fault]:
    receipt = objects.receipts.get(entry.blake3)
    if receipt is None:
        if entry.blake3 not in objects.damaged:
            message = f"the receipt that line {index + 1} of the ledger records is missing"
            place = place_of(entry.blake3)
            yield Fault("receipt_missing", place, str(entry.blake3), "nothing", message)
        return
    made = recorded(receipt)
    for name in ("facts", "run", "sha256", "stage", "status"):
        here, there = getattr(entry, name), getattr(made, name)
        if here != there:
            message = f"line {index + 1} gives another {name} than its receipt"
            yield Fault("ledger_mismatch", LOG, _shown(there), _shown(here), message)


def _shown(value: TreeHead | Sha256 | str) -> str:
    if isinstance(value, TreeHead):
        return f"{value.size} facts of the root {value.root.hex()}"
    return value.hex if isinstance(value, Sha256) else value


def _damaged(index: int, expected: str, found: str, meaning: str) -> Fault:
    return Fault("ledger_damaged", LOG, expected, found, f"line {index + 1}: {meaning}")


def _lines(first: int, second: int) -> str:
    return f"lines {first + 1} and {second + 1}"
