"""OTLP's requests: one trace is one run, over any requests, names and forms of its content."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from distill.errors import ConfigurationError
from distill.sources.otel_genai import OtelGenai
from distill.sources.otlp import plain, read_id, read_integer
from distill.sources.protocol import Answer, NoRun, RecordError, RunDraft
from distill.sources.recognise import recognise
from tests.sources.damage import damaged_copies
from tests.sources.samples.otel import (
    ANSWER,
    CALL,
    OTHER,
    PROMPT,
    RESULT,
    SYSTEM,
    TOOLS,
    TRACE,
    agent_spans,
    attributes,
    chat,
    event,
    jsonl,
    log_record,
    log_request,
    of_trace,
    request,
    span,
)

WHOLE = [
    "system: You answer for the trams.",
    "user: Is the tram running today?",
    "assistant: timetable",
    "tool: every ten minutes",
    "assistant: Yes, line 4 runs every ten minutes.",
]


def answers(*rows: Any, **settings: Any) -> list[Answer]:
    """Return what the reader makes of requests that belong together."""
    return list(OtelGenai.from_settings(settings).answer(list(rows), path="logs/a.jsonl"))


def run(*spans: Any, **settings: Any) -> RunDraft:
    """Return the one run of some spans."""
    (found,) = answers(request(*spans), **settings)
    assert isinstance(found, RunDraft)
    return found


def turns(draft: RunDraft) -> list[str]:
    """Return each turn as its role, and what it says or calls."""
    found = []
    for one in draft.messages or ():
        calls = [call.function.name for call in one.tool_calls or ()]
        found.append(f"{one.role}: " + " ".join([*([one.content] if one.content else []), *calls]))
    return found


def refused(*rows: Any) -> str:
    """Return the rule by which the reader refuses some requests."""
    with pytest.raises(RecordError) as caught:
        answers(*rows)
    return caught.value.rule


def test_history_is_not_doubled() -> None:
    """Each chat span repeats all before it: the run has every turn once."""
    found = run(*agent_spans())
    assert turns(found) == WHOLE
    assert (found.logged_run_id, found.model) == (TRACE, "example-small-2026")
    assert found.recorded_at == 1_780_000_001_000_000_000
    assert found.verdicts == ()


def test_spans_over_requests() -> None:
    """The spans of a trace lie in any requests, in any order, some of them exported twice."""
    spans = agent_spans()
    rows = [request(*spans[3:]), request(spans[1], spans[3]), request(*spans[:3][::-1])]
    (found,) = answers(*rows)
    assert found == run(*spans)


def test_traces_of_one_request_are_told_apart() -> None:
    """A request is split by traces, and each part says of its trace what the whole would."""
    row = request(*agent_spans(), *of_trace(agent_spans(), OTHER))
    reader = OtelGenai.from_settings({})
    parts = dict(reader.split(row))
    assert list(parts) == [TRACE, OTHER]
    whole = answers(row)
    assert whole == [one for part in parts.values() for one in answers(part)]
    assert [one.logged_run_id for one in whole if isinstance(one, RunDraft)] == [TRACE, OTHER]


OLD_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "timetable", "arguments": '{"line": 4}'},
}


def old(number: int, second: int) -> list[dict[str, Any]]:
    """Return the events of conventions up to 1.36 of one of two calls."""
    events = [
        event("gen_ai.system.message", second, content="You answer for the trams."),
        event("gen_ai.user.message", second, content="Is the tram running today?"),
    ]
    if number == 2:
        message = {"role": "assistant", "content": None, "tool_calls": [OLD_CALL]}
        return [*events, event("gen_ai.choice", second, index=0, message=json.dumps(message))]
    calls = json.dumps([OLD_CALL])
    answer = {"role": "assistant", "content": "Yes, line 4 runs every ten minutes."}
    return [
        *events,
        event("gen_ai.assistant.message", second, tool_calls=calls),
        event("gen_ai.tool.message", second, id="call_1", content="every ten minutes"),
        event("gen_ai.choice", second, index=0, finish_reason="stop", message=json.dumps(answer)),
    ]


def old_call(number: int, **fields: Any) -> dict[str, Any]:
    """Return a chat span of conventions up to 1.36, without content."""
    found = {"gen_ai.operation.name": "chat", "gen_ai.system": "example"}
    return span(number, {**found, "gen_ai.request.model": "example-small"}, **fields)


def test_old_events_on_the_span() -> None:
    """Up to 1.36 an event holds one message."""
    found = run(agent_spans()[0], old_call(2, events=old(2, 2)), old_call(4, events=old(4, 4)))
    assert turns(found) == WHOLE
    assert found.messages is not None
    assert found.messages[3].tool_call_id == "call_1"


def test_old_events_as_log_records() -> None:
    """The same events are log records elsewhere, their body the message, joined by span id."""
    bodies: list[tuple[str, Any]] = [
        ("gen_ai.system.message", {"content": "You answer for the trams."}),
        ("gen_ai.user.message", {"content": "Is the tram running today?"}),
        ("gen_ai.assistant.message", {"tool_calls": [OLD_CALL]}),
        ("gen_ai.tool.message", {"id": "call_1", "content": "every ten minutes"}),
        (
            "gen_ai.choice",
            {"index": 0, "message": {"content": "Yes, line 4 runs every ten minutes."}},
        ),
    ]
    records = [log_record(name, 4, body, second=4) for name, body in bodies]
    (found,) = answers(log_request(*records), request(agent_spans()[0], old_call(4)))
    assert isinstance(found, RunDraft)
    assert turns(found) == WHOLE


def test_one_event_with_everything() -> None:
    """Since 1.37 one event holds all messages, under the attributes' names, as OTLP values."""
    names: dict[str, Any] = {
        "gen_ai__input__messages": [SYSTEM, PROMPT, CALL, RESULT],
        "gen_ai__output__messages": [ANSWER],
    }
    name = "gen_ai.client.inference.operation.details"
    here = run(agent_spans()[0], chat(4, None, None, events=[event(name, **names)]))
    (there,) = answers(
        request(agent_spans()[0], chat(4, None, None)), log_request(log_record(name, 4, **names))
    )
    assert isinstance(there, RunDraft)
    assert turns(here) == turns(there) == WHOLE


