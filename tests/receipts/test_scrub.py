"""The rolling scrub and the full reread: what the times can't show is found all the same."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts import InFile, OutFile, Workspace, full_scope, with_receipt
from distill.receipts.clock import moment_ns
from distill.receipts.digest import FileIdentity, digest_bytes
from distill.receipts.scrub import SHARE, scrub
from distill.receipts.stat_cache import StatCache

KIB = 1024
A, B, C = Path("a.txt"), Path("b.txt"), Path("c.txt")
Put = Callable[[str, str], Path]


@with_receipt(stage="copy", version=1)
def copy(log: InFile, out: OutFile) -> None:
    """Copy a file."""
    out.write_bytes(log.read_bytes())


@pytest.fixture
def aged(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose clock stands an hour ahead, so that no file was just written."""
    now = moment_ns()
    monkeypatch.setattr("distill.receipts.stat_cache.moment_ns", lambda: now + 3600 * 10**9)
    return workspace


def lie(workspace: Workspace, path: str, text: str) -> None:
    """Change a file, and let the cache say that the file as it is now holds what it held."""
    cache = StatCache.read(workspace)
    entry = cache.entry_of(path)
    assert entry is not None
    (workspace.root / path).write_text(text)
    cache.keep(path, FileIdentity.of((workspace.root / path).stat()).text, entry[1])
    cache.write(workspace)


@pytest.fixture
def lied_to(aged: Workspace, put: Put, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose output has other bytes, unknown to the cache and to a decision."""
    put("a.txt", "right")
    for _ in range(2):
        copy(A, B)
    lie(aged, "b.txt", "wrong")
    with monkeypatch.context() as patch:
        patch.setattr("distill.receipts.running.scrub", lambda *_: True)
        assert copy(A, B).skipped
    assert copy.plan(A, B).status == "fresh"
    return aged


def test_the_scrub_of_a_remembered_skip_finds_other_bytes(lied_to: Workspace) -> None:
    """The output is rebuilt, and the reason tells the digests."""
    outcome = copy(A, B)
    assert (outcome.status, outcome.set_aside) == ("ran", ("b.txt",))
    assert outcome.reason.startswith("output b.txt was changed (blake3 ")
    assert (lied_to.root / "b.txt").read_text() == "right"


def test_the_scrub_of_a_look_finds_other_bytes(lied_to: Workspace, put: Put) -> None:
    """Where no decision stands, what the cache says is scrubbed too."""
    cache = StatCache.read(lied_to)
    for name in cache.names():
        if name.startswith("decision:"):
            entry = cache.entry_of(name)
            assert entry is not None
            cache.keep(name, "another", entry[1])
    cache.write(lied_to)
    assert copy(A, B).reason.startswith("output b.txt was changed")


def test_a_full_reread_finds_other_bytes(
    lied_to: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the scope, or by the variable; a plan too."""
    monkeypatch.setattr("distill.receipts.recording.scrub", lambda *_: True)
    assert copy(A, B).skipped
    with full_scope():
        assert copy.plan(A, B).status == "stale"
    monkeypatch.setenv("DISTILL_FULL", "1")
    assert copy(A, B).status == "ran"


def test_a_full_scope_reads_each_file_once(
    aged: Workspace, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question, one reading; the next scope reads again."""
    read: list[str] = []
    opened = os.open

    def spy(path: str | Path, *rest: int) -> int:
        read.append(Path(path).name)
        return opened(path, *rest)

    put("a.txt", "right")
    for _ in range(2):
        copy(A, B)
        copy(B, C)
    monkeypatch.setattr("distill.receipts.digest.os.open", spy)
    for _ in range(2):
        read.clear()
        with full_scope():
            assert copy(A, B).skipped
            assert copy(B, C).skipped
        assert sorted(name for name in read if name.endswith(".txt")) == ["a.txt", "b.txt", "c.txt"]


def known(root: Path, sizes: dict[str, int]) -> tuple[StatCache, dict[str, str]]:
    """Return a cache that knows files of these sizes, and where they lie."""
    cache = StatCache()
    for name, size in sizes.items():
        (root / name).write_bytes(bytes(size))
        identity = FileIdentity.of((root / name).stat())
        cache.keep(name, identity.text, digest_bytes(bytes(size)).hex)
    return cache, {name: str(root / name) for name in sizes}


def order(cache: StatCache) -> list[str]:
    """Return the files from that which was read longest ago on."""
    return [name for name in cache.names() if not name.startswith("scrub")]


def test_what_was_read_longest_ago_comes_first(tmp_path: Path) -> None:
    """Each call rereads its share and no more; after some calls all was reread."""
    cache, places = known(tmp_path, dict.fromkeys("abcde", 64 * KIB))
    for expected in ("cdeab", "eabcd", "bcdea"):
        assert scrub(cache, places, share=128 * KIB)
        assert "".join(order(cache)) == expected


def test_a_large_file_waits_until_enough_is_saved(tmp_path: Path) -> None:
    """On average no call reads more than its share."""
    cache, places = known(tmp_path, {"large": 300 * KIB, "small": 100 * KIB})
    orders = []
    for _ in range(3):
        assert scrub(cache, places, share=128 * KIB)
        orders.append(order(cache)[0])
    assert orders == ["large", "large", "small"]


def test_nothing_is_saved_where_all_was_reread(tmp_path: Path) -> None:
    """A small workspace does not save up for a large file that comes one day."""
    cache, places = known(tmp_path, {"small": KIB})
    for _ in range(3):
        assert scrub(cache, places)
    (tmp_path / "large").write_bytes(bytes(SHARE + 1))
    identity = FileIdentity.of((tmp_path / "large").stat())
    cache.keep("large", identity.text, "00" * 32)
    assert scrub(cache, {"large": str(tmp_path / "large")})
    assert not scrub(cache, {"large": str(tmp_path / "large")})


@pytest.mark.parametrize("trouble", ["missing", "unknown", "changed"])
def test_what_does_not_hold_is_told(tmp_path: Path, trouble: str) -> None:
    """A file that is gone, that the cache does not know, or that holds other bytes."""
    cache, places = known(tmp_path, {"a": 10, "b": 10})
    if trouble == "missing":
        (tmp_path / "a").unlink()
    elif trouble == "unknown":
        places["c"] = str(tmp_path / "a")
    else:
        (tmp_path / "a").write_bytes(b"others")
    assert not scrub(cache, places)
