"""Source kind ``aider``: the results of aider's SWE-bench harness and the chats beside them.

A task has ``NAME.json`` (what was chosen, and every try in `all_results`) and ``NAME.md``, the
chats of all tries one after another. A try is a run; its chat is the one of its model and cost.
`resolved` is the verdict of SWE-bench's acceptance tests on the chosen try alone. Aider's own
report (`edit_outcome`, `lint_outcome`, `test_outcome`) is a deterministic check that decides
nothing: what is green there is often not resolved. `gold_files` is an answer key.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Self

from distill.records.compact import compact
from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.message import Message
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.aider_chats import Chat, ChatsByPrice, read_chats
from distill.sources.messages import violation
from distill.sources.protocol import (
    Answer,
    Framing,
    NoRun,
    Recognition,
    RunDraft,
)
from distill.sources.reader import Reader
from distill.sources.settings import read_settings
from distill.sources.swe_bench_row import read_instance, read_patch

_REPORT: Final = ("edit_outcome", "lint_outcome", "test_outcome")
_FIELDS: Final = {"instance_id", "model_patch", *_REPORT}
#: What a try and the row that chose it say alike; the row's cost is that of all tries.
_SAME: Final = ("model", "try", "model_patch", "added_files", "edited_files", *_REPORT)


class AiderSettings(FrozenModel):
    """`tries`: which tries are runs: ``all``, or the ``chosen`` one of each task."""

    tries: Literal["all", "chosen"] = "all"


class Aider(Reader):
    """Reads the results of aider's SWE-bench harness, with their chats."""

    kind: ClassVar[str] = "aider"
    framing = Framing.DOCUMENT
    group_by: str | None = "@path"
    text_suffixes = (".md",)

    def __init__(self, settings: AiderSettings) -> None:
        self.settings = settings

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; the only setting is `tries`."""
        return cls(read_settings(AiderSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files that hold one row with a patch, aider's report and a list of tries."""
        if len(records) != 1 or not isinstance(records[0], dict):
            return None
        row = records[0]
        if not row.keys() >= _FIELDS or not isinstance(row.get("all_results"), list):
            return None
        notes = [
            "verdict: /resolved (test_harness), of the chosen try alone",
            "the chats are in the .md files beside: keep them in paths",
        ]
        return Recognition(cls.kind, 95, {}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return a run for each try of a task, and the chats that ended without a result.

        Raises:
            RecordError: the result is not of the form.
        """
        chats = [chat for row in rows for chat in _chats(row)]
        results = [row for row in rows if "text" not in row or "instance_id" in row]
        if not results:
            return [NoRun("chats_without_result")]
        if len(results) > 1:
            raise violation("several_results", "two results stand beside one transcript")
        return list(self._answers(results[0], chats))

    def _answers(self, row: Any, chats: list[Chat]) -> Iterator[Answer]:
        tries = _tries(row)
        chosen = next((i for i, each in enumerate(tries) if _is_chosen(each, row)), None)
        left = ChatsByPrice(chats)
        own = [left.take(each.get("model"), each.get("cost")) for each in tries]
        if chosen is None:
            yield _draft(row, row, None, pointer="", number=None, is_chosen=True)
        # Without a verdict in the row, one from elsewhere would be joined to every try of the task.
        is_all = self.settings.tries == "all" and row.get("resolved") is not None
        for number, (each, chat) in enumerate(zip(tries, own, strict=True)):
            if is_all or number == chosen:
                pointer = f"/all_results/{number}"
                is_chosen = number == chosen
                yield _draft(row, each, chat, pointer=pointer, number=number, is_chosen=is_chosen)
        yield from (NoRun("chat_without_result") for _ in range(left.left))


def _chats(row: Any) -> tuple[Chat, ...]:
    text = row.get("text") if "instance_id" not in row else None
    return read_chats(text) if isinstance(text, str) else ()


def _tries(row: Any) -> list[dict[str, Any]]:
    tries = row.get("all_results", [])
    if not isinstance(tries, list) or not all(isinstance(each, dict) for each in tries):
        raise violation("tries_no_list", "all_results is no list of objects")
    return tries


def _is_chosen(each: dict[str, Any], row: dict[str, Any]) -> bool:
    return all(each.get(key) == row.get(key) for key in _SAME)


def _draft(
    row: Any,
    each: Any,
    chat: Chat | None,
    *,
    pointer: str,
    number: int | None,
    is_chosen: bool,
) -> RunDraft:
    instance, patch = read_instance(row), read_patch(each)
    messages = chat.messages if chat is not None else ()
    if not any(message.role == "assistant" for message in messages) and patch is not None:
        messages = (*messages, Message(role="assistant", content=patch))
    model = each.get("model")
    return RunDraft(
        task_id=instance,
        # The instance id says it all: digests of predictions and of runs with a prompt agree.
        task_fields=(),
        subject=instance,
        trial=None if number is None else str(number),
        messages=messages or None,
        model=model if isinstance(model, str) else None,
        verdicts=tuple(_verdicts(row, each, pointer, is_blank=patch is None, is_chosen=is_chosen)),
        recorded_at=chat.started_at if chat is not None else None,
        pointer=pointer,
        answer_keys=tuple(_answer_keys(row)),
        is_empty_handed=patch is None,
        cut_short="a limit of tokens" if chat is not None and chat.is_exhausted else None,
    )


def _verdicts(
    row: Any, each: Any, pointer: str, *, is_blank: bool, is_chosen: bool
) -> Iterator[Verdict]:
    is_judged = is_chosen and row.get("resolved") is not None
    if is_judged:
        yield Verdict(
            name="resolved",
            value=row["resolved"],
            origin=VerdictOrigin.TEST_HARNESS,
            outcome=_outcome(row["resolved"]),
            pointer="/resolved",
            detail="no_output" if is_blank else "",
        )
    report = {key: each.get(key) for key in _REPORT}
    if any(value is not None for value in report.values()):
        is_green = all(value is True for value in report.values())
        yield Verdict(
            name="aider_report",
            value=report,
            origin=VerdictOrigin.DETERMINISTIC_CHECK,
            # Beside the harness's verdict it is a dissent or not; alone it decides nothing.
            outcome=_outcome(is_green) if is_judged else None,
            pointer=pointer,
        )


def _outcome(value: Any) -> VerdictOutcome:
    if value is True:
        return VerdictOutcome.ACCEPTED
    return VerdictOutcome.REJECTED if value is False else VerdictOutcome.UNREADABLE


def _answer_keys(row: Any) -> Iterator[str]:
    """Yield the gold files as the log writes them; one path alone may stand in the issue's text."""
    gold = row.get("gold_files")
    if gold:
        yield compact(gold)
