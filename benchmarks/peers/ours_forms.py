"""The five stages as four record functions and a group function."""

from collections.abc import Iterator
from pathlib import Path

import work

from distill.receipts import (
    Outcome,
    Place,
    side_by_side,
    with_receipt_per_group,
    with_receipt_per_record,
)


@with_receipt_per_record(stage="build_index", version=1)
def build_index(record: bytes, place: Place) -> bytes:
    """See work.indexed."""
    return work.indexed(record, place.path.rpartition("/")[2], place.start)


@with_receipt_per_record(stage="score", version=1)
def score(record: bytes) -> bytes:
    """See work.scored."""
    return work.scored(record)


@with_receipt_per_record(stage="export_rag", version=1)
def export_rag(record: bytes) -> bytes | None:
    """See work.rag_row."""
    return work.rag_row(record)


@with_receipt_per_record(stage="export_sft", version=1)
def export_sft(record: bytes) -> bytes | None:
    """See work.sft_row."""
    return work.sft_row(record)


@with_receipt_per_group(stage="export_pairs", version=1, key=work.task_of)
def export_pairs(key: str, records: list[bytes]) -> Iterator[bytes]:
    """See work.pairs."""
    return work.pairs(key, records)


def shards(outcome: Outcome) -> list[str]:
    """Return the files that a stage made."""
    return [one.path for one in outcome.outputs]


if __name__ == "__main__":
    index = build_index(read=sorted(Path("logs").glob("*.jsonl")), write="data/index")
    runs = shards(score(read=shards(index), write="data/scored"))
    side_by_side(
        export_pairs.later(read=runs, write="data/pairs"),
        export_rag.later(read=runs, write="data/rag"),
        export_sft.later(read=runs, write="data/sft"),
    )
