"""`distill status --explain`: the smallest set of changed key parts, from what to what."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.receipts.digest import digest_bytes
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

ROWS = [row("t1", "right"), row("t1", "wrong", passed=False)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace whose five stages have run once."""
    run_all(make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)}))
    return tmp_path


def explained(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what is explained, by stage."""
    assert main(["status", "--explain", "--json", "--workspace", str(root)]) == 0
    found = json.loads(capsys.readouterr().out)["explained"]
    return {one["stage"]: one for one in found}


def test_nothing_changed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No stage has a part."""
    assert all(one["parts"] == [] for one in explained(root, capsys).values())


def test_an_input_has_both_digests(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the stages below wait, because what they will read is not known."""
    log = root / "logs/a.jsonl"
    before = log.read_bytes()
    log.write_bytes(before + lines([row("t2", "more")]))
    found = explained(root, capsys)
    assert found["build_evidence_index"]["parts"] == [
        {
            "part": "input:logs/a.jsonl",
            "old": str(digest_bytes(before)),
            "new": str(digest_bytes(log.read_bytes())),
            "functions": [],
        }
    ]
    assert found["score_runs"]["waits_for"] == "build_evidence_index"
    assert found["score_runs"]["parts"] == []


def test_a_setting_has_both_values(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That setting alone, of that stage alone."""
    with (root / "distill.toml").open("a") as file:
        file.write("\n[exports.sft]\ninclude_partial = true\n")
    found = explained(root, capsys)
    part = {"part": "parameter:settings.include_partial", "old": "false", "new": "true"}
    assert found["export_sft"]["parts"] == [part | {"functions": []}]
    assert found["export_rag"]["parts"] == []


def test_an_output_has_both_digests(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is gone has none now."""
    edited, gone = root / "exports/sft/README.md", root / "exports/rag/README.md"
    before = edited.read_bytes()
    edited.write_text("mine")
    gone.unlink()
    found = explained(root, capsys)
    (part,) = found["export_sft"]["parts"]
    assert (part["old"], part["new"]) == (str(digest_bytes(before)), str(digest_bytes(b"mine")))
    (part,) = found["export_rag"]["parts"]
    assert part["part"] == "output:exports/rag/README.md"
    assert part["new"] is None


def test_a_person_reads_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Short digests, one line a part."""
    (root / "exports/sft/README.md").write_text("mine")
    main(["status", "--explain", "--workspace", str(root)])
    out = capsys.readouterr().out
    assert "  export_rag: nothing\n" in out
    assert "    output:exports/sft/README.md  blake3:" in out
    assert f" → {str(digest_bytes(b'mine'))[:19]}…\n" in out
