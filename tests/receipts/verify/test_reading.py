"""Files are read once, whatever the threads, and what can't be read is told apart from what is."""

import os
import threading
from pathlib import Path

import pytest

from distill.receipts import Workspace, verify_workspace
from distill.receipts.digest import digest_bytes, watch_file
from distill.receipts.plain_files import Unread
from distill.receipts.verify import reading
from distill.receipts.verify.reading import LARGE, Seen, read_files, usable_threads
from tests.receipts.verify.building import kinds


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """Files of all sizes: two that are read alone, others side by side."""
    sizes = {"huge": 3 * LARGE + 5, "large": LARGE + 1, "empty": 0}
    sizes |= {f"small-{n}": 1000 * n for n in range(40)}
    made = {}
    for name, size in sizes.items():
        path = tmp_path / name
        path.write_bytes(name.encode() + b"x" * size)
        made[name] = path
    return made


@pytest.mark.parametrize("threads", [1, 2, 3, usable_threads()])
@pytest.mark.parametrize("is_deep", [False, True])
def test_the_number_of_threads_changes_nothing(
    places: dict[str, Path], threads: int, is_deep: bool
) -> None:
    """Every file has the digest of its bytes, whoever reads it."""
    found = read_files(places, is_deep=is_deep, threads=threads)
    assert set(found) == set(places)
    for name, path in places.items():
        seen = found[name]
        assert isinstance(seen, Seen)
        assert seen.blake3 == digest_bytes(path.read_bytes())
        assert seen.bytes == path.stat().st_size
        assert (seen.sha256 is not None) == is_deep


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    """Each says what stands in its place."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ("link", "folder", "pipe", "gone", "file/below", "x" * 300)
    found = read_files({name: tmp_path / name for name in names}, is_deep=False, threads=1)
    told = {name: look.told for name, look in found.items() if isinstance(look, Unread)}
    assert [told[name] for name in names] == [
        "a link",
        "a folder",
        "a pipe",
        "nothing",
        "nothing",
        "File name too long",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(built: Workspace) -> None:
    """What this person may not read can't be checked: 11, and it is named."""
    (built.root / "exports/second.jsonl").chmod(0)
    assert kinds(built) == {("file_unreadable", "exports/second.jsonl")}
    assert verify_workspace(built).exit_code == 11


def test_a_file_that_changes_while_it_is_read(
    built: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that is not done is no tampering: 11."""
    path = built.root / "logs/a.jsonl"

    def slow(place: Path, *, threads: int = 1) -> object:
        if place == path:
            path.write_text(path.read_text() + '{"a":2}\n')
        return watch_file(place, threads=threads)

    monkeypatch.setattr("distill.receipts.verify.reading.watch_file", slow)
    assert kinds(built) == {("file_unreadable", "logs/a.jsonl")}


def test_a_reader_that_fails_ends_the_others(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in one thread is raised by the one that asked; none is left, no file is skipped."""
    read = reading._read

    def fail(task: reading._Task, threads: int = 1) -> reading.Look:
        if task.shown == "small-20":
            raise ZeroDivisionError
        return read(task, threads)

    monkeypatch.setattr(reading, "_read", fail)
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        read_files(places, is_deep=False, threads=3)
    assert threading.active_count() == before
