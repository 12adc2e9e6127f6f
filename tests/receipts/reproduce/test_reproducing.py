"""A receipt is run again from its own commit and inputs, or it is said what is missing."""

import os
import shutil

import pytest

from distill.errors import ConfigurationError, IncompleteError
from distill.receipts.reproduce import Options, prepare
from tests.receipts.repositories import git, snapshot
from tests.receipts.reproduce.project import REPOSITORY, UP, UP_CALL, WORDS, Mine, changed_receipt


def test_the_recorded_commit_runs(mine: Mine) -> None:
    """Whatever was edited since, the commit's code is what runs; the checkout stays as it is."""
    commit = mine.newest("up").run.code.commit
    mine.write("mine/words.py", "def change(line: str) -> str:\n    return line.lower()\n")
    mine.write("mine/stage.py", "raise SystemExit\n")
    git(mine.root, "add", "mine/stage.py")
    before = snapshot(mine.root)
    for name in ("up", "join"):
        found = mine.reproduce(name)
        assert (found.exit_code, found.verdict, found.environment) == (0, "reproduced", ())
        assert found.code == f"the commit {str(commit)[:12]}"
    assert found.outputs == 1
    assert snapshot(mine.root) == before


GROWING = """
from distill.receipts import Place, with_receipt_per_group, with_receipt_per_record


@with_receipt_per_record(stage="marked", version=1)
def marked(record: dict[str, int], place: Place, *, mark: str = "?") -> dict[str, object]:
    return {**record, "mark": mark, "line": place.line}


@with_receipt_per_group(stage="lines", version=1, key=lambda record: str(record["line"]))
def lines(key: str, records: list[bytes]) -> bytes:
    return b",".join(records)
"""


@pytest.mark.parametrize("files", ["['logs/a.jsonl', 'logs/b.jsonl']", "'logs/a.jsonl'", "[]"])
def test_record_and_group_stages(mine: Mine, files: str) -> None:
    """They are called with files and a folder, not as the functions that they are made of."""
    mine.write("mine/growing.py", GROWING)
    mine.commit()
    mine.call(
        f"made = marked(read={files}, write='out/marked', mark='!')",
        "lines(read=[one.path for one in made.outputs], write='out/lines')",
        module="mine.growing",
    )
    for name in ("marked", "lines"):
        assert mine.reproduce(name).verdict == "reproduced"


def test_a_receipt_by_its_digest_or_a_prefix(mine: Mine) -> None:
    """The digest, a prefix that is unique, and the stage's name mean the same receipt."""
    digest = mine.newest("up").digest
    for name in (digest.hex, digest.short, str(digest), "up"):
        with prepare(mine.workspace, name, Options()) as prepared:
            assert prepared.receipt.digest == digest


@pytest.mark.parametrize(
    "name", ["", "abc", "0" * 64, "Up", "up ", "../up", "zz" * 32, "*", "a*b?"]
)
def test_names_that_mean_nothing(mine: Mine, name: str) -> None:
    """What names no receipt is wrong usage, and what there is, is listed."""
    with (
        pytest.raises(ConfigurationError, match="neither a stage") as caught,
        prepare(mine.workspace, name, Options()),
    ):
        pass
    assert "join, up" in caught.value.hint


def test_a_prefix_of_two(mine: Mine) -> None:
    """A prefix that two digests share is not decided by chance."""
    folder = mine.store.path_of(mine.newest("up").digest).parent
    name = mine.newest("up").digest.hex
    (folder / (name[:40] + "0" * 24)).touch()
    with (
        pytest.raises(ConfigurationError, match="2 receipts' digests begin"),
        prepare(mine.workspace, name[:40], Options()),
    ):
        pass


