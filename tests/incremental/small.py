"""The distillery's own stages over parts and shards of a few lines."""

from pathlib import Path

import pytest

from distill.receipts import Outcome
from distill.receipts.canonical import dumps
from distill.receipts.incremental import segments, shard_file, workers
from distill.receipts.receipt import to_json
from tests.workspaces import make_workspace, run_all


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Let a handful of records be several parts, and those several shards."""
    patch.setattr(segments, "USUAL", 300)
    patch.setattr(segments, "LONGEST", 1200)
    patch.setattr(shard_file, "USUAL", 1500)
    patch.setattr(shard_file, "ROOM", 6000)
    patch.setattr(workers, "WORTH_WORKERS", 600)


def made(root: Path, configuration: str) -> dict[str, bytes]:
    """Run all stages; return all that they wrote, and what their claims say of it."""
    claims = {name: one.receipt.claim for name, one in _run(root, configuration).items()}
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for top in ("data/evidence", "data/scored", "exports", "quarantine")
        for path in sorted((root / top).rglob("*"))
        if path.is_file()
    }
    told = {name: [one.counts, one.laws, one.notes] for name, one in claims.items()}
    return files | {name: dumps(to_json(one)) for name, one in told.items()}


def _run(root: Path, configuration: str) -> dict[str, Outcome]:
    return run_all(make_workspace(root, configuration, {}))
