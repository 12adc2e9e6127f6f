"""Writing the evidence of a source: its lines, with what became of them."""

import json
from collections.abc import Mapping

from distill.receipts.incremental.passes import NONE
from distill.receipts.incremental.shards import ShardWriter
from distill.records.evidence import EvidenceRecord
from distill.stages.read_source import ReadSource
from distill.stages.resolve import Change


def write_evidence(read: ReadSource, changes: Mapping[int, Change], writer: ShardWriter) -> None:
    """Write the lines of a source; ``changes`` are by their numbers."""
    by_part = read.numbered.by_part(changes)

    def told(number: int) -> bytes:
        found = by_part.get(number)
        return NONE if found is None else _told(found)

    def apply(number: int, content: bytes) -> bytes:
        return b"".join(
            _changed(line + b"\n", by_part[number].get(index))
            for index, line in enumerate(content.split(b"\n")[:-1])
        )

    read.passes.second(writer, read.numbered.parts, told, apply)


def _changed(line: bytes, change: Change | None) -> bytes:
    if change is None:
        return line
    if change.drop:
        return b""
    return change.apply(EvidenceRecord.from_line(line)).to_line()


def _told(changes: Mapping[int, Change]) -> bytes:
    """Return changes as bytes: equal bytes make equal lines of equal ones."""
    return json.dumps(
        [
            [
                line,
                change.drop,
                change.run_id,
                [place.as_json() for place in change.provenance],
                [verdict.as_json() for verdict in change.verdicts],
                [origin.value for origin in change.stale],
                [twin.as_json() for twin in change.twins],
            ]
            for line, change in changes.items()
        ]
    ).encode()
