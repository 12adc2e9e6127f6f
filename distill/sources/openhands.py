"""Source kind ``openhands``: OpenHands' ``output.jsonl``, and data sets made of it.

Source of the format: `evaluation/utils/shared.py` (EvalOutput). A line is ``{instance_id, history,
test_result, metadata, error, …}``; a data set's row has `messages` (or `trajectory`) and `resolved`
instead. The verdict is SWE-bench's, in `test_result.report` or beside. `metadata` may hold the keys
of the model's server: nothing of it is read but the model's name. `instance` is the benchmark's own
row, with its gold patch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from distill.records.evidence import Verdict
from distill.records.message import Message
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.conversation import filled_text, read_keys, read_tools, scalar_text
from distill.sources.messages import read_messages, violation
from distill.sources.openhands_endings import failure, limit
from distill.sources.openhands_events import read_events
from distill.sources.pointers import ABSENT, join_pointer, resolve
from distill.sources.protocol import Answer, Framing, Recognition, RunDraft
from distill.sources.reader import FixedReader
from distill.sources.swe_bench_row import read_instance

_MODELS: Final = (("metadata", "llm_config", "model"), ("metadata", "llm", "model"), ("model",))
_REPORTS: Final = (("test_result", "report"), ("report",), ("test_result",), ())
_PATCHES: Final = (("test_result", "git_patch"), ("git_patch",), ("model_patch",))
_ANSWER_KEYS: Final = (
    ("instance", "patch"),
    ("instance", "test_patch"),
    ("instance", "ground_truth"),
    ("test_result", "ground_truth"),
)
#: What the harness says of itself: it did not judge.
_FAILED_EVALUATIONS: Final = ("error_eval", "test_timeout")


class OpenHands(FixedReader):
    """Reads OpenHands' outputs."""

    kind: ClassVar[str] = "openhands"
    framing = Framing.AUTO

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim rows of an instance with events, or with a conversation and `resolved`."""
        rows = [row for row in records if isinstance(row, dict)]
        if not rows or not all("instance_id" in row for row in rows):
            return None
        if all({"history", "test_result"} <= row.keys() for row in rows):
            judged = any(isinstance(_report(row), dict) for row in rows)
            note = "verdict: /test_result/report (test_harness)"
            missing = "no verdict inside: add SWE-bench's report.json as swe_bench_report"
            return Recognition(cls.kind, 95, {}, [note if judged else missing])
        if all(_conversation(row) is not None and "resolved" in row for row in rows):
            return Recognition(cls.kind, 88, {}, ["verdict: /resolved (test_harness)"])
        return None

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the row's one run.

        Raises:
            RecordError: the row is of neither form.
        """
        return [_draft(row) for row in rows]


def _draft(row: Any) -> RunDraft:
    instance = read_instance(row)
    messages, tools = _turns(row)
    patches = [resolve(row, place) for place in _PATCHES]
    patch = next((patch for patch in patches if patch is not ABSENT), ABSENT)
    return RunDraft(
        logged_run_id=scalar_text(row.get("trajectory_id")),
        task_id=instance,
        # The instance id says it all: digests of predictions and of runs with a prompt agree.
        task_fields=(),
        subject=instance,
        trial=scalar_text(row.get("attempt")),
        messages=messages or None,
        tools=read_tools(tools),
        model=_model(row),
        verdicts=tuple(_verdicts(row)),
        instrument_failure=failure(row.get("error")),
        cut_short=limit(row),
        recorded_at=_begun(row.get("history")),
        answer_keys=tuple(_answer_keys(row)),
        is_empty_handed=patch is not ABSENT and not str(patch or "").strip(),
    )


def _conversation(row: Mapping[str, Any]) -> Any:
    """Return the row's chat messages (a list, or one as JSON in a string); null without any."""
    for name in ("messages", "trajectory"):
        if isinstance(row.get(name), list | str):
            return row[name]
    return None


def _turns(row: Mapping[str, Any]) -> tuple[tuple[Message, ...], Any]:
    chat = _conversation(row)
    if row.get("history") is not None:
        events, tools = read_events(row["history"])
        messages = read_messages(events)
    elif chat is not None:
        messages, tools = read_messages(chat), row.get("tools")
    elif "test_result" in row:
        messages, tools = (), None
    else:
        raise violation("no_history", "neither history nor messages nor test_result is there")
    instruction = filled_text(row.get("instruction"))
    is_asked = any(message.role == "user" for message in messages)
    if messages and not is_asked and instruction is not None:
        asked = Message(role="user", content=instruction)
        before = 1 if messages[0].role == "system" else 0
        messages = (*messages[:before], asked, *messages[before:])
    return messages, tools


def _model(row: Mapping[str, Any]) -> str | None:
    found = (filled_text(resolve(row, place)) for place in _MODELS)
    return next(filter(None, found), None)


def _report(row: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """Return the object that says `resolved`, and where it stands; null where none does."""
    for place in _REPORTS:
        found = resolve(row, place)
        if isinstance(found, dict) and found.get("resolved") is not None:
            return found, place
    return None


def _verdicts(row: Mapping[str, Any]) -> Iterator[Verdict]:
    found = _report(row)
    if found is None:
        return
    report, place = found
    outcome, detail = _judge(report)
    yield Verdict(
        name="resolved",
        value=report["resolved"],
        origin=VerdictOrigin.TEST_HARNESS,
        outcome=outcome,
        pointer=join_pointer((*place, "resolved")),
        detail=detail,
    )


def _judge(report: Mapping[str, Any]) -> tuple[VerdictOutcome, str]:
    resolved = report["resolved"]
    # A data set may write 0 and 1; no other number or text is taken for a truth value.
    if not isinstance(resolved, int) or resolved not in (0, 1):
        return VerdictOutcome.UNREADABLE, ""
    if resolved:
        return VerdictOutcome.ACCEPTED, ""
    for name in _FAILED_EVALUATIONS:
        if report.get(name):
            return VerdictOutcome.INSTRUMENT_FAILURE, name
    return VerdictOutcome.REJECTED, "no_output" if report.get("empty_generation") else ""


def _begun(history: Any) -> str | None:
    first = history[0] if isinstance(history, list) and history else None
    first = first[0] if isinstance(first, list) and first else first
    time = first.get("timestamp") if isinstance(first, dict) else None
    return time if isinstance(time, str) else None


def _answer_keys(row: Mapping[str, Any]) -> Iterator[str]:
    for place in _ANSWER_KEYS:
        value = resolve(row, place)
        if value is not ABSENT:
            yield from read_keys(value)
