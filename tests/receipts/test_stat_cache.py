"""The stat cache: what it believes, what it doesn't, and that a damaged one is only slow."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from distill.receipts import VerificationRequest, Workspace, forgetting, verify_workspace
from distill.receipts.clock import moment_ns
from distill.receipts.digest import Digest, FileIdentity
from distill.receipts.stat_cache import RACY_NS, StatCache
from tests.receipts.verify.building import build as build_chain

QUICK = VerificationRequest(is_quick=True)
PLACE = ".distill/stat-cache"
PATH = "logs/a.jsonl"
OLD = FileIdentity(2**63, 2, 3, 1_700_000_000_000_000_001, 1_700_000_000_000_000_002)
DIGEST = Digest("ab" * 32)


@pytest.fixture
def aged(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose clock stands an hour ahead, so that no file was just written."""
    now = moment_ns()
    monkeypatch.setattr("distill.receipts.stat_cache.moment_ns", lambda: now + 3600 * 10**9)
    return workspace


def test_what_was_learnt_is_known_again(aged: Workspace) -> None:
    """By path and identity, the whole of it."""
    cache = StatCache.read(aged)
    cache.learn([(PATH, OLD, DIGEST)])
    cache.write(aged)
    again = StatCache.read(aged)
    assert again.digest_of(PATH, OLD) == DIGEST
    for other in (
        FileIdentity(2**63, 2, 3, OLD.mtime_ns, OLD.ctime_ns + 1),
        FileIdentity(2**63, 2, 3, OLD.mtime_ns + 1, OLD.ctime_ns),
        FileIdentity(2**63, 2, 4, OLD.mtime_ns, OLD.ctime_ns),
        FileIdentity(2**63, 3, 3, OLD.mtime_ns, OLD.ctime_ns),
        FileIdentity(1, 2, 3, OLD.mtime_ns, OLD.ctime_ns),
    ):
        assert again.digest_of(PATH, other) is None


def test_what_was_just_written_is_not_kept(workspace: Workspace) -> None:
    """Within the racy window a second write may not show in the times."""
    (workspace.root / "a").write_text("a")
    identity = FileIdentity.of((workspace.root / "a").stat())
    cache = StatCache()
    cache.learn([(PATH, identity, DIGEST)])
    assert cache.digest_of(PATH, identity) is None
    future = FileIdentity(1, 2, 3, identity.mtime_ns + 10 * RACY_NS, OLD.ctime_ns)
    cache.learn([(PATH, future, DIGEST)])
    assert len(cache) == 0


def test_a_path_is_known_once(aged: Workspace) -> None:
    """What a file held before it was written to is forgotten."""
    cache = StatCache()
    cache.learn([(PATH, OLD, DIGEST)])
    newer = FileIdentity(OLD.device, OLD.inode, 9, OLD.mtime_ns + 5, OLD.ctime_ns + 5)
    cache.learn([(PATH, newer, DIGEST)])
    assert len(cache) == 1
    assert cache.digest_of(PATH, OLD) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}", b"distill.stat-cache/3", b"distill.stat-cache/3 \n", b"\xff\n\xff"],
)
def test_a_damaged_cache_is_ignored(workspace: Workspace, content: bytes) -> None:
    """It is derived: whatever its bytes, the files are read."""
    (workspace.root / ".distill").mkdir(exist_ok=True)
    (workspace.root / PLACE).write_bytes(content)
    assert len(StatCache.read(workspace)) == 0


def test_every_byte_of_the_cache_counts(aged: Workspace) -> None:
    """A flipped bit makes no false alarm and hides nothing: the cache is gone."""
    cache = StatCache()
    cache.learn([(PATH, OLD, DIGEST)])
    cache.write(aged)
    path = aged.root / PLACE
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert len(StatCache.read(aged)) == 0


def test_a_cache_that_cant_be_written(aged: Workspace) -> None:
    """A read-only workspace is verified all the same."""
    (aged.root / ".distill").write_text("no folder")
    StatCache().write(aged)
    (aged.root / ".distill").unlink()
    os.mkfifo(aged.root / ".distill")
    assert len(StatCache.read(aged)) == 0


