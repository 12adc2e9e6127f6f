"""Names of persons: the form that a name must have, where it is marked, how texts are cut."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.observing import observe as observe_all
from distill.firewall.person_names import PIECE, RULE, FindNames, pieces_of
from distill.firewall.personal_data import observe
from distill.records.message import FunctionCall, Message, ToolCall
from distill.records.run_texts import RunTexts

NAME = "Aaliyah Brennan"


def says(*names: str) -> FindNames:
    """Return a model that sees a person wherever one of these texts stands."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        for name in names:
            at = text.find(name)
            while at >= 0:
                yield at, at + len(name)
                at = text.find(name, at + 1)

    return find


def found(text: str, *names: str) -> list[str]:
    """Return what is marked as a name in a text, by a model that says these."""
    told = observe(RunTexts(text=text), says(*names))
    marks = () if told is None else told.marks
    return [text[mark.start : mark.end] for mark in marks if mark.rule == RULE]


def test_without_a_model_nothing_looks_for_names() -> None:
    """Neither the gate's observer nor the table of them."""
    texts = RunTexts(text=f"Dear {NAME},")
    assert observe(texts) is None
    assert "personal_data" not in observe_all(texts)
    assert observe_all(texts, find_names=says(NAME))["personal_data"].marks[0].rule == RULE


@pytest.mark.parametrize(
    "name",
    [
        NAME,
        "J. R. Okafor",
        "Sean O'Brien",
        "Zoë van der Berg",
        "Jean-Luc Moreau",
        "Fernando de la Rúa",
        "王小明",
        "김민준",
        "محمد علي",
        "Мария Петрова",
    ],
)
def test_a_full_name_is_marked_exactly(name: str) -> None:
    """In any script, behind letters of several bytes, without what stands beside it."""
    for before, after in (("", ""), ("é 🜚 ", ", ü"), ("a\0", "\0b")):
        assert found(f"{before}{name}{after}", name) == [name]
    assert found(f"{name}'s dog", f"{name}'s") == [name]
    assert found(f"({name}.)", f"{name}.") == [name]


@pytest.mark.parametrize(
    "word",
    [
        "JSON",
        "Check",
        "min_covered_13",
        "integer n",
        "-A n -t",
        "shopt -s",
        "Foo(Bar)",
        "Ada Love1ace",
        "a@b.example Smith",
        "One Two Three Four Five Six Seven",
        "A" + "b" * 60 + " C" + "d" * 60,
        "…",
    ],
)
def test_what_has_no_form_of_a_name_is_none(word: str) -> None:
    """Models that learned from news take such for persons in logs."""
    assert found(f"see {word} here", word) == []


def test_a_name_ends_with_its_line() -> None:
    """Each line of what the model took for one name is looked at by itself."""
    text = f"{NAME}\nSenior Engineer\nof 12 people"
    assert found(text, text) == [NAME, "Senior Engineer"]


def test_a_word_alone_counts_beside_the_full_name_that_holds_it() -> None:
    """The model must say so at that place; without the full name it does not count."""
    text = f"Aaliyah wrote. {NAME} signed. Mark it, Aaliyah."
    assert found(text, NAME, "Aaliyah", "Mark") == ["Aaliyah", NAME, "Aaliyah"]
    assert found("Aaliyah wrote.", "Aaliyah") == []


