"""Lines that wait between two passes: given back as they were, and taken as whole shards."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.receipts import Workspace
from distill.receipts.incremental import shard_file
from distill.receipts.incremental.drafts import Drafts
from distill.receipts.incremental.former import FormerShards
from distill.receipts.incremental.functions import Made
from distill.receipts.incremental.memory import Memory
from distill.receipts.incremental.shards import ShardWriter

LINES = st.integers(0, 40).map(lambda number: f"{number} and so on\n".encode() * (number % 4))
KEPT = st.lists(st.one_of(LINES, st.none()), max_size=60)


def test_an_item_is_read_in_as_many_calls_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system gives 2 GiB at once at most; here it gives less."""
    read = os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, begin: read(file, min(size, 7), begin))
    content = b"a line of more bytes than that\n"
    for scale in (None, 1):
        with Drafts(tmp_path, scale) as drafts:
            drafts.keep(key(content), content)
            assert drafts.get(key(content)) == content
            drafts.end_shards()
            assert drafts.get(key(content)) == content


def key(content: bytes) -> bytes:
    """Return the key of an item: it decides the bytes."""
    return sha256(content).digest()


@pytest.fixture(autouse=True)
def _short_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_file, "USUAL", 100)
    monkeypatch.setattr(shard_file, "ROOM", 400)


@given(KEPT, st.sampled_from([None, 1, 2]))
def test_what_is_kept_is_given_back(
    tmp_path_factory: pytest.TempPathFactory, kept: list[bytes | None], scale: int | None
) -> None:
    """In any order, while shards are made and when they are none any more; no file stays."""
    folder = tmp_path_factory.mktemp("drafts")
    there = set[bytes]()
    with Drafts(folder, scale) as drafts:
        for content in kept:
            if content is None:
                drafts.end_shards()
                continue
            drafts.keep(key(content), content)
            there.add(content)
            assert drafts.get(key(content)) == content
        assert all(drafts.get(key(one)) == one and key(one) in drafts for one in there)
        assert drafts.get(key(b"never")) is None
        assert key(b"never") not in drafts
    assert list(folder.iterdir()) == []


@settings(max_examples=200)
@given(KEPT, st.data())
def test_what_is_written_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, kept: list[bytes | None], data: st.DataObject
) -> None:
    """Names, bytes, sums and items, whatever became of the items between the passes."""
    folder = tmp_path_factory.mktemp("drafts")
    written = list[bytes]()
    plain, drafted = _writer(folder / "plain"), _writer(folder / "drafted")
    with Drafts(folder, 1) as drafts:
        for content in kept:
            if content is None:
                drafts.end_shards()
                continue
            drafts.keep(key(content), content)
            fate = data.draw(st.sampled_from(["stays"] * 9 + ["goes", "becomes another"]))
            written += [] if fate == "goes" else [content if fate == "stays" else b"another\n"]
        keys = [key(content) for content in written]
        plain.write(keys, lambda number: _made(written[number]))
        drafted.write(
            keys, lambda number: _made(drafts.get(keys[number]) or written[number]), drafts
        )
    assert _told(plain) == _told(drafted)


def test_shards_are_taken_whole(tmp_path: Path) -> None:
    """Nothing is asked for where nothing became of any item, and little where one changed."""
    written = [f"{number} and so on\n".encode() * 5 for number in range(300)]
    asked = list[int]()

    def make(number: int) -> Made:
        asked.append(number)
        return _made(written[number])

    for changed in (None, 150):
        asked.clear()
        writer = _writer(tmp_path / f"{changed}")
        with Drafts(tmp_path, 1) as drafts:
            for content in written:
                drafts.keep(key(content), content)
            if changed is not None:
                written[changed] = b"another\n"
            writer.write([key(content) for content in written], make, drafts)
        assert len(writer.shards) > 30
        assert b"".join(_bytes(writer)) == b"".join(written)
        assert (changed is None and asked == []) or (changed in asked and len(asked) < 30)


@given(st.lists(st.sampled_from([b"\n", b"a", b"bc"])).map(b"".join))
def test_lines_are_counted(content: bytes) -> None:
    """One for each newline."""
    assert shard_file.lines_in(content) == content.count(b"\n")


def test_drafts_of_another_scale_are_refused(tmp_path: Path) -> None:
    """They end elsewhere than the shards do."""
    with Drafts(tmp_path, 2) as drafts:
        drafts.keep(key(b"x\n"), b"x\n")
        with pytest.raises(ValueError, match="scale 2 are no shards of scale 1"):
            _writer(tmp_path / "out").write([key(b"x\n")], lambda _: _made(b"x\n"), drafts)


def _made(content: bytes) -> Made:
    return Made(content, content.count(b"\n"))


def _writer(folder: Path) -> ShardWriter:
    folder.mkdir()
    former = FormerShards(Workspace(folder), Memory(""), {})
    return ShardWriter(folder, "out", "", former)


def _bytes(writer: ShardWriter) -> list[bytes]:
    return [(writer.folder / one.name).read_bytes() for one in writer.written]


def _told(writer: ShardWriter) -> tuple[Any, ...]:
    items = writer.items
    listed = list(items.keys), list(items.lengths), list(items.records)
    return writer.written, writer.shards, listed, _bytes(writer)
