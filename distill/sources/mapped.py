"""Source kind ``mapped``: any JSONL, JSON array or object of objects, described by pointers.

One row is one run; or several, at `runs_at`; or, with `group_by`, part of one: then `messages` of
all rows follow each other, the prompt and what else names the run come from the first row that has
it, the response and the verdicts from the last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from distill.records.compact import compact
from distill.records.evidence import Verdict
from distill.records.message import Message
from distill.records.taxonomy import QuarantineReason
from distill.sources.conversation import (
    filled_text,
    read_exchange,
    read_keys,
    read_text,
    read_tools,
    read_turns,
    scalar_text,
    with_system,
)
from distill.sources.finish_reasons import cutting_reason
from distill.sources.mapped_settings import (
    MappedSettings,
    NoRunWhen,
    check,
    is_name,
    places_of,
)
from distill.sources.mapped_verdicts import MappedVerdicts
from distill.sources.messages import read_messages, violation
from distill.sources.places import Found, Place, RunSite, find, parse_place, sites
from distill.sources.pointers import ABSENT, parse_pointer, resolve
from distill.sources.protocol import Answer, JoinedFiles, NoRun, Recognition, RecordError, RunDraft
from distill.sources.reader import Reader
from distill.sources.settings import read_settings
from distill.sources.verdict_map import is_same

_PLACED = (
    *("run_id", "trial", "task_id", "task_fields", "subject", "prompt", "response", "messages"),
    *("observations", "finish_reason"),
    *("system", "text", "tools", "model", "timestamp", "answer_keys"),
)


class Mapped(Reader):
    """A reader made of pointers."""

    kind: ClassVar[str] = "mapped"

    def __init__(self, settings: MappedSettings) -> None:
        check(settings)
        self.settings = settings
        self.framing = settings.layout
        self.records_at = settings.records_at
        self.group_by = settings.group_by
        self.order_by = settings.order_by
        self.joined = _joined(settings)
        self._places = {key: places_of(settings, key) for key in _PLACED}
        self._model_name = next(filter(is_name, settings.model), None)
        self._no_run = [(rule, parse_pointer(rule.pointer)) for rule in settings.no_run_when]
        self._runs_at = [parse_pointer(text) for text in settings.runs_at]
        self._verdicts = [
            (verdict, tuple(parse_place(text) for text in verdict.pointer))
            for verdict in settings.all_verdicts
        ]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader for a table of `distill.toml`; see `MappedSettings`."""
        return cls(read_settings(MappedSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim nothing: `distill.sources.recognise` proposes pointers where no source claims."""
        return None

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return the runs of one row, or the one run of a group of rows in their order."""
        kept = [row for row in rows if self._no_run_kind(row) is None]
        if not kept:
            return [NoRun(self._no_run_kind(row) or "") for row in rows[:1]]
        if self.group_by is not None:
            return [self._draft([RunSite(row, row, (), path) for row in kept])]
        drafts: list[Answer] = [
            self._draft([site]) for row in kept for site in sites(row, self._runs_at, path)
        ]
        return drafts or [NoRun("row_without_runs")]

    def _no_run_kind(self, row: Any) -> str | None:
        """Return the kind under which a row that is no run is counted; null for a run."""
        for rule, tokens in self._no_run:
            if _applies(rule, resolve(row, tokens)):
                return rule.kind
        return None

    def _draft(self, group: Sequence[RunSite]) -> RunDraft:
        messages = self._conversation(group)
        text = self._first("text", group) if messages is None else None
        fields = self._places["task_fields"]
        timestamp = self._first("timestamp", group)
        is_time = isinstance(timestamp, str | int | float) and not isinstance(timestamp, bool)
        return RunDraft(
            logged_run_id=self._run_id(group),
            task_id=self._identifier("task_id", group),
            task_fields=tuple(_value(find([f], group[0])) for f in fields) if fields else None,
            trial=self._identifier("trial", group),
            subject=self._identifier("subject", group),
            source_category=self.settings.category,
            record_class=self.settings.record_class,
            messages=messages,
            text=None if text is None else read_text(text),
            tools=read_tools(self._first("tools", group)),
            model=self._model(group),
            verdicts=tuple(self._judgements(group)),
            recorded_at=timestamp if is_time else None,
            pointer=group[0].pointer,
            answer_keys=tuple(self._answer_keys(group)),
            cut_short=self._cut_short(group),
            is_observed=self._is_exchange(group) and not self._places["messages"],
        )

    def _conversation(self, group: Sequence[RunSite]) -> tuple[Message, ...] | None:
        """Return the turns, null where the row has none of messages, prompt and response."""
        messages: list[Message] = []
        for site in group:
            found = find(self._places["messages"], site)
            if found is not None and found.value not in (None, ""):
                messages += read_messages(found.value)
        if not messages:
            messages += read_turns(self._first("prompt", group), "user")
        messages += self._response(group)
        if not messages:
            return None
        system = self._first("system", group)
        return with_system(tuple(messages), "" if system is None else read_text(system))

    def _response(self, group: Sequence[RunSite]) -> tuple[Message, ...]:
        response = self._last("response", group)
        if self._is_exchange(group):
            return read_exchange(response, self._last("observations", group))
        return read_turns(response, "assistant")

    def _is_exchange(self, group: Sequence[RunSite]) -> bool:
        """Say whether the response is a list of actions, each with what it led to."""
        if not self._places["observations"]:
            return False
        return isinstance(self._last("response", group), list)

    def _cut_short(self, group: Sequence[RunSite]) -> str | None:
        """Return what ended the run before its agent did: a value of the settings', or an API's."""
        value = self._last("finish_reason", group)
        if value is None:
            return None
        if any(is_same(value, one) for one in self.settings.cut_short_by):
            return compact(value)
        return cutting_reason(value)

    def _judgements(self, group: Sequence[RunSite]) -> Iterator[Verdict]:
        for verdict, places in self._verdicts:
            found = _first_found(places, reversed(group))
            if found is not None:
                name = found.pointer.rpartition("/")[2]
                yield verdict.read(found.value, pointer=found.pointer, name=name)

    def _answer_keys(self, group: Sequence[RunSite]) -> Iterator[str]:
        for site in group:
            for place in self._places["answer_keys"]:
                yield from read_keys(_value(find([place], site)))

    def _run_id(self, group: Sequence[RunSite]) -> str | None:
        """Return the log's id; a row's id that several runs share is told apart by their keys."""
        places = self._places["run_id"]
        if not places:
            return None
        found = _first_found(places, group)
        identifier = scalar_text(found.value) if found else None
        if identifier is None:
            state = "absent" if found is None else "no text and no number, or blank"
            raise RecordError(
                QuarantineReason.MISSING_SOURCE_RUN_ID, "run_id", f"the run id is {state}"
            )
        tokens = group[0].tokens
        is_of_row = tokens and found and not found.pointer.startswith(group[0].pointer + "/")
        return f"{identifier}/{'/'.join(tokens)}" if is_of_row else identifier

    def _identifier(self, key: str, group: Sequence[RunSite]) -> str | None:
        value = self._first(key, group)
        if value is None or isinstance(value, str):
            return filled_text(value)
        if isinstance(value, dict | list | bool):
            raise violation(f"{key}_no_scalar", f"{key} is neither a text nor a number")
        return scalar_text(value)

    def _model(self, group: Sequence[RunSite]) -> str | None:
        if self._model_name is not None:
            return self._model_name
        return filled_text(self._first("model", group))

    def _first(self, key: str, group: Sequence[RunSite]) -> Any:
        return _first_value(self._places[key], group)

    def _last(self, key: str, group: Sequence[RunSite]) -> Any:
        return _first_value(self._places[key], reversed(group))


def _first_value(places: Sequence[Place], group: Iterable[RunSite]) -> Any:
    """Return the first value that is no null, over the rows in their order."""
    if not places:
        return None
    for site in group:
        value = _value(find(places, site))
        if value is not None:
            return value
    return None


def _first_found(places: Sequence[Place], group: Iterable[RunSite]) -> Found | None:
    """Return what is found first, over the rows in their order."""
    for site in group:
        found = find(places, site)
        if found is not None:
            return found
    return None


def _value(found: Found | None) -> Any:
    return None if found is None else found.value


def _applies(rule: NoRunWhen, value: Any) -> bool:
    """Say whether a rule holds of what stands at its pointer."""
    if rule.present is not None:
        return (value is not ABSENT) is rule.present
    return value is not ABSENT and is_same(value, rule.equals)


def _joined(settings: MappedSettings) -> tuple[JoinedFiles, ...]:
    if settings.verdicts is None:
        return ()
    return (JoinedFiles(settings.verdicts.paths, MappedVerdicts(settings.verdicts)),)
