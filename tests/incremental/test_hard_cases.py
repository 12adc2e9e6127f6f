"""Single cases in which a run with a memory once differed from a full rebuild, hung or crashed."""

import gzip
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distill.receipts.digest import digest_bytes
from distill.receipts.incremental.stage import IncrementalStage
from distill.stages import part_reader
from distill.workspace.reading import read_records
from tests.workspaces import MAPPED, VERDICT, lines, row

from .desk import Desk
from .pipeline import STAGES
from .small import made, make_small

CONFIGURATION = MAPPED + VERDICT
ROWS = [row(f"t{i % 4}", f"answer {i}", i % 3 == 0, at=None) for i in range(60)]
MEMORY = ".distill/incremental"
EVIDENCE = "data/evidence/agents"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace of small parts; a test that waits for ever ends with an error."""
    make_small(monkeypatch)
    (tmp_path / "kept/logs").mkdir(parents=True)
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(300)
    yield tmp_path / "kept"
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _give_up(*_: object) -> None:
    raise TimeoutError


def _run(root: Path) -> None:
    """Run all stages; they make what a full rebuild makes."""
    full = root.parent / f"full{len(list(root.parent.iterdir()))}"
    shutil.copytree(root / "logs", full / "logs")
    assert made(root, CONFIGURATION) == made(full, CONFIGURATION)


@pytest.mark.parametrize("order", [1, -1])
def test_a_log_is_compressed_under_its_name(root: Path, order: int) -> None:
    """Its records are the same; but only of a plain file does the receipt's entry have a root."""
    for content in [lines(ROWS), gzip.compress(lines(ROWS), mtime=0)][::order]:
        (root / "logs/a.jsonl").write_bytes(content)
        _run(root)


def test_a_record_gets_another_fault(root: Path) -> None:
    """Same places, same bytes: what is wrong with them depends on what stands around them."""
    for end in (b",]", b",", b"]"):
        (root / "logs/a.jsonl").write_bytes(b"[" + json.dumps(ROWS[0]).encode() + end)
        _run(root)


