"""Which turns of a run are observations: what the agent's actions led to, and nobody's words.

A tool's result is one. An agent without tool calls acts in its text, and gets what that led to in
the user's turns. These are observations where the log's format says so, where the turn bears a
frame that harnesses put around an output, or where the prompt asks for one action a turn and every
turn that was answered has one. Otherwise they are a person's: a chat about shell commands looks
alike, and who talks to the agent there may change the task.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from distill.firewall.agent_commands import AgentCommand, shell_spans
from distill.records.message import INSTRUCTING_ROLES, Message

#: How a harness begins an observation: mini-swe-agent, ReAct, OpenHands, Hermes, Anthropic, Cline.
_BEGINS: Final = re.compile(
    r"\s*(?:<(?:returncode|output|observation|tool_response|tool_result|function_results?)>"
    r"|\[?observation(?: \d{1,4})?\]?:"
    r"|execution result of \["
    r"|\[[\w-]{1,60}(?: for [^\n]{0,300})?\] result:)",
    re.IGNORECASE,
)
#: How it ends one: SWE-agent's prompt, OpenHands' exit code.
_ENDS: Final = re.compile(
    r"(?:bash-\$|\(Current directory: [^\n]{0,300}\)|with exit code -?\d{1,4}\.?\])\s{0,8}$"
)
_TAIL: Final = 400
_ONE_ACTION: Final = re.compile(
    r"\b(?:exactly|only|contain|must be)\W{1,4}(?:(?:exactly|only)\W{1,4})?"
    r"(?:one|1|a single)\W{1,4}(?:\w{1,20}\s){0,2}(?:command|code block|action|tool call)",
    re.IGNORECASE,
)
#: An action that is no block of a shell's: a ReAct line, or a call that is spelt in the text.
_ACTION: Final = re.compile(
    r"^[ \t]{0,8}Action(?: Input)?(?: \d{1,4})?:"
    r"|<(?:tool_call|function_calls?|function=\w|invoke|execute_\w)",
    re.IGNORECASE | re.MULTILINE,
)


def observed_turns(messages: Sequence[Message], *, is_told: bool = False) -> frozenset[int]:
    """Return the numbers of the turns that are observations.

    `is_told`: the log's format says that all that answers the agent's turns is.
    """
    tools = frozenset(n for n, one in enumerate(messages) if one.role == "tool")
    if tools or any(one.tool_calls for one in messages):
        return tools
    answers = _answers(messages)
    if is_told:
        return frozenset(answers)
    framed = frozenset(n for n in answers if _is_framed(messages[n].content or ""))
    if framed or not answers or not _asks_for_actions(messages[: answers[0]]):
        return framed
    acting = (_has_action(messages[n - 1].content or "") for n in answers)
    return frozenset(answers) if all(acting) else frozenset()


def text_actions(messages: Sequence[Message], *, is_told: bool = False) -> Iterator[AgentCommand]:
    """Yield what an agent without tool calls did, in order: the parts of its turns that are acts.

    Where no turn has such a part and `is_told`, the turns themselves are the actions.
    """
    found = list(_spans(messages))
    if found or not is_told:
        yield from found
        return
    for number, message in enumerate(messages):
        if message.role == "assistant" and message.content:
            yield AgentCommand(number, 0, message.content)


def _answers(messages: Sequence[Message]) -> list[int]:
    """Return the numbers of the user's turns that follow one of the agent's."""
    pairs = enumerate(pairwise(messages), start=1)
    return [n for n, (said, answer) in pairs if (said.role, answer.role) == ("assistant", "user")]


def _spans(messages: Sequence[Message]) -> Iterator[AgentCommand]:
    for number, message in enumerate(messages):
        content = message.content or ""
        if message.role == "assistant":
            for start, end in _actions(content):
                yield AgentCommand(number, start, content[start:end])


def _actions(content: str) -> Iterator[tuple[int, int]]:
    """Yield the blocks of a shell; without any, all from the first act that is spelt out."""
    spans = list(shell_spans(content))
    found = None if spans else _ACTION.search(content)
    yield from spans if found is None else [(found.start(), len(content))]


def _has_action(content: str) -> bool:
    return next(_actions(content), None) is not None


def _is_framed(content: str) -> bool:
    return bool(_BEGINS.match(content) or _ENDS.search(content[-_TAIL:]))


def _asks_for_actions(prompt: Sequence[Message]) -> bool:
    told = (one.content or "" for one in prompt if one.role in (*INSTRUCTING_ROLES, "user"))
    return any(map(_ONE_ACTION.search, told))
