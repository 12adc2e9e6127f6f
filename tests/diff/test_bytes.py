"""Where the bytes of older versions come from, and what is said where they are gone or changed."""

from pathlib import Path

import pytest

from distill.cli import main
from distill.diff.result import open_diff
from distill.errors import EXIT_INCOMPLETE, VerificationError
from distill.receipts.digest import digest_file
from distill.workspace.project import open_workspace
from tests.diff.states import Two, Workspaces
from tests.diff.test_causes import NAMED, ROWS
from tests.workspaces import lines, row

OLD = "train-00000.jsonl"


@pytest.fixture
def two(workspaces: Workspaces, tmp_path: Path) -> Two:
    """A workspace that gained a run."""
    rows = [*ROWS, row("t4", "new", id="e")]
    return workspaces.two(
        tmp_path,
        NAMED,
        {"logs/a.jsonl": lines(ROWS)},
        lambda root: (root / "logs/a.jsonl").write_bytes(lines(rows)),
    )


def _kept(two: Two, name: str, end: str) -> Path:
    """Return where the replaced version of an output lies."""
    workspace = open_workspace(two.root)
    receipt = next(r for r in workspace.receipts.all() if r.digest.hex == two.before[name])
    entry = next(e for e in receipt.claim.outputs if e.path.endswith(end))
    return two.root / "data/objects" / entry.blake3.hex


def test_what_is_gone_is_named_and_the_rest_is_compared(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 11; SFT is not compared, RAG is."""
    kept = _kept(two, "sft", OLD)
    kept.unlink()
    workspace = open_workspace(two.root).workspace
    moment = next(
        r
        for r in open_workspace(two.root).receipts.all()
        if r.digest.hex == two.before["preference"]
    ).run.ended_at
    with open_diff(workspace, moment, "now") as diff:
        assert diff.exit_code == EXIT_INCOMPLETE
        assert [gone.blake3 for gone in diff.gone] == [kept.name]
        assert {n.set for n in diff.numbers()} == {"evidence", "scored", "rag", "preference"}
    assert main(["diff", moment, "--workspace", str(two.root)]) == EXIT_INCOMPLETE
    assert kept.name in capsys.readouterr().out


def test_without_the_old_evidence_rows_are_counted_and_their_cause_is_unknown(two: Two) -> None:
    """The SFT sets of both sides are there; what they were made from is not."""
    _kept(two, "evidence", "part-00000.jsonl").unlink()
    workspace = open_workspace(two.root).workspace
    with open_diff(workspace, two.before["sft"], two.after["sft"]) as diff:
        assert [t.cause.value for t in diff.rows("added", with_texts=False)] == ["unknown"]
        assert diff.exit_code == EXIT_INCOMPLETE


def test_a_replaced_version_with_other_bytes_is_refused(two: Two) -> None:
    """An object whose bytes are not those of its name is no version of anything."""
    kept = _kept(two, "sft", OLD)
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes().replace(b"right", b"wrong"))
    with pytest.raises(VerificationError, match=kept.name):
        open_diff(open_workspace(two.root).workspace, two.before["sft"], two.after["sft"])


def test_a_current_output_that_was_edited_is_refused(two: Two) -> None:
    """The newest receipt answers for the file in place."""
    with (two.root / "exports/sft" / OLD).open("ab") as file:
        file.write(b"{}\n")
    assert main(["diff", two.before["sft"], two.after["sft"], "--workspace", str(two.root)]) == 10


def test_an_older_version_is_read_from_a_release_that_holds_it(two: Two) -> None:
    """A release mirrors the workspace: its copy has the digest, so it is the version."""
    kept = _kept(two, "sft", OLD)
    released = two.root / "releases/first/exports/sft"
    released.mkdir(parents=True)
    (two.root / "releases/first/release.json").write_text("{}")
    kept.rename(released / OLD)
    assert digest_file(released / OLD).hex == kept.name
    assert two.told("sft") == {"agents/e": ("added", "log")}
