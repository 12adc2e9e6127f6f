"""The table of a `mapped` source in `distill.toml`: which pointer holds what."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from distill.errors import ConfigurationError
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import RecordClass
from distill.sources.places import Place, parse_place
from distill.sources.pointers import overlap, parse_pointer
from distill.sources.protocol import Framing
from distill.sources.verdict_map import VerdictMap


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


#: One pointer, or several of which the first that the row fills counts.
Alternatives = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]

_TEXT_FIELDS: Final = (
    *("prompt", "response", "observations", "messages", "system", "text", "tools"),
)
#: What is read of a row that is itself one message (`messages = ""`).
_MESSAGE_KEYS: Final = (
    "role",
    "from",
    "content",
    "value",
    "name",
    "tool_calls",
    "function_call",
    "tool_call_id",
)


class VerdictSettings(VerdictMap):
    """A verdict that stands in the row."""

    pointer: Alternatives


class JoinedSettings(VerdictMap):
    """Verdicts in other files: `key` in their rows is the `match` (task_id, …) of our runs."""

    paths: Alternatives
    key: Alternatives
    value: Alternatives
    match: str = Field(default="task_id", pattern="^(task_id|run_id|subject)$")
    layout: Framing = Framing.AUTO
    records_at: str = ""
    runs_at: Alternatives = ()


class NoRunWhen(FrozenModel):
    """Rows that are no run: where `pointer` is there (or is not), or equals a value."""

    pointer: str
    present: bool | None = None
    equals: bool | int | float | str | None = None
    kind: str = "no_run"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.present is None) == (self.equals is None):
            raise ValueError("give either present or equals")
        return self


class MappedSettings(FrozenModel):
    """All settings of a `mapped` source; `docs/sources.md` tells what each means."""

    layout: Framing = Framing.AUTO
    records_at: str = ""
    runs_at: Alternatives = ()
    group_by: str | None = None
    order_by: str | None = None
    no_run_when: tuple[NoRunWhen, ...] = ()
    run_id: Alternatives = ()
    trial: Alternatives = ()
    task_id: Alternatives = ()
    task_fields: Alternatives = ()
    subject: Alternatives = ()
    prompt: Alternatives = ()
    response: Alternatives = ()
    observations: Alternatives = ()
    messages: Alternatives = ()
    system: Alternatives = ()
    text: Alternatives = ()
    tools: Alternatives = ()
    model: Alternatives = ()
    timestamp: Alternatives = ()
    answer_keys: Alternatives = ()
    finish_reason: Alternatives = ()
    cut_short_by: tuple[bool | int | str, ...] = ()
    verdict: VerdictSettings | None = None
    verdicts_in_row: tuple[VerdictSettings, ...] = ()
    verdicts: JoinedSettings | None = None
    category: str | None = None
    record_class: RecordClass = RecordClass.VERDICT_BEARING

    @property
    def all_verdicts(self) -> tuple[VerdictSettings, ...]:
        """The verdicts in the row, `verdict` first."""
        return (*((self.verdict,) if self.verdict else ()), *self.verdicts_in_row)


def check(settings: MappedSettings) -> None:
    """Refuse settings that contradict each other or would let an answer key into a prompt.

    Raises:
        ConfigurationError: names the two keys and what to do.
    """
    if settings.group_by is not None and settings.runs_at:
        raise ConfigurationError(
            "mapped: group_by and runs_at together", "a row is part of one run, or holds several"
        )
    if settings.order_by is not None and settings.group_by is None:
        raise ConfigurationError("mapped: order_by without group_by", "name what groups the rows")
    if settings.cut_short_by and not settings.finish_reason:
        raise ConfigurationError(
            "mapped: cut_short_by without finish_reason", "name where those values stand"
        )
    if settings.observations and not settings.response:
        raise ConfigurationError(
            "mapped: observations without response", "name the actions that they answer"
        )
    if not any(getattr(settings, key) for key in ("prompt", "response", "messages", "text")):
        raise ConfigurationError(
            "mapped: no prompt, response, messages or text",
            'say where a run\'s text stands, such as response = "/completion"',
        )
    for pointer in (settings.group_by, settings.order_by, settings.records_at):
        parse_pointer(pointer or "")
    _check_answer_keys(settings)


def is_name(text: str) -> bool:
    """Say whether a `model` setting is the model's name itself and no place to find it."""
    return not text.startswith(("/", "./", "@"))


def places_of(settings: MappedSettings, key: str) -> tuple[Place, ...]:
    """Return a setting's places.

    Raises:
        ConfigurationError: one is no place, or begins with ``./`` or is ``@key`` without `runs_at`.
    """
    texts = getattr(settings, key)
    places = tuple(parse_place(text) for text in texts if key != "model" or not is_name(text))
    if not settings.runs_at and any(p.is_relative or p.name == "@key" for p in places):
        raise ConfigurationError(
            f"mapped: {key}: a place in the run's object, but no runs_at",
            'begin the pointer with "/", or name the objects that hold the runs in runs_at',
        )
    return places


def _check_answer_keys(settings: MappedSettings) -> None:
    secrets = list(_absolute(settings, "answer_keys"))
    for key in _TEXT_FIELDS:
        for shown in _absolute(settings, key):
            for secret in secrets:
                if overlap(shown, secret):
                    raise ConfigurationError(
                        f"mapped: answer_keys and {key} overlap: an answer key would be exported",
                        f"point {key} elsewhere, or take that pointer out of answer_keys",
                    )


def _absolute(settings: MappedSettings, key: str) -> Iterator[tuple[str, ...]]:
    """Yield the row's pointers that a setting reads, relative ones once for each of `runs_at`."""
    for place in places_of(settings, key):
        if place.name is not None:
            continue
        bases = [parse_pointer(at) for at in settings.runs_at] if place.is_relative else [()]
        for base in bases:
            if key == "messages" and not place.tokens:
                yield from ((*base, name) for name in _MESSAGE_KEYS)
            else:
                yield (*base, *place.tokens)
