"""Langfuse's exports: one trace is one run, whatever its steps repeat, omit or write badly."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from distill.errors import ConfigurationError
from distill.records.message import Message
from distill.sources.langfuse import Langfuse
from distill.sources.protocol import Answer, LooseVerdict, NoRun, RecordError, RunDraft
from distill.sources.recognise import recognise
from tests.sources.damage import damaged_copies
from tests.sources.samples.langfuse import (
    ANSWER,
    CALL,
    PROMPT,
    RESULT,
    SYSTEM,
    TRACE,
    call,
    correction,
    document,
    observation,
    observation_v2,
    score,
    score_v3,
    two_calls,
)


def answers(*rows: Any, **settings: Any) -> list[Answer]:
    """Return what the reader makes of rows that belong together."""
    return list(Langfuse.from_settings(settings).answer(list(rows), path="logs/a.json"))


def run(*rows: Any, **settings: Any) -> RunDraft:
    """Return the one run of some rows."""
    (found,) = answers(*rows, **settings)
    assert isinstance(found, RunDraft)
    return found


def turns(draft: RunDraft) -> list[str]:
    """Return each turn as its role, and what it says or calls."""
    return [
        f"{one.role}: "
        + " ".join([one.content or "", *(c.function.name for c in one.tool_calls or ())]).strip()
        for one in draft.messages or ()
    ]


WHOLE = [
    f"system: {SYSTEM['content']}",
    f"user: {PROMPT['content']}",
    "assistant: timetable",
    f"tool: {RESULT['content']}",
    f"assistant: {ANSWER['content']}",
]


def refused(*rows: Any, **settings: Any) -> str:
    """Return the rule by which the reader refuses some rows."""
    with pytest.raises(RecordError) as caught:
        answers(*rows, **settings)
    return caught.value.rule


def test_history_is_not_doubled() -> None:
    """Each call repeats all before it: the run has every turn once, and the log's own id."""
    found = run(document(two_calls()))
    assert turns(found) == WHOLE
    assert found.logged_run_id == TRACE
    assert found.model == "example-small-2026"
    assert found.recorded_at == "2026-05-01T08:00:00.000Z"


def test_the_order_of_observations_is_nothing() -> None:
    """Their times decide, so any order of the rows gives the same run."""
    assert run(document(two_calls()[::-1])) == run(document(two_calls()))


def test_a_call_with_only_what_was_added() -> None:
    """A list of messages that starts with a tool's answer goes on where its call was made."""
    steps = [*two_calls()[:2], call("two", 3, [RESULT], ANSWER)]
    assert turns(run(document(steps))) == WHOLE


def test_a_conversation_that_begins_with_an_answer() -> None:
    """Where the call that a tool answers is not in the trace, nothing is made up."""
    assert refused(document([call("two", 3, [RESULT], ANSWER)])) == "no_beginning"


def test_an_agent_beside_the_main_one() -> None:
    """A sub-agent's calls are another thread: the longest is the run, or the trace's own output."""
    side = [
        call(
            "side",
            5,
            [{"role": "user", "content": "Name a colour."}],
            {"role": "assistant", "content": "Red"},
        )
    ]
    assert turns(run(document([*two_calls(), *side]))) == WHOLE
    said = run(document([*two_calls(), *side], output='"Red"'))
    assert turns(said) == ["user: Name a colour.", "assistant: Red"]


def test_a_judge_is_no_agent() -> None:
    """Model calls below an evaluator judge the run, and are no part of it."""
    judge = [
        observation("judge", 6, type="EVALUATOR"),
        {**call("judging", 7, [PROMPT] * 9, ANSWER), "parentObservationId": "judge"},
    ]
    assert turns(run(document([*two_calls(), *judge]))) == WHOLE


def test_a_wrapper_that_is_no_conversation() -> None:
    """A framework's own span around the calls, with Python's repr in it, is passed over."""
    steps = two_calls()
    wrapper = call("wrap", 1, "{'messages': [HumanMessage(content='hi')]}", "None")
    steps[1]["parentObservationId"] = "wrap"
    assert turns(run(document([*steps, wrapper]))) == WHOLE