@pytest.mark.parametrize("write", [lines, lambda rows: gzip.compress(lines(rows), mtime=0)])
def test_outputs_are_gone(
    root: Path, write: Callable[[object], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each log is read once more, and not once for each of its parts."""
    (root / "logs/a.jsonl").write_bytes(write(ROWS))
    _run(root)
    shutil.rmtree(root / "data/evidence")
    begun = _count_readings(monkeypatch)
    made(root, CONFIGURATION)
    assert len(begun) == 1
    _run(root)


def test_runs_that_are_in_two_logs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To merge them each log is read once more, in whatever order the runs' ids come."""
    named = [row("t", f"answer {i}", id=f"{i * 7 % 60}") for i in range(60)]
    configuration = CONFIGURATION.replace('role = "train"', 'run_id = "/id"\nrole = "train"')
    for name in ("a", "b"):
        (root / f"logs/{name}.jsonl").write_bytes(gzip.compress(lines(named), mtime=0))
    made(root, configuration)
    (root / "logs/c.jsonl").write_bytes(lines([row("t", "one more", id="more")]))
    begun = _count_readings(monkeypatch)
    found = made(root, configuration)
    assert len(begun) <= 5  # c; a and b for their provenance, and again where lines are written
    assert len(b"".join(v for k, v in found.items() if k.startswith(EVIDENCE)).splitlines()) == 61


def _count_readings(patch: pytest.MonkeyPatch) -> list[object]:
    begun: list[object] = []

    def counted(*args: object, **named: object) -> object:
        begun.append(args)
        return read_records(*args, **named)  # type: ignore[arg-type]

    patch.setattr(part_reader, "read_records", counted)
    return begun


def test_the_evidence_of_a_log_in_utf16_is_gone(root: Path) -> None:
    """Such a log is one record that can't be used, and not the lines that it may hold."""
    (root / "logs/a.jsonl").write_bytes(b"\xff\xfe\n" + lines(ROWS[:3]))
    (root / "logs/b.jsonl").write_bytes(lines(ROWS[3:]))
    _run(root)
    shutil.rmtree(root / "data/evidence")
    _run(root)


def test_a_pipe_lies_where_an_output_lay(root: Path) -> None:
    """Nobody waits for a writer; the pipe must be taken away by whoever put it there."""
    (root / "logs/a.jsonl").write_bytes(lines(ROWS))
    _run(root)
    shard = sorted((root / EVIDENCE).iterdir())[1]
    shard.unlink()
    os.mkfifo(shard)
    with pytest.raises(Exception, match="no regular file"):
        made(root, CONFIGURATION)
    shard.unlink()
    _run(root)


def test_shards_share_no_bytes_on_the_disk(root: Path) -> None:
    """Where shards get other numbers, an edit of one changes no other, and nothing set aside."""
    (root / "logs/b.jsonl").write_bytes(lines(ROWS))
    _run(root)
    (root / "logs/a.jsonl").write_bytes(lines(row(f"u{i}", f"b{i}") for i in range(9)))
    _run(root)
    found = [p for top in ("data", "exports") for p in (root / top).rglob("*") if p.is_file()]
    assert {path.stat().st_nlink for path in found} == {1}


@pytest.mark.parametrize("what", ["folder", "new", "pipe", "link"])
def test_the_memory_can_not_be_written(root: Path, what: str) -> None:
    """Then the next run computes everything; nothing is written elsewhere."""
    (root / "logs/a.jsonl").write_bytes(lines(ROWS))
    _run(root)
    other = root / "other"
    other.write_bytes(b"other")
    names = [one.with_name(f"{one.name}.new") for one in (root / MEMORY).iterdir()]
    if what == "folder":
        shutil.rmtree(root / MEMORY)
        (root / MEMORY).write_bytes(b"")
    for name in names if what != "folder" else ():
        if what == "new":
            name.mkdir()
        elif what == "pipe":
            os.mkfifo(name)
        else:
            name.symlink_to(other)
    (root / "logs/a.jsonl").write_bytes(lines(ROWS[1:]))
    _run(root)
    assert other.read_bytes() == b"other"
    _run(root)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"shards":[[', b'"shards":[[5,"",0,9999,true],['),
        (b'"shards":[["', b'"shards":[["x","",0,1,true],["'),
        (b'"files":[["', b'"files":[["x",99999],["'),
        (b'["keys",', b'["keys",1'),
        (b'["keys",', b'["keys",-'),
        (b'["row_keys",', b'["row_keys",1'),
        (b'"format":"distill.incremental/2"', b'"format":[]'),
    ],
)
def test_a_memory_is_forged(root: Path, old: bytes, new: bytes) -> None:
    """With a seal that fits, and sizes that don't: it is no memory."""
    (root / "logs/a.jsonl").write_bytes(lines(ROWS))
    _run(root)
    forged = 0
    for memory in (root / MEMORY).iterdir():
        sound = memory.read_bytes()[:-32]
        body = sound.replace(old, new, 1)
        forged += body != sound
        memory.write_bytes(body + bytes.fromhex(digest_bytes(body).hex))
    assert forged
    (root / "logs/a.jsonl").write_bytes(lines(ROWS[:-1]))
    _run(root)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.stage)
def test_a_read_gives_less_than_was_asked_for(
    stage: IncrementalStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Linux does from 2 GiB on: a longer record has not changed meanwhile."""
    logs = {"a.jsonl": (b"1 one", b"2 two" * 99, b"1 three")}
    whole, short = Desk(tmp_path / "whole"), Desk(tmp_path / "short")
    expected = whole.run(stage, whole.put(logs, is_open=False))
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, start: pread(file, min(size, 7), start))
    assert short.run(stage, short.put(logs, is_open=False)) == expected
