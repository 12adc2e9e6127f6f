"""Which conversation a trace holds: model calls first, then the steps around them, then bare texts.

Model calls are used all or none: where one of them can't be read, or was logged without its content
while others have theirs, what the rest gives may be cut short. A call around other calls whose own
content is no conversation (a framework's wrapper) is passed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from distill.records.message import INSTRUCTING_ROLES, Message
from distill.sources.messages import violation
from distill.sources.model_calls import Exchange, Thread, choose, fold
from distill.sources.span_tree import SpanTree

LAST_CALL_FAILED: Final = "the conversation's last model call ended with an error"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said in a trace. `messages` null: no content was logged.

    `last` is the step that the last turn was taken from.
    """

    messages: tuple[Message, ...] | None
    tools: tuple[dict[str, Any], ...] | None = None
    model: str | None = None
    failure: str | None = None
    cut_short: str | None = None
    last: str | None = None


def conversation_of(
    exchanges: Sequence[Exchange], tree: SpanTree, final: str | None
) -> Conversation:
    """Return the conversation of a trace's steps; `final` is the text that the trace ended in.

    Raises:
        RecordError: `schema_violation`: something was logged and can't be read as a conversation,
            is left out in part, or begins with an answer.
    """
    calls = _without_wrappers([one for one in exchanges if one.is_call], tree)
    around = [one for one in exchanges if not one.is_call and not one.is_unreadable]
    trouble = _trouble(calls)
    whole = [] if trouble else calls
    for pool in (
        [one for one in whole if one.is_chat],
        [one for one in around if one.is_chat],
        [one for one in whole if one.is_text],
        [one for one in around if one.is_text],
    ):
        found = choose(fold(pool), final)
        if found is not None:
            return _instructed(_told(found, calls), around, tree)
    if trouble:
        raise violation(*trouble)
    return _beginning(fold(calls))


def _without_wrappers(calls: Sequence[Exchange], tree: SpanTree) -> list[Exchange]:
    told = [one.identity for one in calls if one.is_chat and not one.is_unreadable]
    above = tree.marked_above(told)
    return [one for one in calls if one.identity not in above or not _is_no_chat(one)]


def _is_no_chat(one: Exchange) -> bool:
    return one.is_unreadable or one.is_text or one.is_partly_silent


def _trouble(calls: Sequence[Exchange]) -> tuple[str, str] | None:
    """Return why the model calls can't be used, as rule and detail."""
    if any(one.is_unreadable for one in calls):
        return (
            "no_conversation",
            "a model call's input or output is no conversation of a form that is known",
        )
    if all(one.says_nothing for one in calls) or not any(one.is_partly_silent for one in calls):
        return None
    return "content_omitted", "a model call's input or output was not logged, and others' were"


def _told(thread: Thread, calls: Iterable[Exchange]) -> Conversation:
    model = thread.last.model
    if not thread.last.is_call:
        models = {one.model for one in calls if one.model is not None}
        model = next(iter(models)) if len(models) == 1 else None
    failed = thread.last.failed and not thread.gave
    return Conversation(
        thread.messages,
        thread.tools,
        model,
        LAST_CALL_FAILED if failed else None,
        thread.last.cut_short,
        thread.last.identity,
    )


def _instructed(said: Conversation, around: Sequence[Exchange], tree: SpanTree) -> Conversation:
    """Put the system's instructions first where only a step around the calls was logged with them.

    That step must have been given the same first turn after them.
    """
    messages = said.messages or ()
    if said.last is None or not messages or messages[0].role != "user":
        return said
    above = tree.marked_above([said.last])
    for one in around:
        given = one.given.messages
        turns = [message for message in given if message.role not in INSTRUCTING_ROLES]
        if one.identity in above and len(turns) < len(given) and turns[:1] == [messages[0]]:
            instructions = tuple(message for message in given if message.role in INSTRUCTING_ROLES)
            return replace(said, messages=instructions + messages)
    return said


def _beginning(threads: Sequence[Thread]) -> Conversation:
    """Return the prompt of a trace in which no answer was logged; null where nothing was.

    Raises:
        RecordError: what was logged begins with an answer.
    """
    if not threads:
        return Conversation(None)
    begun = [one for one in threads if one.messages[0].role not in ("tool", "assistant")]
    if not begun:
        raise violation(
            "no_beginning",
            "the conversation begins with an answer: what it answers is not in the trace",
        )
    return _told(begun[-1], ())