def test_a_full_name_is_marked_wherever_the_run_holds_it() -> None:
    """The model sees it once; it stands in arguments, names of members, labels and encodings."""
    code = b64encode(f"From: {NAME} <nobody>".encode()).decode()
    arguments = {
        "to": NAME,
        NAME: 1,
        "url": "https://shop.example/?q=Aaliyah%20Brennan",
        "body": code,
        "text": json.dumps({"x": f"\n{NAME}"}),
        "other": f"x{NAME} {NAME}s “{NAME}”",
    }
    call = ToolCall(id="1", function=FunctionCall(name="send", arguments=arguments))
    messages = (
        Message(role="user", content=f"Dear {NAME},"),
        Message(role="assistant", tool_calls=(call,)),
    )
    model = says("Dear " + NAME)  # seen in the greeting alone: "Dear" is no part of it below

    def find(text: str) -> Iterator[tuple[int, int]]:
        yield from ((start + 5, end) for start, end in model(text))

    told = observe(RunTexts(messages=messages, subject=f"case of {NAME}"), find)
    assert told is not None
    below = "/messages/1/tool_calls/0/function/arguments/"
    marks = {(mark.at, mark.in_key, mark.start, mark.end) for mark in told.marks}
    assert all(mark.rule == RULE for mark in told.marks)
    assert marks == {
        ("/messages/0/content", False, 5, 20),
        (f"{below}to", False, 0, 15),
        (f"{below}{NAME}", True, 0, 15),
        (f"{below}url", False, 24, 41),
        (f"{below}body", False, 0, len(code.rstrip("="))),
        (f"{below}text", False, 9, 24),
        (f"{below}other", False, 35, 50),
        ("/subject", False, 8, 23),
    }


def test_labels_names_of_members_and_numbers_are_not_asked() -> None:
    """A model is asked about sentences; what names runs and members are none."""
    asked: list[str] = []

    def find(text: str) -> Iterator[tuple[int, int]]:
        asked.append(text)
        yield from ()

    arguments = {"Member Name": "Some Value", "n": 12}
    call = ToolCall(id="1", function=FunctionCall(name="Send", arguments=arguments))
    message = Message(role="assistant", tool_calls=(call,))
    observe(RunTexts(messages=(message,), logged_run_id="Run One", model="Model One"), find)
    assert asked == ["Send", "Some Value"]


def test_a_piece_without_a_capital_is_not_asked() -> None:
    """No name can stand there, except in a script without capitals."""
    asked: list[str] = []

    def find(text: str) -> Iterator[tuple[int, int]]:
        asked.append(text)
        yield from ()

    observe(RunTexts(text="nothing here"), find)
    observe(RunTexts(text="王小明"), find)
    observe(RunTexts(text="One \ud800"), find)
    assert asked == ["王小明", "One \ufffd"]


def test_a_model_that_fails_leaves_the_run_undecided() -> None:
    """Nothing is clean because nobody looked."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        raise ValueError(text)

    told = observe_all(RunTexts(text=f"Dear {NAME},"), find_names=find)["personal_data"]
    assert told.undecided == "its observer failed: ValueError"
    assert NAME not in str(told)


@given(st.text(alphabet="aB. \n王🜚", max_size=60), st.integers(1, 200))
def test_pieces_are_the_text(unit: str, times: int) -> None:
    """One after the other, none too long, none empty."""
    text = unit * times
    pieces = list(pieces_of(text))
    assert "".join(piece for _, piece in pieces) == text
    assert all(0 < len(piece) <= PIECE for _, piece in pieces)
    assert all(a + len(piece) == b for (a, piece), (b, _) in pairwise(pieces))


@pytest.mark.parametrize("between", ["\n", ". ", " and "])
def test_a_name_is_not_cut(between: str) -> None:
    """A long text is cut behind a line, else a sentence, else before a word in small letters."""
    text = between.join([NAME] * 1_000)
    assert len(found(text, NAME)) == 1_000
    assert all(NAME in piece for _, piece in pieces_of(text))


def test_time_is_linear_whatever_the_model_says() -> None:
    """A text that is a name everywhere, and one without a place to cut."""
    spent = []
    for size in (20_000, 80_000):
        text = "Ab " * (size // 3)
        begun = time.process_time()
        observe(RunTexts(text=text), lambda piece: [(0, len(piece)), (3, 8), (3, 11), (6, 11)])
        observe(RunTexts(text="A" * size), lambda piece: [(0, len(piece))])
        spent.append(time.process_time() - begun)
    assert spent[1] < 20 * max(spent[0], 0.005)
