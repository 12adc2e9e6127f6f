"""receipts/verify.sh: what was written is sound, with each of its flags."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts.canonical import dumps
from distill.receipts.ledger.keys import revoke_key, rotate_keys
from distill.receipts.ledger.log import Ledger
from tests.tamper.forging import lines_of, write_ledger
from tests.tamper.script import SCRIPT, run_script
from tests.tamper.world import World


def test_what_was_written_is_sound(signed: World, unsigned: World) -> None:
    """Nothing touched, nothing found; the last line says how much was looked at."""
    for world in (signed, unsigned):
        verdict = run_script(world.root)
        assert (verdict.code, verdict.findings) == (0, ())
        size = len(Ledger(world.workspace).lines())
        assert verdict.last.endswith(
            f"9 receipts, {size} ledger lines, {size} checkpoints, 17 files"
        )


def test_an_auditor_s_own_checkpoint_and_key(signed: World) -> None:
    """With both kept elsewhere the report has nothing left to warn of."""
    assert signed.key is not None
    verdict = run_script(signed.root, "--since", signed.checkpoint, "--key", signed.key)
    assert (verdict.code, verdict.findings) == (0, ())
    assert verdict.notes == ("consistent with your checkpoint of 20 lines",)


def test_without_them_it_says_what_is_not_shown(signed: World, unsigned: World) -> None:
    """An unsigned ledger, and keys that nobody keeps elsewhere, are told of each time."""
    assert "not signed" in " ".join(run_script(unsigned.root).notes)
    assert "own word" in " ".join(run_script(signed.root).notes)


def test_rotation_and_revocation(signed: World) -> None:
    """A key that was rotated in descends from the kept one; after a revocation none signs."""
    assert signed.key is not None
    new = rotate_keys(signed.workspace)
    kept = ("--since", signed.checkpoint, "--key", signed.key)
    assert run_script(signed.root, *kept).code == 0
    revoke_key(signed.workspace, new.id, "test")
    verdict = run_script(signed.root)
    assert (verdict.code, verdict.findings) == (0, ())
    assert run_script(signed.root, *kept).code == 10


def test_another_key_than_the_kept_one(
    signed: World, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    """A ledger signed by another key than the auditor's is not the auditor's ledger."""
    openssl = require_tool("openssl")
    private, public = tmp_path / "k.pem", tmp_path / "p.pem"
    subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run([openssl, "pkey", "-in", private, "-pubout", "-out", public], check=True)
    verdict = run_script(signed.root, "--key", public)
    assert verdict.code == 10
    assert "not signed by your key" in verdict.faults[0]


@pytest.mark.parametrize("suffix", ["", ".p256"])
def test_what_was_swapped_with_the_log_is_named(signed: World, suffix: str) -> None:
    """Also where the log tells no key any more by which a signature could be held."""
    log = signed.root / "receipts/ledger/log.jsonl"
    beside = signed.root / f"receipts/ledger/checkpoints/{2:016d}{suffix}"
    contents = log.read_bytes(), beside.read_bytes()
    for path, content in zip((beside, log), contents, strict=True):
        path.chmod(0o644)
        path.write_bytes(content)
    verdict = run_script(signed.root, "--since", signed.checkpoint)
    assert verdict.code == 10
    for path in (log, beside):
        assert any(one.startswith(f"{path.relative_to(signed.root)}: ") for one in verdict.faults)


def test_a_key_in_each_of_its_forms(signed: World) -> None:
    """PEM of either key, and the verifier key of signed notes."""
    (folder,) = {path.parent for path in signed.root.glob("receipts/keys/*.vkey")}
    for suffix in ("vkey", "checkpoint.pem", "attestation.pem"):
        (key,) = folder.glob(f"*.{suffix}")
        assert run_script(signed.root, "--key", key).code == 0


def test_an_inclusion_proof_is_shown(signed: World) -> None:
    """The leaf and its siblings lead to the root of the newest checkpoint."""
    from distill.receipts.merkle import leaf_hash, node_hash  # noqa: PLC0415

    lines = Ledger(signed.workspace).lines()
    for index in (0, 7, len(lines) - 1):
        notes = run_script(signed.root, "--include", str(index)).notes
        steps = [note.split() for note in notes if note.startswith("  ")]
        assert steps[0] == ["leaf", leaf_hash(lines[index]).hex()]
        found = bytes.fromhex(steps[0][1])
        for side, digest in steps[1:-1]:
            sibling = bytes.fromhex(digest)
            found = node_hash(sibling, found) if side == "L" else node_hash(found, sibling)
        newest = Ledger(signed.workspace).newest_checkpoint()
        assert newest is not None
        assert steps[-1] == ["root", newest.checkpoint.root.hex()]
        assert found == newest.checkpoint.root
    assert run_script(signed.root, "--include", str(len(lines))).code == 11


@pytest.mark.parametrize("part", ["root", "size"])
def test_a_line_that_binds_other_facts_than_its_receipt(unsigned: World, part: str) -> None:
    """The newest 100 receipts' facts are worked out again, and those of all with --all."""
    lines = lines_of(unsigned.root)
    number = max(n for n, line in enumerate(lines) if b'"entry":"receipt"' in line)
    entry = json.loads(lines[number])
    entry["facts"] |= (
        {"root": "ab" * 32} if part == "root" else {"size": entry["facts"]["size"] + 1}
    )
    write_ledger(
        unsigned.root, [*lines[:number], dumps(entry), *lines[number + 1 :]], lambda _: None
    )
    for flags in ((), ("--all",)):
        verdict = run_script(unsigned.root, *flags)
        assert verdict.code == 10
        (fault,) = verdict.faults
        assert f"line {number + 1} of the ledger binds other facts" in fault
        assert entry["blake3"] in fault