@pytest.mark.parametrize(
    "given",
    [
        "{'role': 'user', 'content': 'hi'}",
        "[{'role': 'user'}]",
        "{\"messages\": [\"role='user' content='hi'\"]}",
        '[{"role": "user", "content": "cut off in the midd',
        "<truncated due to size exceeding limit>",
        '[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]',
    ],
)
def test_what_is_no_conversation_is_not_guessed_at(given: str) -> None:
    """Python's repr, cut JSON, an omission and an image are no text: the run is refused."""
    assert refused(document([call("one", 1, given, ANSWER)])) == "no_conversation"


def test_content_omitted_of_one_call() -> None:
    """Where the last call's content was left out the rest would be a run that is cut short."""
    steps = two_calls()
    steps[-1] |= {"input": None, "output": None}
    assert refused(document(steps)) == "content_omitted"


def test_no_content_at_all() -> None:
    """An export without the io fields has runs without messages, which every exporter refuses."""
    steps = [{k: v for k, v in one.items() if k not in ("input", "output")} for one in two_calls()]
    assert run(document(steps)).messages is None


def test_the_step_around_says_it_all() -> None:
    """Where the calls hold no messages, a step that gave the whole conversation back has it."""
    steps = [
        observation(
            "root", 0, output=json.dumps({"messages": [SYSTEM, PROMPT, CALL, RESULT, ANSWER]})
        ),
        call("one", 1, "RunResponse(content=None)", ANSWER),
    ]
    assert turns(run(document(steps))) == WHOLE


def test_instructions_of_the_step_around() -> None:
    """Instructions that only the agent's step was logged with stand first."""
    steps = [
        observation("root", 0, type="AGENT", input=json.dumps([SYSTEM, PROMPT])),
        call("one", 1, [PROMPT], ANSWER),
    ]
    assert turns(run(document(steps))) == [WHOLE[0], WHOLE[1], WHOLE[4]]


def test_bare_texts() -> None:
    """A call's texts, else the trace's own, are a prompt and an answer; quoted twice or once."""
    assert turns(run(document([call("one", 1, "Why?", "Because.")]))) == [
        "user: Why?",
        "assistant: Because.",
    ]
    quoted = document(
        [observation("root", 0)], input=json.dumps(json.dumps("Why?")), output='"So."'
    )
    assert turns(run(quoted)) == ["user: Why?", "assistant: So."]


@pytest.mark.parametrize("argument", ['{"args": ["x"], "kwargs": {}}', '{"joke": "…"}'])
def test_an_object_is_no_prompt(argument: str) -> None:
    """A function's arguments are no conversation, so there is none."""
    assert run(document([observation("root", 0)], input=argument, output=argument)).messages is None


def test_the_last_call_failed() -> None:
    """A model call that ended with an error and no answer is an instrument's failure."""
    steps = two_calls()
    steps[-1] |= {"output": None, "level": "ERROR"}
    found = run(document(steps, score("correctness", 0)))
    assert found.instrument_failure
    assert turns(found) == WHOLE[:4]


def test_a_call_tried_again() -> None:
    """A failed call that was made again leaves nothing behind."""
    steps = two_calls()
    failed = {**steps[-1], "id": "failed", "startTime": "2026-05-01T08:00:02.500Z", "output": None}
    found = run(document([*steps, failed | {"level": "ERROR"}]))
    assert (turns(found), found.instrument_failure) == (WHOLE, None)


def test_instructions_are_no_conversation() -> None:
    """Two conversations under the same instructions are two threads, unless the answer is there."""
    hello = {"role": "assistant", "content": "Hello."}
    alone = call("alone", 1, [SYSTEM], hello)
    other = call("other", 2, [SYSTEM, PROMPT], ANSWER)
    same = call("same", 3, [SYSTEM, hello, PROMPT], ANSWER)
    assert turns(run(document([alone, other], output='"Hello."')))[-1] == "assistant: Hello."
    assert turns(run(document([alone, same], output='"Hello."')))[-1] == WHOLE[4]