def test_instructions_and_tools_beside_the_messages() -> None:
    """System instructions stand first, and the tool definitions are the tools offered."""
    more = {
        "gen_ai.system_instructions": json.dumps(SYSTEM["parts"]),
        "gen_ai.tool.definitions": json.dumps(TOOLS),
    }
    one = chat(2, [PROMPT, CALL, RESULT], [ANSWER])
    one["attributes"] += attributes(more)
    found = run(one)
    assert turns(found) == WHOLE
    function = {"name": "timetable", "parameters": {"type": "object"}}
    assert found.tools == ({"type": "function", "function": function},)


FLAT = {
    "0.role": "system",
    "0.content": "You answer for the trams.",
    "1.role": "user",
    "1.content": "Is the tram running today?",
    "2.role": "assistant",
    "2.tool_calls.0.id": "call_1",
    "2.tool_calls.0.name": "timetable",
    "2.tool_calls.0.arguments": '{"line": 4}',
    "3.role": "tool",
    "3.tool_call_id": "call_1",
    "3.content": "every ten minutes",
}


def test_flattened_prompts() -> None:
    """Traceloop's names: one attribute a field, counted."""
    found = {"llm.request.type": "chat", "gen_ai.request.model": "m"}
    found |= {f"gen_ai.prompt.{name}": one for name, one in FLAT.items()}
    found |= {
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Yes, line 4 runs every ten minutes.",
    }
    assert turns(run(span(2, found))) == WHOLE


