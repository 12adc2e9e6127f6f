"""Crashes, full disks and files that change meanwhile: a release is there in whole, or not at all.

The command runs in a process of its own. An audit hook ends it, or changes a file, at the moment
that the test names; nothing of Distill is replaced.
"""

import resource
import subprocess
import sys

import pytest

from distill.receipts.ledger.entries import Released
from distill.receipts.ledger.log import Ledger
from distill.release.making import make_release
from distill.workspace.project import Project

_PROGRAM = """
import os, sys
from pathlib import Path
from distill.cli import main

def hook(event, arguments):
    text = " ".join(str(argument) for argument in arguments)
    if event == sys.argv[1] and sys.argv[2] in text and sys.argv[3] in text and not done:
        done.append(1)
        {act}

done = []
sys.addaudithook(hook)
sys.exit(main(["release", "v1"]))
"""
CRASH = "os._exit(99)"


def run(project: Project, act: str, event: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `distill release v1`, and act once when an event names both words."""
    first, second = (*words, "")[:2]
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(act=act), event, first, second],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )


def entries(project: Project) -> list[str]:
    """Return the names of the releases that the ledger records."""
    return [e.name for e in Ledger(project.workspace).entries() if isinstance(e, Released)]


def left(project: Project) -> set[str]:
    """Return what lies in releases/ under a name, temporary ones included."""
    folder = project.root / "releases"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


BEFORE_THE_NAME = {
    "while files are copied": ("open", "exports/sft/train-00000.jsonl", ".partial"),
    "before it is sealed": ("os.chmod", ".partial", f"{0o555} -1"),
    "before the name": ("os.rename", "releases/.v1", "releases/v1"),
}


@pytest.mark.parametrize("moment", BEFORE_THE_NAME)
def test_a_crash_before_the_name_leaves_no_release(project: Project, moment: str) -> None:
    """What is left has a temporary name, and the next call removes it and makes the release."""
    assert run(project, CRASH, *BEFORE_THE_NAME[moment]).returncode == 99
    assert len(left(project)) == 1
    assert "v1" not in left(project)
    assert entries(project) == []
    made = make_release(project, "v1")
    assert not made.was_left
    assert left(project) == {"v1"}
    assert entries(project) == ["v1"]


AFTER_THE_NAME = {
    "before the ledger's line": ("open", "work/receipts/ledger/log.jsonl a "),
    "before the intent is removed": ("os.remove", "releasing.json"),
}


@pytest.mark.parametrize("moment", AFTER_THE_NAME)
def test_a_crash_after_the_name_is_finished(project: Project, moment: str) -> None:
    """The release is ready; the next call enters it in the ledger, once, and changes no byte."""
    assert run(project, CRASH, *AFTER_THE_NAME[moment]).returncode == 99
    before = (project.root / "releases/v1/release.json").read_bytes()
    made = make_release(project, "v1")
    assert made.was_left
    assert made.manifest.content == before == (made.folder / "release.json").read_bytes()
    assert entries(project) == ["v1"]
    assert not (project.root / ".distill/releasing.json").exists()


def test_another_name_finishes_it_too(project: Project) -> None:
    """The call after a crash may ask for something else: both releases are there then."""
    run(project, CRASH, *AFTER_THE_NAME["before the ledger's line"])
    made = make_release(project, "v2")
    assert entries(project) == ["v1", "v2"]
    assert made.manifest.previous is not None
    assert made.manifest.previous.name == "v1"


def test_a_file_that_changes_while_it_is_copied_is_refused(project: Project) -> None:
    """The copies are held against the receipts, so a writer beside us can't slip bytes in."""
    rows = project.root / "exports/sft/train-00000.jsonl"
    act = f"Path({str(rows)!r}).write_bytes(b'{{}}')".replace("{{", "{{{{").replace("}}", "}}}}")
    done = run(project, act, "open", "exports/rag/README.md", ".partial")
    assert done.returncode == 10, done.stderr
    assert "exports/sft/train-00000.jsonl: an output was changed" in done.stderr
    assert left(project) == set()
    assert entries(project) == []


def test_a_full_disk_leaves_nothing(project: Project) -> None:
    """A write that fails ends in an error that says what to do, and no half release."""
    code = "import sys; from distill.cli import main; sys.exit(main(['release', 'v1']))"
    copied = [
        p for name in ("data", "exports", "receipts") for p in (project.root / name).rglob("*")
    ]
    largest = max(path.stat().st_size for path in copied if path.is_file())
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1, largest - 1)),
    )
    assert done.returncode == 2, done.stderr
    assert "the release can't be written: File too large" in done.stderr
    assert left(project) == set()
    assert make_release(project, "v1").folder.is_dir()


def test_two_calls_at_once_make_one_release(project: Project) -> None:
    """The second waits for the first, and finds the name taken."""
    code = "import sys; from distill.cli import main; sys.exit(main(['release', 'v1']))"
    calls = [
        subprocess.Popen([sys.executable, "-c", code], cwd=project.root, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [call.communicate()[1] for call in calls]
    assert sorted(call.returncode for call in calls) == [0, 2], said
    assert entries(project) == ["v1"]
    assert left(project) == {"v1"}