def test_an_agent_tried_again() -> None:
    """An agent given the same a second time goes on with its thread: the last try counts."""
    given = json.dumps([SYSTEM, PROMPT])
    first = observation("first", 1, input=given, output=json.dumps([CALL, RESULT, ANSWER]))
    second = observation("second", 2, input=given, output=json.dumps([ANSWER]))
    assert turns(run(document([first, second]))) == [*WHOLE[:2], WHOLE[4]]


@pytest.mark.parametrize(
    ("gave", "cut_short"),
    [
        ({"choices": [{"finish_reason": "length", "message": ANSWER}]}, "length"),
        ({"choices": [{"finish_reason": "stop", "message": ANSWER}]}, None),
        ([{**ANSWER, "finish_reason": "max_tokens"}], "length"),
        ({**ANSWER, "stop_reason": "max_tokens"}, "length"),
        ({**ANSWER, "response_metadata": {"finish_reason": "content_filter"}}, "content_filter"),
        (
            {"content": {"role": "model", "parts": [{"text": "x"}]}, "finish_reason": "MAX_TOKENS"},
            "length",
        ),
        (ANSWER, None),
    ],
)
def test_an_answer_that_was_cut_off(gave: Any, cut_short: str | None) -> None:
    """The finish reason of the last call says whether the model ended its answer itself."""
    assert run(document([call("one", 1, [PROMPT], gave)])).cut_short == cut_short
    earlier = call("zero", 0, [PROMPT], {"choices": [{"finish_reason": "length", "message": CALL}]})
    assert run(document([earlier, call("one", 1, [PROMPT], gave)])).cut_short == cut_short


@pytest.mark.parametrize(
    "metadata",
    [
        {"finish_reason": "length"},
        '{"stop_reason": "max_tokens"}',
        {"attributes": {"llm.finish_reason": "length"}},
    ],
)
def test_metadata_may_tell_that_an_answer_was_cut_off(metadata: Any) -> None:
    """Where an SDK puts the finish reason there, as an object or as JSON in a string."""
    assert (
        run(document([call("one", 1, [PROMPT], ANSWER, metadata=metadata)])).cut_short == "length"
    )
    assert run(document([call("one", 1, [PROMPT], ANSWER, metadata={"a": 1})])).cut_short is None


def test_a_cut_export() -> None:
    """A trace of 10,000 observations was cut by its export, and no word of it is used."""
    many = [observation(f"o{i}", 1, type="EVENT") for i in range(10_000)]
    assert refused(document(many)) == "cut_by_export"
    assert turns(run(document([*two_calls(), *many[4:-1]]))) == WHOLE


def test_a_circle_of_parents() -> None:
    """An observation that is its own ancestor makes the trace unusable."""
    ring = [
        observation("a", 1, parentObservationId="b"),
        observation("b", 2, parentObservationId="a"),
    ]
    assert refused(document(ring)) == "parent_cycle"


def test_observations_without_a_root() -> None:
    """A parent that was sampled away costs nothing: the calls are the run."""
    assert turns(run(document(two_calls()[1:]))) == WHOLE


def test_states_of_one_observation() -> None:
    """Of two states the newer counts; two that differ without one are refused."""
    steps = two_calls()
    older = {**steps[-1], "output": '"…"', "updatedAt": "2026-05-01T08:00:01.000Z"}
    newer = {**steps[-1], "updatedAt": "2026-05-01T08:00:09.000Z"}
    assert turns(run(document([*steps[:-1], newer, older]))) == WHOLE
    assert refused(document([*steps, {**steps[-1], "output": '"…"'}])) == (
        "one_observation_several_contents"
    )


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("correctness", 1, "accepted"),
        ("correctness", 0, "rejected"),
        ("Correctness", 1.0, "accepted"),
        ("correctness", 0.7, None),
        ("correctness", 4, None),
        ("hallucination", 1, "rejected"),
        ("hallucination", 0.9, "rejected"),
        ("Answer Relevancy", 0.1, "rejected"),
        ("tone", 1, None),
        ("tone", 0, None),
        ("hallucination", 7, None),
        ("correctness", None, "unreadable"),
        ("correctness", "high", "unreadable"),
    ],
)
def test_polarity(name: str, value: Any, outcome: str | None) -> None:
    """A known name points its way; an unknown one, and another scale, stay undecided."""
    (verdict,) = run(document(two_calls(), score(name, value))).verdicts
    assert verdict.outcome == outcome
    assert verdict.value == value
    assert verdict.origin == "model_judge"


