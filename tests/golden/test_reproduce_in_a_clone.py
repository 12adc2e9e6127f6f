"""Whoever clones this repository can run the example, and then run each of its receipts again."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from distill.receipts import ReceiptStore, Workspace
from distill.receipts.reproduce import Options, prepare
from distill.stages.checkouts import lay_out_checkouts
from distill.stages.pipeline import STAGES


def distill(clone: Path, *arguments: str) -> str:
    """Run the clone's own command in the clone and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "distill.cli", *arguments],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_receipt_of_the_example(repository: Path, tmp_path: Path) -> None:
    """In a fresh clone, all five stages get the golden digests from the recorded commit."""
    if shutil.which("git") is None or not (repository / ".git").exists():
        pytest.skip("this is no checkout, so there is nothing to clone")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", repository, clone], check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, check=True, capture_output=True, text=True
    ).stdout.strip()
    distill(clone, "run", "-q")
    told = json.loads(distill(clone, "reproduce", "export_sft", "--json"))
    assert (told["result"], told["code"]) == ("reproduced", f"the commit {head[:12]}")

    workspace = Workspace.named(clone)
    golden = json.loads((clone / "tests/golden/example_outputs.json").read_text(encoding="utf-8"))
    made: dict[str, str] = {}
    for stage in STAGES:
        with prepare(workspace, stage.name, Options(extras=(lay_out_checkouts,))) as prepared:
            found = prepared.run()
        assert (stage.name, found.exit_code, found.code) == (stage.name, 0, told["code"])
        receipt = ReceiptStore(workspace).get(found.receipt)
        made |= {entry.path: entry.blake3.hex for entry in receipt.claim.outputs}
    assert made == golden
