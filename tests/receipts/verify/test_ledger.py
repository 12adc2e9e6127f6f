"""Lines, objects and checkpoints of an unsigned ledger: every corruption is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts import Workspace, verify_workspace
from distill.receipts.canonical import dumps
from distill.receipts.digest import Digest, Sha256
from distill.receipts.ledger.entries import MAX_LINE_BYTES, Released, Started, write_entry
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.repair import repair_ledger
from tests.receipts.verify.building import (
    CHECKPOINTS,
    LOG,
    build,
    checkpoint,
    kinds,
    lines,
    notes,
    object_of,
    overwrite,
    write_lines,
)

Lines = list[bytes]
RELEASED = Released("2026-01-31T08:00:00.000Z", Digest("ab" * 32), "v1", Sha256("cd" * 32))


def rewrite(workspace: Workspace, made: Lines) -> None:
    """Write a whole unsigned ledger anew, checkpoints and all, as a forger would."""
    for path in (workspace.root / CHECKPOINTS).iterdir():
        path.unlink()
    (workspace.root / LOG).unlink()
    for size in range(1, len(made) + 1):
        write_lines(workspace, made[:size])
        Ledger(workspace).settle()


def test_a_sound_ledger(built: Workspace) -> None:
    """The report tells the lines, the origin, and that nobody signed."""
    report = verify_workspace(built)
    assert report.is_sound
    assert report.ledger is not None
    assert (report.ledger.entries, report.ledger.checkpoint_size) == (5, 5)
    assert report.ledger.signed_by is None
    assert notes(built) == ["ledger_unsigned"]


def test_a_receipt_without_a_line(built: Workspace) -> None:
    """An object that somebody put there is found, though it is a sound receipt."""
    made = lines(built)
    rewrite(built, made[:-1])
    assert kinds(built) == {("receipt_unledgered", object_of(built, "second"))}
    (fault,) = verify_workspace(built).faults
    assert "distill ledger repair" in fault.remedy
    repair_ledger(built)
    assert kinds(built) == set()


def test_a_line_without_its_receipt(built: Workspace) -> None:
    """A deleted object is missed by its line, even if nothing else names it."""
    place = object_of(built, "second")
    (built.root / place).unlink()
    assert ("receipt_missing", place) in kinds(built)


def test_a_tail_cut_off_with_its_object(built: Workspace) -> None:
    """Line and object gone together: the checkpoints that are left know better."""
    place = object_of(built, "second")
    (built.root / place).unlink()
    write_lines(built, lines(built)[:-1])
    assert ("ledger_truncated", LOG) in kinds(built)


FORGED: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a line twice": (lambda made: [*made, made[-1]], "receipt_listed_twice"),
    "a run that starts twice": (lambda made: [*made, made[1]], "ledger_damaged"),
    "a start after its receipt": (
        lambda made: [made[0], made[2], made[1], *made[3:]],
        "ledger_damaged",
    ),
    "a release's name twice": (
        lambda made: [*made, write_entry(RELEASED), write_entry(RELEASED)],
        "ledger_damaged",
    ),
    "two geneses": (lambda made: [*made, made[0]], "ledger_damaged"),
    "another stage": (
        lambda made: [*made[:-1], made[-1].replace(b'"second"', b'"third"')],
        "ledger_mismatch",
    ),
    "another status": (
        lambda made: [*made[:-1], made[-1].replace(b'"passed"', b'"failed"')],
        "ledger_mismatch",
    ),
}


@pytest.mark.parametrize(("forge", "kind"), FORGED.values(), ids=FORGED.keys())
def test_a_ledger_rebuilt_with_doctored_lines(
    built: Workspace, forge: Callable[[Lines], Lines], kind: str
) -> None:
    """Even with fitting checkpoints, lines that contradict themselves or the receipts are found."""
    rewrite(built, forge(lines(built)))
    assert {found for found, _ in kinds(built)} == {kind}
    assert {path for _, path in kinds(built)} == {LOG}


def test_a_line_with_another_sha256(built: Workspace) -> None:
    """The second digest is checked too: an auditor without b3sum leans on it."""
    made = lines(built)
    start = made[-1].index(b'"sha256":"') + len(b'"sha256":"')
    other = b"0" if made[-1][start : start + 1] != b"0" else b"1"
    rewrite(built, [*made[:-1], made[-1][:start] + other + made[-1][start + 1 :]])
    assert kinds(built) == {("ledger_mismatch", LOG)}


@pytest.mark.parametrize("part", ["root", "size"])
def test_a_line_that_binds_other_facts(built: Workspace, part: str) -> None:
    """What proofs lean on is worked out again from the receipt."""
    *rest, last = lines(built)
    entry = json.loads(last)
    entry["facts"] |= (
        {"root": "ab" * 32} if part == "root" else {"size": entry["facts"]["size"] + 1}
    )
    rewrite(built, [*rest, dumps(entry)])
    assert kinds(built) == {("ledger_mismatch", LOG)}
    (fault,) = verify_workspace(built).faults
    assert "gives another facts than its receipt" in fault.meaning


DAMAGED: dict[str, bytes] = {
    "no JSON": b"{",
    "not canonical": b'{"entry": "genesis"}',
    "an unknown entry": dumps({"entry": "blessed"}),
    "an unknown field": dumps({"entry": "genesis", "format": "distill.ledger/1", "more": 1}),
    "a future version": dumps(
        {"entry": "genesis", "format": "distill.ledger/2", "origin": "distill/0123456789abcdef"}
    ),
    "too long": b"x" * (MAX_LINE_BYTES + 9),
    "empty": b"",
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_line_that_is_no_entry(built: Workspace, line: bytes) -> None:
    """A line in another form is refused by its number, and by its checkpoint."""
    made = lines(built)
    write_lines(built, [*made[:2], line, *made[3:]])
    faults = [f for f in verify_workspace(built).faults if f.kind == "ledger_damaged"]
    assert faults[0].path == LOG
    assert faults[0].meaning.startswith("line 3: ")
    assert ("checkpoint_mismatch", LOG) in kinds(built) or len(line) > MAX_LINE_BYTES


@pytest.mark.parametrize("index", range(5))
def test_a_line_that_was_deleted(built: Workspace, index: int) -> None:
    """Any line that is gone is missed."""
    made = lines(built)
    write_lines(built, made[:index] + made[index + 1 :])
    assert ("ledger_truncated", LOG) in kinds(built)


@pytest.mark.parametrize("index", range(4))
def test_two_lines_that_were_swapped(built: Workspace, index: int) -> None:
    """The order counts; the line is named."""
    made = lines(built)
    made[index : index + 2] = [made[index + 1], made[index]]
    write_lines(built, made)
    faults = [f for f in verify_workspace(built).faults if f.kind == "checkpoint_mismatch"]
    assert {fault.path for fault in faults if fault.path == LOG} == {LOG}
    assert any(f"line {index + 1} " in fault.meaning for fault in faults)


@pytest.mark.parametrize("size", range(1, 6))
def test_a_checkpoint_that_was_deleted(built: Workspace, size: int) -> None:
    """All are kept; the newest could be what a crash left undone, so that one is 11."""
    (built.root / checkpoint(size)).unlink()
    kind = "checkpoint_missing" if size < 5 else "ledger_unfinished"
    assert kinds(built) == {(kind, checkpoint(size))}
    assert verify_workspace(built).exit_code == (10 if size < 5 else 11)


def test_checkpoints_swapped_for_older_ones(built: Workspace) -> None:
    """A checkpoint's name is its size."""
    old = (built.root / checkpoint(2)).read_bytes()
    overwrite(built.root / checkpoint(5), old)
    assert ("checkpoint_damaged", checkpoint(5)) in kinds(built)


