"""Repair: what a crash explains is mended, a changed history is not."""

import pytest

from distill.errors import VerificationError
from distill.receipts.ledger.key_files import public_folder
from distill.receipts.ledger.keys import init_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.repair import Repair, repair_ledger
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace
from tests.receipts.ledger.building import keep, newest, receipt, write_lines


def test_a_sound_ledger_is_left_alone(workspace: Workspace) -> None:
    """Nothing to mend, nothing written."""
    keep(workspace, receipt(1))
    before = Ledger(workspace).path.read_bytes()
    assert repair_ledger(workspace) == Repair(0, 0, ())
    assert Ledger(workspace).path.read_bytes() == before


def test_orphans_are_appended_from_old_to_new(workspace: Workspace) -> None:
    """Receipts that no line records get their lines, in the order in which they were made."""
    keep(workspace, receipt(1))
    for second in (3, 2):
        ReceiptStore(workspace).put(receipt(second), "token")
    done = repair_ledger(workspace)
    assert done.appended == (receipt(2).digest, receipt(3).digest)
    assert all(Ledger(workspace).holds(receipt(second).digest) for second in (1, 2, 3))


def test_a_ledger_that_is_gone_begins_anew(workspace: Workspace) -> None:
    """All receipts are orphans then; whoever kept a checkpoint sees that it is another ledger."""
    for second in (1, 2):
        ReceiptStore(workspace).put(receipt(second), "token")
    assert len(repair_ledger(workspace).appended) == 2


def test_a_crash_before_the_checkpoint_is_mended(workspace: Workspace) -> None:
    """The line that has no checkpoint gets one, a torn one goes."""
    keep(workspace, receipt(1), receipt(2))
    ledger = Ledger(workspace)
    newest(ledger).unlink()
    write_lines(ledger, ledger.lines(), torn=b"torn")
    assert repair_ledger(workspace) == Repair(4, 1, ())
    assert len(ledger.checkpoint_files()) == 3


def test_a_changed_history_is_not_mended(workspace: Workspace) -> None:
    """Repair is no way to make tampering sound."""
    keep(workspace, receipt(1), receipt(2))
    ledger = Ledger(workspace)
    write_lines(ledger, [*ledger.lines()[:-2], ledger.lines()[-1]])
    with pytest.raises(VerificationError):
        repair_ledger(workspace)
    assert len(ledger.lines()) == 2


def test_public_keys_that_are_gone_come_back(workspace: Workspace) -> None:
    """They are derived from the ledger."""
    init_keys(workspace)
    for path in public_folder(workspace).iterdir():
        path.unlink()
    repair_ledger(workspace)
    assert len(list(public_folder(workspace).iterdir())) == 4