def test_logs_under_a_root(unsigned: World, tmp_path: Path) -> None:
    """A root is found in distill.toml, or given; where it is neither the verdict is 11."""
    from distill.receipts.scope import workspace_scope  # noqa: PLC0415
    from tests.tamper.stages import upper  # noqa: PLC0415

    far = tmp_path / "far away"
    far.mkdir()
    (far / "log.txt").write_text("x\n")
    configuration = unsigned.path("distill.toml")
    before = configuration.read_text()
    configuration.write_text(f'[roots]\nfar = "{far}" # a place\n\n{before}')
    with workspace_scope(unsigned.workspace):
        upper(far / "log.txt", target=Path("exports/far.txt"))
    assert run_script(unsigned.root).code == 0
    configuration.write_text(before)
    assert run_script(unsigned.root).code == 11
    assert run_script(unsigned.root, "--root", f"far={far}").code == 0
    (far / "log.txt").write_text("y\n")
    verdict = run_script(unsigned.root, "--root", f"far={far}")
    assert (verdict.code, "far:log.txt" in verdict.faults[0]) == (10, True)


def test_wrong_usage(tmp_path: Path, signed: World) -> None:
    """A wrong flag or folder is 2, with a hint, and no verdict."""
    for flags in (
        [str(tmp_path / "nowhere")],
        [str(tmp_path)],
        ["--unknown"],
        ["--since"],
        [str(signed.root), "--since", str(tmp_path / "nothing")],
        [str(signed.root), "--include", "-1"],
    ):
        done = subprocess.run(
            ["sh", str(SCRIPT), *flags], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")


def test_a_folder_where_nothing_ran(tmp_path: Path) -> None:
    """Where nothing ran there is nothing to doubt; a kept checkpoint says that something did."""
    (tmp_path / "receipts").mkdir()
    assert run_script(tmp_path).code == 0
    (tmp_path / "old").write_text("distill/0123456789abcdef\n1\nAAAA\n\n")
    assert run_script(tmp_path, "--since", tmp_path / "old").code == 10


def test_it_leaves_nothing_behind(signed: World, tmp_path: Path) -> None:
    """No file of the workspace is touched, and the temporary folder goes away."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = {path: path.stat().st_mtime_ns for path in signed.root.rglob("*")}
    subprocess.run(
        ["sh", str(SCRIPT), str(signed.root)],
        check=True,
        capture_output=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert {path: path.stat().st_mtime_ns for path in signed.root.rglob("*")} == before
    assert list(scratch.iterdir()) == []
    assert shutil.which("sh")