@pytest.mark.parametrize("size", range(1, 6))
def test_a_checkpoint_with_another_root(built: Workspace, size: int) -> None:
    """A root that is not that of the lines is found, and the file is named, not the log alone."""
    content = (built.root / checkpoint(size)).read_bytes()
    other = (built.root / checkpoint(size % 5 + 1)).read_bytes()
    parts = [*content.split(b"\n")[:2], other.split(b"\n")[2], b"", b""]
    overwrite(built.root / checkpoint(size), b"\n".join(parts))
    assert ("checkpoint_mismatch", checkpoint(size)) in kinds(built)


def test_lines_that_no_checkpoint_covers(built: Workspace) -> None:
    """One may be a crash's: 11, and the next run mends it. More are not: 10."""
    start = Started("2026-01-31T08:00:00.000Z", Digest("0" * 64), "run-a", "first")
    write_lines(built, [*lines(built), write_entry(start)])
    assert kinds(built) == {("ledger_unfinished", checkpoint(6))}
    assert verify_workspace(built).exit_code == 11
    second = Started("2026-01-31T08:00:00.000Z", Digest("0" * 64), "run-b", "first")
    write_lines(built, [*lines(built), write_entry(second)])
    assert kinds(built) == {("ledger_uncovered", LOG)}
    assert verify_workspace(built).exit_code == 10