def openinference(**changes: Any) -> dict[str, Any]:
    """Return the attributes of OpenInference's flattened messages."""
    found: dict[str, Any] = {"openinference.span.kind": "LLM", "llm.model_name": "m"}
    for name, one in FLAT.items():
        number, _, rest = name.partition(".")
        rest = rest.replace("tool_calls.0.id", "tool_calls.0.tool_call.id")
        rest = rest.replace("tool_calls.0.name", "tool_calls.0.tool_call.function.name")
        rest = rest.replace("tool_calls.0.arguments", "tool_calls.0.tool_call.function.arguments")
        found[f"llm.input_messages.{number}.message.{rest}"] = one
    found |= {
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.contents.0.message_content.type": "text",
        "llm.output_messages.0.message.contents.0.message_content.text": ANSWER["parts"][0][
            "content"
        ],  # type: ignore[index]
        "llm.tools.0.tool.json_schema": json.dumps(TOOLS[0]),
    }
    return {key: one for key, one in {**found, **changes}.items() if one is not None}


def test_openinference() -> None:
    """OpenInference's names: one more level, and contents in parts."""
    found = run(span(2, openinference()))
    assert turns(found) == WHOLE
    assert found.tools is not None
    assert found.model == "m"


def test_a_flattened_list_with_a_gap() -> None:
    """Exporters drop attributes beyond a limit: with a message missing the run is unreadable."""
    name = "llm.input_messages.2.message."
    gone = {key: None for key in openinference() if key.startswith(name)}
    assert refused(request(span(2, openinference(**gone)))) == "no_conversation"


def test_vercel() -> None:
    """The Vercel AI SDK's spans: the outer one tells the same again."""
    prompt = [
        {"role": "system", "content": "You answer for the trams."},
        {"role": "user", "content": [{"type": "text", "text": "Is the tram running today?"}]},
    ]
    outer = {
        "ai.operationId": "ai.generateText",
        "ai.prompt": json.dumps({"messages": prompt[1:], "system": "You answer for the trams."}),
        "ai.response.text": "Yes, line 4 runs every ten minutes.",
    }
    first = {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": json.dumps(prompt),
        "ai.response.toolCalls": json.dumps(
            [{"toolCallId": "call_1", "toolName": "timetable", "input": {"line": 4}}]
        ),
    }
    more: list[dict[str, Any]] = [
        {
            "role": "assistant",
            "content": [
                {
                    "type": "tool-call",
                    "toolCallId": "call_1",
                    "toolName": "timetable",
                    "input": {"line": 4},
                }
            ],
        },
        {
            "role": "tool",
            "content": [
                {"type": "tool-result", "toolCallId": "call_1", "output": "every ten minutes"}
            ],
        },
    ]
    second = {
        **first,
        "ai.prompt.messages": json.dumps([*prompt, *more]),
        "ai.response.toolCalls": None,
        "ai.response.text": "Yes, line 4 runs every ten minutes.",
    }
    second = {key: one for key, one in second.items() if one is not None}
    assert turns(run(span(1, outer), span(2, first), span(3, second))) == WHOLE


def test_content_is_opt_in() -> None:
    """Spans without content are a run without messages: nothing is made up."""
    spans = [agent_spans()[0], chat(2, None, None), chat(4, None, None)]
    assert run(*spans).messages is None
    told = [event("gen_ai.user.message"), event("gen_ai.choice", index=0, finish_reason="stop")]
    assert run(agent_spans()[0], old_call(2, events=told)).messages is None


def test_content_of_some_calls_only() -> None:
    """Where one call's content is missing the others' would be a run that is cut short."""
    assert refused(request(*agent_spans()[:4], chat(6, None, None))) == "content_omitted"


@pytest.mark.parametrize(
    "failure",
    [{"status": {"code": 2}}, {"status": {"code": "STATUS_CODE_ERROR"}}],
)
def test_the_last_call_failed(failure: dict[str, Any]) -> None:
    """A call that ended in an error without an answer is an instrument's failure."""
    found = run(*agent_spans()[:3], chat(4, [SYSTEM, PROMPT, CALL, RESULT], None, **failure))
    assert found.instrument_failure
    assert turns(found) == WHOLE[:4]


