"""What scoring remembers of the runs of a part: columns of what is asked of all, the rest packed.

Few runs are told anything by others. Which ones is found by keys of fixed width, of all runs at
once; the row of a run, as JSON, is read for those alone.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, NamedTuple, Self

import orjson

from distill.firewall.facets import Facet
from distill.firewall.near_duplicate import NAME, bands_name, read_bands
from distill.firewall.splits import position_of
from distill.receipts.digest import blake3_hex
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.taxonomy import Category, RecordClass, SourceRole, VerdictOrigin
from distill.scoring.decide import Decision

#: Of a run: what stands for its task and output, and for its subject (0: nothing does), position,
#: category (its number) and whether it is extraction-class.
KEYS: Final = Struct("<QQHBB")
_HEAD: Final = Struct("<I")
_HEX: Final = 16  # digits of a number of 64 bits
_CATEGORIES: Final = {category: number for number, category in enumerate(Category)}


class RunRow(NamedTuple):
    """A run by itself. ``rank`` is what it is ranked by among runs that are alike.

    That is role, origin of what decided, and length.
    """

    run_id: str
    record_class: str
    task: str
    output: str | None
    subject: str | None
    category: str
    by_human: int
    rule: str
    origin: str | None
    rank: Sequence[int]

    @classmethod
    def of(cls, record: EvidenceRecord, decision: Decision) -> Self:
        """Return the row of a run that was decided by itself."""
        origin = None if decision.decided_by is None else decision.decided_by.origin
        return cls(
            record.run_id,
            record.record_class,
            record.task.key,
            record.facts.output_digest,
            record.subject,
            decision.category,
            int(origin is VerdictOrigin.HUMAN_REVIEW),
            decision.rule,
            origin,
            (
                int(record.role is not SourceRole.TRAIN),
                len(VerdictOrigin) if origin is None else origin.rank,
                record.facts.text_chars,
            ),
        )

    def keys(self, position: int) -> bytes:
        """Return the run as `KEYS`."""
        is_extraction = self.record_class == RecordClass.EXTRACTION
        both = None if is_extraction or self.output is None else self.task + self.output
        category = _CATEGORIES[Category(self.category)]
        return KEYS.pack(_number(both), _number(self.subject), position, category, is_extraction)


def _number(text: str | None) -> int:
    """Return what stands for a text: others may have it too. 0 stands for none."""
    if text is None:
        return 0
    return int(blake3_hex(text.encode("utf-8", "surrogatepass"))[:_HEX], 16) or 1


class FacetRows:
    """What observers left of the runs of a part, of a facet each: `entries` and `bands`.

    An entry is the number of a run in the part (7 bytes) and whether it has bands, then the digest
    of 16 bytes; ``bands`` are 64 bytes each.
    """

    def __init__(self) -> None:
        self.entries = {facet: bytearray() for facet in Facet}
        self.bands = {facet: bytearray() for facet in Facet}

    def add(self, number: int, record: EvidenceRecord) -> None:
        """Take what was observed of a run."""
        told = record.facts.observed.get(NAME)
        names: Mapping[str, str] = {} if told is None else told.names
        for facet in Facet:
            if facet in names:
                bands = names.get(bands_name(facet))
                head = number.to_bytes(7, "little") + bytes([bands is not None])
                self.entries[facet] += head + bytes.fromhex(names[facet])
                if bands is not None:
                    self.bands[facet] += read_bands(bands)

    def columns(self) -> list[tuple[bytes, bytes]]:
        """Return entries and bands of each facet, in order."""
        return [(bytes(self.entries[facet]), bytes(self.bands[facet])) for facet in Facet]


@dataclass(frozen=True)
class RunRows:
    """The runs of a part. ``told`` is what they come to in numbers, ``keys`` are `KEYS` of each.

    ``facets``: of each facet, in order, entries and bands as `FacetRows` has them.
    """

    told: Mapping[str, Any]
    keys: memoryview
    facets: Sequence[tuple[memoryview, memoryview]]
    packed: memoryview

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Return what `pack_rows` gave."""
        (size,) = _HEAD.unpack_from(content)
        told = orjson.loads(content[_HEAD.size : _HEAD.size + size])
        rest = memoryview(content)[_HEAD.size + size :]
        columns = []
        for width in told["widths"]:
            columns.append(rest[:width])
            rest = rest[width:]
        return cls(told, columns[0], list(zip(columns[1::2], columns[2::2], strict=True)), rest)

    def rows(self) -> list[RunRow]:
        """Return the row of each run."""
        return [RunRow(*row) for row in json.loads(zlib.decompress(self.packed))]


def pack_rows(runs: Iterable[tuple[EvidenceRecord, Decision]], *, is_near_asked: bool) -> bytes:
    """Return what is remembered of the runs of a part; ``is_near_asked``: of their texts too."""
    rows, keys, facets = list[RunRow](), bytearray(), FacetRows()
    decisions, origins, unknown = Counter[tuple[str, ...]](), Counter[str](), 0
    for number, (record, decision) in enumerate(runs):
        row = RunRow.of(record, decision)
        rows.append(row)
        keys += row.keys(position_of(record) if is_near_asked else 0)
        decisions[row.category, row.rule, row.origin or ""] += 1
        origins.update(verdict.origin.value for verdict in record.verdicts)
        unknown += record.facts.tools_unknown
        if is_near_asked:
            facets.add(number, record)
    columns = [bytes(keys), *(column for of_facet in facets.columns() for column in of_facet)]
    told = {
        "runs": len(rows),
        "tools_unknown": unknown,
        "decisions": [[*decision, number] for decision, number in sorted(decisions.items())],
        "origins": dict(sorted(origins.items())),
        "widths": [len(column) for column in columns],
    }
    head = encode(told)
    return b"".join([_HEAD.pack(len(head)), head, *columns, zlib.compress(encode(rows), 1)])
