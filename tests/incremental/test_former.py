"""Which former shards a run believes, which it reads, and which it computes again."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.errors import ContractError, SourceError
from distill.receipts import rereading, scrub, with_receipt_per_record
from distill.receipts.digest import Digest, FileIdentity, digest_bytes
from distill.receipts.incremental import former, segments, shard_file
from distill.receipts.outcome import Outcome
from distill.receipts.scope import full_scope, workspace_scope
from distill.receipts.staging import Written
from distill.receipts.stat_cache import StatCache
from distill.receipts.workspace import Workspace

RECORDS = 400
computed: list[bytes] = []


@with_receipt_per_record(stage="wide", version=1)
def wide(record: bytes) -> bytes:
    """Return the record, wider."""
    computed.append(record)
    return record * 3


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace whose stage ran, with small shards, long ago as far as the cache can tell."""
    monkeypatch.setattr(segments, "USUAL", 200)
    monkeypatch.setattr(segments, "LONGEST", 800)
    monkeypatch.setattr(shard_file, "USUAL", 2000)
    monkeypatch.setattr(StatCache, "is_settled", lambda *_: True)
    monkeypatch.setattr(scrub, "SHARE", 0)
    (tmp_path / "distill.toml").touch()
    (tmp_path / "log.jsonl").write_bytes(b"".join(b'{"n":%d}\n' % n for n in range(RECORDS)))
    with workspace_scope(Workspace(tmp_path)):
        assert run(tmp_path).status == "ran"
        assert run(tmp_path).status == "skipped"
        assert len(list((tmp_path / "out").iterdir())) > 5
        computed.clear()
        yield tmp_path


def run(root: Path) -> Outcome:
    """Call the stage."""
    return wide(read=root / "log.jsonl", write=root / "out")


def grow(root: Path) -> None:
    """Append a record."""
    with (root / "log.jsonl").open("ab") as log:
        log.write(b'{"n":-1}\n')


def demand_right(root: Path) -> None:
    """The shards are those of a full rebuild."""
    lines = (root / "log.jsonl").read_bytes().splitlines()
    files = sorted((root / "out").iterdir())
    assert b"".join(file.read_bytes() for file in files) == b"".join(x * 3 + b"\n" for x in lines)


