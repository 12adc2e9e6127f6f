"""A log described by pointers: what each setting takes from a row."""

from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.records.message import Message
from distill.records.taxonomy import QuarantineReason, RecordClass, VerdictOutcome
from distill.sources.mapped import Mapped
from distill.sources.protocol import NoRun, RecordError, RunDraft

VERDICT = {"pointer": "/ok", "origin": "test_harness", "accepted": [True], "rejected": [False]}
PLAIN = {"prompt": "/q", "response": "/a"}


def drafts(
    settings: dict[str, Any], *rows: Any, path: str = "logs/model-x/run.jsonl.gz"
) -> list[RunDraft]:
    """Return the runs of the rows, read as one record (or one group)."""
    found = list(Mapped.from_settings(settings).answer(rows, path=path))
    assert all(isinstance(answer, RunDraft) for answer in found)
    return [answer for answer in found if isinstance(answer, RunDraft)]


def draft(settings: dict[str, Any], *rows: Any) -> RunDraft:
    """Return the only run of the rows."""
    (only,) = drafts(settings, *rows)
    return only


def contents(found: RunDraft) -> list[tuple[str, str | None]]:
    """Return roles and contents."""
    return [(message.role, message.content) for message in found.messages or ()]


def test_all_fields() -> None:
    """Every pointer lands in its field, and the verdict keeps value and pointer."""
    settings = PLAIN | {
        "run_id": "/id",
        "trial": "/n",
        "task_id": ["/task", "/name"],
        "task_fields": ["/lang", "/none"],
        "subject": "/file",
        "system": "/sys",
        "tools": "/tools",
        "model": "/model",
        "timestamp": "/t",
        "answer_keys": ["/gold"],
        "verdict": VERDICT,
        "category": "drills",
    }
    row = {
        "id": 7,
        "n": 2,
        "name": "t1",
        "lang": "py",
        "file": "a.py",
        "sys": "Be brief.",
        "q": "?",
    }
    row |= {"a": "!", "model": "m", "t": 1.5, "gold": ["x", {"b": 1}], "ok": True}
    row |= {"tools": [{"name": "find", "input_schema": {"type": "object"}}]}
    found = draft(settings, row)
    assert (found.logged_run_id, found.trial, found.task_id) == ("7", "2", "t1")
    assert found.task_fields == ("py", None)
    assert (found.subject, found.model, found.recorded_at) == ("a.py", "m", 1.5)
    assert contents(found) == [("system", "Be brief."), ("user", "?"), ("assistant", "!")]
    assert found.tools == (
        {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}},
    )
    assert found.answer_keys == ("x", '{"b":1}')
    assert found.source_category == "drills"
    (verdict,) = found.verdicts
    assert (verdict.name, verdict.value, verdict.pointer) == ("ok", True, "/ok")
    assert verdict.outcome is VerdictOutcome.ACCEPTED


@pytest.mark.parametrize(
    "row", [{}, {"id": None}, {"id": " "}, {"id": []}, {"id": {}}, {"id": True}]
)
def test_declared_run_id_that_is_missing(row: dict[str, Any]) -> None:
    """A run id that the settings promise and the row lacks is a quarantine reason of its own."""
    with pytest.raises(RecordError) as caught:
        Mapped.from_settings(PLAIN | {"run_id": "/id"}).answer([row | {"q": "x"}], path="p")
    assert caught.value.reason is QuarantineReason.MISSING_SOURCE_RUN_ID


def test_missing_texts_are_left_to_the_exporters() -> None:
    """A row without prompt or response is a run with what is there: nothing is made up."""
    assert contents(draft(PLAIN, {"a": "!"})) == [("assistant", "!")]
    assert contents(draft(PLAIN, {"q": "?", "a": None})) == [("user", "?")]
    assert contents(draft(PLAIN, {"q": "?", "a": ""})) == [("user", "?"), ("assistant", "")]
    assert draft(PLAIN, {"b": 1}).messages is None