@pytest.mark.parametrize(
    ("name", "value"), [("hallucination", 0), ("toxicity", 0.2), ("faithfulness", 1)]
)
def test_no_flaw_is_no_merit(name: str, value: float) -> None:
    """That an answer has no poison in it does not make it right."""
    assert run(document(two_calls(), score(name, value))).verdicts == ()


def test_settings_say_more() -> None:
    """A setting turns a score round, gives labels a meaning, names a judge, or silences it."""
    scores = {
        "tone": {"polarity": "lower_is_better"},
        "grade": {"accepted": ["good"], "rejected": ["bad"], "origin": "human_feedback"},
        "toxicity": {"use": "verdict", "thresholds": {"accepted": 0.1}},
        "helpfulness": {"use": "ignore"},
    }
    given = [
        score("tone", 0),
        score("grade", None, dataType="CATEGORICAL", stringValue="bad", source="API"),
        score("toxicity", 0.05),
        score("helpfulness", 0),
    ]
    found = run(document(two_calls(), *given), scores=scores).verdicts
    assert [(one.name, one.value, one.outcome, one.origin) for one in found] == [
        ("tone", 0, "accepted", "model_judge"),
        ("grade", "bad", "rejected", "human_feedback"),
        ("toxicity", 0.05, "accepted", "model_judge"),
    ]


def test_whose_word_it_is() -> None:
    """A person's annotation, a judge's evaluation, and what anybody sent over the API."""
    given = [
        score("correctness", 1, id=source, source=source)
        for source in ("ANNOTATION", "EVAL", "API")
    ]
    found = run(document(two_calls(), *given)).verdicts
    assert [one.origin for one in found] == ["human_feedback", "model_judge", "heuristic"]


def test_a_step_is_not_the_run() -> None:
    """A score of the root or of the call that gave the answer counts; one of a step does not."""
    given = [
        score("correctness", 1, id=at, observationId=at) for at in ("root", "one", "two", "tool")
    ]
    found = run(document(two_calls(), *given)).verdicts
    assert [one.pointer for one in found] == ["/trace/scores/0/value", "/trace/scores/2/value"]


def test_a_correction_is_a_verdict_and_a_run() -> None:
    """The output is rejected by a person, and the corrected answer is a run of its own."""
    first, second = answers(document(two_calls(), correction("No: line 4 is closed.")))
    assert isinstance(first, RunDraft)
    assert isinstance(second, RunDraft)
    assert [(one.outcome, one.origin) for one in first.verdicts] == [("rejected", "human_feedback")]
    assert [(one.outcome, one.origin) for one in second.verdicts] == [
        ("accepted", "human_feedback")
    ]
    assert second.logged_run_id == f"{TRACE}/correction"
    assert turns(second) == [*WHOLE[:4], "assistant: No: line 4 is closed."]
    assert (second.pointer, second.model) == ("/trace/corrections/0", None)


def test_a_correction_that_changes_nothing() -> None:
    """A person who left the answer as it is has accepted it, and there is no second run."""
    (verdict,) = run(document(two_calls(), correction(str(ANSWER["content"])))).verdicts
    assert verdict.outcome == "accepted"


@pytest.mark.parametrize("text", ["{'role': 'assistant'}", "", '{"role": "assistant", "cont'])
def test_a_correction_that_can_not_be_read(text: str) -> None:
    """It still says that the output was not right, and makes no run."""
    (verdict,) = run(document(two_calls(), correction(text))).verdicts
    assert verdict.outcome == "rejected"


def test_observation_first_rows() -> None:
    """Rows of the observation-first export and scores of version 3 make the same run."""
    rows = [observation_v2(one) for one in two_calls()]
    found = answers(*rows, score_v3("correctness", 1), rows="grouped")
    assert isinstance(found[0], RunDraft)
    assert turns(found[0]) == WHOLE
    assert [one.outcome for one in found[0].verdicts] == ["accepted"]