def test_what_another_writer_learnt_stays(aged: Workspace) -> None:
    """Two that read the same state and write one after the other lose nothing."""
    first, second = StatCache.read(aged), StatCache.read(aged)
    newer = FileIdentity(9, 9, 9, OLD.mtime_ns, OLD.ctime_ns)
    first.learn([("a", OLD, DIGEST), ("both", OLD, DIGEST)])
    second.learn([("b", OLD, DIGEST), ("both", newer, DIGEST)])
    first.write(aged)
    second.write(aged)
    held = StatCache.read(aged)
    assert held.digest_of("a", OLD) == held.digest_of("b", OLD) == DIGEST
    assert held.digest_of("both", newer) == DIGEST
    assert held.digest_of("both", OLD) is None
    assert not list((aged.root / ".distill").glob("*.new"))


def test_writers_at_once_leave_a_sound_cache(aged: Workspace) -> None:
    """Whatever the order: what one process writes in whole, no other tears."""

    def learn(number: int) -> None:
        cache = StatCache.read(aged)
        cache.learn([(f"{number}/{name}", OLD, DIGEST) for name in range(200)])
        cache.write(aged)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(learn, range(24)))
    assert len(StatCache.read(aged)) == 24 * 200


def build(root: Path) -> Workspace:
    """Build a chain of two stages."""
    (root / "logs").mkdir(exist_ok=True)
    (root / "logs/a.jsonl").write_text('{"a":1}\n')
    workspace = Workspace(root)
    build_chain(workspace)
    (root / PLACE).unlink(missing_ok=True)  # what the stages learnt
    return workspace


def test_a_quick_verification_says_what_it_did_not_read(aged: Workspace) -> None:
    """The first reads all, the second nothing but receipts and ledger; both say so."""
    built = build(aged.root)
    first = verify_workspace(built, QUICK)
    assert (first.files, first.trusted, first.is_sound) == (3, 0, True)
    second = verify_workspace(built, QUICK)
    assert (second.files, second.trusted, second.is_sound) == (0, 3, True)
    assert "not_reread" in {note.kind for note in second.notes}
    full = verify_workspace(built)
    assert (full.files, full.trusted) == (3, 0)


def test_a_change_is_found_quickly_too(aged: Workspace) -> None:
    """Even with the old size and mtime: ctime can't be set back."""
    built = build(aged.root)
    verify_workspace(built, QUICK)
    path = built.root / "exports/second.jsonl"
    before = path.stat()
    path.write_bytes(path.read_bytes().swapcase())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    report = verify_workspace(built, QUICK)
    assert [(fault.kind, fault.path) for fault in report.faults] == [
        ("output_changed", "exports/second.jsonl")
    ]


def test_a_default_verification_writes_nothing(aged: Workspace) -> None:
    """It neither makes nor believes a cache."""
    built = build(aged.root)
    verify_workspace(built)
    assert not (built.root / PLACE).exists()


def test_what_is_gone_is_forgotten_when_entries_have_doubled(
    aged: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are there, and facts of other kinds, stay; the cache does not only grow."""
    monkeypatch.setattr(forgetting, "FEW", 50)
    place = aged.root / "logs" / "a.jsonl"
    place.parent.mkdir(parents=True)
    place.write_text("")
    made = '{"grounds": {"outputs": ["%s"]}}'
    kept = {PATH: "", f"code:{place}": "", "answer:[]": "", "decision:x:1": made % PATH}
    gone = {"code:/nowhere/at/all.py": "", "decision:x:2": made % "gone", "away:a.jsonl": ""}
    for number in range(20):
        cache = StatCache.read(aged)
        for name, value in (kept | gone).items():
            cache.keep(name, "identity", value)
        for one in range(10):
            cache.keep(f"logs/{number}-{one}.jsonl", "identity", "")
        cache.write(aged)
        assert len(StatCache.read(aged)) < 50 + 20
    names = set(StatCache.read(aged).names())
    assert kept.keys() <= names
    cache = StatCache.read(aged)
    for one in range(60):
        cache.keep(f"logs/last-{one}.jsonl", "identity", "")
    cache.write(aged)
    assert set(StatCache.read(aged).names()) == {*kept, "cache:count"}