def test_a_list_of_texts_is_one_response() -> None:
    """A response that is a list of texts is one run's one turn, joined by newlines."""
    assert contents(draft(PLAIN, {"a": ["x", "y"]})) == [("assistant", "x\ny")]


@pytest.mark.parametrize("response", [7, True, [1], ["x", 1]])
def test_a_response_of_another_type_is_refused(response: Any) -> None:
    """A number, a boolean or a mixed list is no response."""
    with pytest.raises(RecordError) as caught:
        draft(PLAIN, {"a": response})
    assert caught.value.reason is QuarantineReason.SCHEMA_VIOLATION


def test_messages_and_response() -> None:
    """A prompt that is a conversation and its completion follow each other."""
    row = {"m": '[{"role": "user", "content": "?"}]', "a": [{"role": "assistant", "content": "!"}]}
    found = draft({"messages": "/m", "response": "/a"}, row)
    assert contents(found) == [("user", "?"), ("assistant", "!")]


def test_text_for_records_without_a_conversation() -> None:
    """A record that is a text has a text and no messages."""
    found = draft({"text": "/t", "record_class": "extraction"}, {"t": ["a", "b"]})
    assert (found.text, found.messages) == ("a\nb", None)
    assert found.record_class is RecordClass.EXTRACTION


def test_pointers_go_through_json_in_strings() -> None:
    """What a log keeps as JSON in a string is reached by the same pointer."""
    row = {"in": '{"deep": "{\\"q\\": \\"?\\"}"}', "a": "!"}
    assert contents(draft({"prompt": "/in/deep/q", "response": "/a"}, row))[0] == ("user", "?")


def test_one_row_to_several_runs() -> None:
    """Each object at `runs_at` is a run with its own verdict, model and pointer."""
    settings = {
        "runs_at": ["/x", "/y", "/z"],
        "run_id": "/id",
        "prompt": "/q",
        "response": "./a",
        "model": "@key",
        "verdict": VERDICT | {"pointer": "./ok"},
    }
    row = {"id": "r", "q": "?", "x": {"a": "1", "ok": True}, "z": {"a": "2", "ok": False}}
    first, second = drafts(settings, row)
    assert [first.logged_run_id, second.logged_run_id] == ["r/x", "r/z"]
    assert [first.model, second.pointer] == ["x", "/z"]
    assert second.verdicts[0].pointer == "/z/ok"
    assert contents(second) == [("user", "?"), ("assistant", "2")]
    reader = Mapped.from_settings(settings)
    assert list(reader.answer([{"id": "r", "q": "?"}], path="p")) == [NoRun("row_without_runs")]


def test_a_star_is_every_element() -> None:
    """A last `*` in `runs_at` stands for all tries of a list, by their own ids."""
    settings = {"runs_at": "/tries/*", "run_id": "./id", "response": "./a"}
    found = drafts(settings, {"tries": [{"id": "a", "a": "1"}, {"id": "b", "a": "2"}]})
    assert [(run.logged_run_id, run.pointer) for run in found] == [
        ("a", "/tries/0"),
        ("b", "/tries/1"),
    ]


def test_many_rows_to_one_run() -> None:
    """A group's messages follow each other; the verdict is the last row's, the rest the first's."""
    settings = {
        "group_by": "/s",
        "order_by": "/n",
        "run_id": "/s",
        "messages": "",
        "timestamp": "/t",
        "verdict": VERDICT,
    }
    rows = [
        {"s": "r", "n": 0, "t": 5, "role": "user", "content": "?"},
        {"s": "r", "n": 1, "t": 6, "role": "assistant", "content": "!", "ok": False},
        {"s": "r", "n": 2, "t": 7, "role": "assistant", "content": "!!", "ok": True},
    ]
    found = draft(settings, *rows)
    assert contents(found) == [("user", "?"), ("assistant", "!"), ("assistant", "!!")]
    assert (found.recorded_at, found.verdicts[0].value) == (5, True)


