"""RELEASE-NOTES.md: what changed since the release before, counted again from the files."""

from pathlib import Path

import pytest

from distill.receipts.ledger.keys import rotate_keys
from distill.release.making import make_release
from distill.release.row_changes import rows_moved
from distill.workspace.project import Project, open_workspace
from tests.release.conftest import LOGS, move_away
from tests.workspaces import lines, read_jsonl, row, run_all


def notes(folder: Path) -> str:
    """Return the notes of a release."""
    return (folder / "RELEASE-NOTES.md").read_text(encoding="utf-8")


def test_the_first_release_says_so(project: Project) -> None:
    """There is nothing to compare it with, and its rows stand there."""
    text = notes(make_release(project, "v1").folder)
    assert "The first release of this ledger" in text
    assert "| sft | 3 |" in text


def test_an_unchanged_workspace_has_no_changes(project: Project) -> None:
    """Every part says that nothing changed."""
    make_release(project, "v1")
    text = notes(make_release(project, "v2").folder)
    assert "What changed since the release v1." in text
    assert text.count("No change.") == 7
    assert "| sft | 3 | 3 | 0 | 0 | 0 |" in text


def test_every_kind_of_change_is_told(signed: Project) -> None:
    """Rows by source, reasons, logs, settings and keys, with the numbers of the files."""
    made = make_release(signed, "v1").folder
    rotate_keys(signed.workspace)
    log = signed.root / "logs/a.jsonl"
    log.write_bytes(lines([*LOGS[1:], row("new", "Newer."), row("none", "", passed=False)]))
    (signed.root / "logs/b.jsonl").write_bytes(lines([row("more", "More of it.")]))
    path = signed.root / "distill.toml"
    path.write_text(path.read_text() + "\n[exports.preference]\nmax_pairs_per_task = 3\n")
    changed = open_workspace(signed.root)
    run_all(changed)
    second = make_release(changed, "v2").folder
    text = notes(second)
    before, now = ({r["id"]: r for r in read_jsonl(f / "exports/sft")} for f in (made, second))
    added, removed = now.keys() - before.keys(), before.keys() - now.keys()
    changed_rows = [one for one in now.keys() & before.keys() if now[one] != before[one]]
    moved = f"{len(added)} | {len(removed)} | {len(changed_rows)}"
    assert moved == "2 | 1 | 1"
    assert f"| sft | {len(now)} | {len(before)} | {moved} |" in text
    assert f"| sft | agents | 3 | 2 | {moved} |" in text
    assert "| sft | others |" not in text
    assert "- `logs/a.jsonl`: changed" in text
    assert "- `logs/b.jsonl`: new" in text
    assert "| export_sft | `unsafe_sft_category` | 4 | 3 |" in text
    assert "- export_preference: `settings.max_pairs_per_task`: `5` → `3`" in text
    assert "took over" in text
    assert "## Environment\n\nNo change." in text


def test_a_former_release_that_is_gone_is_named(project: Project) -> None:
    """Without its folder nothing is compared, and the notes say why."""
    move_away(make_release(project, "v1").folder)
    text = notes(make_release(project, "v2").folder)
    assert "The release before, v1, was not in `releases/`" in text


def write(folder: Path, rows: str) -> Path:
    """Write an RAG set in one shard a letter; capitals are another row under the same id."""
    (folder / "exports/rag").mkdir(parents=True)
    for number, name in enumerate(rows):
        line = lines([{"id": name.lower(), "text": name, "provenance": [{"source": "s"}]}])
        (folder / f"exports/rag/train-{number:05d}.jsonl").write_bytes(line)
    return folder


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("ab", "ab", None),
        ("ab", "ba", None),
        ("", "abc", (3, 0, 0)),
        ("abc", "", (0, 3, 0)),
        ("abc", "aBd", (1, 1, 1)),
    ],
)
def test_rows_are_matched_by_id(
    tmp_path: Path, before: str, now: str, expected: tuple[int, int, int] | None
) -> None:
    """Order and shards don't matter; a row with other bytes under its id is a changed one."""
    moved = rows_moved(write(tmp_path / "b", before), write(tmp_path / "n", now), "rag")
    found = {s: (one.added, one.removed, one.changed) for s, one in moved.items()}
    assert found == ({} if expected is None else {"s": expected})