def test_boolean_and_observation_scores_of_version_3() -> None:
    """A JSON truth is read as it stands, and the subject says what it is about."""
    about = {"kind": "observation", "id": "one", "traceId": TRACE}
    rows = [
        *(observation_v2(one) for one in two_calls()),
        score_v3("is_correct", True, dataType="BOOLEAN"),
        score_v3("correctness", 0, subject=about),
    ]
    (found,) = answers(*rows, rows="grouped")
    assert isinstance(found, RunDraft)
    assert [(one.value, one.outcome) for one in found.verdicts] == [(True, "accepted")]


def test_scores_by_themselves() -> None:
    """Without their trace scores look for its run; those of sessions say nothing of one run."""
    (loose,) = answers(score("correctness", 0))
    assert isinstance(loose, LooseVerdict)
    assert loose.match == {"run_id": TRACE}
    assert loose.verdict.path == "logs/a.json"
    of_session = score_v3("correctness", 1, subject={"kind": "session", "id": "s"})
    assert answers(of_session) == [NoRun("session_score")]
    assert answers(score_v3("tone", 1, subject={"kind": "experiment", "id": "e"})) == [
        NoRun("experiment_score")
    ]
    assert answers(score("note", None, dataType="TEXT")) == [NoRun("score_without_verdict")]


def test_an_observation_without_its_trace() -> None:
    """Rows of their own need to be gathered: the refusal names the setting."""
    assert refused(two_calls()[1]) == "observation_alone"


@pytest.mark.parametrize("row", [{}, {"id": 1}, {"trace": None}, {"a": [[[]]]}])
def test_other_rows(row: dict[str, Any]) -> None:
    """What is no row of Langfuse's is refused."""
    assert refused(row) == "unknown_row"


WHOLE_EXPORT = document(
    two_calls(),
    score("correctness", 1),
    score("grade", None, dataType="CATEGORICAL", stringValue="good"),
    correction("No."),
)


@given(damaged_copies(WHOLE_EXPORT), damaged_copies(score_v3("correctness", 1)))
def test_damaged_rows(row: Any, loose: Any) -> None:
    """Whatever stands in the place of whatever, a reader answers or refuses, and raises no more."""
    nested = row.get("observations")
    for rows in ([row], [loose], [row, loose, *nested] if isinstance(nested, list) else [row]):
        with suppress(RecordError):
            assert answers(*rows, rows="grouped")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"row": "grouped"}, "row"),
        ({"rows": "lines"}, "rows"),
        ({"scores": {"tone": {"polarity": "up"}}}, r"scores.tone.polarity"),
        ({"scores": {"tone": {"accept": [1]}}}, "accept"),
        ({"scores": {"tone": {"accepted": [1], "rejected": [1.0]}}}, "stands twice"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], words: str) -> None:
    """A wrong setting is named."""
    with pytest.raises(ConfigurationError, match=words):
        Langfuse.from_settings(settings)


