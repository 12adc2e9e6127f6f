"""The auditors' files: every workspace has them from its first run on, and keeps its own."""

from collections.abc import Callable
from pathlib import Path

from distill.receipts import OutFile, Workspace, with_receipt
from distill.receipts.auditors import auditors_files


@with_receipt(stage="greet", version=1)
def greet(*, target: OutFile, word: str = "hello") -> None:
    """Write one word."""
    target.write_text(word)


def test_the_first_run_hands_them_out(workspace: Workspace, repository: Path) -> None:
    """What lies beside the receipts is what the repository has there, ready to be run."""
    greet(target=Path("out.txt"))
    for name in auditors_files():
        assert (workspace.root / name).read_bytes() == (repository / name).read_bytes()
    assert (workspace.root / "receipts/verify.sh").stat().st_mode & 0o111
    assert {"receipts/README.md", "receipts/verify.sh"} <= set(auditors_files())


def test_what_is_there_already_stays(
    workspace: Workspace, put: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """A page that somebody wrote is not overwritten, and a link is not written through."""
    put("receipts/README.md", "ours\n")
    elsewhere = tmp_path / "elsewhere"
    (workspace.root / "receipts/verify.sh").symlink_to(elsewhere)
    greet(target=Path("out.txt"))
    assert (workspace.root / "receipts/README.md").read_text() == "ours\n"
    assert not elsewhere.exists()
