"""The log on the disk: it only grows, a crash is mended, and a changed history is never signed."""

import subprocess
import sys

import pytest

from distill.errors import VerificationError
from distill.receipts.digest import digest_bytes
from distill.receipts.ledger.entries import (
    Genesis,
    Recorded,
    Started,
    read_entry,
    recorded,
    write_entry,
)
from distill.receipts.ledger.log import Ledger, read_checkpoint
from distill.receipts.workspace import Workspace
from tests.receipts.ledger.building import keep, mth, newest, receipt, write_lines


@pytest.fixture
def ledger(workspace: Workspace) -> Ledger:
    """A ledger with three receipts."""
    keep(workspace, receipt(1), receipt(2), receipt(3))
    return Ledger(workspace)


def test_nothing_is_written_before_the_first_append(workspace: Workspace) -> None:
    """Looking at a ledger makes none."""
    empty = Ledger(workspace)
    assert (empty.lines(), empty.newest_checkpoint(), empty.holds(receipt(1).digest)) == (
        [],
        None,
        False,
    )
    assert not empty.folder.exists()


def test_the_first_line_is_the_genesis_and_receipts_follow(ledger: Ledger) -> None:
    """Each receipt has one line with both digests, in the order of recording."""
    first, *rest = ledger.entries()
    assert isinstance(first, Genesis)
    assert rest == [recorded(receipt(second)) for second in (1, 2, 3)]
    assert all(ledger.holds(receipt(second).digest) for second in (1, 2, 3))
    assert not ledger.holds(receipt(4).digest)


def test_every_size_has_a_checkpoint_with_its_root(ledger: Ledger) -> None:
    """The roots are those of RFC 6962's own recursion, and all checkpoints are kept."""
    lines = ledger.lines()
    files = ledger.checkpoint_files()
    assert [size for size, _ in files] == [1, 2, 3, 4]
    for size, path in files:
        note = read_checkpoint(path)
        assert (note.checkpoint.size, note.checkpoint.root) == (size, mth(lines[:size]))
        assert note.signature is None


def test_recording_twice_adds_nothing(ledger: Ledger) -> None:
    """A receipt has one line, however often a recovery records it."""
    before = ledger.path.read_bytes()
    ledger.record(receipt(2))
    assert ledger.path.read_bytes() == before


def test_a_start_is_a_line_of_its_own(ledger: Ledger) -> None:
    """A run that never ended stays visible."""
    ledger.begin("run-9", "copy", digest_bytes(b"key"))
    *_, last = ledger.entries()
    assert isinstance(last, Started)
    assert (last.run, last.stage, last.key) == ("run-9", "copy", digest_bytes(b"key"))


def test_a_torn_line_is_cut_where_no_checkpoint_covers_it(ledger: Ledger) -> None:
    """What a crash left of a line goes; the lines before it stay."""
    lines = ledger.lines()
    write_lines(ledger, lines, torn=b'{"blake3":"ab')
    ledger.record(receipt(4))
    assert ledger.lines() == [*lines, write_entry(recorded(receipt(4)))]


def test_a_torn_line_that_a_checkpoint_covers_is_not_cut(ledger: Ledger) -> None:
    """A covered line that lost its end is damage, not a crash: nothing is mended or appended."""
    lines = ledger.lines()
    write_lines(ledger, lines[:-1], torn=lines[-1][:-5])
    before = ledger.path.read_bytes()
    with pytest.raises(VerificationError, match=r"has 3 lines, and a checkpoint covers 4"):
        ledger.record(receipt(4))
    assert ledger.path.read_bytes() == before


def test_a_line_without_its_checkpoint_gets_it(ledger: Ledger) -> None:
    """A crash between line and checkpoint is mended by the next append."""
    newest(ledger).unlink()
    ledger.record(receipt(4))
    assert [size for size, _ in ledger.checkpoint_files()] == [1, 2, 3, 4, 5]
    assert read_checkpoint(newest(ledger)).checkpoint.root == mth(ledger.lines())


def test_two_lines_without_checkpoint_are_no_crash(ledger: Ledger) -> None:
    """No crash leaves two: they are neither covered nor followed."""
    newest(ledger).unlink()
    newest(ledger).unlink()
    with pytest.raises(VerificationError, match="2 lines of the ledger are covered by no"):
        ledger.record(receipt(4))


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_a_changed_history_is_never_extended(ledger: Ledger, index: int) -> None:
    """One other byte in any covered line, and no further line or checkpoint is made."""
    lines = ledger.lines()
    lines[index] = lines[index][:-3] + b'x"}'
    write_lines(ledger, lines)
    with pytest.raises(VerificationError, match="first 4 lines are not those of its newest"):
        ledger.record(receipt(4))
    assert len(ledger.checkpoint_files()) == 4


def test_a_half_written_checkpoint_is_swept(ledger: Ledger) -> None:
    """A temporary file of a killed run does not stay for ever."""
    left = ledger.checkpoints / ".0000000000000009.0123456789abcdef.partial"
    left.write_bytes(b"half")
    ledger.settle()
    assert not left.exists()


def test_processes_append_side_by_side(workspace: Workspace) -> None:
    """Each line of each process is there, once, under one chain of checkpoints."""
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from distill.receipts.digest import digest_bytes\n"
        "from distill.receipts.ledger.log import Ledger\n"
        "from distill.receipts.workspace import Workspace\n"
        "ledger = Ledger(Workspace(Path(sys.argv[1])))\n"
        "for number in range(10):\n"
        "    ledger.begin(f'{sys.argv[2]}-{number}', 's', digest_bytes(b''))\n"
    )
    command = [sys.executable, "-c", program, str(workspace.root)]
    processes = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    ledger = Ledger(workspace)
    runs = [entry.run for entry in ledger.entries() if isinstance(entry, Started)]
    assert sorted(runs) == sorted(f"{name}-{number}" for name in "abc" for number in range(10))
    assert [size for size, _ in ledger.checkpoint_files()] == list(range(1, 32))
    assert read_checkpoint(newest(ledger)).checkpoint.root == mth(ledger.lines())


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"entry":"other"}', "unknown entry 'other'"),
        (b"[]", "no object"),
        (b'{ "entry":"genesis"}', "not canonical"),
        (
            b'{"entry":"genesis","format":"distill.ledger/2","origin":"distill/0123456789abcdef"}',
            "format is 'distill.ledger/2'",
        ),
        (b'{"entry":"genesis","format":"distill.ledger/1","origin":"elsewhere"}', "origin"),
        (b'{"entry":"started","at":"x"}', "not canonical"),
        (b'{"a":"' + b"x" * 20_000 + b'"}', "longer than"),
    ],
)
def test_a_line_of_another_form_is_refused(line: bytes, fault: str) -> None:
    """Nothing is bent: unknown, too long, not canonical, or of a future format."""
    with pytest.raises(VerificationError, match=fault):
        read_entry(line)


def test_an_entry_is_what_its_line_says() -> None:
    """Reading gives back what was written."""
    entry = recorded(receipt(1))
    assert isinstance(read_entry(write_entry(entry)), Recorded)
    assert read_entry(write_entry(entry)) == entry
