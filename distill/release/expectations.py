"""Holding a release against `[expect]`: figures in, one result for each line out. Pure."""

from collections.abc import Iterator

from distill.receipts.release_manifest import Expectation
from distill.release.figures import SETS, Figures
from distill.workspace.expectations import Expectations


def hold_against(
    expect: Expectations, now: Figures, before: Figures | None
) -> tuple[Expectation, ...]:
    """Return the result of every expectation, passed or not, in the order of the documentation.

    ``before`` are the figures of the previous release, null where there is none.
    """
    return (
        *_least_rows(expect, now),
        *_most_quarantined(expect, now),
        *_rows_of_source(expect, now, before),
    )


def _least_rows(expect: Expectations, now: Figures) -> Iterator[Expectation]:
    for name, least in expect.least_rows:
        if least is not None:
            rows = now.rows(name)
            detail = f"{name} has {_rows(rows)}; {least:,} or more are expected"
            yield Expectation(detail, (rows, 1), (least, 1), f"least_rows.{name}", rows >= least)


def _most_quarantined(expect: Expectations, now: Figures) -> Iterator[Expectation]:
    for name, most in expect.most_quarantined:
        if most is None:
            continue
        found = now.quarantined(name)
        passed = found[0] * most[1] <= most[0] * found[1]
        detail = (
            f"{name}: {found[0]:,} of {found[1]:,} quarantined; at most {_share(most)} expected"
        )
        yield Expectation(detail, found, most, f"most_quarantined.{name}", passed)


def _rows_of_source(
    expect: Expectations, now: Figures, before: Figures | None
) -> Iterator[Expectation]:
    fall, growth = expect.rows_of_source.most_fall, expect.rows_of_source.most_growth
    if before is None:
        return
    for name in SETS:
        present, former = now.rows_by_source(name), before.rows_by_source(name)
        for source in sorted(source for source, rows in former.items() if rows):
            rows = (present.get(source, 0), former[source])
            if fall is not None:
                yield _moved("most_fall", f"{name}.{source}", rows, fall)
            if growth is not None:
                yield _moved("most_growth", f"{name}.{source}", rows, growth)


def _moved(bound: str, place: str, rows: tuple[int, int], most: tuple[int, int]) -> Expectation:
    """Hold the rows (now, before) of one source in one set against the most that they may move."""
    is_fall = bound == "most_fall"
    moved = rows[1] - rows[0] if is_fall else rows[0] - rows[1]
    detail = (
        f"{place} has {_rows(rows[0])}, and had {rows[1]:,} in the previous release;"
        f" a {'fall' if is_fall else 'growth'} of at most {_share(most)} is expected"
    )
    passed = moved * most[1] <= most[0] * rows[1]
    return Expectation(detail, rows, most, f"rows_of_source.{bound}.{place}", passed)


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _share(share: tuple[int, int]) -> str:
    return f"{share[0]} %" if share[1] == 100 else f"{share[0]}/{share[1]}"
