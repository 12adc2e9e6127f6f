"""The run of an incremental stage: what it reads, what is remembered, and what it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from distill.receipts.digest import Fingerprint, digest_bytes
from distill.receipts.execution import Execution, current_execution
from distill.receipts.incremental import segments, shard_file
from distill.receipts.incremental.cuts import cut_file, cuts
from distill.receipts.incremental.former import FormerShards
from distill.receipts.incremental.growth import Growth
from distill.receipts.incremental.memory import Items, Memory, Shard, read_memory, write_memory
from distill.receipts.incremental.remembered import LearntRows
from distill.receipts.incremental.segments import Segments
from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.inputs import WatchedInput
from distill.receipts.survey import Survey
from distill.receipts.targets import Target
from distill.receipts.workspace import Workspace

#: Raise it when segments, items or shards come to be made in another way.
LAYOUT: Final = 2


@dataclass
class Running:
    """One run: what is remembered of earlier ones, and what this one learns.

    ``segments`` are by the BLAKE3 of their file, ``rows`` by the key of the part that they are of;
    those of `learnt` are not in memory.
    """

    workspace: Workspace
    slot: str
    inputs: tuple[WatchedInput, ...]
    targets: tuple[Target, ...]
    memory: Memory
    former: FormerShards
    segments: dict[str, Segments] = field(default_factory=dict)
    rows: dict[bytes, bytes] = field(default_factory=dict)
    growth: Growth | None = None
    writers: list[ShardWriter] = field(default_factory=list)
    _learnt: LearntRows | None = None

    @classmethod
    def here(cls, *, with_parameters: bool = True) -> Self:
        """Return the run of the stage function that is being called.

        Without its parameters the recipe is code and environment alone: then the keys of the parts
        must hold what they take from the parameters.
        """
        return cls.of(current_execution(), with_parameters=with_parameters)

    @classmethod
    def of(cls, execution: Execution, *, with_parameters: bool = True) -> Self:
        """Return the run of an execution, with what is remembered of its slot."""
        draft = execution.draft
        recipe = recipe_of(draft.survey, with_parameters=with_parameters)
        memory = read_memory(draft.workspace, execution.lock, recipe)
        known = _known(draft.survey)
        former = FormerShards(draft.workspace, memory, known, execution.rereading)
        former.scrub()
        inputs, targets = draft.survey.inputs, draft.call.targets
        growth = execution.growth
        return cls(draft.workspace, execution.lock, inputs, targets, memory, former, growth=growth)

    def target(self, role: str) -> str:
        """Return the recorded place of the call's output of this role."""
        return next(one.path for one in self.targets if one.role == role)

    def writer(
        self, folder: Path, target: str, *, below: str = "", prefix: str = "part", scale: int = 1
    ) -> ShardWriter:
        """Return a writer of shards in ``folder / below``, which will be ``target / below``.

        ``scale``: how many times longer than usual they are to be.
        """
        made = ShardWriter(folder, target, below, self.former, prefix, scale)
        self.writers.append(made)
        return made

    def learnt(self, folder: Path) -> LearntRows:
        """Return the rows that lie in a file; the ``folder`` of the first call has room for it."""
        if self._learnt is None:
            self._learnt = LearntRows(self.memory.rows, folder)
        return self._learnt

    def segments_of(self, one: WatchedInput) -> Segments:
        """Return the segments of an input, which is read where they are not known yet."""
        name = one.blake3.hex
        found = self.memory.segments.get(name) or cuts.of(name)
        self.segments[name] = found if found is not None else cut_file(one.place)
        return self.segments[name]

    def remember(self) -> None:
        """Keep what the next run needs of this one."""
        if self.growth is not None:
            self.growth.remember(self.inputs)
        memory = Memory(
            self.memory.recipe,
            _joined([one.items for one in self.writers]),
            _shifted(self.writers),
            self.segments,
        )
        rows = self.learnt(self.workspace.root).columns(self.rows)
        write_memory(self.workspace, self.slot, memory, rows)


def recipe_of(survey: Survey, *, with_parameters: bool = True) -> str:
    """Return what decides the bytes of an item beside its records: all of the key but the inputs.

    Law: equal recipes and equal records give equal bytes.
    """
    parts = survey.key._replace(inputs=())
    if not with_parameters:
        parts = parts._replace(parameters={})
    bounds = (segments.USUAL, segments.LONGEST, shard_file.USUAL, shard_file.ROOM)
    return digest_bytes(f"{parts.digest().hex} {LAYOUT} {bounds}".encode()).hex


def _joined(items: Sequence[Items]) -> Items:
    if len(items) == 1:
        return items[0]
    joined = Items()
    for one in items:
        joined.keys.extend(one.keys)
        joined.lengths.extend(one.lengths)
        joined.records.extend(one.records)
    return joined


def _shifted(writers: Sequence[ShardWriter]) -> tuple[Shard, ...]:
    """Return the shards of all writers, their items counted over all of them."""
    found: list[Shard] = []
    before = 0
    for one in writers:
        found += [
            shard._replace(first=shard.first + before, last=shard.last + before)
            for shard in one.shards
        ]
        before += len(one.items)
    return tuple(found)


def _known(survey: Survey) -> Mapping[str, Fingerprint]:
    """Return what the newest passing receipt says of the outputs, by path."""
    if survey.passed is None:
        return {}
    return {
        one.path: Fingerprint(one.bytes, one.blake3, one.sha256, one.records, one.root)
        for one in survey.passed.claim.outputs
    }
