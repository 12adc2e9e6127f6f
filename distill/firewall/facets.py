"""What two runs may have in common, each by itself: the prompt, the actions, the final output."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from distill.records.compact import compact
from distill.records.message import Message, first_turn

#: Characters: a shorter prompt stands in an output by chance.
_LEAST_PROMPT: Final = 40


class Facet(StrEnum):
    """A side of a run that is compared by itself."""

    PROMPT = "prompt"
    ACTIONS = "actions"
    OUTPUT = "output"


def facets_of(messages: Sequence[Message] | None, text: str | None) -> Mapping[Facet, str]:
    """Return the texts of a run's facets; one that is blank is left out.

    The prompt is what users say before the agent's first turn (where no user speaks, all that
    stands there). The output is the agent's last turn that says or does something, and the actions
    are all its turns before. Of a run that is a text alone, the text is the output. An output that
    repeats the prompt, as one that completes code does, is compared without it: or else all that
    answers a long prompt is alike.
    """
    if messages is None:
        found = {Facet.OUTPUT: text or ""}
    else:
        turns = [one for one in messages if one.role == "assistant" and not one.is_blank]
        said = [_action(turn) for turn in turns]
        prompt = _prompt(messages)
        found = {
            Facet.PROMPT: prompt,
            Facet.ACTIONS: "\n\n".join(said[:-1]),
            Facet.OUTPUT: _without(prompt.strip(), said[-1]) if said else "",
        }
    return {facet: text for facet, text in found.items() if text and not text.isspace()}


def _without(prompt: str, output: str) -> str:
    """Return an output without the prompt, unless nothing else is left of it."""
    if len(prompt) < _LEAST_PROMPT or prompt not in output:
        return output
    rest = output.replace(prompt, "\n", 1)
    return output if rest.isspace() else rest


def _prompt(messages: Sequence[Message]) -> str:
    given = [one for one in messages[: first_turn(messages)] if one.content]
    asked = [one for one in given if one.role == "user"]
    return "\n\n".join(one.content or "" for one in asked or given)


def _action(turn: Message) -> str:
    if not turn.tool_calls:
        return turn.content or ""
    calls = [f"{one.function.name} {_text(one.function.arguments)}" for one in turn.tool_calls]
    return "\n".join([turn.content, *calls] if turn.content else calls)


def _text(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else compact(arguments)