def test_rows_of_a_group_that_are_no_run() -> None:
    """A row that a rule names is left out of its group; a group of such rows is no run."""
    rules = [{"pointer": "/type", "equals": "meta", "kind": "meta"}]
    settings = {"group_by": "/s", "messages": "", "no_run_when": rules}
    rows = [{"s": 1, "type": "meta"}, {"s": 1, "role": "user", "content": "?"}]
    assert contents(draft(settings, *rows)) == [("user", "?")]
    reader = Mapped.from_settings(settings)
    assert list(reader.answer(rows[:1] * 2, path="p")) == [NoRun("meta")]


def test_rows_that_are_no_run() -> None:
    """A row that a rule names is counted under its kind; others are runs."""
    rules = [
        {"pointer": "/config", "present": True, "kind": "config"},
        {"pointer": "/q", "equals": 1},
    ]
    reader = Mapped.from_settings(PLAIN | {"no_run_when": rules})
    assert list(reader.answer([{"config": None}], path="p")) == [NoRun("config")]
    assert list(reader.answer([{"q": 1}], path="p")) == [NoRun("no_run")]
    assert isinstance(next(iter(reader.answer([{"q": "1"}], path="p"))), RunDraft)


def test_names_from_the_path() -> None:
    """The model may stand in the file's or the folder's name, or be a constant."""
    for text, model in (("@folder", "model-x"), ("@file", "run"), ("gpt-4o", "gpt-4o")):
        assert drafts(PLAIN | {"model": text}, {"q": "?"})[0].model == model


def test_several_verdicts_in_a_row() -> None:
    """Judges of opposite polarity stand side by side; one that is absent says nothing."""
    low = {
        "pointer": "/hallucination",
        "origin": "model_judge",
        "polarity": "lower_is_better",
        "thresholds": {"accepted": 0.1, "partially_accepted": 0.5},
    }
    high = {"pointer": "/correctness", "origin": "model_judge", "thresholds": {"accepted": 0.9}}
    found = draft(
        PLAIN | {"verdict": VERDICT, "verdicts_in_row": [low, high]},
        {"q": "?", "hallucination": 1, "correctness": 1},
    )
    assert [(v.name, v.outcome) for v in found.verdicts] == [
        ("hallucination", VerdictOutcome.REJECTED),
        ("correctness", VerdictOutcome.ACCEPTED),
    ]


def test_joined_verdicts() -> None:
    """Verdicts in files of their own come from an inner reader, keyed as the settings say."""
    joined = {
        "paths": ["grades/*.jsonl"],
        "key": "@key",
        "value": "./grade",
        "runs_at": "/*",
        "layout": "document",
        "origin": "human_feedback",
        "accepted": ["good"],
    }
    (files,) = Mapped.from_settings(PLAIN | {"task_id": "/id", "verdicts": joined}).joined
    assert files.paths == ("grades/*.jsonl",)
    document = {"t1": {"grade": "good"}, "t2": {}}
    first, second = files.reader.answer([document], path="grades/a.json")
    assert getattr(first, "match", None) == {"task_id": "t1"}
    assert second == NoRun("no_verdict")
    with pytest.raises(RecordError, match="key"):
        list(_keyed(joined).answer([{"grade": "good"}], path="p"))


