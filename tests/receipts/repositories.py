"""Small git repositories for tests, made without the developer's configuration."""

import os
import subprocess
from pathlib import Path

from distill.receipts.digest import digest_file

_DATE = "2026-01-01T00:00:00Z"


def environment(home: Path) -> dict[str, str]:
    """Return what git sees in these tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_DATE": _DATE,
        "GIT_TERMINAL_PROMPT": "0",
    }


def git(folder: Path, *arguments: str, check: bool = True, **more: str) -> str:
    """Run git in a folder and return what it prints; ``more`` are further variables."""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    done = subprocess.run(
        ["git", *identity, "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env={**environment(folder), **more},
        capture_output=True,
        text=True,
        check=check,
    )
    return done.stdout.strip()


def make_repository(folder: Path) -> Path:
    """Make a repository with one commit of two files."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "pkg").mkdir()
    (folder / "pkg/stage.py").write_text("x = 1\n")
    (folder / "other.txt").write_text("x\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    return folder


def snapshot(folder: Path) -> dict[str, str]:
    """Return what a repository's own folder holds: whoever writes into it is seen."""
    return {
        path.relative_to(folder).as_posix(): digest_file(path).hex
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
