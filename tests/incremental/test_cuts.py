"""What is kept of a file that was read is how it would be cut."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.receipts.digest import digest_bytes, digest_file
from distill.receipts.incremental import cuts as module
from distill.receipts.incremental import segments
from distill.receipts.incremental.cuts import Cuts, cut_file
from distill.receipts.incremental.segments import Segments, cut

LINES = st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"") + b"\n"), max_size=80)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "USUAL", 20)
    monkeypatch.setattr(segments, "LONGEST", 60)


@pytest.mark.usefixtures("_small")
@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=4), st.booleans())
def test_what_is_kept_or_taken_over_was_cut_so(files: list[list[bytes]], is_open: bool) -> None:
    """Here, and in another process that was told of it, which forgets what it knew."""
    contents = {b"".join(lines) + b"open" * is_open for lines in files}
    here, there = Cuts(room=1000), Cuts(room=1000)
    there.keep("former", Segments.of(cut([b"a\n"])))
    expected = {digest_bytes(one).hex: Segments.of(cut(BytesIO(one))) for one in contents}
    for name, found in expected.items():
        here.keep(name, found)
    there.take_over(here.told())
    for cuts in (here, there):
        assert {name: cuts.of(name) for name in expected} == expected
        assert cuts.of("former") is None


def test_other_bounds_are_other_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was cut by other bounds is not known."""
    cuts = Cuts(room=10)
    cuts.keep("name", Segments.of(cut([b"a\n"])))
    monkeypatch.setattr(segments, "USUAL", segments.USUAL + 1)
    assert cuts.of("name") is None


def test_a_file_that_is_known_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is digested, and found under what it holds."""
    place = tmp_path / "a.jsonl"
    place.write_bytes(b"a\nb\n")
    cuts = Cuts(room=10)
    monkeypatch.setattr(module, "cuts", cuts)
    found = cut_file(place)
    assert found == Segments.of(cut([b"a\n", b"b\n"]))
    cuts.keep(digest_file(place).hex, Segments.of(()))
    assert cut_file(place) == Segments.of(())
