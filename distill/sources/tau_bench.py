"""Source kind ``tau_bench``: sierra-research/tau-bench's result files, a JSON array of runs.

A row is ``{task_id, reward, info, traj, trial}``. The reward is the harness's (1 accepted, between
0 and 1 partially, 0 rejected). `info.task` holds the simulated user's secret script and the
expected actions: it makes the task digest and is an answer key, never a prompt. A run without
messages, or with a harness error, has a placeholder reward of 0.0, which is no verdict.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from distill.records.compact import compact
from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import VerdictOrigin
from distill.sources.conversation import read_keys, scalar_text
from distill.sources.messages import read_messages, violation
from distill.sources.places import NameSetting
from distill.sources.pointers import ABSENT, resolve
from distill.sources.protocol import Answer, Framing, Recognition, RunDraft
from distill.sources.reader import Reader
from distill.sources.settings import read_settings
from distill.sources.tau_reward import read_reward

_FIELDS: Final = {"task_id", "reward", "info", "traj", "trial"}


class TauBenchSettings(FrozenModel):
    """`model`: the agent's model: its name, or ``@file`` or ``@folder``; null is unknown."""

    model: str | None = None


class TauBench(Reader):
    """Reads tau-bench's result files."""

    kind: ClassVar[str] = "tau_bench"
    framing = Framing.AUTO

    def __init__(self, settings: TauBenchSettings) -> None:
        self.settings = settings
        self._model = NameSetting(settings.model)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; the only setting is `model`."""
        return cls(read_settings(TauBenchSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files whose rows have all five fields."""
        rows = [row for row in records if isinstance(row, dict)]
        if not rows or not all(row.keys() >= _FIELDS for row in rows):
            return None
        notes = ["verdict: /reward (test_harness): 1.0 accepted, above 0 partially, 0 rejected"]
        return Recognition(cls.kind, 95, {"model": "@file"}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return the row's one run."""
        return [self._draft(row, path) for row in rows]

    def _draft(self, row: Any, path: str) -> RunDraft:
        trajectory = resolve(row, ("traj",))
        if not isinstance(trajectory, list):
            raise violation("no_trajectory", "traj is absent or no list")
        failure = _failure(row, trajectory)
        task = resolve(row, ("info", "task"))
        return RunDraft(
            task_id=scalar_text(row.get("task_id")),
            task_fields=None if task is ABSENT else (task,),
            trial=scalar_text(row.get("trial")),
            messages=read_messages(trajectory) or None,
            model=self._model.of(path),
            verdicts=() if failure else _verdicts(row),
            instrument_failure=failure,
            answer_keys=tuple(_answer_keys(row)),
        )


def _failure(row: Any, trajectory: list[Any]) -> str | None:
    error = resolve(row, ("info", "error"))
    if error is not ABSENT and error is not None:
        return "the harness ended with an error (/info/error)"
    return None if trajectory else "the run has no messages; its reward is a placeholder"


def _verdicts(row: Any) -> tuple[Verdict, ...]:
    if "reward" not in row:
        return ()
    return (read_reward(row["reward"], origin=VerdictOrigin.TEST_HARNESS, pointer="/reward"),)


def _answer_keys(row: Any) -> Iterable[str]:
    """Yield the script, and each expected action, output and state as compact JSON."""
    for tokens in (
        ("info", "task", "instruction"),
        ("info", "task", "actions"),
        ("info", "task", "outputs"),
        ("info", "reward_info", "actions"),
    ):
        value = resolve(row, tokens)
        if value is not ABSENT and value not in ([], "", None):
            yield from read_keys(value)
            if isinstance(value, list):
                yield compact(value)