def _keyed(joined: dict[str, Any]) -> Any:
    plain = joined | {"key": "/id", "value": "/grade", "runs_at": [], "layout": "lines"}
    return Mapped.from_settings(PLAIN | {"verdicts": plain}).joined[0].reader


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (PLAIN | {"promt": "/x"}, "unknown key 'promt'"),
        (PLAIN | {"verdict": VERDICT | {"acepted": [1]}}, "verdict.acepted"),
        (PLAIN | {"verdicts_in_row": [VERDICT | {"pointr": "/x"}]}, "pointr"),
        (PLAIN | {"verdict": {"pointer": "/ok"}}, "verdict.origin"),
        (PLAIN | {"verdict": VERDICT | {"rejected": [True]}}, "twice"),
        (PLAIN | {"verdict": VERDICT | {"rejected": [[1]]}}, "booleans, numbers and strings"),
        (PLAIN | {"run_id": "id"}, "no JSON pointer"),
        (PLAIN | {"run_id": "/a~b"}, "no JSON pointer"),
        (PLAIN | {"run_id": "./id"}, "no runs_at"),
        (PLAIN | {"finish_reason": 3}, "finish_reason: Input should be a valid list"),
        (PLAIN | {"trial": "@run"}, "unknown place"),
        (PLAIN | {"model": "@run"}, "unknown place"),
        (PLAIN | {"model": "@key"}, "no runs_at"),
        (PLAIN | {"layout": "csv"}, "layout"),
        (PLAIN | {"order_by": "/n"}, "order_by"),
        (PLAIN | {"group_by": "/n", "runs_at": ["/x"]}, "group_by"),
        (PLAIN | {"no_run_when": [{"pointer": "/x"}]}, "present or equals"),
        ({"run_id": "/id"}, "no prompt"),
        (PLAIN | {"answer_keys": "/q"}, "overlap"),
        (PLAIN | {"answer_keys": "/a/b"}, "overlap"),
        ({"messages": "/m/list", "answer_keys": ["/x", "/m"]}, "overlap"),
        ({"messages": "", "answer_keys": ["/content"]}, "overlap"),
        ({"runs_at": "/r/*", "response": "./a", "answer_keys": "/r/0/a"}, "overlap"),
    ],
)
def test_refused_settings(settings: dict[str, Any], words: str) -> None:
    """Settings that are unknown, contradict each other or would show an answer key are refused."""
    with pytest.raises(ConfigurationError, match=words.replace(".", r"\.")) as caught:
        Mapped.from_settings(settings)
    assert caught.value.hint


