"""The gate of what can be written: it refuses what a slow look at every value refuses, no more."""

import math
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.finding import GateSettings, RunCandidate
from distill.firewall.schema import MAX_DEPTH, MAX_INTEGER, check_conversation, check_text
from tests.exports.builders import assistant, call, run, user

EDGES: Final = (MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER + 1, -MAX_INTEGER - 1, 2**63, 2**64, 2**70)
HARD_TEXTS: Final = ("null", ":null", "[null]", "{" * 120, "é", "\ud800", "\udfff\ud800", "\0")
TEXTS: Final = st.one_of(
    st.text(max_size=8),
    st.sampled_from(HARD_TEXTS),
)
SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(EDGES),
    st.floats(),
    TEXTS,
)
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(TEXTS, inner, max_size=4),
    ),
    max_leaves=12,
)


def _is_writable(value: Any, depth: int = 0) -> bool:
    """Say by the words of docs/firewall.md whether all readers of JSON read a value alike."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_is_writable(one, depth + 1) for item in value.items() for one in item)
    if isinstance(value, list | tuple):
        return all(_is_writable(one, depth + 1) for one in value)
    return _is_writable_scalar(value)


def _is_writable_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or abs(value) <= MAX_INTEGER


def _nested(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


def _passes(text: str | None, tools: Any, *arguments: Any) -> bool:
    """Say whether both checks pass a run, which must agree."""
    calls = (call("f", one) for one in arguments)
    messages = (user("go"), assistant(text, *calls)) if arguments else None
    subject = run("trial/a", messages=messages, text=text, tools=tools)
    candidate = RunCandidate(*subject)
    found = check_text(candidate, GateSettings())
    assert check_conversation(candidate, GateSettings()) == found
    return found is None


@given(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3), st.dictionaries(TEXTS, VALUES))
def test_what_is_refused_is_what_can_not_be_written(
    text: str, tool: dict[str, Any], arguments: dict[str, Any]
) -> None:
    """Wherever it stands: in a text, a tool, a call; however it is checked."""
    expected = all(map(_is_writable, (text, (tool,), arguments)))
    assert _passes(text, (tool,), arguments) == expected


def test_the_bounds_themselves_pass() -> None:
    """The largest integer, the deepest value; one more is refused."""
    for value in EDGES:
        assert _passes(None, ({"n": value},)) == (abs(value) <= MAX_INTEGER)
    for levels in (MAX_DEPTH - 2, MAX_DEPTH - 1, MAX_DEPTH, 250, 300, 900):
        expected = levels + 1 <= MAX_DEPTH
        assert _passes(None, None, {"a": _nested(1, levels)}) == expected
        assert _passes(None, None, {"a": _nested("{" * 200, levels)}) == expected


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    """Wherever it stands in a value; a null, which it is written as, is not."""
    for value in (number, [number], [0, 1, number], {"x": 1, "y": [{"z": number}]}):
        assert not _passes(None, ({"n": value},))
        assert not _passes(None, None, {"n": value})
    assert _passes(None, ({"n": None},), {"n": [None, None], "cmd": "true 2>/dev/null"})


def test_many_calls_are_not_a_deep_value() -> None:
    """What opens many brackets, none of them within many others, can be written."""
    arguments: list[Any] = [{"cmd": "true", "in": [], "then": None}] * (2 * MAX_DEPTH)
    assert _passes("go", None, *arguments)
    assert not _passes("go", None, *arguments, {"n": MAX_INTEGER + 1})
