"""Runs are told by others what a look at all of them tells, and few of them are unpacked for it."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.facets import Facet
from distill.firewall.settings import NearDuplicateSettings
from distill.receipts.incremental.worker_count import WORKERS
from distill.records.taxonomy import Category
from distill.stages.decided_runs import KEYS_FIELDS, concerned
from distill.stages.narrow import NarrowTables
from distill.stages.near_duplicates import NearDuplicateSearch
from distill.stages.near_texts import FacetFiles
from distill.stages.other_runs import OTHERS_SCHEMA
from distill.stages.run_changes import find_told
from distill.stages.run_rows import RunRow, RunRows
from distill.stages.similarities import Similarities
from distill.workspace.project import open_workspace
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

_ROWS = st.lists(
    st.builds(
        lambda kind, task, output, subject, category, human: RunRow(
            "", kind, task, output, subject, category, human, "", None, ()
        ),
        st.sampled_from(["verdict_bearing", "verdict_bearing", "extraction"]),
        st.sampled_from(["t", "u"]),
        st.sampled_from([None, "x", "y"]),
        st.sampled_from([None, "s", "r", "q"]),
        st.sampled_from([category.value for category in Category]),
        st.integers(0, 1),
    ),
    max_size=12,
)


def told(rows: list[RunRow], numbers: list[int]) -> tuple[list[Any], list[Any]]:
    """What is told of these runs if only they are known, and the categories that they have then."""
    with NarrowTables(OTHERS_SCHEMA) as tables:
        for seq in numbers:
            one = rows[seq]._replace(run_id=f"run-{seq}")
            tables.add("runs", (seq, "a", seq, *one[:7]))
        find_told(tables)
        changes = list(tables.rows("SELECT line, kind, value FROM changes ORDER BY line"))
        query = "SELECT seq, category FROM runs ORDER BY seq"
        moved = [(seq, now) for seq, now in tables.rows(query) if now != rows[seq].category]
    return changes, moved


@given(rows=_ROWS)
def test_those_that_it_concerns_are_told_what_all_would_be(rows: list[RunRow]) -> None:
    """Whoever is left out neither is told anything nor says anything."""
    keys = np.frombuffer(b"".join(one.keys(0) for one in rows), KEYS_FIELDS)
    assert told(rows, concerned(keys).tolist()) == told(rows, list(range(len(rows))))


@pytest.mark.parametrize("category", list(Category))
def test_a_run_that_nobody_contradicts_is_not_looked_at(category: Category) -> None:
    """Equal outputs of one task with one category, and a subject without extractions."""
    one = RunRow("", "verdict_bearing", "t", "x", "s", category, 0, "", None, ())
    keys = np.frombuffer(one.keys(0) * 3 + one._replace(task="u").keys(0), KEYS_FIELDS)
    assert concerned(keys).tolist() == []


class _Texts:
    """Runs that have short texts by their digests: a run is a letter for each facet, or none."""

    def __init__(self, runs: list[tuple[str, str, str]]) -> None:
        self.number = len(runs)
        self.facets = FacetFiles()
        for number, run in enumerate(runs):  # each a part by itself
            heads = bytes(8)
            columns = [(heads + one.encode() * 16 if one else b"", b"") for one in run]
            self.facets.add(number, columns)

    def record(self, seq: int) -> Any:
        """Nothing is compared: texts are equal or not."""
        raise AssertionError(seq)


_LETTERS = st.sampled_from(["", "a", "b", "c"])


@given(
    runs=st.lists(st.tuples(_LETTERS, _LETTERS, _LETTERS), max_size=12),
    positions=st.lists(st.integers(0, 3), min_size=12, max_size=12),
    alike=st.sets(st.sampled_from(list(Facet)), min_size=1),
)
def test_alike_and_floors_are_those_of_every_run_held_against_every_other(
    runs: list[tuple[str, str, str]], positions: list[int], alike: set[Facet]
) -> None:
    """A run is alike that shares all facets asked for; its floor goes by what it asks."""
    some = _Texts(runs)
    texts = [dict(zip(Facet, run, strict=True)) for run in runs]
    holders = defaultdict[tuple[Facet, str], list[int]](list)
    for seq, of_run in enumerate(texts):
        for facet, letter in of_run.items():
            holders[facet, letter].append(seq)
    asked = NearDuplicateSettings(alike=tuple(sorted(alike)))
    with NarrowTables(OTHERS_SCHEMA) as tables, some.facets:
        search = NearDuplicateSearch(tables, some, asked, Similarities())
        found = search.alike().tolist()
        floors = dict(search.floors(np.array(positions[: len(runs)], np.uint16)))
    for seq, of_run in enumerate(texts):
        has = [(facet, of_run[facet]) for facet in alike if of_run[facet]]
        assert (seq in found) == (bool(has) and all(len(holders[one]) > 1 for one in has))
        asks = (Facet.PROMPT, of_run[Facet.PROMPT])
        peers = holders[asks]
        if not asks[1]:
            asks = (Facet.OUTPUT, of_run[Facet.OUTPUT])
            peers = [one for one in holders[asks] if not texts[one][Facet.PROMPT]]
        least = min([positions[one] for one in peers if asks[1]], default=positions[seq])
        assert floors.get(seq, positions[seq]) == least


def test_an_edit_unpacks_no_run_that_it_does_not_concern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a log whose runs have one prompt and different answers, none is asked for its row."""
    monkeypatch.setenv(WORKERS, "1")
    unpacked: list[int] = []
    whole = RunRows.rows

    def counting(self: RunRows) -> list[RunRow]:
        unpacked.append(self.told["runs"])
        return whole(self)

    monkeypatch.setattr(RunRows, "rows", counting)
    runs = [row(f"t{n}", f"answer {n}", role=n) for n in range(40)]
    make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(runs)})
    run_all(open_workspace(tmp_path))
    runs[20] = row("t20", "another answer", role=20)
    (tmp_path / "logs/a.jsonl").write_bytes(lines(runs))
    run_all(open_workspace(tmp_path))
    assert unpacked == []
    runs[21] = runs[20]
    (tmp_path / "logs/a.jsonl").write_bytes(lines([*runs, row("t20", "another answer", role=20)]))
    run_all(open_workspace(tmp_path))
    assert unpacked
