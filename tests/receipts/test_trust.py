"""The eight trust tests, for a user's own stage in a package that the engine never saw."""

import os
import time
from pathlib import Path

import pytest

from distill.receipts.store import ReceiptStore
from tests.receipts.project import Project


def test_an_unchanged_stage_is_skipped_and_says_why(project: Project) -> None:
    """A second run with nothing changed runs nothing and names what it compared."""
    first, second = project.run(), project.run()
    assert (first["status"], first["reason"]) == ("ran", "never built")
    assert second["status"] == "skipped"
    unchanged = "inputs, code, parameters and environment unchanged; 3 outputs as recorded"
    assert second["reason"] == unchanged
    assert second["plan"] == ["fresh", unchanged, []]
    assert second["digest"] == first["digest"]
    assert project.runs == 1


def test_1_a_helper_that_nobody_declared_is_edited(built: Project) -> None:
    """An edit of a module that the stage imports reruns the stage and names the file."""
    built.write("pipeline/helper.py", "def change(line: str) -> str:\n    return line.lower()\n")
    again = built.run()
    assert (again["status"], again["reason"]) == ("ran", "code changed: pipeline/helper.py")
    assert again["plan"][2] == ["code:pipeline/helper.py"]
    assert (built.root / "out/rows/a.jsonl").read_text() == '{"a": 1}!\n{"a": 2}!\n'


def test_1_a_comment_changes_nothing(built: Project) -> None:
    """A comment, a blank line or a docstring in a reached module is no reason to run."""
    text = 'def change(line: str) -> str:\n    """Loud."""\n\n    # why\n    return line.upper()\n'
    built.write("pipeline/helper.py", text)
    assert built.run()["status"] == "skipped"


def test_2_an_output_is_deleted(built: Project) -> None:
    """A missing output is made again, and named."""
    (built.root / "out/rows/a.jsonl").unlink()
    again = built.run()
    assert (again["status"], again["reason"]) == ("ran", "output out/rows/a.jsonl is missing")
    assert (built.root / "out/rows/a.jsonl").exists()


def test_3_an_output_is_edited(built: Project) -> None:
    """An edited output is rebuilt; the edited version is kept in data/objects."""
    output = built.root / "out/rows/a.jsonl"
    sound = output.read_bytes()
    output.write_text("mine\n")
    again = built.run()
    assert again["status"] == "ran"
    assert again["reason"].startswith("output out/rows/a.jsonl was changed (blake3 ")
    assert again["set_aside"] == ["out/rows/a.jsonl"]
    assert output.read_bytes() == sound
    kept = list((built.root / "data/objects").iterdir())
    assert [path.read_text() for path in kept] == ["mine\n"]


def test_4_an_output_is_edited_with_the_same_size_and_time(built: Project) -> None:
    """An edit that keeps size and mtime is seen, because the bytes are read."""
    output = built.root / "out/rows/b.jsonl"
    before = output.stat()
    output.write_bytes(output.read_bytes().replace(b"1", b"2"))
    os.utime(output, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (output.stat().st_size, output.stat().st_mtime_ns) == (
        before.st_size,
        before.st_mtime_ns,
    )
    assert built.run()["status"] == "ran"
    assert '"B": 1' in output.read_text()


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete", "replace"])
def test_5_the_receipt_is_damaged(built: Project, damage: str) -> None:
    """A damaged or missing receipt is never believed: the stage runs, and nothing is an error."""
    digest = built.run()["digest"]
    path = built.root / "receipts/objects" / digest[:2] / digest
    path.chmod(0o644)
    content = path.read_bytes()
    if damage == "delete":
        path.unlink()
    else:
        changed = {
            "flip": content.replace(b'"shout"', b'"shouT"'),
            "truncate": content[:-10],
            "replace": b"{}\n",
        }
        path.write_bytes(changed[damage])
    again = built.run()
    assert again["status"] == "ran"
    assert digest[:12] in again["reason"]
    assert built.run()["status"] == "skipped"


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"not json", None])
def test_5_the_ref_is_damaged(built: Project, damage: bytes | None) -> None:
    """Refs are derived: a missing or damaged one is found again from the receipts."""
    ref = built.root / "receipts/refs/shout"
    if damage is None:
        ref.unlink()
    else:
        ref.write_bytes(damage)
    assert built.run()["status"] == "skipped"


