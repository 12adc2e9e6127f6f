"""A proof that was changed in any way does not hold, and the place is named."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from distill.errors import VerificationError
from distill.lineage.held_receipts import hold_receipts
from distill.lineage.ledger_lines import LedgerLines
from distill.lineage.proof import Proof, ShownFact
from distill.lineage.proof_reader import read_proof
from distill.lineage.proving import prove_sample
from distill.lineage.record_trees import NOTE
from distill.lineage.verification import verify_proof
from distill.receipts.base64_text import to_base64
from distill.receipts.canonical import dumps
from distill.receipts.digest import Sha256
from distill.receipts.facts import fact_content, facts_of
from distill.receipts.ledger.checkpoint import Note
from distill.receipts.ledger.entries import Recorded, recorded
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.keys import init_keys, revoke_key, rotate_keys
from distill.receipts.ledger.log import Ledger, read_checkpoint
from distill.receipts.ledger.signing import new_keys
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree
from distill.receipts.merkle_subsets import subset_path
from distill.receipts.receipt import Receipt
from distill.receipts.report import Law
from distill.receipts.store import ReceiptStore
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
def test_any_change_is_refused_and_named(small_once: Path, kind: str) -> None:
    """Every field changed, every item of every list dropped and doubled; the place is told."""
    workspace = Workspace(small_once)
    since = kept_from(workspace, 3)
    proof = prove_sample(workspace, sample_of(small_once, kind), since)
    value = json.loads(proof.content)
    assert what_is_wrong(value) == []
    ways = list(leaves(value))
    assert len(ways) > 150
    for way in ways:
        with tampered(value, way):
            wrong = what_is_wrong(value)
        named = ("files", "receipts") if way[0] == "files" else (way[0],)
        assert any(str(name) in place for name in named for place in wrong), (way, wrong)
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
    lines = LedgerLines.of(unsigned)
    proof, other = (prove_sample(unsigned, sample_of(unsigned.root, k)) for k in ("sft", "rag"))
    receipts = replace(proof.receipts, export=other.receipts.export)
    ledger = lines.head(one.line for one in receipts.by_name.values())
    meanings = meanings_of(replace(proof, receipts=receipts, ledger=ledger))
    assert "a receipt of export_rag stands for export_sft" in meanings
    assert any("it does not show that exports/sft" in meaning for meaning in meanings)


def meanings_of(proof: Proof) -> list[str]:
    """What the check says."""
    return [fault.meaning for fault in verify_proof(proof).faults]


def test_a_failed_receipt_is_refused(unsigned_once: Path) -> None:
    """Outputs of a run that failed are nobody's word."""
    proof = proof_of(Workspace(unsigned_once))
    lines = tuple(
        replace(line, entry=replace(line.entry, status="failed"))
        if line.index == proof.receipts.export.line and isinstance(line.entry, Recorded)
        else line
        for line in proof.ledger.lines
    )
    failed = replace(proof, ledger=replace(proof.ledger, lines=lines))
    assert "a receipt of a run that failed" in meanings_of(failed)


@pytest.mark.parametrize("name", ["evidence", "scored", "export"])
def test_facts_are_just_those_that_are_needed(unsigned: Workspace, name: str) -> None:
    """One that is not shown is missed, and a true one that leads nowhere is refused."""
    sample = sample_of(unsigned.root, "preference")
    proof = prove_sample(unsigned, sample)
    receipt = receipts_of(unsigned, proof)[name]
    facts = list(facts_of(receipt))
    tree = MerkleTree(leaf_hash(fact_content(fact)) for fact in facts)
    shown = proof.receipts.by_name[name]

    def showing(numbers: list[int]) -> Proof:
        some = tuple(ShownFact(number, facts[number]) for number in numbers)
        changed = replace(shown, facts=some, path=subset_path(tree, numbers))
        return replace(proof, receipts=replace(proof.receipts, **{name: changed}))

    numbers = [one.index for one in shown.facts]
    assert showing(numbers) == proof
    for number in numbers:
        places = [
            f.place for f in verify_proof(showing([n for n in numbers if n != number])).faults
        ]
        assert f"receipts.{name}" in places
    surplus = next(number for number in range(len(facts)) if number not in numbers)
    assert meanings_of(showing(sorted([*numbers, surplus]))) == [
        "it shows a fact that nothing here needs"
    ]


