"""The vectors that a verifier judges: lines together, and checkpoints against lines and keys."""

import shutil
from pathlib import Path
from typing import Any

from distill.errors import EXIT_TAMPERED, VerificationError
from distill.lineage.proof_reader import read_proof
from distill.lineage.verification import verify_proof
from distill.receipts.digest import digest_bytes
from distill.receipts.ledger.places import CHECKPOINTS, LOG, P256, checkpoint_name
from distill.receipts.verify import verify_workspace
from distill.receipts.verify.checkpoints import Checkpoints
from distill.receipts.verify.keys import keyring_faults
from distill.receipts.verify.ledger import line_faults
from distill.receipts.verify.ledger_view import read_ledger
from distill.receipts.workspace import Workspace
from tests.vectors.making import checkpoints
from tests.vectors.making.keys import der
from tests.vectors.making.vector import FOLDER, read_index
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


@of_kind("proof")
def test_what_a_proof_proves(entry: dict[str, Any]) -> None:
    """A proof holds, or the place that does not is named."""
    if not entry["valid"]:
        return
    proof = read_proof(content_of(entry))
    try:
        found = {fault.place for fault in verify_proof(proof).faults}
    except VerificationError as error:
        found = {error.message.partition(":")[0]}
    assert expected_of(entry) <= found
    assert bool(found) == bool(expected_of(entry))


def test_no_receipt_of_the_folder_ends_a_verification(tmp_path: Path) -> None:
    """All of them in one workspace, each under its digest: every bad one is named, none raises."""
    (tmp_path / "distill.toml").touch()
    bad: set[str] = set()
    for entry in read_index():
        if entry["kind"] == "receipt":
            name = digest_bytes(content_of(entry)).hex
            place = tmp_path / "receipts/objects" / name[:2] / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content_of(entry))
            if not entry["valid"]:
                bad.add(place.relative_to(tmp_path).as_posix())
    report = verify_workspace(Workspace(tmp_path))
    assert {one.path for one in report.faults if one.kind == "receipt_damaged"} == bad
    assert report.exit_code == EXIT_TAMPERED