@pytest.fixture
def reads(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files that were read to tell their digests."""
    found: list[str] = []
    read = rereading.read

    def noted(place: Path | str) -> tuple[Digest, FileIdentity]:
        found.append(Path(place).relative_to(root).as_posix())
        return read(place)

    monkeypatch.setattr(rereading, "read", noted)
    return found


def test_shards_that_nobody_wrote_to_are_not_read(root: Path, reads: list[str]) -> None:
    """What a skip believes of an output, a run believes of a shard that stands."""
    grow(root)
    assert run(root).status == "ran"
    assert [path for path in reads if path.startswith("out/")] == []
    assert len(computed) < 100
    demand_right(root)


def test_a_full_run_reads_every_shard(root: Path, reads: list[str]) -> None:
    """Whoever doesn't rely on the times asks for it."""
    number = len(list((root / "out").iterdir()))
    grow(root)
    with full_scope():
        assert run(root).status == "ran"
    assert len({path for path in reads if path.startswith("out/")}) == number
    demand_right(root)


def test_a_shard_that_was_edited_is_computed_again(root: Path) -> None:
    """Its times differ, so it is read, and it does not hold what was recorded."""
    shard = sorted((root / "out").iterdir())[2]
    content = shard.read_bytes()
    shard.write_bytes(content[:-2] + b"x\n")
    grow(root)
    assert run(root).status == "ran"
    demand_right(root)
    assert len(computed) > 20


def test_a_link_in_a_shard_s_place_is_no_shard(root: Path) -> None:
    """Even where it leads to the recorded bytes: what it leads to is no output of the stage."""
    shard = sorted((root / "out").iterdir())[2]
    copy = root / "copy.jsonl"
    shard.rename(copy)
    shard.symlink_to(copy)
    grow(root)
    with pytest.raises(ContractError, match=f"a link lies where the output out/{shard.name} goes"):
        run(root)
    assert shard.is_symlink()


def test_a_shard_that_changed_without_a_trace_is_found_by_the_scrub(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that always find something to do reread a part of their shards, too."""
    shard = sorted((root / "out").iterdir())[2]
    content, times = shard.read_bytes(), shard.stat()
    shard.write_bytes(b"y" + content[1:])
    os.utime(shard, ns=(times.st_atime_ns, times.st_mtime_ns))
    path = f"out/{shard.name}"
    cache = StatCache.read(Workspace(root))
    known = cache.entry_of(path)
    assert known is not None
    identity = FileIdentity.of(shard.stat())
    cache.keep(path, identity.text, known[1])  # as a file system without ctime would have it
    cache.write(Workspace(root))
    grow(root)
    monkeypatch.setattr(former, "scrub", lambda cache, places: scrub.scrub(cache, places, 10**6))
    assert run(root).status == "ran"
    demand_right(root)


def test_a_shard_that_is_renamed_is_not_read_where_its_times_tell(
    root: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more record in front moves shards; each has one more name, and the same bytes."""
    log = root / "log.jsonl"
    log.write_bytes(b'{"n":"%b"}\n' % (b"z" * 3000) + log.read_bytes())
    hashed: list[Path] = []
    monkeypatch.setattr(former, "digest_file", hashed.append)
    outcome = run(root)
    assert outcome.status == "ran"
    assert hashed == []
    assert [path for path in reads if path.startswith("out/")] == []
    demand_right(root)
    for entry in outcome.outputs:
        assert digest_bytes((root / entry.path).read_bytes()) == entry.blake3


def test_a_shard_written_to_while_it_is_renamed_is_no_output(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found sound is held against what got the new name."""
    log = root / "log.jsonl"
    log.write_bytes(b'{"n":"%b"}\n' % (b"z" * 3000) + log.read_bytes())
    link = os.link

    def write_and_link(source: Path, target: Path, **given: bool) -> None:
        content = Path(source).read_bytes()
        with Path(source).open("r+b") as file:
            file.write(b"w" + content[1:])
        link(source, target, **given)

    monkeypatch.setattr(os, "link", write_and_link)
    with pytest.raises(Exception, match="changed while the stage ran"):
        run(root)


def test_a_shard_that_changed_before_it_is_renamed_is_no_output(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wrote to it and put its mtime back is told by the ctime, which the new name changes."""
    log = root / "log.jsonl"
    log.write_bytes(b'{"n":"%b"}\n' % (b"z" * 3000) + log.read_bytes())
    link = former.FormerShards.link

    def write_and_link(self: former.FormerShards, number: int, place: Path) -> Written | None:
        shard = self.place_of(number)
        times = shard.stat()
        with shard.open("r+b") as file:
            file.write(b"w")
        os.utime(shard, ns=(times.st_atime_ns, times.st_mtime_ns))
        return link(self, number, place)

    monkeypatch.setattr(former.FormerShards, "link", write_and_link)
    with pytest.raises(SourceError, match="changed while the stage ran"):
        run(root)


def test_a_shard_written_to_within_a_tick_of_its_reading_is_no_output(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its times are those of before, and may be: so what got the new name is read."""
    log = root / "log.jsonl"
    log.write_bytes(b'{"n":"%b"}\n' % (b"z" * 3000) + log.read_bytes())
    identity, link = FileIdentity.of, former.FormerShards.link

    def at_one_tick(found: os.stat_result) -> FileIdentity:
        return identity(found)._replace(mtime_ns=0, ctime_ns=0)

    def write_and_link(self: former.FormerShards, number: int, place: Path) -> Written | None:
        with self.place_of(number).open("r+b") as file:
            file.write(b"w")
        return link(self, number, place)

    monkeypatch.setattr(FileIdentity, "of", at_one_tick)
    monkeypatch.setattr(Written, "of", lambda file: Written(file.stat().st_size, 0))
    monkeypatch.setattr(StatCache, "is_settled", lambda *_: False)
    monkeypatch.setattr(former.FormerShards, "link", write_and_link)
    with pytest.raises(SourceError, match="changed while the stage ran"):
        run(root)


def test_a_log_that_a_run_read_is_not_read_by_the_next_look(root: Path, reads: list[str]) -> None:
    """What a run learnt while it summed up its inputs is learnt."""
    grow(root)
    assert run(root).status == "ran"
    reads.clear()
    assert wide.plan(read=root / "log.jsonl", write=root / "out").status == "fresh"
    assert "log.jsonl" not in reads
