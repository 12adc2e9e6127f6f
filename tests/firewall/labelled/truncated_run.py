"""Runs that were cut short, and runs whose end only looks like it."""

from collections.abc import Iterator

from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

_ENDS = ("submit", "finish", "complete_task", "final_answer", "transfer_to_human_agents", "exit")
_OPEN = ("```python\ndef f(x):\n    return", "````md\n```\ninner\n```\nmore", "~~~\nopen\n```")
_CLOSED = (
    "```python\nx = 1\n```",
    "````md\n```\ninner\n````",
    "Inline ``` is no fence.",
    "~~~\na\n~~~",
    "```a``` in one line",
)


def _positives() -> Iterator[RunFields]:
    for number in range(34):
        acts = assistant(None, call("bash", {"command": f"pytest tests/{number}"}))
        yield {"messages": (user("Mend it."), acts, tool("2 failed"))}
        yield {"messages": (user("Mend it."), *(acts, tool("…")) * (2 + number % 3))}
        yield {"messages": (user(f"Write f{number}."), assistant(_OPEN[number % 3]))}
    for limit in ("message_limit", "length", "max_steps", "exit_context", "time", "exit_cost"):
        yield {"messages": (user("Go."), assistant("So far so good.")), "cut_short": limit}
    for number in range(5):  # ends in the middle of a sentence: nothing tells
        yield {"messages": (user(f"Tell {number}."), assistant("First, we take the old and"))}


def _negatives() -> Iterator[RunFields]:
    for number in range(10):
        for name in _ENDS:
            acts = assistant(None, call(name, {"note": f"{number}"}))
            yield {"messages": (user("Mend it."), acts, tool("bye"))}
        echo = f"echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && cat {number}.patch"
        acts = assistant(None, call("bash", {"command": echo}))
        yield {"messages": (user("Mend it."), acts, tool("diff"))}
        yield {"messages": (user("Mend it."), assistant(f"```\nsubmit\n```\n{number}"), tool("ok"))}
        for closed in _CLOSED:
            yield {"messages": (user(f"Write {number}."), assistant(f"{closed}\nDone."))}
        yield {"messages": (user("Hi."), assistant(f"Bye {number}."), user("###STOP###"))}
        yield {"text": f"A text without messages {number}.", "messages": None}


SET = LabelledSet(
    gate="truncated_run",
    positives=tuple(_positives()),
    negatives=tuple(_negatives()),
    finds=found_in_run("truncated_run"),
    misses="a last turn that breaks off in the middle of a sentence where the log names no reason",
)
