"""What a reader may hold a row against: its id, and the schema's last word."""

import json
from typing import Any

import pytest
from blake3 import blake3

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.rows import row_messages
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.records.message import Message
from tests.exports.builders import REJECTED, assistant, call, run, tool, user

TURNS = (
    user("mend “it”\n\x00"),
    assistant(None, call("grep", {"b": 1, "a": [0.5, "é"]}, "c1")),
    tool("nothing", "grep"),
)


def told_id(name: str, run_ids: list[str], texts: Any) -> str:
    """The id as docs/exports.md defines it, without the exporter's code."""
    told = json.dumps([name, run_ids, texts], ensure_ascii=False, separators=(",", ":"))
    return f"{name}-{blake3(told.encode()).hexdigest()[:32]}"


def test_the_id_of_a_row_follows_from_the_row_alone() -> None:
    """Anybody with the row can work it out."""
    chosen = run("trial/a", messages=(*TURNS, assistant("done")))
    rejected = run("trial/b", REJECTED, messages=(*TURNS, assistant("no")))
    rag = json.loads(_row(rag_sample(*chosen, RagSettings())))
    sft = json.loads(_row(sft_sample(*chosen, SftSettings())))
    pair = json.loads(_row(preference_sample(chosen, rejected, PreferenceSettings())))
    assert rag["id"] == told_id("rag", ["trial/a"], rag["text"])
    assert sft["id"] == told_id("sft", ["trial/a"], sft["messages"])
    texts = {name: pair[name] for name in ("prompt", "chosen", "rejected")}
    assert pair["id"] == told_id("preference", ["trial/a", "trial/b"], texts)


def _row(result: Any) -> bytes:
    assert not isinstance(result, Refusal), result
    line: bytes = result.to_line()
    return line


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Message(role="assistant"), Message(role="assistant", content="")),
        (
            Message(role="assistant", content="a", tool_calls=()),
            Message(role="assistant", content="a"),
        ),
    ],
)
def test_a_row_has_a_text_where_the_log_has_null_and_no_key_for_nothing(
    message: Message, told: Message
) -> None:
    """A chat template asks whether the key is there."""
    assert row_messages([message]) == (told,)


@pytest.mark.parametrize(
    ("last", "detail"),
    [
        (assistant("\ud800"), "half of a surrogate pair stands in a text"),
        (assistant("a", call("f", "no object")), "type"),
    ],
)
def test_the_schema_refuses_without_a_gate_and_quotes_nothing(last: Message, detail: str) -> None:
    """What is asked are the bytes that would be written."""
    refused = sft_sample(*run("trial/a", messages=(user("go"), last)), SftSettings(), gates=())
    assert isinstance(refused, Refusal)
    assert detail in refused.detail
    assert "no object" not in refused.detail
