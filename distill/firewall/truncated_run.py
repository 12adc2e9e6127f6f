"""Gate: the agent ended its run itself.

A run is cut short where its log says so (a limit, a finish reason such as ``length``), where it
ends with the answer to a call that the agent never took up, or where its last turn breaks off
within a block of code. A call by which agents end their runs, such as ``submit``, may be the last.
"""

import re
from typing import Final

from distill.firewall.fences import fenced_blocks
from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.observation import observation_of
from distill.records.evidence import Mark, Observation
from distill.records.message import Message
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "truncated_run"
VERSION: Final = 1

_ENDING: Final = re.compile(
    r"submit|finish|done|complete|final|answer|exit|stop|transfer|end_|terminate|think|respond",
    re.IGNORECASE,
)
_ENDING_COMMAND: Final = re.compile(r"\b(?:submit|exit|COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT)\b")


def observe(texts: RunTexts) -> Observation | None:
    """Tell by which rule the run is cut short, and where its last words stand."""
    if texts.cut_short is not None:
        return Observation(version=VERSION, names={"rule": "log_says_so"})
    messages = texts.messages or ()
    number = next((n for n, m in enumerate(reversed(messages)) if not m.is_blank), None)
    if number is None:
        return None
    number = len(messages) - 1 - number
    last, at = messages[number], f"/messages/{number}/content"
    if last.role == "tool" and not _ends(messages[:number]):
        return _told("no_last_answer", at, 0, len(last.content or ""))
    if last.role == "assistant" and last.content and not last.tool_calls:
        for block in fenced_blocks(last.content):
            if not block.is_closed:
                return _told("open_code_block", at, block.start, block.end)
    return None


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where nothing cut the run short; `ignore` holds the rules that do not count."""
    told = observation_of(candidate, NAME, QuarantineReason.TRUNCATED_RUN)
    if told is None or told.names["rule"] in settings.firewall.truncated_run.ignore:
        return None
    where = f" at {told.marks[0].at}" if told.marks else ""
    return Finding(
        QuarantineReason.TRUNCATED_RUN, told.names["rule"], f"the run was cut short{where}"
    )


def _ends(messages: tuple[Message, ...]) -> bool:
    """Say whether the agent's last turn calls nothing, or ends the run by its call."""
    last = next((one for one in reversed(messages) if one.role == "assistant"), None)
    if last is None:
        return False
    for call in last.tool_calls or ():
        if _ENDING.search(call.function.name):
            return True
        arguments = call.function.arguments
        said = [arguments] if isinstance(arguments, str) else arguments.values()
        if any(isinstance(one, str) and _ENDING_COMMAND.search(one) for one in said):
            return True
    return not last.tool_calls


def _told(rule: str, at: str, start: int, end: int) -> Observation:
    mark = Mark(rule=rule, at=at, start=start, end=end)
    return Observation(version=VERSION, marks=(mark,), names={"rule": rule})
