"""Strategies that plant a value in a run, wherever docs/firewall.md promises to look for it."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st

from distill.records.message import Message
from tests.exports.builders import assistant, call, tool, user

_PRINTABLE: Final = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
#: Characters that 24 of base64, padding counted, stand for at the least: what the page promises.
_LEAST_PLAIN: Final = 16
_ANY_TEXT: Final = st.text(max_size=30)
#: What may follow a blank behind a value: digits there would make a number another number.
_BEHIND: Final = _ANY_TEXT.filter(lambda text: not text[:1].isdigit())

Fields = dict[str, Any]


def _plain(value: str) -> st.SearchStrategy[str]:
    # A bare + and digits that begin a line are a diff's, as the page says, not a telephone number.
    is_bare = value.startswith("+") and value[1:].isdigit()
    blanks = st.sampled_from(
        (" ", *(() if is_bare else ("\n",)), "\t", '"', "'", "(", "=", ",", "\0")
    )
    return st.builds(
        lambda before, left, after: f"{before}{left}{value} {after}", _ANY_TEXT, blanks, _BEHIND
    )


def _json(value: str) -> st.SearchStrategy[str]:
    """Within JSON that is a string of JSON, up to three layers deep."""

    def wrapped(text: str, depth: int, *, is_ascii: bool) -> str:
        for _ in range(depth):
            text = json.dumps({"a": ["b", text]}, ensure_ascii=is_ascii)
        return text

    return st.builds(wrapped, _plain(value), st.integers(1, 3), is_ascii=st.booleans())


def _url(value: str) -> st.SearchStrategy[str]:
    return st.builds(lambda text: f"?q={quote(f' {value} {text}', safe='')}&p=1", _BEHIND)


def _base64(value: str) -> st.SearchStrategy[str]:
    def coded(before: str, after: str, *, is_web: bool) -> str:
        plain = f"{before} {value} {after}".ljust(_LEAST_PLAIN)
        code = (urlsafe_b64encode if is_web else b64encode)(plain.encode())
        return f"data: {code.decode()} ."

    behind = _PRINTABLE.filter(lambda text: not text[:1].isdigit())
    return st.builds(coded, _PRINTABLE, behind, is_web=st.booleans())


ENCODINGS: Final[dict[str, Callable[[str], st.SearchStrategy[str]]]] = {
    "plain": _plain,
    "JSON within a string": _json,
    "percent-encoded": _url,
    "base64": _base64,
}


def _in_system(text: str) -> Fields:
    return {"messages": (Message(role="system", content=text), user("go"), assistant("done"))}


def _in_prompt(text: str) -> Fields:
    return {"messages": (user(text), assistant("done"))}


def _in_answer(text: str) -> Fields:
    return {"messages": (user("go"), assistant(text))}


def _in_tool_result(text: str) -> Fields:
    return {"messages": (user("go"), assistant(None, call("f", {})), tool(text), assistant("done"))}


def _in_argument(text: str) -> Fields:
    arguments = {"a": 1, "b": [{"c": [text]}]}
    return {"messages": (user("go"), assistant(None, call("f", arguments)))}


def _in_tools(text: str) -> Fields:
    return {"tools": ({"type": "function", "function": {"name": "f", "description": text}},)}


def _in_tool_name(text: str) -> Fields:
    return {"messages": (user("go"), tool("x", name=text), assistant("done"))}


def _in_text(text: str) -> Fields:
    return {"messages": None, "text": text}


def in_key(text: str) -> Fields:
    """Return a run whose tool call has the text as a member's name."""
    return {"messages": (user("go"), assistant(None, call("f", {"a": {text: 1}})))}


#: Places whose text can be replaced.
PLACES: Final = (
    _in_system,
    _in_prompt,
    _in_answer,
    _in_tool_result,
    _in_argument,
    _in_tools,
    _in_tool_name,
    _in_text,
)