def receipts_of(workspace: Workspace, proof: Proof) -> Mapping[str, Receipt]:
    """The receipts that a proof shows, whole."""
    return hold_receipts(proof, workspace.root).receipts


def test_a_line_that_nothing_needs_is_refused(unsigned_once: Path) -> None:
    """A proof holds the lines of its receipts, of keys, the first and the last, and no other."""
    workspace = Workspace(unsigned_once)
    proof = proof_of(workspace)
    numbers = [line.index for line in proof.ledger.lines]
    surplus = next(number for number in range(numbers[-1]) if number not in numbers)
    more = replace(proof, ledger=LedgerLines.of(workspace).head([*numbers, surplus]))
    assert [fault.place for fault in verify_proof(more).faults] == ["ledger.lines"]


def test_a_whole_receipt_that_is_held_is_compared(unsigned: Workspace) -> None:
    """The folder's receipts are those of the lines, or the one that is missing is named."""
    proof = proof_of(unsigned)
    held = hold_receipts(proof, unsigned.root)
    assert (set(held.receipts), held.faults) == ({"evidence", "scored", "export"}, ())
    assert verify_proof(proof, held=held).exit_code == 0
    place = ReceiptStore(unsigned).path_of(held.receipts["scored"].digest)
    place.unlink()
    report = verify_proof(proof, held=hold_receipts(proof, unsigned.root))
    assert report.exit_code == 11
    assert [fault.place for fault in report.faults] == ["receipts.scored"]


@pytest.mark.parametrize("part", ["facts", "sha256", "run"])
def test_a_line_that_says_other_than_its_receipt_is_refused(unsigned_once: Path, part: str) -> None:
    """A ledger with other facts than the receipt's is found by one who has the receipt."""
    proof = proof_of(Workspace(unsigned_once))
    entry = proof.ledger.recorded(proof.receipts.scored.line)
    assert entry is not None
    others: dict[str, Any] = {
        "facts": replace(entry.facts, root=bytes(32)),
        "sha256": Sha256("ab" * 32),
        "run": "another",
    }
    changed = replace(entry, **{part: others[part]})
    lines = tuple(
        replace(line, entry=changed) if line.entry == entry else line for line in proof.ledger.lines
    )
    forged = replace(proof, ledger=replace(proof.ledger, lines=lines))
    (fault,) = hold_receipts(forged, unsigned_once).faults
    assert fault.meaning == f"the ledger gives another {part} than the receipt"


def test_receipts_that_contradict_themselves_or_each_other_are_refused(
    unsigned: Workspace,
) -> None:
    """A ledger may record a receipt with a broken law, or one whose claim names another parent."""
    proof = proof_of(unsigned)
    for part, told in (
        ({"laws": (Law("l", "u", {"a": 1}, {"b": 2}),)}, "the law l is broken"),
        ({"parents": ()}, "its claim names another parent than the receipt of evidence"),
    ):
        receipt = receipts_of(unsigned, proof)["scored"]
        other = Receipt(replace(receipt.claim, **part), receipt.run)
        ReceiptStore(unsigned).put(other, "token")
        lines = tuple(
            replace(line, entry=recorded(other))
            if line.index == proof.receipts.scored.line
            else line
            for line in proof.ledger.lines
        )
        forged = replace(proof, ledger=replace(proof.ledger, lines=lines))
        held = hold_receipts(forged, unsigned.root)
        assert told in [fault.meaning for fault in held.faults]


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
    keyless = without_keys(Workspace(signed_once), proof, text)
    assert verify_proof(keyless).exit_code == 0, (
        "hides the key: only --key or --checkpoint finds it"
    )
    active = Keyring.of_lines(Ledger(Workspace(signed_once)).lines()).active
    assert active is not None
    assert verify_proof(keyless, pinned=[raw_ed25519(active.checkpoint)]).exit_code == 10


def without_keys(workspace: Workspace, proof: Proof, checkpoint: str) -> Proof:
    """The proof with the other lines alone, shown by a path of their own, under a checkpoint."""
    lines = [line for line in proof.ledger.lines if line.index not in proof.ledger.keys]
    tree = MerkleTree(leaf_hash(line) for line in Ledger(workspace).lines())
    path = subset_path(tree, [line.index for line in lines])
    ledger = replace(proof.ledger, checkpoint=checkpoint, lines=tuple(lines), path=path)
    return replace(proof, ledger=ledger)


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
