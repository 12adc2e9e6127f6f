"""Proofs of the example's samples: every one is made, and holds wherever it is checked."""

import gzip
import json
from pathlib import Path

import pytest

from distill.errors import ConfigurationError, ContractError, SourceError, VerificationError
from distill.lineage.proof_reader import read_proof
from distill.lineage.proving import prove_sample
from distill.lineage.verification import verify_proof
from distill.receipts.ledger.log import Ledger
from distill.receipts.tree_file import TREES_DIR
from distill.receipts.workspace import Workspace
from tests.lineage.conftest import SOURCES, one_a_source, sample_of


@pytest.mark.parametrize("kind", ["rag", "sft", "preference"])
def test_samples_of_every_source_are_proved(unsigned_once: Path, kind: str) -> None:
    """A row's proof holds, survives its file, and shows the row."""
    for row in one_a_source(unsigned_once, kind):
        proof = prove_sample(Workspace(unsigned_once), row["id"])
        assert read_proof(proof.content) == proof
        report = verify_proof(proof)
        assert (report.faults, report.sample) == ((), row["id"])
        assert json.loads(proof.sample.record) == row


@pytest.mark.parametrize("source", SOURCES)
def test_the_raw_record_is_that_of_the_log(unsigned_once: Path, source: str) -> None:
    """Lines, elements of an array and lines inside gzip: the proof holds the log's own bytes."""
    proof = prove_sample(Workspace(unsigned_once), sample_of(unsigned_once, "sft", source))
    (raw,) = proof.runs[0].raw
    log = (unsigned_once / raw.file.path).read_bytes()
    log = gzip.decompress(log) if raw.file.path.endswith(".gz") else log
    place = json.loads(proof.runs[0].evidence.record)["provenance"][0]
    assert raw.record == log[place["start"] : place["end"]]
    assert json.loads(raw.record)


def test_a_pair_is_led_back_to_both_runs(unsigned_once: Path) -> None:
    """A preference sample shows the chosen and the rejected run."""
    sample = sample_of(unsigned_once, "preference")
    proof = prove_sample(Workspace(unsigned_once), sample)
    assert [run.side for run in proof.runs] == ["chosen", "rejected"]
    assert len({run.evidence.record for run in proof.runs}) == 2


def test_a_unique_prefix_is_enough(unsigned_once: Path) -> None:
    """As everywhere, an id may be cut short; an ambiguous one names some of those it may mean."""
    workspace = Workspace(unsigned_once)
    sample = sample_of(unsigned_once, "sft")
    assert prove_sample(workspace, sample[:-8]) == prove_sample(workspace, sample)
    with pytest.raises(ConfigurationError, match="samples have ids that begin") as caught:
        prove_sample(workspace, "sft-")
    assert "sft-" in caught.value.hint
    with pytest.raises(ConfigurationError, match="no sample has") as caught:
        prove_sample(workspace, sample + "0")
    assert "exports/" in caught.value.hint


def test_a_damaged_or_missing_sidecar_changes_nothing(unsigned: Workspace) -> None:
    """Whatever happens to a sidecar, the proof is the same."""
    sample = sample_of(unsigned.root, "sft", "parcel-desk")
    proof = prove_sample(unsigned, sample)
    sidecars = sorted((unsigned.root / TREES_DIR).iterdir())
    assert len(sidecars) == 4
    for sidecar in sidecars:
        whole = sidecar.read_bytes()
        flipped = [
            whole[:n] + bytes([whole[n] ^ 4]) + whole[n + 1 :] for n in (100, len(whole) - 9)
        ]
        for damaged in (*flipped, whole[:-1]):
            sidecar.write_bytes(damaged)
            assert prove_sample(unsigned, sample) == proof
        sidecar.unlink()
        assert prove_sample(unsigned, sample) == proof


def test_sidecars_of_former_files_are_removed(unsigned: Workspace) -> None:
    """A new sidecar sweeps away those that no current receipt asks for."""
    old = unsigned.root / TREES_DIR / ("ab" * 32)
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    prove_sample(unsigned, sample_of(unsigned.root, "sft"))
    assert not old.exists()


