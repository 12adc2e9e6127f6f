"""One key, two outputs: an alarm, whichever run of the key it was that had the other ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distill.errors import ContractError
from distill.receipts import InFile, OutFile, ReceiptStore, Workspace, with_receipt

Put = Callable[[str, str], Path]
LOG, OUT = Path("a.txt"), Path("b.txt")
DRAWN = [""]


@with_receipt(stage="lots", version=1)
def lots(log: InFile, out: OutFile) -> None:
    """Copy, and add what no key knows of."""
    out.write_text(log.read_text() + DRAWN[-1])


@pytest.fixture(autouse=True)
def _three_runs(workspace: Workspace, put: Put) -> None:
    """Two runs of two keys; the third would be of the first key."""
    DRAWN[:] = ["first"]
    for text in ("one", "two", "three"):
        put("a.txt", text)
        lots(LOG, OUT)
    put("a.txt", "one")


def test_a_key_of_long_ago_counts(workspace: Workspace) -> None:
    """Not the newest receipt alone: the one before the last but one had this key."""
    DRAWN.append("second")
    with pytest.raises(ContractError, match=r"one key, two outputs: b\.txt"):
        lots(LOG, OUT)
    assert OUT.name in {path.name for path in workspace.root.iterdir()}
    assert (workspace.root / OUT).read_text() == "threefirst"


def test_the_same_outputs_are_no_alarm() -> None:
    """A key that comes back is run again, and passes."""
    assert lots(LOG, OUT).status == "ran"


def test_another_place_is_no_alarm(workspace: Workspace) -> None:
    """The same key that writes elsewhere is another call."""
    DRAWN.append("second")
    assert lots(LOG, Path("c.txt")).status == "ran"


@pytest.mark.parametrize("damage", [b"", b"{}\n"])
def test_a_receipt_that_cant_testify_is_left_out(workspace: Workspace, damage: bytes) -> None:
    """Damaged ones are named by verify; here they neither alarm nor stop."""
    DRAWN.append("second")
    for path in ReceiptStore(workspace).objects.glob("*/*"):
        path.chmod(0o644)
        path.write_bytes(damage)
    assert lots(LOG, OUT).status == "ran"