def test_without_a_repository_the_present_code_runs(mine: Mine) -> None:
    """Code whose closure is the recorded one is the recorded code, wherever it lies."""
    (mine.root / ".git").rename(mine.root / "no-git")
    assert mine.reproduce("up").code == f"the present code in {mine.root}"
    mine.write("mine/words.py", f"# a comment counts for nothing\n{WORDS}")
    assert mine.reproduce("up").exit_code == 0
    (mine.root / "mine").rename(mine.root / "elsewhere-mine")
    (mine.root / "code").mkdir()
    (mine.root / "elsewhere-mine").rename(mine.root / "code/mine")
    with pytest.raises(IncompleteError, match=r"no mine/stage.py among"):
        mine.reproduce("up")
    assert mine.reproduce("up", Options(code=mine.root / "code")).exit_code == 0


def test_a_folder_that_is_named_is_the_only_one(mine: Mine) -> None:
    """Where somebody says where the code is, no other folder's passes for it."""
    with pytest.raises(IncompleteError, match=r"no mine/stage.py among"):
        mine.reproduce("up", Options(code=mine.root.parent))
    with pytest.raises(IncompleteError, match="no checkout here holds the commit"):
        mine.reproduce("up", Options(code=mine.root / "nowhere"))


def test_code_that_is_nowhere(mine: Mine) -> None:
    """Without the commit and with other code nothing runs; the files that differ are named."""
    (mine.root / ".git").rename(mine.root / "no-git")
    mine.write("mine/words.py", "import mine.more\ndef change(line):\n    return line\n")
    mine.write("mine/more.py", "open('/tmp/it-ran', 'w')\n")
    with pytest.raises(IncompleteError) as caught:
        mine.reproduce("up")
    assert "mine/words.py (changed)" in caught.value.message
    assert "mine/more.py (added)" in caught.value.message
    assert "mine/stage.py" not in caught.value.message
    assert "check out" in caught.value.hint


def test_a_dirty_checkout(mine: Mine) -> None:
    """A commit does not hold what was edited: the present code runs, as long as it is that code."""
    edited = "def change(line: str) -> str:\n    return line.title()\n"
    mine.write("mine/words.py", edited)
    mine.call(UP_CALL)
    receipt = mine.newest("up")
    assert receipt.run.code.state == "dirty"
    assert mine.reproduce("up").code == f"the present code in {mine.root}"
    mine.write("mine/words.py", WORDS)
    with pytest.raises(IncompleteError, match="made from a dirty checkout") as caught:
        mine.reproduce("up")
    assert caught.value.message.count("mine/words.py (changed)") == 2
    # Once somebody commits it, the tree that was on the disk then is in the repository.
    mine.write("mine/words.py", edited)
    mine.commit()
    mine.write("mine/words.py", WORDS)
    assert mine.reproduce("up").code == f"the commit {str(receipt.run.code.dirty_tree)[:12]}"


def test_a_package_below_the_top(mine: Mine) -> None:
    """In a commit the package may lie in any folder: the one with the recorded files is it."""
    mine.write("old/mine/stage.py", "raise SystemExit\n")
    git(mine.root, "mv", "mine", "src")
    (mine.root / "src").rename(mine.root / "mine")
    (mine.root / "src").mkdir()
    git(mine.root, "reset", "-q")
    (mine.root / "mine").rename(mine.root / "src/mine")
    commit = mine.commit()
    shutil.rmtree(mine.root / "out")
    folders = [str(mine.root / "src"), str(REPOSITORY)]
    mine.call(UP_CALL, more={"PYTHONPATH": os.pathsep.join(folders)})
    (mine.root / "src").rename(mine.root / "gone")
    assert mine.newest("up").run.code.commit == commit
    assert mine.reproduce("up").code == f"the commit {commit[:12]}"


def test_replaced_inputs_come_from_the_objects(mine: Mine) -> None:
    """What a parent wrote over since is taken from where its former version lies."""
    old = mine.newest("join").digest.hex
    mine.write("logs/a.jsonl", '{"a": 3}\n')
    mine.call(UP_CALL)
    assert list((mine.root / "data/objects").iterdir())
    assert mine.reproduce(old).exit_code == 0


