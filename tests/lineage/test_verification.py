"""A proof that was changed in any way does not hold, and the place is named."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from distill.errors import VerificationError
from distill.lineage.ledger_lines import LedgerLines
from distill.lineage.proof import LedgeredReceipt, Proof
from distill.lineage.proof_reader import read_proof
from distill.lineage.proving import prove_sample
from distill.lineage.record_trees import NOTE
from distill.lineage.verification import verify_proof
from distill.receipts.base64_text import to_base64
from distill.receipts.canonical import dumps
from distill.receipts.ledger.checkpoint import Note
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.keys import init_keys, revoke_key, rotate_keys
from distill.receipts.ledger.log import Ledger, read_checkpoint
from distill.receipts.ledger.signing import new_keys
from distill.receipts.workspace import Workspace
from distill.stages.record_trees import RECORD_TREES
from tests.conftest import REPOSITORY
from tests.lineage.conftest import sample_of

Way: TypeAlias = "tuple[str | int, ...]"


def proof_of(workspace: Workspace, kind: str = "sft", source: str | None = "parcel-desk") -> Proof:
    """The proof of the first sample of a set."""
    return prove_sample(workspace, sample_of(workspace.root, kind, source))


def leaves(value: Any, way: Way = ()) -> Iterator[Way]:
    """The way to every text, number and truth in a JSON value, and to every item of a list."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*way, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*way, index, "dropped")
            yield (*way, index, "doubled")
            yield from leaves(item, (*way, index))
    elif value is not None:
        yield way


@contextmanager
def tampered(value: Any, way: Way) -> Iterator[None]:
    """Let what stands at the end of the way be changed, dropped or doubled for a while."""
    *before, last = way[:-1] if way[-1] in ("dropped", "doubled") else way
    inside = value
    for step in before:
        inside = inside[step]
    was = list(inside) if isinstance(inside, list) else inside[last]
    if way[-1] == "dropped":
        del inside[last]
    elif way[-1] == "doubled":
        inside.insert(last, inside[last])
    else:
        inside[last] = other_than(inside[last])
    yield
    if isinstance(inside, list):
        inside[:] = was
    else:
        inside[last] = was


def other_than(value: Any) -> Any:
    """A value of the same type that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value[:-1]}{'b' if value.endswith('a') else 'a'}"


def what_is_wrong(value: Any) -> list[str]:
    """The places (or the message) that the check of a proof names."""
    try:
        return [fault.place for fault in verify_proof(read_proof(dumps(value) + b"\n")).faults]
    except VerificationError as error:
        return [error.message.removeprefix("the proof's ")]


@pytest.mark.parametrize("kind", ["sft", "preference"])
def test_any_change_is_refused_and_named(small_once: Path, kind: str, is_full_run: bool) -> None:
    """Every field changed, every item of every list dropped and doubled; the place is told."""
    workspace = Workspace(small_once)
    since = kept_from(workspace, 3)
    proof = prove_sample(workspace, sample_of(small_once, kind), since)
    value = json.loads(proof.content)
    assert what_is_wrong(value) == []
    ways = list(leaves(value))
    in_receipts = [way for way in ways if way[0] == "receipts" and "receipt" in way]
    others = [way for way in ways if way[0] != "receipts" or "receipt" not in way]
    assert len(others) > 100
    for way in others + in_receipts[:: 1 if is_full_run else 20]:
        with tampered(value, way):
            wrong = what_is_wrong(value)
        assert any(str(way[0]) in place for place in wrong), (way, wrong)
    assert what_is_wrong(value) == []


def test_any_line_of_the_checkpoint_changed_is_refused(small_once: Path) -> None:
    """Origin, size and root are bound even where nobody signed."""
    value = json.loads(proof_of(Workspace(small_once), source=None).content)
    whole = value["ledger"]["checkpoint"]
    origin, size, root, *rest = whole.split("\n")
    for changed in (
        [other_than(origin), size, root, *rest],
        [origin, str(int(size) + 1), root, *rest],
        [origin, str(int(size) - 1), root, *rest],
        [origin, str(2 * int(size)), root, *rest],
        [origin, size, to_base64(bytes(32)), *rest],
        [origin, size, root],
    ):
        value["ledger"]["checkpoint"] = "\n".join(changed)
        wrong = what_is_wrong(value)
        assert any("ledger" in place for place in wrong), (changed, wrong)


def test_parts_of_another_proof_do_not_fit(unsigned_once: Path) -> None:
    """Records, runs or the ledger of another sample's proof, each sound there, are refused here."""
    workspace = Workspace(unsigned_once)
    mine, yours = proof_of(workspace, source="parcel-desk"), proof_of(workspace, source="code-runs")
    (run,), (other,) = mine.runs, yours.runs
    for wrong in (
        replace(mine, sample=yours.sample),
        replace(mine, runs=yours.runs),
        replace(mine, runs=(replace(run, raw=other.raw),)),
        replace(mine, runs=(replace(run, evidence=other.evidence),)),
        replace(mine, runs=(replace(run, scored=other.scored),)),
        replace(mine, runs=(run, other)),
        replace(mine, runs=()),
        replace(mine, runs=(replace(run, side="chosen"),)),
    ):
        assert verify_proof(wrong).exit_code == 10
        assert all(fault.meaning for fault in verify_proof(wrong).faults)


