"""A commit is written as it is: nothing that the repository names runs, nothing lands outside."""

import subprocess
from pathlib import Path

import pytest

from distill.errors import IncompleteError
from distill.receipts.git.checkout import Checkout
from distill.receipts.reproduce.exporting import export_tree
from tests.receipts.repositories import environment, git, make_repository, snapshot


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of two files."""
    return make_repository(tmp_path / "repository")


def export(repository: Path, tree: str, folder: Path) -> dict[str, str]:
    """Export a tree and return what is in the folder."""
    folder.mkdir()
    export_tree(Checkout.of(repository), tree, folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_every_file_of_the_commit(repository: Path, tmp_path: Path) -> None:
    """Empty, binary, large, executable and oddly named files: the bytes of the commit."""
    (repository / "empty").touch()
    (repository / "zero\nline").write_bytes(b"\0\n\n\0")
    (repository / "large").write_bytes(bytes(range(256)) * 10000)
    (repository / "tool").write_text("#!/bin/sh\n")
    (repository / "tool").chmod(0o755)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "more")
    (repository / "large").unlink()
    out = tmp_path / "out"
    found = export(repository, "HEAD", out)
    assert set(found) == {"empty", "zero\nline", "large", "tool", "other.txt", "pkg/stage.py"}
    assert (out / "large").read_bytes() == bytes(range(256)) * 10000
    assert (out / "zero\nline").read_bytes() == b"\0\n\n\0"
    assert (out / "tool").stat().st_mode & 0o111
    assert not (out / "other.txt").stat().st_mode & 0o111


def test_nothing_is_filtered_and_nothing_runs(repository: Path, tmp_path: Path) -> None:
    """Filters, hooks and attributes of the repository don't touch what is written."""
    witness = tmp_path / "witness"
    (repository / ".gitattributes").write_text(
        "other.txt filter=evil export-ignore\npkg/stage.py eol=crlf export-subst ident\n"
    )
    (repository / "pkg/stage.py").write_text('x = "$Format:%H$ $Id$"\n')
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "attributes")
    for verb in ("smudge", "process"):
        git(repository, "config", f"filter.evil.{verb}", f"touch '{witness}'")
    hook = repository / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{witness}'\n")
    hook.chmod(0o755)
    before = snapshot(repository)
    found = export(repository, "HEAD", tmp_path / "out")
    assert found["other.txt"] == "x\n"
    assert found["pkg/stage.py"] == 'x = "$Format:%H$ $Id$"\n'
    assert not witness.exists()
    assert snapshot(repository) == before
    (repository / "other.txt").unlink()
    git(repository, "checkout", "HEAD", "--", "other.txt", check=False)
    assert witness.exists(), "the filters are no traps"
    witness.unlink()
    git(repository, "config", "--remove-section", "filter.evil")
    git(repository, "checkout", "-q", "--detach")
    assert witness.exists(), "the hook is no trap"


def tree_of(repository: Path, mode: str, name: bytes, content: str) -> str:
    """Make a tree of one entry that git itself would not make, and return its id."""
    (repository / "blob").write_text(content)
    blob = git(repository, "hash-object", "-w", "blob")
    kind = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    done = subprocess.run(
        ["git", *kind],
        cwd=repository,
        env=environment(repository),
        input=mode.encode() + b" " + name + b"\0" + bytes.fromhex(blob),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


@pytest.mark.parametrize("name", [b"..", b".git", b".GIT", b".", b"../x", b"/etc/x", b"a/../../x"])
def test_a_way_out(repository: Path, tmp_path: Path, name: bytes) -> None:
    """A tree that names what lies outside, or git's own folder, is refused whole."""
    tree = tree_of(repository, "100644", name, "gotcha")
    with pytest.raises(IncompleteError, match="which is not written"):
        export(repository, tree, tmp_path / "out")
    assert list((tmp_path / "out").rglob("*")) == []
    assert {path.name for path in tmp_path.iterdir()} == {"repository", "out"}


@pytest.mark.parametrize(
    ("target", "is_made"),
    [
        ("pkg/stage.py", True),
        ("./pkg/../other.txt", True),
        ("../repository", False),
        ("/etc/passwd", False),
        ("pkg/../../repository/other.txt", False),
    ],
)
def test_links(repository: Path, tmp_path: Path, target: str, is_made: bool) -> None:
    """A link that stays inside is made; one that leads out is left away."""
    (repository / "link").symlink_to(target)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "a link")
    export(repository, "HEAD", tmp_path / "out")
    assert (tmp_path / "out/link").is_symlink() is is_made


def test_a_missing_object(repository: Path, tmp_path: Path) -> None:
    """A commit whose content is not here is no code: which file lacks is said."""
    blob = git(repository, "rev-parse", "HEAD:pkg/stage.py")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(IncompleteError, match=r"lacks the content of pkg/stage\.py"):
        export(repository, "HEAD", tmp_path / "out")
