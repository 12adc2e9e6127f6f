"""Source kind ``atif``: trajectories in the Agent Trajectory Interchange Format, Harbor's trials.

A trial is a folder with ``result.json`` and ``agent/trajectory.json``: both make one run. A
trajectory of any other name is a run without a verdict. The verdict is the verifier's rewards; an
exception is the instrument's failure. Steps are read by `atif_steps`.

Source of the form: the ATIF RFC, versions 1.0 to 1.8, and Harbor's `models/trial/result.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final

from distill.records.evidence import Verdict
from distill.records.pointers import escape_token
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.atif_steps import read_steps
from distill.sources.conversation import read_tools, scalar_text
from distill.sources.finish_reasons import cutting_reason, finish_in
from distill.sources.messages import violation
from distill.sources.pointers import ABSENT, resolve
from distill.sources.protocol import (
    Answer,
    Framing,
    NoRun,
    Recognition,
    RunDraft,
)
from distill.sources.reader import FixedReader
from distill.sources.verdict_map import outcome_of_share

_TRAJECTORY: Final = "trajectory.json"
_OF_A_TRIAL: Final = ("result.json", _TRAJECTORY)
_AGENT_FOLDER: Final = "agent"
_NEWEST: Final = 1  # the major version
_RESULT_FIELDS: Final = {"trial_name", "task_name", "agent_info"}


class Atif(FixedReader):
    """Reads ATIF trajectories, and the results of Harbor's trials beside them."""

    kind: ClassVar[str] = "atif"
    framing = Framing.DOCUMENT
    group_by: str | None = "@path"

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim a trajectory and a trial's result."""
        if len(records) != 1 or not isinstance(records[0], dict):
            return None
        is_known = _is_trajectory(records[0]) or records[0].keys() >= _RESULT_FIELDS
        notes = ["verdict: verifier_result of the trial's result.json, in the folder above"]
        return Recognition(cls.kind, 95, {}, notes) if is_known else None

    def group_of(self, path: str) -> str:
        """Return the trial's folder of a result and a trajectory; of another file its own path."""
        place = PurePosixPath(path.removesuffix(".gz"))
        if place.name not in _OF_A_TRIAL:
            return path
        is_inside = place.parent.name == _AGENT_FOLDER and place.name == _TRAJECTORY
        return str(place.parent.parent if is_inside else place.parent)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the run of a trajectory, a trial's result, or both."""
        trajectories = [row for row in rows if _is_trajectory(row)]
        results = [row for row in rows if row not in trajectories]
        if len(trajectories) > 1 or len(results) > 1:
            raise violation("several_trials", "several trajectories or results stand for one trial")
        if results and not results[0].keys() >= {"trial_name", "task_name"}:
            if trajectories or "steps" in results[0]:
                raise violation("no_trajectory", "neither an ATIF trajectory nor a trial's result")
            return [NoRun("other_document")]
        return [_draft(next(iter(trajectories), {}), next(iter(results), {}))]


def _is_trajectory(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("steps"), list):
        return False
    return str(row.get("schema_version")).startswith("ATIF-v")


def _draft(trajectory: Mapping[str, Any], result: Mapping[str, Any]) -> RunDraft:
    _check(trajectory)
    agent = _object(trajectory.get("agent"))
    failure = _failure(result)
    task = scalar_text(result.get("task_name"))
    checksum = scalar_text(result.get("task_checksum"))
    logged = result.get("id") or trajectory.get("trajectory_id") or trajectory.get("session_id")
    steps = trajectory.get("steps", [])
    first = next((step.get("timestamp") for step in steps if isinstance(step, dict)), None)
    time = result.get("finished_at") or first
    return RunDraft(
        logged_run_id=scalar_text(logged),
        task_id=task,
        task_fields=(task, checksum) if checksum else None,
        subject=task,
        messages=read_steps(steps) or None,
        tools=read_tools(agent.get("tool_definitions")),
        model=_model(agent, result),
        verdicts=() if failure else tuple(_verdicts(result)),
        instrument_failure=failure,
        recorded_at=time if isinstance(time, str) else None,
        cut_short=_cut_short(steps),
    )


def _cut_short(steps: Sequence[Any]) -> str | None:
    """Return what cut the last answer off, where its step's own fields (`extra`) tell it."""
    said = [one for one in steps if isinstance(one, dict) and one.get("source") == "agent"]
    last = said[-1] if said else {}
    told = (last.get("extra"), _object(last.get("metrics")).get("extra"))
    return next(filter(None, (cutting_reason(finish_in(one)) for one in told)), None)


def _check(trajectory: Mapping[str, Any]) -> None:
    """Refuse what can't be read whole."""
    version = str(trajectory.get("schema_version", "ATIF-v1"))
    major = version.removeprefix("ATIF-v").partition(".")[0]
    if major != str(_NEWEST):
        raise violation("atif_version", "a version of ATIF other than 1")
    if trajectory.get("continued_trajectory_ref"):
        raise violation("continued", "the trajectory goes on in another file, which is not read")


def _failure(result: Mapping[str, Any]) -> str | None:
    error = result.get("exception_info")
    if error is None:
        return None
    name = scalar_text(_object(error).get("exception_type"))
    said = name if name and name.isidentifier() else "of an unnamed type"
    return f"the trial ended with an exception ({said})"


def _verdicts(result: Mapping[str, Any]) -> Iterable[Verdict]:
    rewards = resolve(result, ("verifier_result", "rewards"))
    if isinstance(rewards, dict):
        for name, value in rewards.items():
            yield _verdict(name, value, f"/verifier_result/rewards/{escape_token(name)}")
        return
    value = resolve(result, ("verifier_result", "reward"))  # one number, before there were names
    if value is not ABSENT and value is not None:
        yield _verdict("reward", value, "/verifier_result/reward")


def _verdict(name: str, value: Any, pointer: str) -> Verdict:
    outcome: VerdictOutcome | None = VerdictOutcome.UNREADABLE
    if isinstance(value, int | float) and not isinstance(value, bool):
        outcome = outcome_of_share(value)
    return Verdict(
        name=name,
        value=value,
        origin=VerdictOrigin.TEST_HARNESS,
        outcome=outcome,
        pointer=pointer,
    )


def _model(agent: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
    told = _object(_object(result.get("agent_info")).get("model_info"))
    provider, name = scalar_text(told.get("provider")), scalar_text(told.get("name"))
    if name is None:
        return scalar_text(agent.get("model_name"))
    return f"{provider}/{name}" if provider else name


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