def test_inputs_that_are_gone(mine: Mine) -> None:
    """Each recorded input whose bytes are nowhere is named, and nothing runs."""
    mine.write("logs/a.jsonl", "other\n")
    (mine.root / "logs/b.jsonl").unlink()
    with pytest.raises(IncompleteError) as caught:
        mine.reproduce("up")
    assert "2 of 2 recorded inputs are gone" in caught.value.message
    for entry in mine.newest("up").claim.inputs:
        assert f"{entry.path} ({entry.blake3})" in caught.value.message


def test_an_edited_parent_is_no_input(mine: Mine) -> None:
    """A current output that somebody edited is named, and that it holds other bytes."""
    mine.write("out/up/a.jsonl", "edited\n")
    with pytest.raises(IncompleteError, match="1 of 2 recorded inputs") as caught:
        mine.reproduce("join")
    assert "does not hold the bytes" in caught.value.message


def test_a_failed_receipt(mine: Mine) -> None:
    """A run that published nothing can't be compared; the newest that passed is named."""
    passed = mine.newest("up").digest
    mine.write("mine/words.py", "def change(line: str) -> str:\n    raise ValueError(line)\n")
    with pytest.raises(Exception, match="returned non-zero"):
        mine.call(UP_CALL)
    with pytest.raises(ConfigurationError, match="failed") as caught:
        mine.reproduce("up")
    assert passed.short in caught.value.hint


NEEDY = """
import os
import subprocess
from pathlib import Path
from typing import Annotated
from distill.receipts import Ignored, InFile, OutFile, with_receipt


@with_receipt(stage="needy", version=1)
def needy(*, target: OutFile) -> None:
    # What Python opens itself is refused when the stage first runs; what a child opens is not seen.
    read = subprocess.run(["cat", "undeclared.txt"], check=True, capture_output=True)
    target.write_bytes(read.stdout)


@with_receipt(stage="told", version=1)
def told(*, target: OutFile, workers: Annotated[int, Ignored]) -> None:
    target.write_text("x")


def inside() -> None:
    @with_receipt(stage="inner", version=1)
    def inner(*, target: OutFile) -> None:
        target.write_text("x")
    inner(target="out/inner.txt")


def _plain(*, target: OutFile) -> None:
    target.write_text("x")


@with_receipt(stage="ended", version=1)
def ended(*, target: OutFile) -> None:
    if Path("distill.toml").stat().st_size:  # that of the scratch workspace
        os.kill(os.getpid(), 9)
    target.write_text("x")


@with_receipt(stage="left", version=1)
def left(*, target: OutFile) -> None:
    if Path("distill.toml").stat().st_size:
        os._exit(0)
    target.write_text("x")


@with_receipt(stage="greedy", version=1)
def greedy(log: InFile, *, target: OutFile) -> None:
    if Path("distill.toml").stat().st_size:
        log.write_text("gotcha")
    target.write_text("x")


renamed = with_receipt(stage="renamed", version=1)(_plain)
"""
NEEDY_ENDS = {
    "needy": ("needy(target='out/needy.txt')", r"the stage needy failed[\s\S]*undeclared.txt"),
    "told": ("told(target='out/told.txt', workers=3)", "workers is not recorded"),
    "inner": ("inside()", "defined inside of another"),
    "ended": ("ended(target='out/ended.txt')", r"the stage ended failed \(ended by signal 9\)"),
    "left": ("left(target='out/left.txt')", r"the stage left failed \(exit code 0\)"),
}


@pytest.mark.parametrize("stage", NEEDY_ENDS)
def test_stages_that_can_not_run_again(mine: Mine, stage: str) -> None:
    """What a receipt does not record, or what can't be imported, is said: 11, and nothing stays."""
    call, message = NEEDY_ENDS[stage]
    mine.write("mine/needy.py", NEEDY)
    mine.write("undeclared.txt", "x")
    mine.call(call, module="mine.needy")
    scratch = mine.root.parent / "scratch"
    with pytest.raises(IncompleteError, match=message):
        mine.reproduce(stage, Options(scratch=scratch))
    assert list(scratch.glob("*")) == []