def test_error_type_alone() -> None:
    """An error type says it, too, and a call made again afterwards leaves nothing behind."""
    failed = chat(4, [SYSTEM, PROMPT, CALL, RESULT], None)
    failed["attributes"] += attributes({"error.type": "timeout"})
    assert run(*agent_spans()[:3], failed).instrument_failure
    again = chat(6, [SYSTEM, PROMPT, CALL, RESULT], [ANSWER])
    found = run(*agent_spans()[:3], failed, again)
    assert (turns(found), found.instrument_failure) == (WHOLE, None)


def evaluation(
    name: str, value: Any = None, label: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return an evaluation's event."""
    found = {"gen_ai__evaluation__name": name, "gen_ai__evaluation__explanation": "…", **more}
    if value is not None:
        found["gen_ai__evaluation__score__value"] = value
    if label is not None:
        found["gen_ai__evaluation__score__label"] = label
    return event("gen_ai.evaluation.result", **found)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (evaluation("correctness", 1.0), "accepted"),
        (evaluation("correctness", 0), "rejected"),
        (evaluation("Hallucination", 1.0), "rejected"),
        (evaluation("tone", 1.0), None),
        (evaluation("tone", label="pass"), "accepted"),
        (evaluation("tone", 0.2, "fail"), "rejected"),
        (evaluation("tone", label="mild"), "unreadable"),
        (evaluation("correctness", 1.0, "fail"), "unreadable"),
        (evaluation("correctness"), "unreadable"),
        (evaluation("correctness", 1.0, error__type="timeout"), "instrument_failure"),
    ],
)
@pytest.mark.parametrize("at", [0, 3])
def test_evaluations(told: dict[str, Any], outcome: str | None, at: int) -> None:
    """An evaluation of the agent's span or of the last call is a verdict, by name and label."""
    spans = agent_spans()
    spans[at]["events"] = [told]
    (verdict,) = run(*spans).verdicts
    assert (verdict.outcome, verdict.origin) == (outcome, "heuristic")
    assert verdict.pointer == f"/resourceSpans/0/scopeSpans/0/spans/{at}/events/0/attributes"


def test_evaluations_of_other_steps() -> None:
    """One of a tool's step or of an earlier call is none of the run; one by response id is."""
    spans = agent_spans()
    spans[1]["events"] = spans[2]["events"] = [evaluation("correctness", 0)]
    assert run(*spans).verdicts == ()
    spans[3]["attributes"] += attributes({"gen_ai.response.id": "r-1"})
    spans[4]["events"] = [evaluation("correctness", 1, gen_ai__response__id="r-1")]
    assert [one.outcome for one in run(*spans).verdicts] == ["accepted"]


def test_evaluations_as_log_records() -> None:
    """A log record of a span, or of the trace alone, is an evaluation like an event."""
    for number in (1, None):
        record = log_record(
            "gen_ai.evaluation.result",
            number,
            gen_ai__evaluation__name="correctness",
            gen_ai__evaluation__score__value=0,
        )
        (found,) = answers(log_request(record, record), request(*agent_spans()))
        assert isinstance(found, RunDraft)
        assert [one.outcome for one in found.verdicts] == ["rejected"]


def test_annotations() -> None:
    """OpenInference's annotations say who gave them."""
    spans = agent_spans()
    spans[0]["attributes"] += attributes(
        {
            "annotations.0.annotation.name": "correctness",
            "annotations.0.annotation.score": 0,
            "annotations.0.annotation.annotator_kind": "HUMAN",
            "annotations.1.annotation.name": "correctness",
            "annotations.1.annotation.score": 1,
            "annotations.1.annotation.annotator_kind": "LLM",
            "annotation.name": "hallucination",
            "annotation.label": "factual",
            "annotation.annotator_kind": "CODE",
        }
    )
    scores = {"hallucination": {"accepted": ["factual"], "use": "verdict"}}
    found = run(*spans, scores=scores).verdicts
    assert [(one.name, one.origin, one.outcome) for one in found] == [
        ("hallucination", "deterministic_check", "accepted"),
        ("correctness", "human_feedback", "rejected"),
        ("correctness", "model_judge", "accepted"),
    ]


