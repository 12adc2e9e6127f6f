"""The five stages in their order: run them, or say what running them would do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Self

from distill.receipts import Outcome, Workspace, workspace_scope
from distill.receipts.git.checkout import import_git
from distill.receipts.heap import keep_freed
from distill.receipts.incremental.worker_count import number_of_workers
from distill.receipts.incremental.workers import may_fork
from distill.receipts.look import Look, one_look
from distill.receipts.outcome import Plan, PlanStatus
from distill.receipts.processes.own_process import in_own_process, may_be_elsewhere
from distill.receipts.processes.several_calls import Manner, make_calls
from distill.receipts.recording import Later
from distill.stages import arguments, evidence, preference, rag, scoring, sft
from distill.stages.jobs import SourceJob
from distill.stages.progress import SILENT, Progress
from distill.workspace.project import Project

#: Exports that read so many bytes of evidence, taken together, run in processes of their own.
WORTH_PROCESSES: Final = 1024 * 1024
#: The same where a process is started anew, which costs an import.
WORTH_IMPORTS: Final = 16 * 1024 * 1024

#: Stages over so many bytes of logs, or of evidence, are run each in a process of its own: what one
#: needs in memory goes with its process.
MUCH: Final = 256 * 1024 * 1024
#: Exports of scored lines of so many bytes, which are some 45,000 runs, are not run side by side
#: then: what they need in memory grows with the number of runs.
MANY: Final = 40 * 1024 * 1024

_EXPORT: Final = "export_"
_LONGEST: Final = frozenset({preference.STAGE})


@dataclass(frozen=True)
class Stage:
    """One stage: name, parents, the function with a receipt, and how a workspace calls it."""

    name: str
    parents: tuple[str, ...]
    recorded: Any
    arguments: Callable[[Project], Mapping[str, Any]]

    def run(
        self, project: Project, progress: Progress = SILENT, call: Later | None = None
    ) -> Outcome:
        """Run the stage in a workspace, or skip it; ``call`` is what `later` returned, if known.

        Raises:
            DistillError: a source, the configuration or the stage's contract is at fault.
        """
        with workspace_scope(project.workspace):
            return (call or self.later(project, progress))()

    def later(self, project: Project, progress: Progress = SILENT) -> Later:
        """Return this call, not made yet, for the scope of the workspace.

        Raises:
            DistillError: the configuration, or what a stage before left, is at fault.
        """
        if self.name.startswith(_EXPORT):
            project.make_redaction_key()
        later: Later = self.recorded.later(**self.arguments(project), progress=progress)
        return later

    def plan(self, project: Project, given: Mapping[str, Any] | None = None) -> Plan:
        """Say what `run` would do, without doing it; ``given`` are the arguments, if known."""
        with workspace_scope(project.workspace):
            plan: Plan = self.recorded.plan(**(self.arguments(project) if given is None else given))
        return plan


STAGES: Final[tuple[Stage, ...]] = (
    Stage(evidence.STAGE, (), evidence.index_evidence, arguments.evidence_arguments),
    Stage(scoring.STAGE, (evidence.STAGE,), scoring.decide_runs, arguments.scoring_arguments),
    Stage(rag.STAGE, (scoring.STAGE,), rag.write_rag, arguments.rag_arguments),
    Stage(sft.STAGE, (scoring.STAGE,), sft.write_sft, arguments.sft_arguments),
    Stage(
        preference.STAGE,
        (scoring.STAGE,),
        preference.write_preference,
        arguments.preference_arguments,
    ),
)

_BY_NAME: Final = {stage.name: stage for stage in STAGES}
EXPORTS: Final = tuple(stage for stage in STAGES if stage.name.startswith(_EXPORT))


def build_evidence_index(project: Project, progress: Progress = SILENT) -> Outcome:
    """Read the logs of a workspace into evidence records, or skip it; see `Stage.run`."""
    return _BY_NAME[evidence.STAGE].run(project, progress)


def score_runs(project: Project, progress: Progress = SILENT) -> Outcome:
    """Give every run of a workspace a category, or skip it; see `Stage.run`."""
    return _BY_NAME[scoring.STAGE].run(project, progress)


def export_rag(project: Project, progress: Progress = SILENT) -> Outcome:
    """Export the RAG set of a workspace, or skip it; see `Stage.run`."""
    return _BY_NAME[rag.STAGE].run(project, progress)


def export_sft(project: Project, progress: Progress = SILENT) -> Outcome:
    """Export the SFT set of a workspace, or skip it; see `Stage.run`."""
    return _BY_NAME[sft.STAGE].run(project, progress)


def export_preference(project: Project, progress: Progress = SILENT) -> Outcome:
    """Export the preference set of a workspace, or skip it; see `Stage.run`."""
    return _BY_NAME[preference.STAGE].run(project, progress)


@dataclass(frozen=True)
class Planned:
    """What one stage would do. `waits_for` names the parent whose new output is not known yet."""

    stage: str
    plan: Plan
    waits_for: str | None = None


def plan_all(project: Project, jobs: tuple[SourceJob, ...] | None = None) -> list[Planned]:
    """Say of each stage what a run would do; a child of a stage that would run waits for it.

    ``jobs`` are those of the sources, null to look for their files.
    """
    with one_look(project.workspace):
        return _plan_all(project, jobs)


def _plan_all(project: Project, jobs: tuple[SourceJob, ...] | None) -> list[Planned]:
    planned: dict[str, Planned] = {}
    for stage in STAGES:
        waits = next((name for name in stage.parents if planned[name].plan.status != "fresh"), None)
        if waits is None:
            is_first = stage.name == evidence.STAGE
            given = arguments.evidence_arguments(project, jobs) if is_first else None
            planned[stage.name] = Planned(stage.name, stage.plan(project, given))
        else:
            newest = project.receipts.newest(stage.name)
            status: PlanStatus = "never built" if newest is None else "stale"
            planned[stage.name] = Planned(
                stage.name, Plan(status, f"waits for {waits}, which would run"), waits
            )
    return list(planned.values())


def run_stages(
    project: Project,
    stages: Sequence[Stage],
    *,
    progress: Progress = SILENT,
    done: Callable[[Stage, Outcome], None] = lambda _stage, _outcome: None,
) -> list[Outcome]:
    """Run stages in the order given; `done` is told of each that ended well, in that order.

    Neighbours with the same parents run side by side, each in a process of its own, where there is
    enough to do and more than one core. Where there is much (see `MUCH` and `MANY`) all run one
    after the other, each in a process of its own.

    Raises:
        DistillError: the first of the stages that failed; those before it are done, and those after
            it have not begun, unless they ran beside it.
    """
    with workspace_scope(project.workspace):
        ready = {stages[0].name: stages[0].later(project, progress)}  # its files are found once
    is_much = _is_much(ready[stages[0].name])
    is_elsewhere = is_much and may_be_elsewhere()
    if is_much and _reads_anything_new(project.workspace, ready[stages[0].name]):
        keep_freed()
        if is_elsewhere:
            _import_for_all(project.root)
    outcomes: list[Outcome] = []
    for _, neighbours in groupby(stages, key=lambda stage: stage.parents):
        several = tuple(neighbours)
        if is_elsewhere:
            project.receipts.current()  # parsed here, they are so in what is forked from here on
        if len(several) > 1 and not (is_elsewhere and _are_many(project, several)):
            outcomes += _run_beside(project, several, progress, done)
        elif is_elsewhere:
            outcomes += _run_in_turn(project, several, progress, done, ready)
        else:
            outcomes.append(several[0].run(project, progress, ready.pop(several[0].name, None)))
            done(several[0], outcomes[-1])
    return outcomes


def _is_much(first: Later) -> bool:
    """Whether the first of the stages, and so each of them, reads much."""
    given = first.kwargs
    return _size(given["logs"] if "logs" in given else given["evidence"]) >= MUCH


def _reads_anything_new(workspace: Workspace, first: Later) -> bool:
    """Whether somebody wrote to a file since it was read, so that there will be something to do."""
    with workspace_scope(workspace):
        inputs = first.bind(workspace).inputs
    return not Look.at(workspace).are_known({one.recorded: str(one.place) for one in inputs})


def _import_for_all(root: Path) -> None:
    """Import what the process of each stage would by itself: it is a copy of this one."""
    import distill.firewall.minhash  # noqa: PLC0415 - brings numpy
    import distill.stages.similarities  # noqa: F401, PLC0415

    for folder in (root, Path(__file__)):
        import_git(folder)


def _are_many(project: Project, exports: Sequence[Stage]) -> bool:
    """Whether exports read the lines of many runs."""
    with workspace_scope(project.workspace):
        given = exports[0].later(project).kwargs
    return _size(given["scored"]) >= MANY


def _size(places: Iterable[Path]) -> int:
    size = 0
    for place in places:
        with suppress(OSError):  # the stage says what is wrong with it
            size += Path(place).stat().st_size
    return size


def _run_in_turn(
    project: Project,
    stages: Sequence[Stage],
    progress: Progress,
    done: Callable[[Stage, Outcome], None],
    ready: dict[str, Later],
) -> list[Outcome]:
    """Run stages one after the other, each in a process of its own with all the workers.

    ``ready`` are calls by the names of their stages, which are taken out of it.
    """
    outcomes: list[Outcome] = []
    with workspace_scope(project.workspace), progress.beside() as look:
        for stage in stages:
            run = partial(stage.run, project, progress, ready.pop(stage.name, None))
            outcomes.append(in_own_process(run, look))
            done(stage, outcomes[-1])
    return outcomes


def _run_beside(
    project: Project,
    stages: Sequence[Stage],
    progress: Progress,
    done: Callable[[Stage, Outcome], None],
) -> Sequence[Outcome]:
    told = _InOrder(stages, done)
    with workspace_scope(project.workspace), progress.beside() as look, told:
        calls = [stage.later(project, progress) for stage in stages]
        manner = Manner(
            most=lambda: number_of_workers() if _is_worth_processes(calls) else 1,
            ended=told.ended,
            first=[number for number, stage in enumerate(stages) if stage.name in _LONGEST],
            goes_on=True,
            meanwhile=look,
        )
        return make_calls(calls, manner)


def _is_worth_processes(calls: Sequence[Later]) -> bool:
    files: list[Path] = [path for call in calls for path in call.kwargs["evidence"]]
    worth = WORTH_PROCESSES if may_fork() else WORTH_IMPORTS
    return sum(path.stat().st_size for path in files) >= worth


@dataclass
class _InOrder:
    """Tells of stages in their order, however they end: of each when those before it are told."""

    stages: Sequence[Stage]
    done: Callable[[Stage, Outcome], None]
    waiting: dict[int, Outcome] = field(default_factory=dict)
    told: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for number in sorted(self.waiting):  # one before them failed
            self.done(self.stages[number], self.waiting.pop(number))

    def ended(self, number: int, outcome: Outcome) -> None:
        self.waiting[number] = outcome
        while self.told in self.waiting:
            self.done(self.stages[self.told], self.waiting.pop(self.told))
            self.told += 1
