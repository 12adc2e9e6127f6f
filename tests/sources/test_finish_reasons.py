"""The words of the providers' APIs for an answer that was cut off, and the other ones."""

from typing import Any

import pytest

from distill.sources.finish_reasons import cutting_reason, finish_of


@pytest.mark.parametrize(
    "reason",
    [
        *("length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length"),
        *("model_context_window_exceeded", "maxTokens", ["length", "stop"]),
    ],
)
def test_a_limit(reason: Any) -> None:
    """OpenAI, Anthropic, Gemini, Bedrock and Inspect; of several choices the first."""
    assert cutting_reason(reason) == "length"


@pytest.mark.parametrize(
    "reason",
    [
        *("content_filter", "content-filter", "content_filtered", "guardrail_intervened"),
        *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
    ],
)
def test_a_filter(reason: str) -> None:
    """What a provider's filter took away."""
    assert cutting_reason(reason) == "content_filter"


@pytest.mark.parametrize(
    "reason",
    [
        *("stop", "STOP", "end_turn", "stop_sequence", "tool_calls", "tool_use", "function_call"),
        *("refusal", "pause_turn", "OTHER", "FINISH_REASON_UNSPECIFIED", "unknown", "", "42"),
        *(None, 2, True, [], ["stop", "length"], {"reason": "length"}),
    ],
)
def test_an_end_of_the_model_s_own(reason: Any) -> None:
    """And what nobody knows: a run is not cut short on a guess."""
    assert cutting_reason(reason) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"finish_reason": "length"}, "length"),
        ({"finishReason": "MAX_TOKENS"}, "MAX_TOKENS"),
        ({"stop_reason": None, "done_reason": "length"}, "length"),
        ([{"choices": [{"finish_reason": "length"}, {"finish_reason": "stop"}]}], "length"),
        ({"response_metadata": {"stopReason": "max_tokens"}}, "max_tokens"),
        ({"choices": [{"message": {"finish_reason": "length"}}]}, None),
        ("length", None),
        ([], None),
    ],
)
def test_where_it_stands(answer: Any, reason: Any) -> None:
    """In the answer, its metadata, or its first choice."""
    assert finish_of(answer) == reason