def lines(rows: Sequence[Any]) -> bytes:
    """Return rows as JSONL."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (lines([document(two_calls())] * 2), {"rows": "traces"}),
        (
            json.dumps(document(two_calls()), indent=1).encode(),
            {"rows": "traces", "layout": "document"},
        ),
        (lines(two_calls()), {"rows": "grouped"}),
        (lines([observation_v2(one) for one in two_calls()]), {"rows": "grouped"}),
        (json.dumps(two_calls()).encode(), {"rows": "grouped"}),
        (lines([score_v3("tone", 1)] * 2), {"rows": "grouped"}),
    ],
)
def test_recognised(data: bytes, settings: dict[str, str]) -> None:
    """Each form is known, with the settings that read it."""
    found = recognise("x.json", data)
    assert (found.kind, dict(found.settings)) == ("langfuse", settings)


def test_the_rows_of_many_frameworks() -> None:
    """LangChain, Gemini, Vercel, Koog, OpenAI and the GenAI parts: one conversation of each."""
    tools = [{"type": "function", "function": {"name": "timetable", "parameters": {}}}]
    forms: list[tuple[Any, Any]] = [
        (
            {
                "messages": [
                    {"type": "system", "content": SYSTEM["content"]},
                    {"type": "human", "content": PROMPT["content"]},
                    {
                        "type": "ai",
                        "content": "",
                        "tool_calls": [{"name": "timetable", "args": {"line": 4}, "id": "c"}],
                    },
                    {"type": "tool", "content": RESULT["content"], "tool_call_id": "c"},
                ],
                "tools": tools,
            },
            {"type": "ai", "content": ANSWER["content"]},
        ),
        (
            {
                "config": {
                    "system_instruction": SYSTEM["content"],
                    "tools": [{"function_declarations": [{"name": "timetable", "parameters": {}}]}],
                },
                "contents": [
                    {"role": "user", "parts": [{"text": PROMPT["content"]}]},
                    {
                        "role": "model",
                        "parts": [{"function_call": {"name": "timetable", "args": {"line": 4}}}],
                    },
                    {
                        "role": "user",
                        "parts": [
                            {
                                "function_response": {
                                    "name": "timetable",
                                    "response": RESULT["content"],
                                }
                            }
                        ],
                    },
                ],
            },
            {
                "content": {
                    "role": "model",
                    "parts": [{"thought": True, "text": "hm"}, {"text": ANSWER["content"]}],
                }
            },
        ),
        (
            [
                {"role": "system", "content": SYSTEM["content"]},
                {"role": "user", "content": [{"type": "text", "text": PROMPT["content"]}]},
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "tool-call",
                            "toolCallId": "c",
                            "toolName": "timetable",
                            "input": {"line": 4},
                        }
                    ],
                },
                {
                    "role": "tool",
                    "content": [
                        {"type": "tool-result", "toolCallId": "c", "output": RESULT["content"]}
                    ],
                },
                {"role": "tool", "content": tools[0]},
            ],
            {"choices": [{"message": ANSWER}]},
        ),
        (
            {
                "prompt": [
                    {"role": "system", "content": SYSTEM["content"]},
                    PROMPT,
                    {
                        "role": "tool",
                        "content": json.dumps(
                            [
                                {
                                    "id": "c",
                                    "type": "function",
                                    "function": {"name": "timetable", "arguments": '{"line": 4}'},
                                }
                            ]
                        ),
                    },
                    {"role": "tool", "content": RESULT["content"]},
                ],
                "tools": tools,
            },
            [ANSWER],
        ),
        (
            [
                {"role": "system", "parts": [{"type": "text", "content": SYSTEM["content"]}]},
                {"role": "user", "parts": [{"type": "text", "content": PROMPT["content"]}]},
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "reasoning", "content": "hm"},
                        {
                            "type": "tool_call",
                            "id": "c",
                            "name": "timetable",
                            "arguments": {"line": 4},
                        },
                    ],
                },
                {
                    "role": "tool",
                    "parts": [
                        {"type": "tool_call_response", "id": "c", "response": RESULT["content"]}
                    ],
                },
                {"role": "tool", "content": tools[0]},
            ],
            [
                {
                    "role": "assistant",
                    "parts": [{"type": "text", "content": ANSWER["content"]}],
                    "finish_reason": "stop",
                }
            ],
        ),
        (
            [
                SYSTEM,
                PROMPT,
                {
                    "type": "function_call",
                    "call_id": "c",
                    "name": "timetable",
                    "arguments": '{"line": 4}',
                },
                {"type": "function_call_output", "call_id": "c", "output": RESULT["content"]},
                {"role": "tool", "content": tools[0]},
            ],
            {
                "output": [
                    {"type": "reasoning", "summary": []},
                    {
                        "type": "message",
                        "role": "assistant",
                        "content": [{"type": "output_text", "text": ANSWER["content"]}],
                    },
                ]
            },
        ),
    ]
    for one, gave in forms:
        found = run(document([call("one", 1, one, gave)]))
        assert turns(found) == WHOLE, one
        assert [tool["function"]["name"] for tool in found.tools or ()] == ["timetable"], one
        assert calls_of(found.messages or ()) == [{"line": 4}], one


def calls_of(messages: Sequence[Message]) -> list[Any]:
    """Return the arguments of all calls."""
    return [call.function.arguments for one in messages for call in one.tool_calls or ()]
