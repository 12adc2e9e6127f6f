"""The vectors that a verifier judges: lines together, and checkpoints against lines and keys."""

import shutil
from pathlib import Path
from typing import Any

from distill.receipts.ledger.places import CHECKPOINTS, LOG, P256, checkpoint_name
from distill.receipts.verify.checkpoints import Checkpoints
from distill.receipts.verify.keys import keyring_faults
from distill.receipts.verify.ledger import line_faults
from distill.receipts.verify.ledger_view import read_ledger
from tests.vectors.making import checkpoints
from tests.vectors.making.keys import der
from tests.vectors.making.vector import FOLDER
from tests.vectors.test_vectors import content_of, expected_of, of_kind


@of_kind("ledger")
def test_what_lines_say_together(entry: dict[str, Any], tmp_path: Path) -> None:
    """A log is judged by its lines alone: genesis, order, what is there twice, keys."""
    log = tmp_path / LOG
    log.parent.mkdir(parents=True)
    log.write_bytes(content_of(entry))
    view = read_ledger(tmp_path)
    found = {fault.kind for fault in (*line_faults(view), *keyring_faults(view))}
    found |= {"ledger_unfinished"} if view.torn else set()
    assert found == expected_of(entry)


@of_kind("checkpoint")
def test_what_a_checkpoint_says_of_a_log(entry: dict[str, Any], tmp_path: Path) -> None:
    """Among the log's other checkpoints it is judged by lines, keys and its own name."""
    if not entry["valid"]:
        return
    folder = tmp_path / CHECKPOINTS
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / entry["log"], tmp_path / LOG)
    notes = {size: checkpoints.note(size) for size in range(1, len(checkpoints.LINES) + 1)}
    for size, content in {**notes, entry["size"]: content_of(entry)}.items():
        place = folder / checkpoint_name(size)
        place.write_bytes(content)
        signer = checkpoints.SIGNERS.get(min(size, max(notes)))
        if signer is not None:
            place.with_name(place.name + P256).write_bytes(der(*signer.sign_p256(content)))
    found = {fault.kind for fault in Checkpoints.of(read_ledger(tmp_path)).faults()}
    assert expected_of(entry) <= found
    assert bool(found) == bool(expected_of(entry))
