"""Finding the files of patterns: the same as a glob's, and what is learnt of them on the way."""

import os
from pathlib import Path

import pytest

from distill.errors import SourceError
from distill.receipts.real_paths import RealPaths
from distill.workspace.logs import find_logs, find_places

PATTERNS = (
    "*",
    "*.jsonl",
    "*/*.jsonl",
    "*/*/*.jsonl",
    "a/*.jsonl",
    "a/b/*",
    "./a//*.jsonl",
    "*/b/c.jsonl",
    "a/?.jsonl",
    "[ab]/*",
    "[!a]*/*.jsonl",
    "a/b/c.jsonl",
    "a/b",
    "no/*.jsonl",
    "a/x.jsonl/*",
    "**/*.jsonl",
    "a/**/*",
    "*/linked.jsonl",
    "way/*/*.jsonl",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files, hidden ones, folders, and links to files, to folders, in a circle and to nothing."""
    root = tmp_path / "root"
    for name in ("a/x.jsonl", "a/.h.jsonl", "a/b/c.jsonl", "a/X.JSONL", "b/y.jsonl", ".d/z.jsonl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "c" / "folder.jsonl").mkdir(parents=True)
    (root / "c" / "linked.jsonl").symlink_to(root / "a" / "x.jsonl")
    (root / "c" / "gone.jsonl").symlink_to("nothing")
    (root / "c" / "circle.jsonl").symlink_to("circle.jsonl")
    (root / "way").symlink_to("a")
    os.mkfifo(root / "b" / "pipe.jsonl")
    return root


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_found_is_what_a_glob_finds(tree: Path, pattern: str) -> None:
    """Files alone, links followed, in the order of their paths."""
    expected = sorted(path for path in tree.glob(pattern) if path.is_file())
    found = find_logs([pattern], root=tree, roots={}, place="", optional=True)
    assert found == expected


def test_what_a_listing_tells_of_links_is_true(tree: Path) -> None:
    """A path is learnt to be no link only where it is none."""
    real = RealPaths()
    found = find_places(PATTERNS, root=tree, roots={}, place="", optional=True, real=real)
    assert real.plain
    assert not any(Path(path).is_symlink() for path in real.plain)
    assert all(real.is_link(path) == Path(path).is_symlink() for path in found)


@pytest.mark.parametrize("pattern", ["", ".", "./"])
def test_a_pattern_that_names_the_folder_itself_names_no_file(tree: Path, pattern: str) -> None:
    """It is told like any other that matches nothing, in a root too."""
    for one in (pattern, f"logs:{pattern}"):
        with pytest.raises(SourceError, match="matches no file"):
            find_logs([one], root=tree, roots={"logs": tree}, place="", optional=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_entered_is_passed_over(tree: Path) -> None:
    """The name of a file behind a pattern's folder is looked for in the others, as a glob does."""
    (tree / "a").chmod(0)
    try:
        found = find_logs(["[ab]/y.jsonl"], root=tree, roots={}, place="", optional=False)
        assert found == [tree / "b" / "y.jsonl"]
    finally:
        (tree / "a").chmod(0o700)
