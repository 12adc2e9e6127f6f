"""Source kind ``tau2``: tau2-bench's results, one file of tasks and of simulations of them.

Source of the format: tau2-bench, `src/tau2/data_model/simulation.py`. A simulation is a run; its
task and the agent's policy stand at the top of the file. The reward is the harness's, unless a
model judged a part of it (`NL_ASSERTION` in `reward_basis`). Where the simulated user, the machine
or a clock ended the run, or a reviewer found that the user's errors decided it, the reward is no
judgement of the agent. The user's scenario and the evaluation's criteria are answer keys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from distill.records.compact import compact
from distill.records.evidence import Verdict
from distill.records.message import Message
from distill.records.taxonomy import VerdictOrigin
from distill.sources.conversation import filled_text, read_keys, scalar_text, with_system
from distill.sources.messages import violation
from distill.sources.pointers import ABSENT, join_pointer, resolve
from distill.sources.protocol import Answer, Envelope, Recognition, RunDraft
from distill.sources.reader import FixedReader
from distill.sources.tau2_messages import read_tau2
from distill.sources.tau_reward import read_reward

#: Ends for which the agent has no blame; tau2 itself leaves the second out of its metrics.
INSTRUMENT_ENDS: Final = frozenset(
    {
        "infrastructure_error",
        "context_window_exceeded",
        "user_error",
        "unexpected_error",
        "timeout",
    }
)
#: What a reviewing model found of the simulated user.
_USERS_ERRORS: Final = (
    ("review", "critical_user_error"),
    ("user_only_review", "critical_user_error"),
    ("hallucination_check", "hallucination_found"),
)
#: Limits of the simulation that end a run before its agent does.
_LIMITS: Final = ("max_steps", "too_many_errors")
_REWARD: Final = ("reward_info", "reward")
_CRITERIA: Final = ("actions", "env_assertions", "communicate_info", "nl_assertions")
_TASK_FIELDS: Final = ("user_scenario", "initial_state", "ticket")


class Tau2(FixedReader):
    """Reads tau2-bench's results."""

    kind: ClassVar[str] = "tau2"
    framing = Envelope(records="simulations", context=(("tasks",), ("info",)))

    def __init__(self) -> None:
        self._tasks: Any = None
        self._by_id: dict[str, list[dict[str, Any]]] = {}

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim a document with tasks and simulations."""
        if len(records) != 1 or not isinstance(records[0], dict):
            return None
        row = records[0]
        tasks, simulations = row.get("tasks"), row.get("simulations", [])
        if not isinstance(tasks, list) or not isinstance(simulations, list) or "info" not in row:
            return None
        if not all(isinstance(task, dict) and "user_scenario" in task for task in tasks):
            return None
        notes = ["verdict: /reward_info/reward: 1.0 accepted, above 0 partially, 0 rejected"]
        return Recognition(cls.kind, 95, {}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the simulation's one run; the second row holds the file's tasks and info.

        Raises:
            RecordError: the simulation is not of the form, or its task is not in the file.
        """
        row, header = (*rows, {}, {})[:2]
        task = self._task(header.get("tasks"), row.get("task_id"))
        return [_draft(row, task, header.get("info"))]

    def _task(self, tasks: Any, task_id: Any) -> Mapping[str, Any]:
        # The same list comes with every simulation of a file.
        if tasks is not self._tasks:
            self._tasks, self._by_id = tasks, _by_id(tasks)
        found = self._by_id.get(_name(task_id), [])
        if not found or task_id is None:
            raise violation("no_task", "no task of the file has the simulation's task_id")
        if any(task != found[0] for task in found):
            raise violation("several_tasks", "several tasks of the file have its task_id")
        return found[0]


def _by_id(tasks: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for task in tasks if isinstance(tasks, list) else []:
        if isinstance(task, dict):
            found.setdefault(_name(task.get("id")), []).append(task)
    return found


def _name(value: Any) -> str:
    return scalar_text(value) or ""


def _draft(row: Any, task: Mapping[str, Any], info: Any) -> RunDraft:
    messages = read_tau2(row["messages"]) if row.get("messages") is not None else ()
    failure = _failure(row, messages)
    domain = filled_text(resolve(info, ("environment_info", "domain_name")))
    return RunDraft(
        logged_run_id=scalar_text(row.get("id")),
        task_id=scalar_text(row.get("task_id")),
        # Task ids are counted anew in each domain.
        task_fields=(domain, *(task.get(name) for name in _TASK_FIELDS)),
        trial=scalar_text(row.get("trial")),
        messages=with_system(messages, _policy(row, info)) if messages else None,
        tools=_tools(resolve(info, ("environment_info", "tool_defs"))),
        model=filled_text(resolve(info, ("agent_info", "llm"))),
        verdicts=() if failure else tuple(_verdicts(row)),
        instrument_failure=failure,
        cut_short=next((one for one in _LIMITS if one == row.get("termination_reason")), None),
        recorded_at=filled_text(row.get("start_time")) or filled_text(row.get("timestamp")),
        answer_keys=tuple(_answer_keys(task)),
    )


def _policy(row: Mapping[str, Any], info: Any) -> str:
    """Return the policy that the agent was told, "" where the log does not say."""
    common = filled_text(resolve(info, ("environment_info", "policy")))
    return filled_text(row.get("policy")) or common or ""


def _tools(definitions: Any) -> tuple[dict[str, Any], ...] | None:
    """Return the agent's tools in OpenAI's form; the log has them by name, or not at all."""
    if not isinstance(definitions, dict):
        return None
    signatures = [(name, each) for name, each in definitions.items() if isinstance(each, dict)]
    return tuple(
        {
            "type": "function",
            "function": {
                "name": name,
                "description": each.get("doc") or "",
                "parameters": each.get("params") or {},
            },
        }
        for name, each in signatures
    )


def _failure(row: Mapping[str, Any], messages: tuple[Message, ...]) -> str | None:
    end = row.get("termination_reason")
    if isinstance(end, str) and end in INSTRUMENT_ENDS:
        return f"the run was ended by what is not the agent ({end})"
    for place in _USERS_ERRORS:
        if resolve(row, place) is True:
            return f"the simulated user erred ({join_pointer(place)})"
    is_empty = not messages and row.get("ticks") is None
    return "the run has no messages; its reward is a placeholder" if is_empty else None


def _verdicts(row: Mapping[str, Any]) -> Iterator[Verdict]:
    reward = resolve(row, _REWARD)
    if reward is ABSENT or reward is None:
        return
    basis = resolve(row, ("reward_info", "reward_basis"))
    is_judged = isinstance(basis, list) and "NL_ASSERTION" in basis
    origin = VerdictOrigin.MODEL_JUDGE if is_judged else VerdictOrigin.TEST_HARNESS
    yield read_reward(reward, origin=origin, pointer=join_pointer(_REWARD))


def _answer_keys(task: Mapping[str, Any]) -> Iterator[str]:
    """Yield the user's script, whole and by its parts, and each criterion of the evaluation."""
    script = resolve(task, ("user_scenario", "instructions"))
    if isinstance(script, dict):
        yield compact(script)
        yield from (key for value in script.values() for key in read_keys(value))
    elif isinstance(script, str):
        yield script
    criteria = task.get("evaluation_criteria")
    for name in _CRITERIA:
        value = resolve(criteria, (name,))
        if value is not ABSENT and value not in (None, [], ""):
            yield from read_keys(value)
            yield compact(value)
