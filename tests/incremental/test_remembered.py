"""Rows that are remembered lie in files, and are what was put there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import SourceError
from distill.receipts.incremental import remembered
from distill.receipts.incremental.columns import (
    ColumnFile,
    Streamed,
    read_columns,
    write_columns,
)
from distill.receipts.incremental.remembered import NO_ITEM, FormerRows, LearntRows
from distill.receipts.incremental.spool import GrowingFile

_KEYS = st.integers(0, 20).map(lambda number: bytes([number]) * 32)
_ROWS = st.dictionaries(_KEYS, st.binary(max_size=40))
ITEM = b"i" * 32


def written(folder: Path, learnt: LearntRows, held: dict[bytes, bytes]) -> FormerRows:
    """Write rows into a file, and open it."""
    write_columns(folder / "memory", "form", {}, learnt.columns(held))
    return FormerRows(opened(folder))


def opened(folder: Path) -> ColumnFile:
    """Return the columns of the file."""
    found = read_columns(folder / "memory", "form")
    assert found is not None
    return found[1]


@given(first=_ROWS, second=_ROWS, stay=st.sets(_KEYS), block=st.integers(1, 50))
def test_rows_come_back_whatever_stays(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[bytes, bytes],
    second: dict[bytes, bytes],
    stay: set[bytes],
    block: int,
) -> None:
    """What is learnt, what stays of the run before and what is held elsewhere: each by its key."""
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "_BLOCK", block)
        before = LearntRows(FormerRows(), folder)
        for key, rows in first.items():
            before.put(key, rows)
        former = written(folder, before, {b"h" * 32: b"held"})
        assert dict(former) == {**first, b"h" * 32: b"held"}

        now = LearntRows(former, folder)
        for key in sorted(stay & first.keys()):
            now.keep(key)
            now.set_item(key, ITEM)
        for key, rows in second.items():
            now.put(key, rows)
        after = written(folder, now, {})
    kept = {key: rows for key, rows in first.items() if key in stay}
    assert dict(after) == {**second, **kept}
    assert {key: after.item_of(key) for key in after} == {
        key: ITEM if key in kept else NO_ITEM for key in after
    }


def test_a_memory_that_became_shorter_is_told(tmp_path: Path) -> None:
    """Rows that are gone since the file was opened are an error, and no other rows."""
    learnt = LearntRows(FormerRows(), tmp_path)
    learnt.put(b"k" * 32, b"rows" * 100)
    former = written(tmp_path, learnt, {})
    os.truncate(tmp_path / "memory", 200)
    with pytest.raises(SourceError, match="changed while the stage ran"):
        former[b"k" * 32]


def test_columns_that_do_not_fit_are_no_rows(tmp_path: Path) -> None:
    """A file with a seal that fits, whose columns are of different numbers of parts."""
    learnt = LearntRows(FormerRows(), tmp_path)
    learnt.put(b"k" * 32, b"rows")
    for name, column in {
        "row_items": b"",
        "row_lengths": b"",
        "row_keys": b"k" * 64,
        "rows": b"row",
    }.items():
        write_columns(tmp_path / "memory", "form", {}, {**learnt.columns({}), name: column})
        with pytest.raises(ValueError, match="rows"):
            FormerRows(opened(tmp_path))


def test_a_growing_file_leaves_nothing_in_its_folder(tmp_path: Path) -> None:
    """It has no name there, so that a process that is killed leaves nothing behind."""
    file = GrowingFile(tmp_path)
    assert file.read(0, 0) == b""
    file.append(b"one")
    file.append(b"two")
    assert (file.size, file.read(1, 4)) == (6, b"netw")
    assert list(tmp_path.iterdir()) == []
    file.close()


def test_a_file_that_can_not_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    """The run has ended well by then: what it would remember is only derived."""

    def cut_short() -> Iterator[bytes]:
        yield b"some"
        raise SourceError("the file became shorter")

    write_columns(tmp_path / "memory", "form", {}, {"old": b"old"})
    write_columns(tmp_path / "memory", "form", {}, {"new": Streamed(8, cut_short())})
    assert opened(tmp_path)["old"] == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["memory"]
