"""Runs that hold an item of a benchmark, and runs that are only like one."""

import json
from collections.abc import Iterator

from distill.records.message import Message
from tests.exports.builders import assistant, call, tool, user
from tests.firewall.benchmarks import FRAME, ITEMS, finding, story
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields


def _in(*messages: Message) -> RunFields:
    return {"messages": (user("Help me."), *messages, assistant("Done."))}


def _without(text: str, *places: int) -> str:
    """The text with other words at some places."""
    words = text.split()
    for place in places:
        words[place] = "something"
    return " ".join(words)


def _held() -> Iterator[RunFields]:
    for number, item in enumerate(ITEMS[:12]):
        prompt, answer = item["prompt"], item["answer"]
        yield {"messages": (user(prompt), assistant("Forty."))}
        yield {"messages": (user(prompt.upper().replace(" ", "\n")), assistant("Forty."))}
        yield _in(tool(f"file {number}: {answer}"))
        yield _in(assistant(None, call("write", {"rows": [{"q": prompt.split(". ")}]})))
        nested = json.dumps({"question": prompt.replace(" ", "\n", 9)})
        yield _in(assistant(None, call("post", {"body": json.dumps({"payload": nested})})))
        yield {
            "messages": None,
            "text": f"{story(5000 + number)}\n{answer}\n{story(6000 + number)}",
        }
        yield {"messages": (user(_without(prompt, 24)), assistant(f"It is {number}."))}
        yield {"messages": (user("Go on."), assistant("No.")), "task": f"suite/{item['id']}"}
        yield {"messages": (user(f"Check out {item['commit']} first."), assistant("It is."))}
        # Every fifth word another one: its words are those of the item no more.
        yield {"messages": (user(_without(prompt, *range(3, 40, 5))), assistant(f"So {number}."))}


def _sound() -> Iterator[RunFields]:
    for number in range(30):
        yield {"messages": (user(f"{FRAME} {story(2000 + number)}"), assistant("Twelve."))}
        yield {"messages": (user(story(3000 + number)), assistant(story(4000 + number)))}
        log = "\n".join(f"commit {item['commit']}" for item in ITEMS[number : number + 5])
        yield _in(assistant(None, call("sh", {"c": "git log"})), tool(log))
        begin = " ".join(ITEMS[number]["prompt"].split()[:24])
        yield {"messages": (user(f"{begin} eats a pear. How many?"), assistant(f"{number}."))}
        yield {"messages": (user(f"How many are left in the end, {number}?"), assistant("18"))}


SET = LabelledSet(
    gate="benchmark_contamination",
    positives=tuple(_held()),
    negatives=tuple(_sound()),
    finds=lambda fields: finding(fields) is not None,
    misses=(
        "items told in other words or in another language; items of which every few words were"
        " changed; parts of fewer than 13 words; encodings other than JSON's"
    ),
)
