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
#: Characters that 24 of base64 stand for, its padding not counted: what the page promises.
_LEAST_PLAIN: Final = 18
#: What may stand before a value. JSON escapes the control characters, and a number or an address
#: right behind such an escape is one of the limits that the page tells.
_BLANKS: Final = (" ", '"', "'", "(", "=", ",")
_CONTROLS: Final = ("\n", "\t", "\0")
_ANY_TEXT: Final = st.text(max_size=30)

Fields = dict[str, Any]


def _plain(value: str, controls: tuple[str, ...] = _CONTROLS) -> st.SearchStrategy[str]:
    # A bare + and digits that begin a line are a diff's, as the page says, not a telephone number.
    allowed = [one for one in controls if not (one == "\n" and value.startswith("+"))]
    blanks = st.sampled_from((*_BLANKS, *allowed))
    return st.builds(
        lambda before, left, after: f"{before}{left}{value} ; {after}", _ANY_TEXT, blanks, _ANY_TEXT
    )


def _json(value: str) -> st.SearchStrategy[str]:
    """Within JSON that is a string of JSON, up to three layers deep."""

    def wrapped(text: str, depth: int, *, is_ascii: bool) -> str:
        for _ in range(depth):
            text = json.dumps({"a": ["b", text]}, ensure_ascii=is_ascii)
        return text

    return st.builds(wrapped, _plain(value, ()), st.integers(1, 3), is_ascii=st.booleans())


def _url(value: str) -> st.SearchStrategy[str]:
    return st.builds(lambda text: f"?q={quote(f' {value} ; {text}', safe='')}&p=1", _ANY_TEXT)


def _base64(value: str) -> st.SearchStrategy[str]:
    def coded(before: str, after: str, *, is_web: bool) -> str:
        plain = f"{before} {value} ; {after}".ljust(_LEAST_PLAIN)
        code = (urlsafe_b64encode if is_web else b64encode)(plain.encode())
        return f"data: {code.decode()} ."

    return st.builds(coded, _PRINTABLE, _PRINTABLE, is_web=st.booleans())


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
