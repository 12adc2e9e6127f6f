"""The rows of a set in their splits: how they are handed on, written, and held to the law.

A part of an export gives the rows of one split after those of the other. Each split has files of
its own, which take their piece of every part.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from distill.firewall.splits import SPLITS, TRAIN, Splits, position_of
from distill.receipts import Law
from distill.receipts.incremental.passes import NONE, Part, Passes
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shards import ShardWriter
from distill.records.evidence import EvidenceRecord
from distill.stages.lines import read_lines

SCALE: Final = 8  # a trainer lists and opens every file of a set

Changes = Callable[[int], bytes]
Apply = Callable[[int, bytes], bytes]


class SplitRows:
    """Gathers the rows of a part by split; without splits, all of them train."""

    def __init__(self, splits: Splits | None) -> None:
        self._splits = splits
        self._rows: dict[str, list[bytes]] = {name: [] for name in names_of(splits)}
        self._positions: dict[str, int] = {}

    def add(self, line: bytes, *records: EvidenceRecord) -> None:
        """Take a row that was made of these runs; the first says where it belongs."""
        if self._splits is None:
            self._rows[TRAIN].append(line)
            return
        positions = [position_of(record) for record in records]
        self._rows[self._splits.split_at(positions[0])].append(line)
        runs = (record.run_id for record in records)
        self._positions.update(zip(runs, positions, strict=True))

    @property
    def content(self) -> bytes:
        """The rows, one split after the other."""
        return b"".join(line for rows in self._rows.values() for line in rows)

    def told(self) -> dict[str, Any]:
        """Return what `SplitFiles.take` is to know of the part."""
        if self._splits is None:
            return {}
        sizes = [sum(map(len, rows)) for rows in self._rows.values()]
        return {"splits": {"sizes": sizes, "positions": self._positions}}


def names_of(splits: Splits | None) -> tuple[str, ...]:
    """Return the splits of a set in their order: the prefixes of its files."""
    return (TRAIN,) if splits is None else SPLITS


@dataclass
class SplitFiles:
    """Writes a set whose parts were taken in order."""

    running: Running
    folder: Path
    splits: Splits | None
    writers: list[ShardWriter] = field(default_factory=list)
    _sizes: list[list[int]] = field(default_factory=list)
    _positions: dict[str, int] = field(default_factory=dict)

    def take(self, told: Mapping[str, Any]) -> None:
        """Take what the next part told of its rows."""
        if self.splits is not None:
            self._sizes.append(told["splits"]["sizes"])
            self._positions.update(told["splits"]["positions"])

    def write(
        self, passes: Passes[Any], parts: Sequence[Part[Any]], changes: Changes, apply: Apply
    ) -> None:
        """Write the files of all splits; see `Passes.second`."""
        for at, name in enumerate(names_of(self.splits)):
            target = self.running.target("rows")
            writer = self.running.writer(self.folder, target, prefix=name, scale=SCALE)
            if self.splits is None:
                passes.second(writer, parts, changes, apply)
            else:
                passes.second(writer, parts, *self._piece(at, changes, apply))
            self.writers.append(writer)

    def _piece(self, at: int, changes: Changes, apply: Apply) -> tuple[Changes, Apply]:
        """Return what takes the rows of one split out of those of a part."""

        def bounds(number: int) -> tuple[int, int]:
            begin = sum(self._sizes[number][:at])
            return begin, begin + self._sizes[number][at]

        def piece(number: int, content: bytes) -> bytes:
            whole = content if changes(number) == NONE else apply(number, content)
            begin, end = bounds(number)
            return whole[begin:end]

        return (
            lambda number: f"{SPLITS[at]} {bounds(number)} ".encode() + changes(number),
            piece,
        )

    def rows(self) -> dict[str, int]:
        """Return the number of rows that each split has."""
        return {writer.prefix: writer.rows for writer in self.writers}

    def laws(self) -> list[Law]:
        """Read the written files again, and return what must hold of them.

        Law: every row lies in the split of its group; no prompt (of a document: no text) stands in
        two splits.
        """
        if self.splits is None:
            return []
        everywhere: set[bytes] = set()
        prompts: Counter[str] = Counter()
        belonging = 0
        for writer in self.writers:
            here: set[bytes] = set()
            for row in self._written(writer):
                places = {self.splits.split_at(self._positions[run]) for run in _runs_of(row)}
                belonging += int(places == {writer.prefix})
                here |= _prompt_of(row)
            prompts[writer.prefix] = len(here)
            everywhere |= here
        return [
            Law(
                "every row lies in the split of its group",
                "rows",
                self.rows(),
                {"in the split of their group": belonging},
            ),
            Law("no prompt stands in two splits", "prompts", prompts, {"all": len(everywhere)}),
        ]

    def _written(self, writer: ShardWriter) -> Iterator[dict[str, Any]]:
        for one in writer.written:
            place = writer.folder / one.name
            if one.stands:
                place = self.running.workspace.resolve(f"{writer.target}/{one.name}")
            for _, line in read_lines(place):
                yield orjson.loads(line)


def _runs_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    if "source_run_id" in row:
        return (row["source_run_id"],)
    return row["chosen_run_id"], row["rejected_run_id"]


def _prompt_of(row: Mapping[str, Any]) -> set[bytes]:
    """Return a digest of what a row asks, white space aside; none where it asks nothing."""
    if "text" in row:
        said = row["text"]
    else:
        messages = row["messages"] if "messages" in row else row["prompt"]
        turns = [one["role"] for one in messages]
        first = turns.index("assistant") if "assistant" in turns else len(turns)
        said = "\n\n".join(one["content"] for one in messages[:first] if one["role"] == "user")
    words = " ".join(said.split())
    return {sha256(words.encode("utf-8", "surrogatepass")).digest()[:16]} if words else set()
