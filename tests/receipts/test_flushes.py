"""What is durable before what: each step of a publication, as a power loss would find it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distill.receipts import InFiles, OutDir, durable, with_receipt
from distill.receipts.scope import workspace_scope
from distill.receipts.workspace import Workspace

FILES = 20


@with_receipt(stage="double", version=1)
def double(logs: InFiles, *, rows: OutDir) -> None:
    """Write each log twice over."""
    for log in logs:
        (rows / log.name).write_bytes(log.read_bytes() * 2)


def call(root: Path) -> None:
    """Call the stage on all logs."""
    with workspace_scope(Workspace(root)):
        double(sorted((root / "logs").iterdir()), rows=Path("out"))


Step = tuple[str, str]
_recorders: list[Callable[[str, str], None]] = []
_KINDS = {"os.rename": "rename", "os.link": "link", "os.remove": "remove"}


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _recorders and event in _KINDS:
        place = arguments[0] if event == "os.remove" else arguments[1]
        _recorders[-1](_KINDS[event], os.fspath(place))  # type: ignore[call-overload]


sys.addaudithook(_hook)


@contextmanager
def recorded(patch: pytest.MonkeyPatch) -> Iterator[list[Step]]:
    """Record what is flushed, and which names come and go, in order."""
    steps: list[Step] = []
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        flush(descriptor)
        steps.append(("flush", str(Path(f"/proc/self/fd/{descriptor}").readlink())))

    patch.setattr(os, "fsync", fsync)
    _recorders.append(lambda kind, place: steps.append((kind, place)))
    try:
        yield steps
    finally:
        _recorders.pop()


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Return the steps of a run that replaces the outputs of a former one."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(FILES):
        (logs / f"{number:02}.txt").write_text(f"log {number}\n")
    call(tmp_path)
    for log in logs.iterdir():
        log.write_text("edited\n" + log.name)
    with recorded(monkeypatch) as found:
        call(tmp_path)
    return found


def below(steps: list[Step], root: Path) -> list[Step]:
    """Return the steps with paths below the workspace."""
    return [
        (kind, Path(place).relative_to(root).as_posix())
        for kind, place in steps
        if Path(place).is_relative_to(root)
    ]


def first(steps: list[Step], kind: str, begin: str, *, after: int = -1) -> int:
    """Return the number of the first such step on a path that begins so."""
    for number, (found, place) in enumerate(steps):
        if number > after and found == kind and place.startswith(begin):
            return number
    raise AssertionError((kind, begin, steps))


def every(steps: list[Step], kind: str, begin: str) -> list[int]:
    """Return the numbers of all such steps."""
    return [
        n for n, (found, place) in enumerate(steps) if found == kind and place.startswith(begin)
    ]


def test_what_a_step_needs_is_durable_before_it(steps: list[Step], tmp_path: Path) -> None:
    """The order that distill/receipts/publish.py and the ledger promise."""
    found = below(steps, tmp_path)
    journal, ledger, checkpoint = ".distill/publish/", "receipts/ledger", "receipts/ledger/check"
    opened = first(found, "rename", journal)
    assert first(found, "flush", f"{journal}.double") < opened
    started = first(found, "rename", checkpoint)
    assert first(found, "flush", f"{ledger}/log") < started
    assert first(found, "flush", ".distill/publish", after=opened) < started
    commit = first(found, "rename", journal, after=opened)
    flushed = [place for kind, place in found[started:commit] if kind == "flush"]
    written = [place for place in flushed if place.startswith(".out.")]
    assert len(written) == len(set(written)) == FILES
    assert any(place.startswith(f"{journal}.double") for place in flushed)
    moved = first(found, "rename", "out/")
    assert commit < first(found, "flush", ".distill/publish", after=commit) < moved
    aside = every(found, "rename", "data/objects/")
    assert len(aside) == FILES
    assert max(aside) < first(found, "flush", "data/objects", after=max(aside)) < moved
    receipt = first(found, "link", "receipts/objects/")
    assert first(found, "flush", "receipts/objects/", after=commit) < receipt
    last = max(every(found, "rename", "out/"))
    covered = first(found, "rename", checkpoint, after=receipt)
    line = first(found, "flush", f"{ledger}/log", after=receipt)
    assert last < receipt < first(found, "flush", "out", after=receipt) < line < covered
    assert first(found, "flush", "receipts/objects/", after=receipt) < line
    pointed = first(found, "rename", "receipts/refs/double")
    assert first(found, "flush", "receipts/refs/.double") < covered < pointed
    assert first(found, "flush", "receipts/ledger/checkpoints", after=covered) < pointed
    ended = first(found, "remove", journal)
    assert pointed < first(found, "flush", "receipts/refs", after=pointed) < ended


def test_few_flushes_stand_beside_those_of_the_outputs(steps: list[Step], tmp_path: Path) -> None:
    """Each output is flushed once, and the number of the others is that of the steps."""
    flushed = [place for kind, place in below(steps, tmp_path) if kind == "flush"]
    outputs = [place for place in flushed if place.startswith(".out.")]
    assert len(outputs) == len(set(outputs)) == FILES
    assert len(flushed) - FILES <= 20


def test_all_are_flushed_whatever_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many threads as files are enough, or fewer; each file is flushed once."""
    for number in (0, 1, 2, 8, 9, 40):
        files = [tmp_path / f"{number}-{one}" for one in range(number)]
        for file in files:
            file.touch()
        with recorded(monkeypatch) as found:
            durable.sync_all([*files, *files])
        assert sorted(Path(place) for _, place in found) == sorted(files)


def test_a_file_that_is_gone_is_an_error_when_others_were_flushed(tmp_path: Path) -> None:
    """Nobody takes a flush that failed for one that was made."""
    files = [tmp_path / str(number) for number in range(12)]
    for file in files[1:]:
        file.touch()
    with pytest.raises(FileNotFoundError):
        durable.sync_all(files)
