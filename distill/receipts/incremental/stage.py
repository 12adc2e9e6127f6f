"""What record stages and group stages share: a call's files, its recipe, and its memory.

Both are called as ``stage(read=PATHS, write=FOLDER, **parameters)``.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

from distill.errors import ContractError
from distill.receipts.binding import Binding, Role
from distill.receipts.digest import Fingerprint, digest_bytes
from distill.receipts.execution import Execution
from distill.receipts.incremental import segments, shards
from distill.receipts.incremental.memory import Items, Memory, read_memory, write_memory
from distill.receipts.incremental.segments import Segment, cut_file
from distill.receipts.incremental.shards import FormerShards, ShardWriter
from distill.receipts.incremental.workers import number_of_workers
from distill.receipts.outcome import Outcome
from distill.receipts.recording import Stage, demand_identity
from distill.receipts.report import Report
from distill.receipts.staging import Finished
from distill.receipts.survey import Survey

READ: Final = "read"
WRITE: Final = "write"
#: Raise it when segments, items or shards come to be made in another way.
LAYOUT: Final = 1
#: Fewer bytes than this are computed where we are: starting workers costs more.
_WORTH_WORKERS: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Input:
    """One input: its recorded path, where it lies, the BLAKE3 (hex) of its bytes, its segments."""

    path: str
    place: Path
    blake3: str
    segments: tuple[Segment, ...]


@dataclass
class Work:
    """One run: the inputs, what is remembered, and where the items of the output go.

    ``rows`` is what a group stage has learnt of segments, to be remembered.
    """

    inputs: tuple[Input, ...]
    memory: Memory
    former: FormerShards
    writer: ShardWriter
    parameters: Mapping[str, Any]
    rows: dict[bytes, bytes]
    items: Items = field(default_factory=lambda: Items((), (), ()))

    @property
    def parts(self) -> Iterator[tuple[Input, Segment]]:
        """All segments in the order of the inputs."""
        return ((one, segment) for one in self.inputs for segment in one.segments)

    def remembered(self) -> Memory:
        """Return what the next run needs of this one."""
        return Memory(
            self.memory.recipe,
            self.items,
            tuple(self.writer.shards),
            {one.blake3: one.segments for one in self.inputs},
            self.rows,
        )


class IncrementalStage(Stage[Any]):
    """A stage that reads files of lines and writes a folder of shards, redoing what changed."""

    def __init__(self, function: Callable[..., object], stage: str, version: int) -> None:
        # What the function returns are records; a plain stage's function returns a report.
        demand_identity(stage, version)
        super().__init__(cast("Callable[..., None]", function), stage, version)

    def produce(self, work: Work) -> Report:
        """Write all items of a run."""
        raise NotImplementedError

    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """Return the parameters of the claim that the function has."""
        raise NotImplementedError

    @cached_property
    def _binding(self) -> Binding:
        own = self.parameters()
        for one in own:
            if one.name in {READ, WRITE} or one.kind in {one.VAR_POSITIONAL, one.VAR_KEYWORD}:
                raise ContractError(
                    f"the stage {self.stage} can't have the parameter {one.name}",
                    f"{READ} and {WRITE} are its files; name all other parameters",
                )
        keyword = inspect.Parameter.KEYWORD_ONLY
        files = [inspect.Parameter(name, keyword) for name in (READ, WRITE)]
        roles: dict[str, Role] = {READ: "input", WRITE: "tree"}
        roles |= {one.name: "parameter" for one in own}
        return Binding(
            inspect.Signature([*files, *(one.replace(kind=keyword) for one in own)]), roles
        )

    def _run(self, execution: Execution) -> Outcome:
        done: list[Work] = []

        def function(*, read: Sequence[Path] | Path, write: Path, **given: object) -> Finished:
            del read  # their places are among the survey's inputs
            work = _work(execution, write, given)
            report = self.produce(work)
            done.append(work)
            return Finished(report, {WRITE: work.writer.written})

        outcome = execution.run(function)
        write_memory(execution.draft.workspace, execution.lock, done[0].remembered())
        return outcome


def workers_for(size: int) -> int:
    """Return how many processes are worth while for so many bytes of input."""
    return number_of_workers() if size >= _WORTH_WORKERS else 1


def _work(execution: Execution, folder: Path, given: Mapping[str, Any]) -> Work:
    draft = execution.draft
    memory = read_memory(draft.workspace, execution.lock, recipe_of(draft.survey))
    inputs = tuple(
        Input(
            one.path,
            one.place,
            one.blake3.hex,
            memory.segments.get(one.blake3.hex) or cut_file(one.place),
        )
        for one in draft.survey.inputs
    )
    (target,) = draft.call.targets
    former = FormerShards(draft.workspace, memory, _known(draft.survey))
    return Work(inputs, memory, former, ShardWriter(folder, target.path, former), given, {})


def recipe_of(survey: Survey) -> str:
    """Return what decides the bytes of an item beside its records: all of the key but the inputs.

    Law: equal recipes and equal records give equal bytes.
    """
    without = replace(survey.key, inputs=())
    bounds = (segments.USUAL, segments.LONGEST, shards.USUAL, shards.ROOM)
    return digest_bytes(f"{without.digest().hex} {LAYOUT} {bounds}".encode()).hex


def _known(survey: Survey) -> dict[str, Fingerprint]:
    """Return what the newest passing receipt says of the outputs, by path."""
    if survey.passed is None:
        return {}
    return {
        one.path: Fingerprint(one.bytes, one.blake3, one.sha256, one.records, one.root)
        for one in survey.passed.claim.outputs
    }