def test_calls_of_a_judge() -> None:
    """Model calls below an evaluator are the judge's, and no part of the run."""
    judge = span(6, {"openinference.span.kind": "EVALUATOR"})
    judging = chat(7, [PROMPT] * 9, [ANSWER], parentSpanId=f"{6:016x}")
    assert turns(run(*agent_spans(), judge, judging)) == WHOLE


def test_no_root_and_a_parent_elsewhere() -> None:
    """A root that was sampled away, or stands in another trace, costs nothing."""
    assert turns(run(*agent_spans()[1:])) == WHOLE


def test_a_circle_of_parents() -> None:
    """A span that is its own ancestor makes the trace unusable."""
    spans = agent_spans()
    spans[0]["parentSpanId"] = spans[1]["spanId"]
    assert refused(request(*spans)) == "parent_cycle"


def test_one_id_for_two_spans() -> None:
    """A span id with two contents: nobody can say which is the run's."""
    assert refused(request(*agent_spans(), chat(4, [PROMPT], [ANSWER]))) == (
        "one_span_several_contents"
    )


def test_a_list_that_starts_with_a_tool() -> None:
    """With only what was added it goes on where the call was; without that call it is refused."""
    assert turns(run(*agent_spans()[:3], chat(4, [RESULT], [ANSWER]))) == WHOLE
    assert refused(request(chat(4, [RESULT], [ANSWER]))) == "no_beginning"


def test_parts_that_are_no_text() -> None:
    """An image can't be kept, so the run is refused; reasoning is left out."""
    image = {"role": "user", "parts": [{"type": "uri", "uri": "x", "modality": "image"}]}
    assert refused(request(chat(2, [image], [ANSWER]))) == "no_conversation"
    thinking = {**ANSWER, "parts": [{"type": "reasoning", "content": "hm"}, *ANSWER["parts"]]}
    assert turns(run(chat(2, [PROMPT], [thinking]))) == [WHOLE[1], WHOLE[4]]


@pytest.mark.parametrize("reasons", [["length"], '["max_tokens"]'])
def test_an_answer_that_was_cut_off(reasons: Any) -> None:
    """The finish reasons of the last call say that the model did not end its answer itself."""
    one = chat(2, [PROMPT], [{**ANSWER, "finish_reason": None}])
    assert run(one).cut_short is None
    kept = [each for each in one["attributes"] if "finish" not in each["key"]]
    one["attributes"] = kept + attributes({"gen_ai.response.finish_reasons": reasons})
    assert run(one).cut_short == "length"
    one["attributes"] = kept + attributes({"llm.finish_reason": "length"})
    assert run(one).cut_short == "length"


def test_choices() -> None:
    """Of several choices the first is taken; calls of tools in several are one turn."""
    second = {**ANSWER, "parts": [{"type": "text", "content": "No."}]}
    assert turns(run(chat(2, [PROMPT], [ANSWER, second]))) == [WHOLE[1], WHOLE[4]]
    assert turns(run(chat(2, [PROMPT], [CALL, CALL])))[-1] == "assistant: timetable timetable"


def test_a_trace_of_no_agent() -> None:
    """Traces of a web server are no runs, and neither is a request without spans."""
    assert answers(request(span(1, {"http.request.method": "GET"}))) == [
        NoRun("trace_without_agent")
    ]
    assert answers(request()) == [NoRun("request_without_spans")]
    assert answers({"resourceMetrics": []}) == [NoRun("request_without_spans")]


