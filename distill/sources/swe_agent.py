"""Source kind ``swe_agent``: SWE-agent's trajectories, one ``INSTANCE.traj`` a run.

Source of the format: SWE-agent 0.7 to 1.1, `sweagent/types.py` and `sweagent/agent/agents.py`. The
turns are `history`; where it is absent, what the first step was asked (`query`; `messages` before
1.1.0) and each step's response and observation. Items with `is_demo` are worked examples out of
another run: they are left out, since a row that is trained on would teach them. No verdict is
inside: SWE-bench's report has it, by instance id. `exit_status` says how the run ended, and
``submitted`` is no success.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from distill.records.frozen import FrozenModel
from distill.records.message import Message
from distill.sources.conversation import filled_text, scalar_text
from distill.sources.messages import read_messages, violation
from distill.sources.places import NameSetting
from distill.sources.pointers import resolve
from distill.sources.protocol import (
    Answer,
    Framing,
    NoRun,
    Recognition,
    RunDraft,
)
from distill.sources.reader import Reader
from distill.sources.settings import read_settings
from distill.sources.strict_json import name_type

#: How a run ended that the machine or the model's server broke off, not the agent.
INSTRUMENT_STATUSES: Final = frozenset({"exit_environment_error", "exit_api", "exit_error"})
#: Limits of cost, context and time, also where what there was by then was handed in.
_LIMITS: Final = re.compile(r"\bexit_(?:cost|context|total_execution_time|early)\b")
_QUERIES: Final = ("query", "messages")
_NAME_OF_MODEL: Final = ("replay_config", "agent", "model", "name")
_FILE_NAME: Final = NameSetting("@file")


class SweAgentSettings(FrozenModel):
    """`model`: the agent's model: its name, ``@file`` or ``@folder``; null: what the log says."""

    model: str | None = None


class SweAgent(Reader):
    """Reads SWE-agent's trajectories."""

    kind: ClassVar[str] = "swe_agent"
    framing = Framing.DOCUMENT

    def __init__(self, settings: SweAgentSettings) -> None:
        self.settings = settings
        self._model = NameSetting(settings.model)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; the only setting is `model`."""
        return cls(read_settings(SweAgentSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim a document with a trajectory of steps, and a history or an info beside it."""
        if len(records) != 1 or not _is_trajectory(records[0]):
            return None
        notes = [
            "a trajectory holds no verdict: add SWE-bench's report.json as swe_bench_report",
            "exit_status is no verdict: a run that submitted may have solved nothing",
        ]
        return Recognition(cls.kind, 94, {}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return the document's one run.

        Raises:
            RecordError: the document is no trajectory.
        """
        return [self._answer(row, path) for row in rows]

    def _answer(self, row: Any, path: str) -> Answer:
        if not _is_trajectory(row):
            if isinstance(row.get("attempts"), list) and "trajectory" not in row:
                return NoRun("attempts_without_choice")
            raise violation("no_trajectory", "no list of steps with a history or an info beside it")
        info = row.get("info")
        info = info if isinstance(info, dict) else {}
        instance = scalar_text(row.get("instance_id")) or _FILE_NAME.of(path)
        return RunDraft(
            task_id=instance,
            # The instance id says it all: digests of predictions and of runs with a prompt agree.
            task_fields=(),
            subject=instance,
            messages=_messages(row) or None,
            model=self._model_of(row, path),
            instrument_failure=_failure(info),
            is_empty_handed=_is_blank(info.get("submission")),
            cut_short=_limit(info),
            is_observed=True,
        )

    def _model_of(self, row: Any, path: str) -> str | None:
        if self.settings.model is not None:
            return self._model.of(path)
        return filled_text(resolve(row, _NAME_OF_MODEL))


def _is_trajectory(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and _holds_objects(row.get("trajectory"))
        and (_holds_objects(row.get("history")) or isinstance(row.get("info"), dict))
        and all("action" in step or "response" in step for step in row["trajectory"])
    )


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _is_blank(submission: Any) -> bool:
    return submission is None or not str(submission).strip()


def _limit(info: Mapping[str, Any]) -> str | None:
    """Return which limit of SWE-agent's ended the run, such as ``exit_cost``."""
    found = _LIMITS.search(str(info.get("exit_status")))
    return found[0] if found else None


def _failure(info: Mapping[str, Any]) -> str | None:
    """Return why the run is no witness of the agent: also where a patch was handed in then."""
    status = info.get("exit_status")
    if not isinstance(status, str):
        return None
    end = status.removeprefix("submitted (").removesuffix(")")
    if end not in INSTRUMENT_STATUSES:
        return None
    return f"the machine or the model's server ended the run ({end})"


def _messages(row: Any) -> tuple[Message, ...]:
    history = row.get("history")
    if _holds_objects(history) and history:
        own = _own(history)
        return read_messages([_turn(item) for item in own])
    return read_messages(list(_steps(row["trajectory"])))


def _own(history: list[Any]) -> list[dict[str, Any]]:
    """Return the items of the agent that begins the history, without those of demonstrations."""
    items = [item for item in history if not _is_demo(item)]
    agent = items[0].get("agent") if items else None
    return [item for item in items if item.get("agent", agent) == agent]


def _is_demo(item: Mapping[str, Any]) -> bool:
    return bool(item.get("is_demo")) or item.get("message_type") == "demonstration"


def _turn(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a history's item as a message: an observation answers the first call that it names."""
    turn = {key: item[key] for key in ("role", "content", "tool_calls") if item.get(key)}
    turn.setdefault("content", None if turn.get("tool_calls") else "")
    ids = item.get("tool_call_ids")
    if isinstance(ids, list) and ids:
        turn["tool_call_id"] = ids[0]
    return turn


def _steps(trajectory: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the turns of a log without a history: the prompt, then what each step said and saw."""
    first = trajectory[0] if trajectory else {}
    query: list[Any] = []
    for key in reversed(_QUERIES):
        if _holds_objects(first.get(key)):
            query = first[key]
    yield from (_turn(item) for item in _own(query))
    for step in trajectory:
        said = step.get("response") or step.get("action")
        yield {"role": "assistant", "content": _text(said, "response")}
        yield {"role": "user", "content": _text(step.get("observation"), "observation")}


def _text(value: Any, name: str) -> str:
    if value is not None and not isinstance(value, str):
        raise violation("step_no_text", f"a step's {name} is a JSON {name_type(value)}")
    return value or ""
