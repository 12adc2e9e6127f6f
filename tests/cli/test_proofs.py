"""`distill prove` and `distill verify-proof` as a person meets them, with bad input too."""

import json
from pathlib import Path

import pytest

from distill.cli import main
from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED, EXIT_USAGE
from distill.stages.pipeline import STAGES, run_stages
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, read_jsonl, row


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two samples of SFT."""
    folder = tmp_path_factory.mktemp("proofs") / "work"
    log = lines([row("sort", "First."), row("sort", "No.", passed=False), row("add", "One.")])
    run_stages(make_workspace(folder, MAPPED + VERDICT, {"logs/a.jsonl": log}), STAGES)
    return folder


@pytest.fixture
def sample(root: Path) -> str:
    """The id of a sample."""
    return str(read_jsonl(root / "exports/sft")[0]["id"])


@pytest.fixture
def proof(root: Path, sample: str, tmp_path: Path) -> Path:
    """A proof of it."""
    path = tmp_path / "proof.json"
    assert main(["prove", sample, "-o", str(path), "-q", "--workspace", str(root)]) == EXIT_OK
    return path


def test_a_proof_goes_to_a_file_or_to_standard_output(
    root: Path, sample: str, proof: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The bytes are the same, and nothing else is printed with them."""
    assert main(["prove", sample, "--workspace", str(root)]) == EXIT_OK
    assert capfdbinary.readouterr().out == proof.read_bytes()


def test_a_proof_is_checked_without_a_workspace(
    proof: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder with no distill.toml; what it does not show is said."""
    monkeypatch.chdir(proof.parent)
    assert main(["verify-proof", str(proof)]) == EXIT_OK
    out = capsys.readouterr().out
    assert "holds" in out
    assert "unsigned" in out


def test_a_replay_takes_the_receipts_of_a_folder_or_of_the_workspace_here(
    root: Path,
    proof: Path,
    sample: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without either, what it lacks is said; a folder without receipts is wrong usage."""
    monkeypatch.chdir(proof.parent)
    replay = ["verify-proof", str(proof), "--replay", "--json"]
    assert main(replay) == EXIT_INCOMPLETE
    assert "--receipts" in capsys.readouterr().out
    for place in (["--receipts", str(root)], ["--workspace", str(root)]):
        assert main([*replay, *place]) == EXIT_OK
        told = json.loads(capsys.readouterr().out)
        assert (told["result"], told["sample"]) == ("holds", sample)
        assert [step["outcome"] for step in told["replayed"]] == ["same"] * 3
    assert main([*replay, "--receipts", str(proof.parent)]) == EXIT_USAGE
    assert "holds no receipts/objects" in capsys.readouterr().out


def test_a_proof_is_held_against_the_receipts_of_a_folder(
    root: Path, proof: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole receipts tell more than their facts; where one is missing, that can't be told."""
    assert main(["verify-proof", str(proof), "--receipts", str(root)]) == EXIT_OK
    (tmp_path / "receipts" / "objects").mkdir(parents=True)
    assert main(["verify-proof", str(proof), "--receipts", str(tmp_path)]) == EXIT_INCOMPLETE
    assert "not held against its receipt" in capsys.readouterr().out


def test_a_checkpoint_kept_elsewhere(
    root: Path, sample: str, proof: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older one can't be compared, unless the proof was asked for with it."""
    old = sorted((root / "receipts/ledger/checkpoints").iterdir())[3]
    assert main(["verify-proof", str(proof), "--checkpoint", str(old)]) == EXIT_INCOMPLETE
    assert "prove --since" in capsys.readouterr().out
    prove = ["prove", sample, "-o", str(proof), "--since", str(old), "--workspace", str(root)]
    assert main(prove) == EXIT_OK
    assert main(["verify-proof", str(proof), "--checkpoint", str(old)]) == EXIT_OK


def test_a_changed_proof_is_named(proof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The place in the proof, and why."""
    proof.write_bytes(proof.read_bytes().replace(b"First.", b"Worst."))
    assert main(["verify-proof", str(proof)]) == EXIT_TAMPERED
    out = capsys.readouterr().out
    assert "sample: the record is not in exports/sft/train-00000.jsonl" in out
    assert "does not hold" in out


@pytest.mark.parametrize("ruin", ["cut", "empty", "no proof", "future"])
def test_a_file_that_is_no_proof(
    proof: Path, ruin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is named, and what to do."""
    whole = proof.read_bytes()
    ruined = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "no proof": b'{"format":"x"}\n',
        "future": whole.replace(b"distill.proof/1", b"distill.proof/2"),
    }
    proof.write_bytes(ruined[ruin])
    assert main(["verify-proof", str(proof)]) == EXIT_TAMPERED
    told = capsys.readouterr().err
    assert str(proof) in told
    assert "hint:" in told


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["prove"], "prefix"),
        (["prove", "sft-0000"], "exports/"),
        (["prove", "s"], "give more of the id"),
        (["prove", "--absent", "x", "nothing"], "preference"),
        (["prove", "sft-1", "--absent", "x", "sft"], "--absent"),
        (["verify-proof", "missing.json"], "distill prove"),
    ],
)
def test_wrong_usage(
    root: Path, arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and a hint that says what to give."""
    assert main([*arguments, "--workspace", str(root)]) == EXIT_USAGE
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("place", [".", "missing/proof.json"])
def test_a_place_where_nothing_can_be_written(
    root: Path, sample: str, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, or a file in one that is not there: nothing is made, and the place is named."""
    prove = ["prove", sample, "-o", str(tmp_path / place), "--workspace", str(root)]
    assert main(prove) == EXIT_USAGE
    assert str(tmp_path / place) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_keys_and_checkpoints_that_are_none(
    proof: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A given file that holds something else is wrong usage, not a fault of the proof."""
    assert main(["verify-proof", str(proof), "--key", str(proof)]) == EXIT_USAGE
    assert main(["verify-proof", str(proof), "--checkpoint", str(proof)]) == EXIT_USAGE
    assert main(["verify-proof", str(proof), "--key", "missing.pem"]) == EXIT_USAGE
    assert "missing.pem" in capsys.readouterr().err


def test_an_absence_is_stated(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 and a statement where no row names the run, 10 where one does."""
    runs = {run["category"]: run["run_id"] for run in read_jsonl(root / "data/scored")}
    at = ["--workspace", str(root)]
    statement = tmp_path / "absence.json"
    prove = ["prove", "--absent", runs["rejected"], "sft", "-o", str(statement), *at]
    assert main(prove) == EXIT_OK
    assert "not shown:" in capsys.readouterr().out
    assert json.loads(statement.read_bytes())["absent"] is True
    assert main(["prove", "--absent", runs["accepted"], "sft", *at]) == EXIT_TAMPERED