@pytest.mark.parametrize("source", SOURCES)
def test_a_changed_log_is_named(unsigned: Workspace, source: str) -> None:
    """Where the raw record is no longer what the receipt names, there is no proof."""
    sample = sample_of(unsigned.root, "sft", source)
    (raw,) = prove_sample(unsigned, sample).runs[0].raw
    log = unsigned.root / raw.file.path
    changed = raw.record.replace(b"e", b"E")
    if log.suffix == ".gz":
        content = gzip.decompress(log.read_bytes()).replace(raw.record, changed)
        log.write_bytes(gzip.compress(content))
    else:
        log.write_bytes(log.read_bytes().replace(raw.record, changed))
    with pytest.raises(VerificationError, match=f"{raw.file.path} was changed"):
        prove_sample(unsigned, sample)


def test_a_log_that_grew_proves_what_was_read(unsigned: Workspace) -> None:
    """A log that other records were added to still holds those that the receipt names."""
    sample = sample_of(unsigned.root, "sft", "code-runs")
    proof = prove_sample(unsigned, sample)
    with (unsigned.root / proof.runs[0].raw[0].file.path).open("ab") as log:
        log.write(b'{"new": 1}\n')
    assert prove_sample(unsigned, sample) == proof
    for sidecar in (unsigned.root / TREES_DIR).iterdir():
        sidecar.unlink()
    assert prove_sample(unsigned, sample) == proof


@pytest.mark.parametrize("which", ["exports/sft/train-00000.jsonl", "data/scored/code-runs"])
def test_a_changed_output_is_named(unsigned: Workspace, which: str) -> None:
    """A row or a scored run that was edited has no proof."""
    sample = sample_of(unsigned.root, "sft", "code-runs")
    path = unsigned.root / which
    path = next(path.glob("*.jsonl")) if path.is_dir() else path
    path.write_bytes(path.read_bytes().replace(b"accepted", b"Accepted"))
    with pytest.raises(VerificationError, match=f"{which}.* was changed"):
        prove_sample(unsigned, sample)


def test_a_log_that_is_gone_is_named(unsigned: Workspace) -> None:
    """Without the raw record nothing can be proved of it."""
    sample = sample_of(unsigned.root, "sft", "code-runs")
    (raw,) = prove_sample(unsigned, sample).runs[0].raw
    (unsigned.root / raw.file.path).unlink()
    with pytest.raises(SourceError, match=f"{raw.file.path} is not here"):
        prove_sample(unsigned, sample)


def test_a_replaced_version_is_proved_from_the_objects(unsigned: Workspace) -> None:
    """Evidence that was built anew since the export: the old version still lies in data/objects."""
    sample = sample_of(unsigned.root, "sft", "code-runs")
    proof = prove_sample(unsigned, sample)
    file = proof.runs[0].evidence.file
    evidence = unsigned.root / file.path
    objects = unsigned.root / "data" / "objects"
    objects.mkdir(parents=True)
    evidence.rename(objects / file.blake3.hex)
    evidence.write_bytes(b"{}\n")
    assert prove_sample(unsigned, sample) == proof


def test_a_receipt_outside_of_the_ledger_has_no_proof(unsigned: Workspace) -> None:
    """The last line, which records the newest receipt, taken away with its checkpoint."""
    ledger = Ledger(unsigned)
    sample = sample_of(unsigned.root, "preference")
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join(lines[:-1]))
    ledger.checkpoint_files()[-1][1].unlink()
    with pytest.raises(ContractError, match="not in the ledger") as caught:
        prove_sample(unsigned, sample)
    assert "ledger repair" in caught.value.hint


def test_a_rewritten_ledger_gives_no_proof(unsigned: Workspace) -> None:
    """Lines that are not those of the newest checkpoint prove nothing."""
    ledger = Ledger(unsigned)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"score_runs"', b'"score_Runs"'))
    with pytest.raises(VerificationError, match="newest checkpoint"):
        prove_sample(unsigned, sample_of(unsigned.root, "sft"))


def test_no_ledger_no_proof(tmp_path: Path) -> None:
    """An empty workspace says what to do."""
    (tmp_path / "distill.toml").touch()
    with pytest.raises(ConfigurationError) as caught:
        prove_sample(Workspace(tmp_path), "sft-1")
    assert "distill run" in caught.value.hint
