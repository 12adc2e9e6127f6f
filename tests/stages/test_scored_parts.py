"""The scored runs in parts: whole lines, no more evidence than fits, wherever it lies."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.records.scored import evidence_bytes
from distill.stages.scored_parts import cut_scored, digest_of

MEGABYTE = 1024 * 1024


def line(number: int, size: int, start: int) -> bytes:
    """Return a line with evidence of a size somewhere; the look-alike in front is no place."""
    ref = {"path": 'x","start":1,"end":9,', "start": start, "end": start + size, "blake3": "00"}
    run = {"run_id": f"r{number}", "reasons": ["x" * 800], "evidence": ref}
    return json.dumps(run, separators=(",", ":")).encode() + b"\n"


def write(path: Path, sizes: list[int], first: int) -> list[bytes]:
    """Write lines, their evidence from a place on, and return them."""
    lines = [line(number, size, first + number) for number, size in enumerate(sizes)]
    path.write_bytes(b"".join(lines))
    return lines


@given(st.lists(st.sampled_from([0, 5000, MEGABYTE]), max_size=60))
def test_parts_are_all_lines_in_order(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    """Ranges and numbers are those of the file, digests those of its lines; places move nothing."""
    folder = tmp_path_factory.mktemp("scored")
    lines = write(folder / "here", sizes, 0)
    write(folder / "there", sizes, 10**9)
    segments = list(cut_scored(folder / "here"))
    assert [one.digest for one in cut_scored(folder / "there")] == [one.digest for one in segments]
    content, at = b"".join(lines), 0
    for one in segments:
        some = lines[at : at + one.records]
        assert (one.line, content[one.start : one.end]) == (at, b"".join(some))
        assert digest_of(some) == one.digest
        assert sum(map(evidence_bytes, some[:-1])) <= 8 * MEGABYTE
        at += one.records
    assert at == len(lines)


def test_long_runs_make_small_parts(tmp_path: Path) -> None:
    """Of runs of 6 KB a part has dozens, of runs of 1 MiB a few."""
    short, long = tmp_path / "short", tmp_path / "long"
    write(short, [6000] * 2000, 0)
    write(long, [MEGABYTE] * 400, 0)
    assert 25 < 2000 / len(list(cut_scored(short))) < 200
    assert len(list(cut_scored(long))) > 100
    assert evidence_bytes(b"no scored line\n") == 0
