"""The fields of records that lead from one to the next, read without believing anything."""

import json
from collections.abc import Mapping
from typing import Any, Final

from distill.lineage.proof import Side

_RUN_IDS: Final[Mapping[Side, str]] = {
    "run": "source_run_id",
    "chosen": "chosen_run_id",
    "rejected": "rejected_run_id",
}
_CATEGORIES: Final[Mapping[Side, tuple[str, ...]]] = {
    "run": ("category", "quality_score"),
    "chosen": ("chosen_category",),
    "rejected": ("rejected_category",),
}


def object_in(record: bytes) -> dict[str, Any]:
    """Return the JSON object of a record; an empty one where it holds none."""
    try:
        value = json.loads(record)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def run_ids_of(row: Mapping[str, Any]) -> dict[Side, str]:
    """Return the ids of the runs that a row of an export was made of; none where it names none."""
    found = {side: row.get(name) for side, name in _RUN_IDS.items()}
    return {side: run_id for side, run_id in found.items() if isinstance(run_id, str)}


def category_of(row: Mapping[str, Any], side: Side) -> Any:
    """Return the category that a row gives one of its runs."""
    return next((row[name] for name in _CATEGORIES[side] if name in row), None)


def places_of(row: Mapping[str, Any], side: Side) -> Any:
    """Return the provenance that a row gives one of its runs, as it stands there."""
    places = row.get("provenance")
    if side == "run":
        return places
    return places.get(side) if isinstance(places, dict) else None


def provenance_of(evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the places of the raw records of an evidence record; none where there are none."""
    places = evidence.get("provenance")
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        return []
    return places
