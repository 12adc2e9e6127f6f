"""What record stages and group stages share: a call's files, its recipe, and its memory.

Both are called as ``stage(read=PATHS, write=FOLDER, **parameters)``.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, cast

from distill.errors import ContractError
from distill.receipts.annotations import InFiles, OutDir
from distill.receipts.binding import Binding, Call, Role, roles_of
from distill.receipts.code.composed import composition_of
from distill.receipts.outcome import Outcome
from distill.receipts.recording import Stage, demand_function, demand_identity, demand_plain
from distill.receipts.workspace import Workspace

if TYPE_CHECKING:  # what only a run needs: a call that is skipped imports none of it
    from distill.receipts.execution import Execution
    from distill.receipts.incremental.running import Running
    from distill.receipts.incremental.segments import Segment, Segments
    from distill.receipts.incremental.shards import ShardWriter
    from distill.receipts.report import Report
    from distill.receipts.staging import Finished

READ: Final = "read"
WRITE: Final = "write"
KEY_FUNCTION: Final = "key_function"


class Input(NamedTuple):
    """One input: its recorded path, where it lies, and its segments."""

    path: str
    place: Path
    segments: "Segments"


class Work(NamedTuple):
    """One run: what is read, what is remembered, and where the output goes."""

    running: "Running"
    inputs: tuple[Input, ...]
    writer: "ShardWriter"
    parameters: Mapping[str, Any]

    @classmethod
    def of(cls, running: "Running", writer: "ShardWriter", parameters: Mapping[str, Any]) -> Self:
        """Return the work of a run, with its inputs cut into segments."""
        inputs = tuple(
            Input(one.path, one.place, running.segments_of(one)) for one in running.inputs
        )
        return cls(running, inputs, writer, parameters)

    @property
    def parts(self) -> "Iterator[tuple[Input, Segment]]":
        """All segments in the order of the inputs."""
        return ((one, segment) for one in self.inputs for segment in one.segments)


class IncrementalStage(Stage[Any], ABC):
    """A stage that reads files of lines and writes a folder of shards, redoing what changed."""

    def __init__(self, function: Callable[..., object], stage: str, version: int) -> None:
        # What the function returns are records; a plain stage's function returns a report.
        demand_identity(stage, version)
        demand_function(function, stage)
        demand_plain(function, stage)
        super().__init__(cast("Callable[..., None]", function), stage, version)
        #: How the stage is called, which is not how its function is: what wraps it asks for this.
        self.__signature__ = self._signature()

    @abstractmethod
    def produce(self, work: Work) -> "Report":
        """Write all items of a run."""

    @abstractmethod
    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """Return the parameters of the claim that the function has."""

    def beside(self) -> Mapping[str, str]:
        """Return what the outputs follow from beside the function, as parameters of the claim."""
        return {}

    def _signature(self) -> inspect.Signature:
        own = self.parameters()
        for one in own:
            if one.name in {READ, WRITE, KEY_FUNCTION} or one.kind in {
                one.VAR_POSITIONAL,
                one.VAR_KEYWORD,
            }:
                raise ContractError(
                    f"the stage {self.stage} can't have the parameter {one.name}",
                    f"{READ} and {WRITE} are its files; name all other parameters",
                )
        keyword = inspect.Parameter.KEYWORD_ONLY
        files = [
            inspect.Parameter(name, keyword, annotation=annotation)
            for name, annotation in ((READ, InFiles), (WRITE, OutDir))
        ]
        return inspect.Signature([*files, *(one.replace(kind=keyword) for one in own)])

    @cached_property
    def _binding(self) -> Binding:
        # Late: an annotation may name what the module defines below the stage.
        roles: dict[str, Role] = {READ: "input", WRITE: "tree"}
        for name, role in roles_of(self.__wrapped__, self.parameters()).items():
            if role not in {"parameter", "ignored"}:
                raise ContractError(
                    f"the stage {self.stage} declares {name} as a file",
                    f"its files are {READ} and {WRITE}; make a plain stage of it, or pass a value",
                )
            roles[name] = role
        beside = {**self.beside(), **composition_of(self._functions()).beside}
        return _Files(self.__wrapped__.__qualname__, self.__signature__, roles, beside)

    def _run(self, execution: "Execution") -> Outcome:
        return execution.run(self._function)

    def _function(self, *, read: Sequence[Path] | Path, write: Path, **given: object) -> "Finished":
        from distill.receipts.incremental.running import Running  # noqa: PLC0415
        from distill.receipts.staging import Finished  # noqa: PLC0415

        del read  # their places are among the run's inputs
        running = Running.here()
        work = Work.of(running, running.writer(write, running.target(WRITE)), given)
        report = self.produce(work)
        return Finished(report, {WRITE: work.writer.written}, running.remember)


@dataclass(frozen=True)
class _Files(Binding):
    """The arguments of a call, among which there are files to read and a folder to write."""

    def bind(
        self, workspace: Workspace, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> Call:
        """Sort the arguments of one call.

        Raises:
            ContractError: nothing is named to read or to write; else as in a plain stage.
        """
        for name in (READ, WRITE):
            if name in kwargs and kwargs[name] is None:
                raise ContractError(f"{self.name} is given no {name}", "pass files and a folder")
        return super().bind(workspace, args, kwargs)
