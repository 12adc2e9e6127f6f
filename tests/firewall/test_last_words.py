"""What an agent said last, in its turn or by an act, and the refusals among it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.exports.preference import preference_sample
from distill.exports.settings import PreferenceSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall import refusal
from distill.firewall.finding import Refusal
from distill.firewall.last_words import last_words
from distill.records.evidence import Mark
from distill.records.message import Message
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import Category
from tests.exports.builders import assistant, call, run, tool, user
from tests.firewall import hostile

GO = user("go")
NO = "I'm sorry, but I can't assist with that."


def said(*messages: Message) -> list[str]:
    """Return the texts that were said last."""
    return [one.text for one in last_words(messages)]


@pytest.mark.parametrize(
    ("name", "arguments", "texts"),
    [
        ("submit", {"answer": "a"}, ["a"]),
        ("submit", "a", ["a"]),
        ("submit", {"anything": "a"}, ["a"]),
        ("submit", {"answer": "a", "path": "b"}, ["a"]),
        ("finish", {}, ["turn"]),
        ("finish", {"ok": True}, ["turn"]),
        ("finalAnswer", {"output": "a"}, ["a"]),
        ("send_message_to_user", {"text": "a"}, ["a"]),
        ("bash", {"command": "echo 'a b'"}, ["a b"]),
        ("bash", {"command": 'echo -n "a" b'}, ["a b"]),
        ("bash", {"command": "echo a > b"}, []),
        ("bash", {"command": "echo a >b"}, []),
        ("bash", {"command": "echo a | wc"}, []),
        ("bash", {"command": "echo a && echo b"}, []),
        ("bash", {"command": "echo " + "a" * 3000}, []),
        ("bash", {"command": "ls"}, []),
        ("send_email", {"text": "a"}, []),
        ("submit_ticket", {"text": "a"}, []),
        ("transfer_to_human", {"text": "a"}, []),
        ("user", {"text": "a"}, []),
    ],
)
def test_an_act_says_what_it_hands_in(name: str, arguments: Any, texts: list[str]) -> None:
    """Only acts that end a run or answer who asked; without a text of theirs the turn counts."""
    assert said(GO, assistant("turn", call(name, arguments)), tool("ok")) == texts


def test_of_several_calls_none_is_the_answer() -> None:
    """Nor of several commands in a text; a turn without a call says its text."""
    assert said(GO, assistant("", call("submit", {"a": "x"}), call("log", {"a": "x"}))) == []
    block = "```bash\necho a\n```"
    assert said(GO, assistant(block)) == [block, "a"]
    assert said(GO, assistant(block * 2), user("ok")) == [block * 2]
    assert said(GO) == []


@given(
    opening=st.sampled_from(["", "Sorry, ", "Unfortunately, ", "\n  "]),
    name=st.sampled_from(["submit", "answer", "finish_task", "respond_to_user", "done"]),
    key=st.sampled_from(["answer", "message", "text", "result"]),
    beside=st.dictionaries(st.sampled_from("abc"), st.integers() | st.booleans()),
    turns=st.integers(0, 3),
    content=st.sampled_from([None, "", "So be it."]),
)
def test_a_run_that_hands_in_a_refusal_is_neither_trained_on_nor_chosen(
    opening: str, name: str, key: str, beside: dict[str, Any], turns: int, content: str | None
) -> None:
    """Whatever the tool's name, the argument's, what stands beside it and what came before."""
    looks = (assistant(None, call("look", {})), tool("ok")) * turns
    ends = assistant(content, call(name, {**beside, key: f"{opening}{NO}"}))
    bad = run("trial/a", messages=(GO, *looks, ends, tool("bye")))
    other = run("trial/b", Category.REJECTED, messages=(GO, assistant("no")))
    rows = (
        sft_sample(*bad, SftSettings()),
        preference_sample(bad, other, PreferenceSettings()),
    )
    for row in rows:
        assert isinstance(row, Refusal)
        assert "refusal" in (row.reason.value, *(one.value for one in row.also))


def test_a_mark_is_at_the_argument() -> None:
    """By pointer and characters, and never quoted."""
    told = refusal.observe(RunTexts(messages=(GO, assistant("", call("submit", {"answer": NO})))))
    at = "/messages/1/tool_calls/0/function/arguments/answer"
    assert told is not None
    assert told.marks == (Mark(rule="last_act", at=at, start=0, end=len(NO)),)


@pytest.mark.parametrize("piece", ["echo a ", "submitAnswer", "```sh\necho a\n", "'", "echo '"])
def test_hostile_acts_take_linear_time(piece: str) -> None:
    """In a turn, a call's name and its arguments."""

    def look(text: str) -> object:
        acts = assistant(text, call(text, {"command": text, "answer": text}))
        bash = assistant(text, call("bash", {"command": text}))
        return [list(last_words((GO, one))) for one in (acts, bash, assistant(text))]

    assert hostile.growth(look, piece, 40_000) < hostile.LINEAR
