"""The eight trust tests for a record stage and a group stage, in processes, with workers.

What a change costs downstream is told too: a stage whose input came out the same is skipped.
"""

import os
import time
from pathlib import Path

import pytest

from distill.receipts import ReceiptStore
from distill.receipts.verify import VerificationRequest, verify_workspace

from .children import OUTPUTS, Pipeline

STAGES = ("widen", "group")
PARTS = {"widen": OUTPUTS["widen"], "group": OUTPUTS["gather"]}


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline that ran once, to be copied and not touched."""
    made = Pipeline.make(tmp_path_factory.mktemp("trust") / "built")
    assert set(made.statuses().values()) == {"ran"}
    return made


@pytest.fixture
def built(built_once: Pipeline, tmp_path: Path) -> Pipeline:
    """A pipeline that ran once."""
    return built_once.copy(tmp_path / "built")


def _ran(pipeline: Pipeline) -> dict[str, str]:
    """Run all stages again and return those that were not skipped, with the reason."""
    told = pipeline.run()
    assert "error" not in told, told["error"]
    return {stage: one["reason"] for stage, one in told.items() if one["status"] == "ran"}


def test_1_a_helper_that_nobody_declared_is_edited(built: Pipeline) -> None:
    """All stages of the module run; a comment in the helper is no reason to run."""
    helper = built.root / "flowlib/marks.py"
    helper.write_text(helper.read_text() + "\n# a comment\n")
    assert _ran(built) == {}
    helper.write_text(helper.read_text().replace('b"%d %b"', 'b"%d-%b"'))
    ran = _ran(built)
    assert {"widen", "group"} <= set(ran)
    assert "code changed: flowlib/marks.py" in ran["widen"]
    assert (built.root / PARTS["widen"]).read_bytes()[1:2] == b"-"


@pytest.mark.parametrize("stage", STAGES)
def test_2_an_output_is_deleted(built: Pipeline, stage: str) -> None:
    """The missing shard is named and made again, and nothing after it runs."""
    before = built.outputs()
    (built.root / PARTS[stage]).unlink()
    assert _ran(built) == {stage: f"output {PARTS[stage]} is missing"}
    assert built.outputs() == before


@pytest.mark.parametrize("stage", STAGES)
def test_3_an_output_is_edited(built: Pipeline, stage: str) -> None:
    """The edit is set aside, not served, not copied from and not destroyed."""
    before = built.outputs()
    with (built.root / PARTS[stage]).open("ab") as shard:
        shard.write(b"edited\n")
    edited = (built.root / PARTS[stage]).read_bytes()
    assert f"output {PARTS[stage]} was changed" in _ran(built)[stage]
    assert built.outputs() == before
    assert edited in [kept.read_bytes() for kept in (built.root / "data/objects").iterdir()]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("also", ["nothing else", "growth"])
def test_4_an_output_is_edited_with_the_same_size_and_time(
    built: Pipeline, stage: str, also: str
) -> None:
    """Not when nothing else changed, and not when the rest of the shard could be kept."""
    shard = built.root / PARTS[stage]
    status = shard.stat()
    shard.write_bytes(shard.read_bytes().replace(b"1", b"2"))
    os.utime(shard, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert shard.stat().st_size == status.st_size
    whole = Pipeline.make(built.root.parent / "whole")
    for one in (built, whole):
        if also == "growth" and stage == "widen":
            one.edit()
        elif also == "growth":  # one of two groups stays as it is
            log = one.root / "logs/a.jsonl"
            log.write_bytes(log.read_bytes() + b"1 more\n")
    assert stage in _ran(built)
    whole.run()
    assert built.outputs() == whole.outputs()


@pytest.mark.parametrize("stage", STAGES)
def test_5_a_stored_object_is_corrupted(built: Pipeline, stage: str) -> None:
    """A receipt that was damaged is not believed, and neither is the memory beside it."""
    before = built.outputs()
    newest = ReceiptStore(built.workspace).newest_passed(stage)
    assert newest is not None
    receipt = built.root / "receipts/objects" / newest.digest.hex[:2] / newest.digest.hex
    receipt.chmod(0o644)
    receipt.write_bytes(receipt.read_bytes().replace(b'"passed"', b'"pasSed"', 1))
    for memory in (built.root / ".distill/incremental").iterdir():
        content = bytearray(memory.read_bytes())
        content[len(content) // 2] ^= 1
        memory.write_bytes(content)
    assert newest.digest.hex[:12] in _ran(built)[stage]
    assert built.outputs() == before


def test_6_an_input_is_only_touched(built: Pipeline) -> None:
    """New times on the same bytes are no reason to run, for any stage."""
    for log in (built.root / "logs").iterdir():
        os.utime(log)
    os.utime(built.root / PARTS["widen"])
    assert _ran(built) == {}


@pytest.mark.parametrize("stage", STAGES)
def test_7_an_input_changes_while_the_stage_runs(built: Pipeline, stage: str) -> None:
    """No passing receipt ties an output to an input that was not there; the outputs stay."""
    victim = "logs/a.jsonl" if stage == "widen" else PARTS["widen"]
    marks = built.root / "flowlib/marks.py"
    text = marks.read_text()
    first = '    return b"%d %b"' if stage == "widen" else '    key = record[:1].decode("latin-1")'
    meddle = f"    with open({victim!r}, 'ab') as log:\n        log.write(b'x\\n')\n"
    marks.write_text(text.replace(first, meddle + first))
    before = {name: b for name, b in built.outputs().items() if name != victim}
    passed = ReceiptStore(built.workspace).newest_passed(stage)
    told = built.run()
    assert "changed while" in told["error"]
    assert told["error"].startswith("SourceError: ")
    newest = ReceiptStore(built.workspace).newest(stage)
    assert newest is not None
    assert not newest.passed
    assert ReceiptStore(built.workspace).newest_passed(stage) == passed
    if stage == "widen":
        assert built.outputs() == before
    assert not [name for name in built.files() if ".partial" in name]


def test_8_two_runs_at_once(built: Pipeline) -> None:
    """After growth, one of two processes computes and the other waits and skips."""
    built.edit()
    calls = built.root / "calls"
    calls.unlink()
    alone = built.copy(built.root.parent / "alone")
    alone.run()
    processes = [built.start() for _ in range(2)]
    told = [built.finish(process) for process in processes]
    for stage in STAGES:
        assert sorted(one[stage]["status"] for one in told) == ["ran", "skipped"]
    assert calls.stat().st_size == (alone.root / "calls").stat().st_size


def test_a_stage_that_reads_shards_names_their_maker_as_parent(built: Pipeline) -> None:
    """From receipt to receipt back to the logs, after growth too; and all of it verifies."""
    time.sleep(0.01)
    built.edit()
    built.run()
    store = ReceiptStore(built.workspace)
    parents = {"widen": [], "place": ["widen"], "group": ["widen"], "tally": ["group"]}
    for stage, expected in parents.items():
        receipt = store.newest_passed(stage)
        assert receipt is not None
        assert [one.stage for one in receipt.claim.parents] == expected
        for parent in receipt.claim.parents:
            made = store.newest_passed(parent.stage)
            assert made is not None
            assert parent.claim == made.claim_digest
            outputs = {(one.path, one.blake3) for one in made.claim.outputs}
            assert {(one.path, one.blake3) for one in receipt.claim.inputs} <= outputs
    assert verify_workspace(built.workspace, VerificationRequest(is_deep=True)).faults == ()