def test_a_script(mine: Mine) -> None:
    """A stage that ran as a script's own is found in that script; it is not run as one again."""
    script = UP.replace("from mine.words", "import sys\nfrom mine.words")
    mine.write("mine/words.py", WORDS)
    mine.write(
        "tool.py", f"{script}\nif __name__ == '__main__':\n    join([], target='out/none.jsonl')\n"
    )
    mine.commit()
    mine.start("tool.py")
    assert mine.newest("join").claim.code.function == "tool:join"
    assert mine.reproduce("join").code.startswith("the commit")


def test_another_engine(mine: Mine) -> None:
    """Where Distill alone is another, nobody is sent to look for his own commit."""
    (mine.root / ".git").rename(mine.root / "no-git")
    receipt = changed_receipt(mine, "up", {"distill/receipts/": "0" * 64})
    with pytest.raises(IncompleteError, match=r"distill/receipts/ \(changed\)") as caught:
        mine.reproduce(receipt.digest.hex)
    assert "Distill itself is another" in caught.value.hint


def test_a_stage_that_writes_into_its_input(mine: Mine) -> None:
    """It spoils a copy: the original stays as it was."""
    mine.write("mine/needy.py", NEEDY)
    mine.call("greedy('logs/a.jsonl', target='out/greedy.txt')", module="mine.needy")
    before = snapshot(mine.root / "logs")
    with pytest.raises(IncompleteError, match=r"logs/a\.jsonl changed while the stage ran"):
        mine.reproduce("greedy")
    assert snapshot(mine.root / "logs") == before


def test_a_stage_under_another_name(mine: Mine) -> None:
    """A function that was wrapped by hand is found by the stage that wraps it."""
    mine.write("mine/needy.py", NEEDY)
    mine.call("renamed(target='out/renamed.txt')", module="mine.needy")
    assert mine.newest("renamed").claim.code.function == "mine.needy:_plain"
    assert mine.reproduce("renamed").exit_code == 0


def test_files_below_a_root(mine: Mine) -> None:
    """A log below a named root is laid out below that root again."""
    far = mine.root.parent / "far"
    far.mkdir()
    (far / "c.jsonl").write_text('{"c": 1}\n')
    mine.write("distill.toml", f'[roots]\nfar = "{far}"\n')
    mine.call(f"up([Path('{far}/c.jsonl')], mark='?', rows='out/far')")
    assert mine.newest("up").claim.inputs[0].path == "far:c.jsonl"
    with prepare(mine.workspace.named(mine.root), "up", Options()) as prepared:
        assert prepared.run().exit_code == 0
    with pytest.raises(IncompleteError, match=r"far:c\.jsonl"):
        mine.reproduce("up")  # a workspace that does not know the root


def test_the_folder_is_kept_on_demand(mine: Mine) -> None:
    """Afterwards nothing is left, or all of it where somebody asked."""
    scratch = mine.root.parent / "scratch"
    assert mine.reproduce("up", Options(scratch=scratch)).kept is None
    assert list(scratch.iterdir()) == []
    kept = mine.reproduce("up", Options(scratch=scratch, keep=True)).kept
    assert kept is not None
    assert (kept / "workspace/out/up/a.jsonl").read_text() == '{"A": 1}!\n{"A": 2}!\n'


def test_no_room_and_no_folder(mine: Mine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs that would not fit, or a folder that can't be made, are told before anything runs."""
    with pytest.raises(ConfigurationError, match="no folder to work in"):
        mine.reproduce("up", Options(scratch=mine.root / "distill.toml"))
    usage = os.statvfs_result((1,) * 10)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": usage.f_bfree}))
    with pytest.raises(ConfigurationError, match="has room for 1"):
        mine.reproduce("up")