def test_a_line_of_evidence_beside_the_scored_one_is_refused(unsigned_once: Path) -> None:
    """Another record of the same file, with its own sound inclusion, is not what was scored."""
    workspace = Workspace(unsigned_once)
    ids = [sample_of(unsigned_once, kind, "code-runs") for kind in ("sft", "preference")]
    one, other = (prove_sample(workspace, sample) for sample in ids)
    rejected = other.runs[1]
    assert rejected.evidence.file == one.runs[0].evidence.file
    swapped = replace(one, runs=(replace(one.runs[0], evidence=rejected.evidence),))
    places = {fault.place for fault in verify_proof(swapped).faults}
    assert {"runs[0].scored", "runs[0].evidence"} <= places


def test_receipts_of_another_chain_are_refused(unsigned: Workspace) -> None:
    """A receipt that is sound and in the ledger, but no parent of the sample's, does not pass."""
    proof = proof_of(unsigned)
    lines = LedgerLines.of(unsigned)
    pairs = [prove_sample(unsigned, sample_of(unsigned.root, kind)) for kind in ("rag", "sft")]
    stranger = pairs[0].receipt(pairs[0].sample.receipt)
    assert stranger is not None
    receipts = tuple(
        lines.receipt(stranger) if one.receipt.claim.stage == "export_sft" else one
        for one in proof.receipts
    )
    wrong = replace(
        proof,
        receipts=receipts,
        sample=replace(proof.sample, receipt=stranger.digest),
    )
    meanings = [fault.meaning for fault in verify_proof(wrong).faults]
    assert any("stands for export_sft" in meaning for meaning in meanings)


def test_a_failed_receipt_is_refused(unsigned_once: Path) -> None:
    """Outputs of a run that failed are nobody's word."""
    proof = proof_of(Workspace(unsigned_once))
    one = proof.receipts[-1]
    validation = replace(one.receipt.claim.validation, status="failed")
    failed = replace(one.receipt, claim=replace(one.receipt.claim, validation=validation))
    receipts = (*proof.receipts[:-1], LedgeredReceipt(one.line, failed))
    meanings = [fault.meaning for fault in verify_proof(replace(proof, receipts=receipts)).faults]
    assert "a receipt of a run that failed" in meanings


def test_an_unsigned_proof_says_so(unsigned_once: Path) -> None:
    """It holds, and the report says whose word it is."""
    report = verify_proof(proof_of(Workspace(unsigned_once)))
    assert (report.exit_code, report.signed_by) == (0, None)
    assert any("unsigned" in note for note in report.notes)


def test_a_key_that_you_hold_is_demanded(signed_once: Path, unsigned_once: Path) -> None:
    """The pinned key must have signed: not another one, and not nobody."""
    workspace = Workspace(signed_once)
    proof = proof_of(workspace)
    active = Keyring.of_lines(Ledger(workspace).lines()).active
    assert active is not None
    mine, other = raw_ed25519(active.checkpoint), raw_ed25519(new_keys().checkpoint_public)
    report = verify_proof(proof, pinned=[mine])
    assert (report.exit_code, report.signed_by) == (0, active.id)
    assert not any("key" in note for note in report.notes)
    assert any("--key" in note for note in verify_proof(proof).notes)
    assert verify_proof(proof, pinned=[other, mine]).exit_code == 0
    assert verify_proof(proof, pinned=[other]).exit_code == 10
    unsigned = proof_of(Workspace(unsigned_once))
    assert verify_proof(unsigned, pinned=[mine]).exit_code == 10


def test_an_older_key_vouches_for_the_one_that_took_over(signed: Workspace) -> None:
    """Rotations lead from the key that you hold to the one that signed."""
    first = Keyring.of_lines(Ledger(signed).lines()).active
    assert first is not None
    rotate_keys(signed)
    proof = proof_of(signed)
    report = verify_proof(proof, pinned=[raw_ed25519(first.checkpoint)])
    assert report.exit_code == 0
    assert report.signed_by != first.id


