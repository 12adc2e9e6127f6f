"""RELEASE-NOTES.md: what changed since the release before. Pure: same values, same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from distill.receipts.ledger.entries import Entry
from distill.release.differences import (
    changed_code,
    changed_environment,
    changed_files,
    changed_keys,
    changed_parameters,
    stages_of,
)
from distill.release.figures import SETS, Figures
from distill.release.row_changes import Moved

_MOST_LISTED: Final = 40


@dataclass(frozen=True)
class Change:
    """What the notes are told: this release, and the one before.

    ``before`` is null where there is none, or where its folder is not here (`before_name` then
    names it); ``moved`` has the rows by set and source, ``entries`` the ledger's new lines.
    """

    name: str
    now: Figures
    before_name: str | None
    before: Figures | None
    moved: Mapping[str, Mapping[str, Moved]]
    entries: Sequence[Entry]


def release_notes(change: Change) -> bytes:
    """Return the bytes of RELEASE-NOTES.md."""
    lines = [f"# Release {change.name}", ""]
    if change.before is None:
        lines += _without_comparison(change)
    else:
        former = change.before
        lines += [f"What changed since the release {change.before_name}.", ""]
        lines += _rows(change, former)
        lines += _rows_by_source(change, former)
        for title, part in (
            ("What was kept out, by reason", _reasons(change.now, former)),
            ("Raw logs", _listed(changed_files(change.now, former))),
            ("Policy and settings", _listed(changed_parameters(change.now, former))),
            ("Code", _listed(changed_code(change.now, former))),
            ("Environment", _listed(changed_environment(change.now, former))),
            ("Keys", _listed(changed_keys(change.entries))),
        ):
            lines += [f"## {title}", "", *(list(part) or ["No change."]), ""]
    return "\n".join(lines).rstrip("\n").encode() + b"\n"


def _without_comparison(change: Change) -> Iterator[str]:
    if change.before_name is None:
        yield "The first release of this ledger: there is none to compare it with."
    else:
        yield (
            f"The release before, {change.before_name}, was not in `releases/` when this one was"
            " made, so nothing is compared here."
        )
    yield ""
    yield "| set | rows |"
    yield "|---|---:|"
    for name in SETS:
        yield f"| {name} | {change.now.rows(name):,} |"


def _rows(change: Change, former: Figures) -> Iterator[str]:
    yield "## Rows"
    yield ""
    yield "| set | rows | before | added | removed | changed |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in SETS:
        moved = change.moved.get(name, {}).values()
        numbers = (
            change.now.rows(name),
            former.rows(name),
            sum(one.added for one in moved),
            sum(one.removed for one in moved),
            sum(one.changed for one in moved),
        )
        yield f"| {name} | " + " | ".join(f"{number:,}" for number in numbers) + " |"
    yield ""
    yield (
        "Added and removed by the row's id; changed: the same id with other bytes. `distill diff`"
        " shows the rows, and why each moved."
    )
    yield ""


def _rows_by_source(change: Change, former: Figures) -> Iterator[str]:
    yield "## Rows by source"
    yield ""
    found = False
    for name in SETS:
        now, before = change.now.rows_by_source(name), former.rows_by_source(name)
        for source, one in sorted(change.moved.get(name, {}).items()):
            if not found:
                yield "| set | source | rows | before | added | removed | changed |"
                yield "|---|---|---:|---:|---:|---:|---:|"
            found = True
            counts = (now.get(source, 0), before.get(source, 0), one.added, one.removed)
            cells = " | ".join(f"{number:,}" for number in (*counts, one.changed))
            yield f"| {name} | {source} | {cells} |"
    if not found:
        yield "No change."
    yield ""


def _reasons(now: Figures, former: Figures) -> Iterator[str]:
    found = False
    for stage in stages_of(now, former):
        present, before = now.group(stage, "by_reason"), former.group(stage, "by_reason")
        for reason in sorted(present.keys() | before.keys()):
            pair = (present.get(reason, 0), before.get(reason, 0))
            if pair[0] == pair[1]:
                continue
            if not found:
                yield "| stage | reason | units | before |"
                yield "|---|---|---:|---:|"
            found = True
            yield f"| {stage} | `{reason}` | {pair[0]:,} | {pair[1]:,} |"


def _listed(items: Iterator[str]) -> Iterator[str]:
    found = list(items)
    yield from (f"- {item}" for item in found[:_MOST_LISTED])
    if len(found) > _MOST_LISTED:
        yield f"- and {len(found) - _MOST_LISTED:,} more"
