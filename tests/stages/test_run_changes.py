"""What others say of runs, and where each change belongs."""

import json

from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.incremental.passes import Part
from distill.stages.narrow import NarrowTables
from distill.stages.numbering import NumberedParts
from distill.stages.run_changes import CHANGES_SCHEMA, PartChanges, add_change, find_told

_RUNS = (
    "CREATE TABLE runs (seq INTEGER PRIMARY KEY, source, line, run_id, class, task, output,"
    " subject, category, by_human);"
)
_KINDS = ("floor", "near", "told")


def parts_of(sizes: list[int]) -> NumberedParts[None]:
    """Parts with so many lines each."""
    parts = [Part.at_hand(bytes([number]) * 32, 1, None) for number in range(len(sizes))]
    numbered: NumberedParts[None] = NumberedParts(parts)
    for size in sizes:
        numbered.begin()
        numbered.lines += size
    return numbered


@given(
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=8),
    lines=st.dictionaries(st.integers(0, 31), st.sets(st.sampled_from(_KINDS), min_size=1)),
)
def test_a_change_lies_in_the_part_of_its_line(
    sizes: list[int], lines: dict[int, set[str]]
) -> None:
    """All changes of a source come back, each with its part and the line's number there."""
    numbered = parts_of(sizes)
    told = {line: kinds for line, kinds in lines.items() if line < numbered.lines}
    with NarrowTables(CHANGES_SCHEMA) as tables:
        for line, kinds in told.items():
            for kind in kinds:
                add_change(tables, "a", line, kind, [line, kind])
                add_change(tables, "b", line, kind, "of another source")
        found = PartChanges.of(tables, "a", numbered)
        by_part = {number: found.in_part(number) for number in range(len(sizes))}
    expected = numbered.by_part(
        {line: {kind: [line, kind] for kind in kinds} for line, kinds in told.items()}
    )
    assert {number: one for number, one in by_part.items() if one} == expected
    assert sorted(found.numbers) == sorted(expected)


def test_others_have_a_say_in_a_category() -> None:
    """Opposite verdicts on one output of a task, what a human decided, and a child of both."""
    rows = [
        ("verdict_bearing", "t", "same", None, "accepted", 0),
        ("verdict_bearing", "t", "same", None, "rejected", 0),
        ("verdict_bearing", "t", "same", "s", "accepted", 1),
        ("verdict_bearing", "t", "other", "s", "rejected", 0),
        ("verdict_bearing", "u", "same", "r", "rejected", 0),
        ("extraction", "v", None, "r", "needs_human_review", 0),
        ("extraction", "v", None, "s", "needs_human_review", 0),
        ("extraction", "v", None, "nobody", "needs_human_review", 0),
    ]
    with NarrowTables(_RUNS + CHANGES_SCHEMA) as tables:
        for line, row in enumerate(rows):
            tables.add("runs", (line + 1, "a", line, f"run-{line}", *row))
        find_told(tables)
        query = "SELECT line, value FROM changes WHERE kind = 'told' ORDER BY line"
        told = {line: json.loads(value) for line, value in tables.rows(query)}
        categories = [one for (one,) in tables.rows("SELECT category FROM runs ORDER BY seq")]
    assert told == {
        0: None,
        1: None,
        5: [["run-4", "rejected"]],
        6: [["run-2", "accepted"], ["run-3", "rejected"]],
    }
    review = "needs_human_review"
    assert categories == [
        review,
        review,
        "accepted",
        "rejected",
        "rejected",
        "rejected",
        review,
        review,
    ]