def test_a_key_that_nobody_vouches_for_can_not_be_checked(signed: Workspace) -> None:
    """A new key where the old one is lost: 11, and 10 for one who holds the old one."""
    first = Keyring.of_lines(Ledger(signed).lines()).active
    assert first is not None
    init_keys(signed, is_old_lost=True)
    proof = proof_of(signed)
    assert verify_proof(proof).exit_code == 11
    assert verify_proof(proof, pinned=[raw_ed25519(first.checkpoint)]).exit_code == 10


def test_a_checkpoint_of_no_key_any_more(signed: Workspace) -> None:
    """All keys revoked: the ledger is unsigned from there on, and says so."""
    first = Keyring.of_lines(Ledger(signed).lines()).active
    assert first is not None
    revoke_key(signed, first.id, "a test")
    report = verify_proof(proof_of(signed))
    assert (report.exit_code, report.signed_by) == (0, None)


def test_a_signature_taken_away_is_refused(signed_once: Path) -> None:
    """A signed ledger's checkpoint without its signature is no downgrade that passes."""
    proof = proof_of(Workspace(signed_once))
    text = proof.ledger.checkpoint.partition("\n\n")[0] + "\n\n"
    unsigned = replace(proof, ledger=replace(proof.ledger, checkpoint=text))
    assert [fault.place for fault in verify_proof(unsigned).faults] == ["ledger.checkpoint"]
    keyless = replace(unsigned, ledger=replace(unsigned.ledger, keys=()))
    assert verify_proof(keyless).exit_code == 0, (
        "hides the key: only --key or --checkpoint finds it"
    )
    active = Keyring.of_lines(Ledger(Workspace(signed_once)).lines()).active
    assert active is not None
    assert verify_proof(keyless, pinned=[raw_ed25519(active.checkpoint)]).exit_code == 10


def kept_from(workspace: Workspace, place: int) -> Note:
    """A copy of one of the ledger's checkpoints."""
    return read_checkpoint(Ledger(workspace).checkpoint_files()[place][1])


def test_a_checkpoint_that_you_hold_is_compared(unsigned_once: Path, signed_once: Path) -> None:
    """The same size and root hold; another root is 10; another size can't be told, unless shown."""
    workspace = Workspace(unsigned_once)
    newest, old = kept_from(workspace, -1), kept_from(workspace, 4)
    proof = proof_of(workspace)
    same = verify_proof(proof, kept=newest)
    assert (same.exit_code, len(same.notes)) == (0, 1)
    assert verify_proof(proof, kept=old).exit_code == 11
    grown = prove_sample(workspace, sample_of(unsigned_once, "sft"), old)
    assert verify_proof(grown, kept=old).exit_code == 0
    other = replace(newest, checkpoint=replace(newest.checkpoint, root=bytes(32)))
    assert verify_proof(proof, kept=other).exit_code == 10
    assert verify_proof(proof, kept=kept_from(Workspace(signed_once), -1)).exit_code == 10
    forged = replace(old, checkpoint=replace(old.checkpoint, root=bytes(32)))
    assert verify_proof(grown, kept=forged).exit_code == 10
    with pytest.raises(VerificationError, match="does not go on"):
        prove_sample(workspace, sample_of(unsigned_once, "sft"), forged)


def test_what_the_proof_does_not_follow_is_said(unsigned_once: Path) -> None:
    """A verdict from another file, and a category taken from other runs, are named as such."""
    workspace = Workspace(unsigned_once)
    joined = verify_proof(proof_of(workspace, "sft", "patches"))
    assert any("report.json" in note for note in joined.notes)
    inherited = verify_proof(proof_of(workspace, "rag", "distilled-facts"))
    assert any("category of other runs" in note for note in inherited.notes)


def test_a_proof_is_checked_in_an_empty_folder_by_another_process(
    signed_once: Path, tmp_path: Path
) -> None:
    """Nothing but the file and the public key: no workspace, no stage, no pydantic."""
    proof = proof_of(Workspace(signed_once))
    (tmp_path / "proof.json").write_bytes(proof.content)
    (key,) = (signed_once / "receipts" / "keys").glob("*.checkpoint.pem")
    (tmp_path / "key.pem").write_bytes(key.read_bytes())
    program = (
        "import sys\n"
        "from distill.cli import main\n"
        "code = main(['verify-proof', 'proof.json', '--key', 'key.pem', '--json'])\n"
        "rest = {'pydantic', 'git', 'orjson', 'distill.stages', 'distill.sources'}\n"
        "print(sorted(rest & set(sys.modules)), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    found = json.loads(done.stdout)
    assert (found["result"], found["faults"]) == ("holds", [])


def test_the_reader_and_the_stage_name_the_trees_alike() -> None:
    """The check imports no stage, so the note's name stands in two places."""
    assert NOTE == RECORD_TREES
