"""The five stages in their order: run them, or say what running them would do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from distill.receipts import Outcome, workspace_scope
from distill.receipts.outcome import Plan, PlanStatus
from distill.stages import arguments, evidence, preference, rag, scoring, sft
from distill.stages.progress import SILENT, Progress
from distill.workspace.project import Project

_EXPORT: Final = "export_"


@dataclass(frozen=True)
class Stage:
    """One stage: name, parents, the function with a receipt, and how a workspace calls it."""

    name: str
    parents: tuple[str, ...]
    recorded: Any
    arguments: Callable[[Project], Mapping[str, Any]]

    def run(self, project: Project, progress: Progress = SILENT) -> Outcome:
        """Run the stage in a workspace, or skip it.

        Raises:
            DistillError: a source, the configuration or the stage's contract is at fault.
        """
        if self.name.startswith(_EXPORT):
            project.make_redaction_key()
        with workspace_scope(project.workspace):
            outcome: Outcome = self.recorded(**self.arguments(project), progress=progress)
        return outcome

    def plan(self, project: Project) -> Plan:
        """Say what `run` would do, without doing it."""
        with workspace_scope(project.workspace):
            plan: Plan = self.recorded.plan(**self.arguments(project))
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


def plan_all(project: Project) -> list[Planned]:
    """Say of each stage what a run would do; a child of a stage that would run waits for it."""
    planned: dict[str, Planned] = {}
    for stage in STAGES:
        waits = next((name for name in stage.parents if planned[name].plan.status != "fresh"), None)
        if waits is None:
            planned[stage.name] = Planned(stage.name, stage.plan(project))
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
    """Run stages in the order given, telling `done` of each as it ends.

    Raises:
        DistillError: a stage failed; those before it are done, those after it have not begun.
    """
    outcomes = []
    for stage in stages:
        outcome = stage.run(project, progress)
        outcomes.append(outcome)
        done(stage, outcome)
    return outcomes
