"""A pass over a file that grew or was edited finds what a pass that knows nothing finds."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.receipts.binding import InputFile
from distill.receipts.digest import FileSums, Fingerprint
from distill.receipts.incremental import outlines, segments
from distill.receipts.incremental.growth import Growth
from distill.receipts.incremental.outlines import Outline, OutlinedSums
from distill.receipts.incremental.segments import Segments, cut
from distill.receipts.inputs import WatchedInput, watching_inputs
from distill.receipts.workspace import Workspace

LINES = st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"") + b"\n"), max_size=80)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "USUAL", 20)
    monkeypatch.setattr(segments, "LONGEST", 60)
    monkeypatch.setattr(outlines, "STRIDE", 50)


def _summed(
    content: bytes, step: int, former: Outline | None = None
) -> tuple[Fingerprint, OutlinedSums]:
    sums = OutlinedSums("a.jsonl", former)
    for at in range(0, len(content), step):
        sums.update(content[at : at + step])
    return sums.result(), sums


def _plain(content: bytes) -> tuple[Fingerprint, Segments]:
    sums = FileSums("a.jsonl")
    sums.update(content)
    return sums.result(), Segments.of(cut(BytesIO(content)))


@pytest.mark.usefixtures("_small")
@settings(deadline=None)
@given(LINES, LINES, LINES, st.booleans(), st.integers(1, 300), st.integers(1, 300))
def test_a_known_beginning_changes_nothing(
    before: list[bytes], old: list[bytes], new: list[bytes], is_open: bool, step: int, again: int
) -> None:
    """Whatever the file held behind the lines that it still has, and wherever blocks are cut."""
    former = b"".join(before + old)
    content = b"".join(before + new) + (b"open" if is_open else b"")
    outline = _summed(former, step)[1].outline
    found, sums = _summed(content, again, outline)
    expected, cuts = _plain(content)
    assert (found, sums.outline.segments) == (expected, cuts)
    assert _summed(content, step, sums.outline)[0] == expected


@pytest.mark.usefixtures("_small")
def test_lines_before_the_last_mark_are_not_hashed_again() -> None:
    """Of a file that grew, only the lines from the last mark on are looked at."""
    content = b"".join(b"%d\n" % number for number in range(1000))
    outline = _summed(content, 100)[1].outline
    sums = OutlinedSums("a.jsonl", outline)
    seen: list[int] = []
    take = sums._lines.take

    def count(leaves: list[bytes], sizes: list[int]) -> None:
        seen.append(len(leaves))
        take(leaves, sizes)

    sums._lines.take = count  # type: ignore[method-assign]
    sums.update(content + b"more\n")
    assert sums.result() == _plain(content + b"more\n")[0]
    assert sum(seen) == 1001 - outline.marks[-1].records < 60


@pytest.mark.usefixtures("_small")
def test_a_mark_is_not_believed_of_other_bytes(tmp_path: Path) -> None:
    """An edit before a mark, of the same length, is an edit."""
    content = b"".join(b"%03d\n" % number for number in range(300))
    edited = content.replace(b"\n007\n", b"\n700\n")
    outline = _summed(content, 64)[1].outline
    assert _summed(edited, 64, outline)[0] == _plain(edited)[0] != _plain(content)[0]


@pytest.mark.usefixtures("_small")
def test_outlines_are_kept_between_runs_and_damage_is_only_slow(tmp_path: Path) -> None:
    """What the file in .distill says is used while it is sound, and missing is no error."""
    place = tmp_path / "a.jsonl"
    lines = b"".join(b"%d\n" % number for number in range(500))
    place.write_bytes(lines)
    first = Growth(Workspace(tmp_path, {}), "slot")
    first.remember(_watched(place, first))
    place.write_bytes(lines + b"more\n")
    second = Growth(Workspace(tmp_path, {}), "slot")
    assert second._former["a.jsonl"][1] == first._made["a.jsonl"]
    found = _watched(place, second)
    assert found[0].entry.root == _plain(lines + b"more\n")[0].root
    kept = tmp_path / ".distill" / "outlines" / "slot"
    content = bytearray(kept.read_bytes())
    for at in range(0, len(content), 97):
        content[at] ^= 1
        kept.write_bytes(content)
        assert Growth(Workspace(tmp_path, {}), "slot")._former == {}
        content[at] ^= 1
    kept.unlink()
    assert Growth(Workspace(tmp_path, {}), "slot")._former == {}


def _watched(place: Path, growth: Growth) -> tuple[WatchedInput, ...]:
    named = [InputFile("read", place.name, place)]
    with watching_inputs(named, (), sums=growth.sums) as watched:
        return watched()