def test_a_torn_line(built: Workspace) -> None:
    """What a crash cut short is 11, until the next append cuts it off."""
    path = built.root / LOG
    path.write_bytes(path.read_bytes() + b'{"entry":"sta')
    assert kinds(built) == {("ledger_unfinished", LOG)}
    assert verify_workspace(built).exit_code == 11
    repair_ledger(built)
    assert verify_workspace(built).is_sound


def test_receipts_without_a_ledger(built: Workspace) -> None:
    """A ledger that is gone with all its checkpoints is missed, because there are receipts."""
    (built.root / LOG).unlink()
    assert ("ledger_missing", LOG) in kinds(built)
    for path in (built.root / CHECKPOINTS).iterdir():
        path.unlink()
    assert kinds(built) == {("ledger_missing", LOG)}


def test_what_does_not_belong_to_the_ledger(built: Workspace) -> None:
    """Other names in its folders, and a signature where nobody signs."""
    for name in ("receipts/ledger/log.jsonl.bak", f"{CHECKPOINTS}/5", checkpoint(5) + ".p256"):
        path = built.root / name
        path.write_bytes(b"")
        assert kinds(built) == {("file_added", name)}
        path.unlink()


def test_a_run_that_never_ended(built: Workspace) -> None:
    """Killed between start and receipt: shown by stage and time, and no fault."""
    Ledger(built).begin("run-x", "second", Digest("0" * 64))
    report = verify_workspace(built)
    assert report.is_sound
    (told,) = [note.meaning for note in report.notes if note.kind == "run_unfinished"]
    assert "second" in told
    assert "run-x" in told


def test_a_receipt_whose_run_never_started(built: Workspace) -> None:
    """Only repair enters a receipt without a start; whoever reads the verdict learns of it."""
    made = lines(built)
    rewrite(built, [*made[:3], made[4]])
    assert verify_workspace(built).is_sound
    assert "run_unannounced" in notes(built)


def test_a_history_that_goes_on_is_sound(built: Workspace) -> None:
    """More runs, more lines, more checkpoints; every intermediate state was sound."""
    for number in range(3):
        (built.root / "logs/a.jsonl").write_text(f'{{"a":{number}}}\n')
        build(built)
        assert verify_workspace(built).is_sound
    report = verify_workspace(built)
    assert report.ledger is not None
    assert report.ledger.entries == len(lines(built)) > 5


def test_a_ledger_of_another_workspace(built: Workspace, tmp_path: Path) -> None:
    """An origin that all checkpoints contradict, and a checkpoint of another ledger."""
    made = lines(built)
    write_lines(built, [made[0].replace(b"distill/", b"distill/f")[:-3] + b'"}', *made[1:]])
    assert ("ledger_damaged", LOG) in kinds(built)
    write_lines(built, made)
    content = (built.root / checkpoint(3)).read_bytes()
    overwrite(built.root / checkpoint(3), b"distill/0123456789abcdef" + content[24:])
    assert ("checkpoint_damaged", checkpoint(3)) in kinds(built)
