"""What any row of ours says of where it comes from: run ids, places in logs, files of verdicts.

It looks at the row's JSON and asks no model, so that rows of every version and stage can be read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Row = Mapping[str, Any]

#: Keys of a row whose value is the id of a run that the row is made of.
_OWN: Final = ("run_id", "source_run_id", "chosen_run_id", "rejected_run_id")


def run_ids(row: Row) -> tuple[str, ...]:
    """Return the ids of the runs that a row is made of or stands for; two for a pair."""
    found = [row[name] for name in _OWN if isinstance(row.get(name), str)]
    ids = row.get("ids")
    found += [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    return tuple(dict.fromkeys(found))


def parent_ids(row: Row) -> tuple[str, ...]:
    """Return the ids of the runs from which a row took its category alone."""
    ids = row.get("parent_run_ids")
    return tuple(one for one in ids if isinstance(one, str)) if isinstance(ids, list) else ()


def sides(row: Row) -> Iterator[list[Row]]:
    """Yield the places in raw logs of each run that a row is made of.

    A refused pair lists the places of both runs together: then they are one side.
    """
    for name in ("provenance", "origin"):
        found = row.get(name)
        for side in found.values() if isinstance(found, Mapping) else (found,):
            if isinstance(side, list):
                yield [place for place in side if isinstance(place, Mapping)]


def places(row: Row) -> Iterator[Row]:
    """Yield every place in a raw log that a row names as its own."""
    return (place for side in sides(row) for place in side)


def verdict_files(row: Row) -> tuple[str, ...]:
    """Return the files that verdicts of a row were joined from."""
    verdicts = row.get("verdicts")
    if not isinstance(verdicts, list):
        return ()
    paths = (one.get("path") for one in verdicts if isinstance(one, Mapping))
    return tuple(path for path in paths if isinstance(path, str))


def source_of(row: Row) -> str | None:
    """Return the source that a row names for itself, null where it names none."""
    source = row.get("source")
    return source if isinstance(source, str) else None