def test_5_a_ref_that_leads_nowhere(built: Project) -> None:
    """A ref that names a receipt which is not there leads to a rerun."""
    digest = built.run()["digest"]
    ref = built.root / "receipts/refs/shout"
    ref.write_text(ref.read_text().replace(digest, "0" * 64))
    again = built.run()
    assert (again["status"], again["reason"]) == ("ran", "the receipt 000000000000… is missing")


def test_6_an_input_is_only_touched(built: Project) -> None:
    """New times on the same bytes are no reason to run."""
    os.utime(built.root / "logs/a.jsonl")
    assert built.run()["status"] == "skipped"


def test_6_an_input_is_changed(built: Project) -> None:
    """New bytes are, and the reason names the file and both digests."""
    built.write("logs/a.jsonl", '{"a": 3}\n')
    again = built.run()
    assert again["status"] == "ran"
    assert again["reason"].startswith("input logs/a.jsonl changed (blake3 ")


def test_7_an_input_changes_while_the_stage_runs(project: Project) -> None:
    """No passing receipt ties an output to an input that was not there: the run fails by name."""
    stage = (project.root / "pipeline/stage.py").read_text()
    meddling = stage.replace(
        "    read = 0\n", '    Path("logs/b.jsonl").write_text("x")\n    read = 0\n'
    )
    project.write("pipeline/stage.py", meddling)
    told = project.run()
    assert told["reason"] == "SourceError: the input logs/b.jsonl changed while the stage ran"
    assert not (project.root / "out/rows").exists()
    (receipt,) = ReceiptStore(project.workspace).all()
    assert not receipt.passed
    assert receipt.run.error is not None
    assert receipt.run.error.type == "SourceError"
    assert project.leftovers() == []


def test_8_two_runs_at_once(project: Project) -> None:
    """Of two processes that start together one computes; the other waits and skips."""
    stage = (project.root / "pipeline/stage.py").read_text()
    slow = stage.replace("    read = 0\n", "    import time; time.sleep(0.5)\n    read = 0\n")
    project.write("pipeline/stage.py", slow)
    processes = [project.start() for _ in range(3)]
    told = [project.finish(process) for process in processes]
    assert sorted(answer["status"] for answer in told) == ["ran", "skipped", "skipped"]
    assert len({answer["digest"] for answer in told}) == 1
    assert project.runs == 1


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.45, 0.6])
def test_a_killed_run_leaves_nothing_behind(project: Project, seconds: float) -> None:
    """A kill at any moment: the next run ends as if nothing had been, with no leftovers."""
    process = project.start()
    time.sleep(seconds)
    process.kill()
    process.communicate()
    assert project.run()["status"] in {"ran", "skipped"}
    assert project.run()["status"] == "skipped"
    assert project.leftovers() == []
    assert (project.root / "out/rows/b.jsonl").read_text() == '{"B": 1}!\n'


def test_an_unchanged_output_is_not_rewritten(built: Project) -> None:
    """A rerun that makes the same bytes keeps the old file, so nothing below it moves."""
    kept = built.root / "out/rows/b.jsonl"
    before = kept.stat()
    built.write("logs/a.jsonl", '{"a": 3}\n')
    assert built.run()["status"] == "ran"
    after = kept.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_what_is_produced_no_more_is_moved_away(built: Project) -> None:
    """A file of the former run whose input is gone lies in data/objects afterwards."""
    gone = built.root / "out/rows/b.jsonl"
    content = gone.read_bytes()
    (built.root / "logs/b.jsonl").unlink()
    again = built.run()
    assert again["reason"] == "input logs/b.jsonl is gone"
    assert not gone.exists()
    assert content in [p.read_bytes() for p in (built.root / "data/objects").iterdir()]


def test_what_is_produced_no_more_but_was_edited_stays(built: Project) -> None:
    """Such a file is somebody's work once it was edited: it is left alone and reported."""
    built.write("out/rows/b.jsonl", "mine\n")
    stranger: Path = built.write("out/rows/notes.txt", "mine too\n")
    (built.root / "logs/b.jsonl").unlink()
    again = built.run()
    assert again["left_alone"] == ["out/rows/b.jsonl"]
    assert (built.root / "out/rows/b.jsonl").read_text() == "mine\n"
    assert stranger.read_text() == "mine too\n"