def test_the_nearest_key_is_named() -> None:
    """An unknown key's hint says what was probably meant, in inner tables too."""
    for settings, meant in (
        (PLAIN | {"promt": "/x"}, "'prompt'"),
        (PLAIN | {"verdict": VERDICT | {"acepted": [1]}}, "'accepted'"),
        (PLAIN | {"verdict": VERDICT | {"thresholds": {"acceptd": 1}}}, "'accepted'"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            Mapped.from_settings(settings)
        assert meant in caught.value.hint


def test_answer_keys_beside_texts_are_fine() -> None:
    """Sibling pointers do not overlap, nor does a whole-row message with a key beside it."""
    Mapped.from_settings(PLAIN | {"answer_keys": ["/gold", "/question"]})
    Mapped.from_settings({"messages": "", "answer_keys": ["/gold"]})
    settings = {"runs_at": "/r/*", "response": "./a", "answer_keys": ["./b", "/a"]}
    assert Mapped.from_settings(settings).settings.answer_keys == ("./b", "/a")


def test_system_is_not_doubled() -> None:
    """A conversation that has a system message keeps its own."""
    row = {"m": [{"role": "system", "content": "A"}, {"role": "user", "content": "?"}], "s": "B"}
    found = draft({"messages": "/m", "system": "/s"}, row)
    assert found.messages == (
        Message(role="system", content="A"),
        Message(role="user", content="?"),
    )


ACTED = {"prompt": "/q", "response": "/acts", "observations": "/seen"}


ENDED = PLAIN | {"finish_reason": ["/choices/0/finish_reason", "/end"]}


@pytest.mark.parametrize(
    ("told", "cut"),
    [
        ({"choices": [{"finish_reason": "length"}], "end": "stop"}, "length"),
        ({"choices": [], "end": "MAX_TOKENS"}, "length"),
        ({"end": "stop"}, None),
        ({"end": "max_turns"}, '"max_turns"'),
        ({"end": True}, "true"),
        ({"end": 1}, None),
        ({"end": False}, None),
        ({}, None),
    ],
)
def test_a_finish_reason(told: dict[str, Any], cut: str | None) -> None:
    """The words of the providers' APIs mean themselves; `cut_short_by` names the log's own."""
    row = {"q": "?", "a": "!", **told}
    own = {"cut_short_by": ["max_turns", True]}
    assert draft(ENDED | own, row).cut_short == cut
    assert draft(ENDED, row).cut_short == (cut if cut == "length" else None)
    assert draft(PLAIN, row).cut_short is None


def test_the_last_row_of_a_group_tells_how_the_run_ended() -> None:
    """An earlier answer that was cut off was gone on with."""
    settings = {"messages": "", "group_by": "/id", "finish_reason": "/end"}
    rows = [
        {"id": 1, "role": "user", "content": "?"},
        {"id": 1, "role": "assistant", "content": "a", "end": "length"},
        {"id": 1, "role": "assistant", "content": "b", "end": "stop"},
    ]
    (found,) = Mapped.from_settings(settings).answer(rows, path="a")
    assert isinstance(found, RunDraft)
    assert found.cut_short is None
    (found,) = Mapped.from_settings(settings).answer(rows[:2], path="a")
    assert isinstance(found, RunDraft)
    assert found.cut_short == "length"


def test_values_that_cut_a_run_short_stand_somewhere() -> None:
    """`cut_short_by` alone looks at nothing."""
    with pytest.raises(ConfigurationError, match="cut_short_by without finish_reason"):
        Mapped.from_settings(PLAIN | {"cut_short_by": ["max_turns"]})


@pytest.mark.parametrize("seen", [["a b", "0"], ["a b"]])
def test_actions_and_what_they_led_to_take_turns(seen: list[str]) -> None:
    """Each observation follows its action as the user's turn; the last action may have none."""
    found = contents(draft(ACTED, {"q": "Count.", "acts": ["ls", "wc"], "seen": seen}))
    assert (
        found
        == [
            ("user", "Count."),
            ("assistant", "ls"),
            ("user", "a b"),
            ("assistant", "wc"),
            ("user", "0"),
        ][: 3 + len(seen)]
    )


def test_what_actions_led_to_are_nobody_s_words() -> None:
    """Said of an exchange alone: a conversation may hold a person's words, and so may a text."""
    acts = {"acts": ["ls", "wc"], "seen": ["a b", "0"]}
    assert draft(ACTED, {"q": "Count.", **acts}).is_observed
    assert not draft(ACTED, {"q": "Count.", "acts": "ls"}).is_observed
    assert not draft({"prompt": "/q", "response": "/acts"}, {"q": "Count.", **acts}).is_observed
    chat = {**ACTED, "messages": "/chat"}
    said = [{"role": "assistant", "content": "Hi."}, {"role": "user", "content": "Count."}]
    assert not draft(chat, {"chat": said, **acts}).is_observed


@pytest.mark.parametrize("seen", [None, [], ["a"], ["a", "b", "c", "d"], "abc"])
def test_observations_that_do_not_fit_are_refused(seen: Any) -> None:
    """Nobody can say which action an observation belongs to if their numbers differ."""
    with pytest.raises(RecordError) as caught:
        draft(ACTED, {"q": "x", "acts": ["1", "2", "3"], "seen": seen})
    assert caught.value.rule == "observations_unequal"


def test_elements_give_lists() -> None:
    """``*`` gathers what the elements of a list hold, and nothing of what is no list."""
    settings = {
        "prompt": "/q",
        "response": ["/flat", "/steps/*/act"],
        "observations": ["/seen", "/steps/*/saw"],
    }
    steps = [{"act": "ls", "saw": "a"}, {"act": "submit", "saw": "done"}]
    found = contents(draft(settings, {"q": "x", "steps": steps}))
    assert [text for _, text in found] == ["x", "ls", "a", "submit", "done"]
    assert contents(draft(settings, {"q": "x", "steps": {"act": "ls"}})) == [("user", "x")]
    with pytest.raises(RecordError, match="1 observations of 3"):
        draft(settings, {"q": "x", "steps": [{"act": "ls"}, {"act": "a"}, *steps[:1]]})


def test_observations_without_actions() -> None:
    """Observations answer a response."""
    with pytest.raises(ConfigurationError, match="observations without response"):
        Mapped.from_settings({"prompt": "/q", "text": "/t", "observations": "/seen"})
