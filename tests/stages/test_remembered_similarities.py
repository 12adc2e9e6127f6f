"""Texts that an earlier run compared are not read and compared again, and nothing else changes."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.facets import Facet
from distill.stages.near_duplicates import NearDuplicateSearch
from distill.stages.similarities import UNKNOWN, Similarities
from distill.workspace.project import open_workspace
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

_DIGESTS = st.binary(min_size=16, max_size=16) | st.sampled_from([bytes(16), b"\1" + bytes(15)])
_PAIRS = st.tuples(_DIGESTS, _DIGESTS).map(lambda pair: b"".join(sorted(pair)))


def answer(base: int, changes: int = 0) -> str:
    """Sixty words of a base, some of them changed."""
    words = random.Random(base).choices([f"w{n}" for n in range(300)], k=60)  # noqa: S311
    return " ".join([f"other{changes}"] * (changes > 0) + words[changes > 0 :])


def rows(first: int, last: int) -> bytes:
    """Runs of one task: three of each base, with changes."""
    return lines(row("t", answer(n // 3, n % 3), role=n) for n in range(first, last))


def scored(root: Path) -> dict[str, bytes]:
    """The bytes of all scored runs, by file."""
    return {path.name: path.read_bytes() for path in sorted(root.glob("data/scored/*/*"))}


def test_a_log_that_grows_compares_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old pairs are remembered; the outcome is that of a workspace that saw all at once."""
    asked: list[tuple[int, int]] = []
    work_out = NearDuplicateSearch._similarity

    def count(self: NearDuplicateSearch, one: int, other: int, facet: Facet) -> int:
        asked.append((one, other))
        return work_out(self, one, other, facet)

    monkeypatch.setattr(NearDuplicateSearch, "_similarity", count)
    grown = tmp_path / "grown"
    make_workspace(grown, MAPPED + VERDICT, {"logs/a.jsonl": rows(0, 30)})
    run_all(open_workspace(grown))
    assert 20 <= len(asked) <= 30  # of the three texts of each base two pairs, or all
    asked.clear()
    (grown / "logs/b.jsonl").write_bytes(rows(30, 36))
    run_all(open_workspace(grown))
    assert 4 <= len(asked) <= 6
    assert all(min(pair) >= 30 for pair in asked)

    whole = tmp_path / "whole"
    make_workspace(
        whole, MAPPED + VERDICT, {"logs/a.jsonl": rows(0, 30), "logs/b.jsonl": rows(30, 36)}
    )
    run_all(open_workspace(whole))
    assert scored(grown) == scored(whole)
    assert b'"near_duplicates":{' in b"".join(scored(whole).values())


@given(told=st.dictionaries(_PAIRS, st.integers(0, 1000)), other=st.lists(_PAIRS, max_size=5))
def test_what_was_asked_for_is_remembered_and_nothing_else(
    told: dict[bytes, int], other: list[bytes]
) -> None:
    """What comes back is what went in; a pair that nobody asks for any more is forgotten."""
    pairs = sorted(told)
    first = Similarities()
    first.keep(_array(pairs), np.array([told[pair] for pair in pairs], np.int16))
    again = Similarities(first.content())
    wanted = sorted({*pairs[::2], *other})
    found = again.known(_array(wanted))
    assert found.tolist() == [told.get(pair, UNKNOWN) for pair in wanted]
    again.keep(_array(wanted), found)
    kept = Similarities(again.content()).known(_array(pairs)).tolist()
    assert kept == [told[p] if p in wanted else UNKNOWN for p in pairs]
    for pair in pairs:
        assert again.of(pair[16:], pair[:16], lambda: -2) == told[pair]


def _array(pairs: list[bytes]) -> Any:
    return np.array(pairs, "S32")
