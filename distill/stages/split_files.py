"""The rows of a set in their splits: how they are handed on, written, and held to the law.

A part of an export gives the rows of one split after those of the other. Each split has files of
its own, which take their piece of every part.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from distill.firewall.splits import SPLITS, TRAIN, Splits, position_of
from distill.receipts import Law
from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.receipts.incremental.passes import NONE
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.shards import ShardWriter
from distill.records.evidence import EvidenceRecord
from distill.stages.lines import read_lines

_SHORT: Final = 16  # bytes of the digest of a run's id, or of a prompt
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
        return {"splits": {"sizes": [sizes], "positions": self._positions}}


def joined_splits(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what neighbouring parts told `SplitFiles.take`, as what one of them tells."""
    splits = [one["splits"] for one in told if "splits" in one]
    if not splits:
        return {}
    sizes = [size for one in splits for size in one["sizes"]]
    positions = {run: at for one in splits for run, at in one["positions"].items()}
    return {"splits": {"sizes": sizes, "positions": positions}}


def piece_of(at: int, sizes: Sequence[int]) -> tuple[int, int]:
    """Return where the rows of a split begin and end in a part whose splits are so long."""
    begin = sum(sizes[:at])
    return begin, begin + sizes[at]


def piece_changes(at: int, sizes: Sequence[int]) -> bytes:
    """Return what makes of a part the item of its rows in one split; see `Passes.second`."""
    return f"{SPLITS[at]} {piece_of(at, sizes)} ".encode()


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
    _sizes: "array[int]" = field(default_factory=lambda: array("Q"))
    _runs: KeyIndex = field(default_factory=lambda: KeyIndex(Keys(width=_SHORT)))
    _split_of_run: bytearray = field(default_factory=bytearray)

    def take(self, told: Mapping[str, Any]) -> None:
        """Take what the next part told of its rows, or the next parts together."""
        if self.splits is None:
            return
        for sizes in told["splits"]["sizes"]:
            self._sizes.extend(sizes)
        for run_id, position in told["splits"]["positions"].items():
            if self._runs.add(_short(run_id)):
                self._split_of_run.append(SPLITS.index(self.splits.split_at(position)))

    def write(
        self,
        second: Callable[[ShardWriter, Changes, Apply], None],
        changes: Changes,
        apply: Apply,
    ) -> None:
        """Write the files of all splits; ``second`` writes one, as `Passes.second` does."""
        for at, name in enumerate(names_of(self.splits)):
            target = self.running.target("rows")
            writer = self.running.writer(self.folder, target, prefix=name, scale=SCALE)
            if self.splits is None:
                second(writer, changes, apply)
            else:
                second(writer, *self._piece(at, changes, apply))
            self.writers.append(writer)

    def _piece(self, at: int, changes: Changes, apply: Apply) -> tuple[Changes, Apply]:
        """Return what takes the rows of one split out of those of a part."""

        def sizes(number: int) -> Sequence[int]:
            return self._sizes[number * len(SPLITS) : (number + 1) * len(SPLITS)]

        def piece(number: int, content: bytes) -> bytes:
            whole = content if changes(number) == NONE else apply(number, content)
            begin, end = piece_of(at, sizes(number))
            return whole[begin:end]

        return (lambda number: piece_changes(at, sizes(number)) + changes(number), piece)

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
        everywhere = KeyIndex(Keys(width=_SHORT))
        prompts: Counter[str] = Counter()
        belonging = 0
        for writer in self.writers:
            here = KeyIndex(Keys(width=_SHORT))
            for row in self._written(writer):
                places = {self._split_of(run) for run in _runs_of(row)}
                belonging += int(places == {writer.prefix})
                for prompt in _prompt_of(row):
                    here.add(prompt)
                    everywhere.add(prompt)
            prompts[writer.prefix] = len(here.keys)
        distinct = len(everywhere.keys)
        return [
            Law(
                "every row lies in the split of its group",
                "rows",
                self.rows(),
                {"in the split of their group": belonging},
            ),
            Law("no prompt stands in two splits", "prompts", prompts, {"all": distinct}),
        ]

    def _split_of(self, run_id: str) -> str:
        number = self._runs.find(_short(run_id))
        if number is None:
            raise KeyError(run_id)
        return SPLITS[self._split_of_run[number]]

    def _written(self, writer: ShardWriter) -> Iterator[dict[str, Any]]:
        for one in writer.written:
            place = writer.folder / one.name
            if one.stands:
                place = self.running.workspace.resolve(f"{writer.target}/{one.name}")
            for _, line in read_lines(place):
                yield orjson.loads(line)


def _short(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:_SHORT]


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
    return {_short(words)} if words else set()
