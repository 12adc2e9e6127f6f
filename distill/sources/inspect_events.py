"""What the events of an Inspect sample tell: the tools that were offered, and who scored.

Source of the form: inspect_ai's `log/_transcript.py` and `event/`: a sample's `events` (in logs of
2024 `transcript.events`), each ``{event, …}``. Spans (``span_begin``, ``span_end``, `span_id` in
each event) and the older steps (``step`` with ``action`` begin and end) say which solver or scorer
an event belongs to. Events may have been stripped from a log: then nothing is known.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from distill.sources.conversation import read_tools
from distill.sources.inspect_messages import resolve_attachments

_SCORER: Final = "scorer"
_TOOL_FIELDS: Final = ("name", "description", "parameters")


@dataclass
class ToldByEvents:
    """`tools` null: no call of the model was logged. `judges`: models by scorer, sorted.

    `in_sandbox` are the scorers that ran something in the sample's sandbox.
    """

    tools: tuple[dict[str, Any], ...] | None = None
    judges: dict[str, list[str]] = field(default_factory=dict)
    in_sandbox: set[str] = field(default_factory=set)


def read_events(sample: Mapping[str, Any], attachments: Mapping[str, Any]) -> ToldByEvents:
    """Return what a sample's events tell.

    Raises:
        RecordError: a tool's description refers to an attachment that is missing.
    """
    tools: dict[str, Any] = {}
    has_calls = False
    judges: defaultdict[str, set[str]] = defaultdict(set)
    in_sandbox: set[str] = set()
    for event, scorer in _with_scorers(events_of(sample)):
        kind = event.get("event")
        if kind == "sandbox" and scorer is not None:
            in_sandbox.add(scorer)
        if kind != "model":
            continue
        if scorer is None:
            has_calls = True
            offered = event.get("tools")
            for tool in offered if isinstance(offered, list) else ():
                if isinstance(tool, dict):
                    tools.setdefault(str(tool.get("name")), tool)
        elif isinstance(event.get("model"), str):
            judges[scorer].add(event["model"])
    return ToldByEvents(
        _tools(tools, attachments) if has_calls else None,
        {scorer: sorted(models) for scorer, models in judges.items()},
        in_sandbox,
    )


def events_of(sample: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a sample's events; what is no object among them is left out."""
    events = sample.get("events")
    if events is None and isinstance(sample.get("transcript"), dict):
        events = sample["transcript"].get("events")
    return [one for one in events if isinstance(one, dict)] if isinstance(events, list) else []


def _tools(
    tools: Mapping[str, Mapping[str, Any]], attachments: Mapping[str, Any]
) -> tuple[dict[str, Any], ...] | None:
    told = [
        {name: tool[name] for name in _TOOL_FIELDS if tool.get(name) is not None}
        for tool in tools.values()
    ]
    return read_tools(resolve_attachments(told, attachments, "a tool's description"))


def _with_scorers(
    events: Sequence[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield each event, and the name of the scorer that it belongs to, null where to none."""
    scorers: dict[str, str | None] = {}  # by span; a span knows its parent's
    steps: list[tuple[str, str]] = []
    for event in events:
        kind, span = event.get("event"), event.get("span_id")
        if kind == "step":
            _step(event, steps)
        elif kind == "span_begin":
            name = str(event.get("name")) if event.get("type") == _SCORER else None
            scorers[str(event.get("id"))] = name or scorers.get(str(event.get("parent_id")))
        of_step = next((name for kind, name in reversed(steps) if kind == _SCORER), None)
        yield event, scorers.get(str(span), of_step)


def _step(event: Mapping[str, Any], steps: list[tuple[str, str]]) -> None:
    if event.get("action") == "begin":
        steps.append((str(event.get("type")), str(event.get("name"))))
    elif steps:
        steps.pop()