def test_other_spellings() -> None:
    """Snake case, base64 ids, numbers for texts, and the names before 1.0 are the same spans."""

    def other(one: dict[str, Any]) -> dict[str, Any]:
        ids = {
            new: base64.b64encode(bytes.fromhex(one[old])).decode()
            for old, new in (
                ("traceId", "trace_id"),
                ("spanId", "span_id"),
                ("parentSpanId", "parent_span_id"),
            )
        }
        found = json.loads(json.dumps(one["attributes"]).replace("stringValue", "string_value"))
        start = one["startTimeUnixNano"]
        return {**ids, "start_time_unix_nano": start, "attributes": found}

    spans = [other(one) for one in agent_spans()]
    (found,) = answers({"resource_spans": [{"scope_spans": [{"spans": spans}]}]})
    assert isinstance(found, RunDraft)
    assert (turns(found), found.logged_run_id) == (WHOLE, TRACE)
    row = {"resourceSpans": [{"instrumentationLibrarySpans": [{"spans": agent_spans()}]}]}
    assert answers(row) == [run(*agent_spans())]


def test_values() -> None:
    """A 64-bit integer is a text or a number; ids are hex, base64 or kept; zeros are none."""
    assert [plain({"intValue": one}) for one in ("17", 17, "x", True)] == [17, 17, None, None]
    assert plain({"kvlistValue": {"values": attributes({"a": [1, "b"]})}}) == {"a": [1, "b"]}
    assert plain({"doubleValue": "NaN"}) == "NaN"
    assert read_integer("1" * 40) is None
    assert read_id("A" * 32) == "a" * 32
    assert read_id("00f067aa0ba902b7") == "00f067aa0ba902b7"
    assert read_id("APBnqgupArc=") == "00f067aa0ba902b7"
    assert read_id("0" * 32) is None
    assert read_id("trace-17") == "trace-17"


def test_spans_without_ids() -> None:
    """A span without a trace is refused apart from the others; one without an id with its trace."""
    lost = {**agent_spans()[1], "traceId": ""}
    parts = dict(OtelGenai.from_settings({}).split(request(*agent_spans(), lost)))
    assert list(parts) == [TRACE, ""]
    assert refused(parts[""]) == "trace_id"
    assert refused(request({**agent_spans()[1], "spanId": ""})) == "span_id"


@pytest.mark.parametrize("row", [{}, {"spans": []}, {"a": [[[]]]}])
def test_other_rows(row: dict[str, Any]) -> None:
    """What is no request is refused."""
    assert refused(row) == "no_request"


@pytest.mark.parametrize("value", [3, "x", [3], {"a": 1}])
def test_broken_requests(value: Any) -> None:
    """Lists that are none are refused by name."""
    assert refused({"resourceSpans": value}) == "no_list"
    assert refused({"resourceSpans": [{"scopeSpans": [{"spans": value}]}]}) == "no_list"


@given(damaged_copies(request(*agent_spans())))
def test_damaged_requests(row: Any) -> None:
    """Whatever stands in the place of whatever, the reader answers or refuses, and no more."""
    with suppress(RecordError):
        assert answers(row)


def test_recognised() -> None:
    """Lines of requests, one request on a line, and one over several lines."""
    lines = [request(*agent_spans()), request(*of_trace(agent_spans(), OTHER))]
    found = recognise("x.jsonl", jsonl(lines))
    assert (found.kind, dict(found.settings)) == ("otel_genai", {})
    for data in (jsonl(lines[:1]), json.dumps(lines[0], indent=1).encode()):
        found = recognise("x.json", data)
        assert (found.kind, dict(found.settings)) == ("otel_genai", {"layout": "document"})
    assert recognise("x.jsonl", b'{"resourceMetrics": []}\n' * 2).kind == "mapped"


def test_wrong_settings() -> None:
    """A wrong setting is named."""
    with pytest.raises(ConfigurationError, match="polarty"):
        OtelGenai.from_settings({"scores": {"tone": {"polarty": "lower_is_better"}}})
