"""The tamper matrix: with a checkpoint and a key kept elsewhere every change is found and named.

`DISTILL_RENEW_DOCS=1 pytest tests/tamper/test_matrix.py --full` writes the table of docs/audit.md
anew. Without `--full` a seeded sample is tried, and held against the same table.
"""

import os
import random
import re
from pathlib import Path

import pytest

from tests.tamper.changes import Change
from tests.tamper.forging import forgeries
from tests.tamper.matrix import (
    KEPT,
    SCRIPT,
    SIGNED,
    UNSIGNED,
    Matrix,
    Playground,
    alone,
    as_markdown,
    read_markdown,
    sample_by_row,
    script_with_kept,
    simple_changes,
    with_kept,
)
from tests.tamper.world import World

SEED = 20260131
MOST = 100  # flipped bytes of a file in the long run: 10,000 changes in all
VERIFIERS = {UNSIGNED: alone, SIGNED: alone, KEPT: with_kept, SCRIPT: script_with_kept}
TABLES = re.compile(r"(?<=<!-- tamper matrix -->\n).*?(?=<!-- end -->)", re.DOTALL)


@pytest.fixture(scope="module")
def matrix(
    unsigned_once: World,
    signed_once: World,
    doctored_once: World,
    is_full_run: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> Matrix:
    """Every change that is tried, with what the verifiers said."""
    dice, made = random.Random(SEED), Matrix()  # noqa: S311
    for world, column in ((unsigned_once, UNSIGNED), (signed_once, SIGNED)):
        is_signed = column == SIGNED
        playground = Playground(world, tmp_path_factory.mktemp("play") / "workspace")
        changes = list(simple_changes(world.root, dice, per_file=MOST if is_full_run else 3))
        if not is_full_run:
            changes = sample_by_row(changes, dice, most=2)
        changes += forgeries(world.root, doctored_once.root, signed=is_signed)
        for change in changes:
            columns = _columns(change, column, dice, is_full_run=is_full_run)
            findings = playground.after(change, [VERIFIERS[name] for name in columns])
            for name, finding in zip(columns, findings, strict=True):
                made.note(change, name, finding)
        made.changes += len(changes)
        if is_signed:
            for change in _for_the_script(changes, dice, is_full_run=is_full_run):
                made.note(change, SCRIPT, *playground.after(change, [VERIFIERS[SCRIPT]]))
    return made


def _columns(
    change: Change, column: str, dice: random.Random, *, is_full_run: bool
) -> tuple[str, ...]:
    """In the long run most of the thousands of flips are tried with the kept copies alone."""
    if column == UNSIGNED:
        return (UNSIGNED,)
    is_one_of_many = is_full_run and change.row.endswith("|a bit is flipped")
    return (KEPT,) if is_one_of_many and dice.randrange(5) else (SIGNED, KEPT)


def _for_the_script(
    changes: list[Change], dice: random.Random, *, is_full_run: bool
) -> list[Change]:
    """The script takes ten times as long: two of each row, or one of a few rows."""
    chosen = sample_by_row(changes, dice, most=2 if is_full_run else 1)
    return chosen if is_full_run else dice.sample(chosen, 8)


def test_with_kept_copies_every_change_is_found(matrix: Matrix) -> None:
    """Nothing passes in silence when an auditor has a checkpoint and a key of their own."""
    assert matrix.missed == []


def test_with_kept_copies_every_change_is_named(matrix: Matrix) -> None:
    """A fault names each file that was changed, by the library and by the script."""
    assert matrix.unnamed == []


def test_enough_is_tried(matrix: Matrix, is_full_run: bool) -> None:
    """At least 10,000 changes in the long run, and some of every row in the short one."""
    assert matrix.changes >= (10_000 if is_full_run else 150)


def test_the_page_shows_the_table(matrix: Matrix, repository: Path, is_full_run: bool) -> None:
    """The table of docs/audit.md is what was found; a sample is held against its cells."""
    page = repository / "docs" / "audit.md"
    text = page.read_text(encoding="utf-8")
    if is_full_run and os.environ.get("DISTILL_RENEW_DOCS"):
        text = TABLES.sub(lambda _: as_markdown(matrix.cells()) + "\n", text)
        page.write_text(text, encoding="utf-8")
    shown, found = read_markdown(_tables(text)), matrix.cells()
    assert {place: shown.get(place) for place in found} == found
    assert {row for row, _ in shown} == {row for row, _ in found}


def _tables(page: str) -> str:
    found = TABLES.search(page)
    assert found is not None, "docs/audit.md has no tamper matrix"
    return found[0]
