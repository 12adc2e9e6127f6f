"""From an output's line to its unit: the key by which it is found again, and what may differ.

A unit holds digests of the parts of a row, never a text, so that two versions of a set of any size
are compared in narrow tables.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Literal

import orjson

from distill.firewall import stale_verdict
from distill.receipts.receipt import FileEntry
from distill.stages import evidence, preference, rag, scoring, sft

Row = Mapping[str, Any]
Place = Literal["rows", "quarantine", "unattached"]

#: What the evidence tells of stale verdicts belongs to what was judged.
STALE: Final = stale_verdict.NAME
SEPARATOR: Final = "\x1f"
_MARK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Unit:
    """One row's key, and digests of its parts.

    `label` is the category, the quarantine reason, or a verdict's state. `text`, `decision` (for
    evidence: the verdicts) and `rest` cover what the row says; `origin` the raw records' digests;
    `spot` where they stand. `raws` are the raw digests one by one. `groups` name what a run's
    neighbours share with it.
    """

    place: Place
    key: str
    source: str
    label: str
    runs: tuple[str, ...]
    text: bytes
    decision: bytes
    rest: bytes
    origin: bytes
    spot: bytes
    raws: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


Reader = Callable[[Row], Unit]


def reader_of(stage: str, entry: FileEntry) -> Reader | None:
    """Return the reader of an output's rows, null for a file without rows (a dataset card)."""
    if not entry.path.endswith(".jsonl"):
        return None
    if entry.role == "quarantine":
        return quarantined_record if stage == evidence.STAGE else quarantined_unit
    if entry.path.endswith("/unattached.jsonl"):
        return unattached
    return _READERS[stage]


def mark(*values: Any) -> bytes:
    """Return 16 bytes that stand for values: equal for equal ones.

    They are compared within one process and never recorded, so they are no digest of ours.
    """
    data = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return blake2b(data, digest_size=_MARK_BYTES).digest()


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _origin(places: Sequence[Row]) -> tuple[bytes, bytes]:
    """Return the marks of the raw records' bytes, and of where they stand."""
    return mark([(p["blake3"], p["pointer"]) for p in places]), mark(places)


def evidence_run(row: Row) -> Unit:
    """Return the unit of an evidence record."""
    places = row["provenance"]
    origin, spot = _origin(places)
    facts = dict(row["facts"])
    observed = dict(facts.pop("observed"))
    parts = ("provenance", "verdicts", "instrument_failure", "content_digest", "facts")
    texts = ("messages", "text", "tools")
    return Unit(
        place="rows",
        key=row["run_id"],
        source=row["source"],
        label="",
        runs=(row["run_id"],),
        text=mark(row["content_digest"]),
        decision=mark(row["verdicts"], row["instrument_failure"], observed.pop(STALE, None)),
        rest=mark(_without(row, *parts, *texts), facts, observed),
        origin=origin,
        spot=spot,
        raws=tuple(place["blake3"] for place in places),
    )


def scored_run(row: Row) -> Unit:
    """Return the unit of a scored run; where its evidence stands is no part of what it says."""
    decision = (
        *("rule", "reasons", "decided_by", "dissent", "reward", "parent_run_ids"),
        "near_duplicates",
    )
    task, output = row["task"]["key"], row["output_digest"]
    groups = [f"task:{task}", f"output:{task}:{output}"]
    if row["subject"] is not None:
        groups.append(f"subject:{row['subject']}")
    return Unit(
        place="rows",
        key=row["run_id"],
        source=row["source"],
        label=row["category"],
        runs=(row["run_id"],),
        text=mark(output),
        decision=mark([row[name] for name in decision], row["instrument_failure"]),
        rest=mark(_without(row, *decision, "category", "evidence", "instrument_failure")),
        origin=b"",
        spot=mark(row["evidence"]),
        groups=tuple(groups),
    )


def single_run(row: Row) -> Unit:
    """Return the unit of a RAG or SFT row: one run, found again by its run id."""
    origin, spot = _origin(row["provenance"])
    label = row["category"] if "category" in row else row["quality_score"]
    named = ("id", "category", "quality_score", "provenance", "text", "messages")
    return Unit(
        place="rows",
        key=row["source_run_id"],
        source=row["provenance"][0]["source"],
        label=label,
        runs=(row["source_run_id"],),
        text=mark(row["id"]),
        decision=b"",
        rest=mark(_without(row, *named)),
        origin=origin,
        spot=spot,
    )


def pair_of_runs(row: Row) -> Unit:
    """Return the unit of a preference row: two runs, found again by both ids."""
    runs = (row["chosen_run_id"], row["rejected_run_id"])
    sides = row["provenance"]
    origin, spot = _origin([*sides["chosen"], *sides["rejected"]])
    texts = ("prompt", "chosen", "rejected")
    named = ("id", "chosen_category", "rejected_category", "margin", "provenance", *texts)
    return Unit(
        place="rows",
        key=SEPARATOR.join(runs),
        source=sides["chosen"][0]["source"],
        label=f"{row['chosen_category']} over {row['rejected_category']}",
        runs=runs,
        text=mark(row["id"]),
        decision=mark(row["margin"]),
        rest=mark(_without(row, *named)),
        origin=origin,
        spot=spot,
    )


def quarantined_unit(row: Row) -> Unit:
    """Return the unit of a run or pair that an exporter refused, found again by its ids."""
    return _quarantined(row, SEPARATOR.join(row["ids"]))


def quarantined_record(row: Row) -> Unit:
    """Return the unit of what the evidence stage refused: it is known by its raw records."""
    origin = [[place["blake3"], place["pointer"]] for place in row["origin"]]
    return _quarantined(row, orjson.dumps([row["source"], row["ids"], origin]).decode())


def _quarantined(row: Row, key: str) -> Unit:
    origin, spot = _origin(row["origin"])
    return Unit(
        place="quarantine",
        key=key,
        source=row["source"],
        label=row["reason"],
        runs=tuple(row["ids"]),
        text=b"",
        decision=b"",
        rest=mark([row["unit"], row["also"], row["rule"], row["detail"]]),
        origin=origin,
        spot=spot,
        raws=tuple(place["blake3"] for place in row["origin"]),
    )


def unattached(row: Row) -> Unit:
    """Return the unit of a verdict that belongs to no run, found again by its raw record."""
    origin, spot = _origin(row["origin"])
    places = [[place["blake3"], place["pointer"]] for place in row["origin"]]
    return Unit(
        place="unattached",
        key=orjson.dumps([row["source"], row["verdicts_for"], row["match"], places]).decode(),
        source=row["source"],
        label=row["state"],
        runs=(),
        text=b"",
        decision=mark(row["verdict"]),
        rest=b"",
        origin=origin,
        spot=spot,
    )


_READERS: Final[Mapping[str, Reader]] = {
    evidence.STAGE: evidence_run,
    scoring.STAGE: scored_run,
    rag.STAGE: single_run,
    sft.STAGE: single_run,
    preference.STAGE: pair_of_runs,
}
