"""`distill diff`."""

import argparse
from collections.abc import Iterator, Mapping, Sequence

from distill.cli.console import Console
from distill.diff.changes import Cause
from distill.diff.result import KINDS, Diff, PlaceNumbers, open_diff
from distill.workspace.project import open_workspace

_TOTALS = (*KINDS, "moved", "same")


def diff(options: argparse.Namespace, console: Console) -> int:
    """Print what differs between two sides, and why; end with 0, or 11 where bytes are gone."""
    workspace = open_workspace(options.workspace).workspace
    with open_diff(workspace, options.a, options.b, options.set or ()) as found:
        kind = None if options.rows == "all" else options.rows
        rows = found.rows(kind, with_texts=console.as_json)
        if console.as_json and options.rows:
            console.listing(found.as_json(), "rows", (told.as_json() for told in rows))
            return found.exit_code
        _print(found, console)
        for told in rows if options.rows else ():
            console.line(told.line())
        console.document(found.as_json())
        return found.exit_code


def _print(found: Diff, console: Console) -> None:
    console.line(f"A: {found.a.label}")
    console.line(f"B: {found.b.label}")
    numbers = list(found.numbers())
    if numbers:
        console.line()
        console.table(
            ("set", *_TOTALS),
            [(one.title, *(one.totals[name] for name in _TOTALS)) for one in numbers],
        )
    differing = [one for one in numbers if one.differs]
    if differing:
        console.line()
        _causes(differing, console)
    for one in differing:
        console.line()
        _parts(one, console)
    for gone in found.gone:
        console.line()
        console.line(f"gone, so {gone.stage} is not compared: {gone.path}")
        console.line(f"  blake3 {gone.blake3}, named by receipt {gone.receipt}")


def _causes(numbers: Sequence[PlaceNumbers], console: Console) -> None:
    causes = [c.value for c in Cause if any(one.by_cause[c.value] for one in numbers)]
    console.table(
        ("why", *causes), [(one.title, *(one.by_cause[c] for c in causes)) for one in numbers]
    )


def _parts(one: PlaceNumbers, console: Console) -> None:
    console.table(
        (one.title, *KINDS),
        [*_rows(one.by_source, "source"), *_rows(one.by_label, "of")],
    )
    for turn, number in one.turned.items():
        console.line(f"  {number} turned {turn}")


def _rows(numbers: Mapping[str, Mapping[str, int]], word: str) -> Iterator[tuple[object, ...]]:
    for name, of in numbers.items():
        if name:
            yield (f"{word} {name}", *(of[kind] for kind in KINDS))
