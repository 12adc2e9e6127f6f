"""Parameters become JSON that is the same everywhere; credentials and paths never do."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from distill.errors import ContractError
from distill.receipts import OutFile, Workspace, with_receipt
from distill.receipts.parameters import record_parameters


class Colour(Enum):
    """An enum."""

    RED = "red"


@dataclass(frozen=True)
class Plain:
    """A dataclass with a float."""

    depth: int
    share: float


class Settings(BaseModel):
    """A model with all that may be in one."""

    name: str = "x"
    share: float = 0.1
    plain: Plain = Plain(1, 0.5)
    colours: set[Colour] = {Colour.RED}


class Secretive(BaseModel):
    """A model with a secret deep inside."""

    inner: list[dict[str, SecretStr]]


def nested(depth: int) -> Any:
    """Return a list in a list in a list."""
    return [nested(depth - 1)] if depth else 0


RECORDED: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (3, 3),
    (2**60, {"int": str(2**60)}),
    (0.1, {"float": "0.1"}),
    (float("nan"), {"float": "nan"}),
    ("é", "é"),
    (Colour.RED, "red"),
    ((1, [2]), [1, [2]]),
    ({3, 1, 2}, [1, 2, 3]),
    (Plain(1, 0.5), {"depth": 1, "share": {"float": "0.5"}}),
    (Decimal("1.50"), "1.50"),
    ({"b": 1, "a": {Colour.RED: 2}}, {"a": {"red": 2}, "b": 1}),
    ({"é": 1, "a": 2}, {"pairs": [["a", 2], ["é", 1]]}),
    (
        Settings(),
        {
            "name": "x",
            "share": {"float": "0.1"},
            "plain": {"depth": 1, "share": {"float": "0.5"}},
            "colours": ["red"],
        },
    ),
    ({"max_tokens": 5, "tokenizer": "gpt2", "monkey": "sk-8"}, None),
    ({"token": "", "password": None, "keys": ["a"]}, None),
]


REFUSED: dict[str, Any] = {
    "path": Path("x"),
    "nested path": {"a": [Path("x")]},
    "bytes": b"x",
    "object": object(),
    "function": print,
    "class": Plain,
    "secret": SecretStr("x"),
    "secret bytes": SecretBytes(b"x"),
    "deep secret": Secretive(inner=[{"a": SecretStr("x")}]),
    "secret in a list": [{"a": SecretStr("")}],
    "name api_key": {"api_key": "x"},
    "name openAiApiKey": {"openAiApiKey": "x"},
    "name HF_TOKEN": {"HF_TOKEN": "x"},
    "name db_password": {"db_password": "x"},
    "name client_secret": {"deep": [{"client_secret": "x"}]},
    "name credentials": {"credentials": "x"},
    "OpenAI": "sk-proj-abcdefghijklmnop1234",
    "Anthropic": "key=sk-ant-api03-abcdefghijklmnop",
    "GitHub": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AWS": "AKIAABCDEFGHIJKLMNOP",
    "Slack": "xoxb-1234567890-abcdef",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----\nabc",
    "PEM unnamed": "-----BEGIN PRIVATE KEY-----",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc123",
    "bearer": "Authorization: Bearer abcdefghijklmnop1234",
    "URL": "postgres://user:hunter2@host/db",
    "as a key": {"ghp_abcdefghijklmnopqrstuvwxyz0123456789": 1},
    "too deep": nested(50),
    "name beside an odd one": {"é": 1, "api_key": "x"},
    "name beside a number": {1: 1, "api_key": "x"},
    "a number for no key": {0.5: 1},
    "a truth value for a key": {True: 1},
}


@pytest.mark.parametrize(("value", "expected"), RECORDED)
def test_what_is_recorded(value: Any, expected: Any) -> None:
    """Each kind of value has one JSON; names and texts that only resemble secrets pass."""
    found = record_parameters({"x": value})["x"]
    assert found == (value if expected is None else expected)


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(value: Any) -> None:
    """A path, an object without JSON, and whatever looks like a credential stay out."""
    with pytest.raises(ContractError) as caught:
        record_parameters({"x": value})
    assert caught.value.hint
    for secret in ("hunter2", "abcdefghijklmnop"):
        assert secret not in caught.value.message


UNWRITABLE: dict[str, tuple[Any, str]] = {
    "half a pair": ("ab\ud800", "the parameter x holds U+D800, half of a surrogate pair, at char"),
    "deep": ({"a": ["\udfff"]}, "the parameter x.a[0] holds U+DFFF, half of a surrogate pair"),
    "key": ({"a\udfff": 1}, "the parameter x (a key) holds U+DFFF, half of a surrogate pair"),
    "under a key": ({"\ud800": object()}, "the parameter x (a key) holds U+D800"),
    "set": ({"\ud800"}, "the parameter x[0] holds U+D800"),
    "DEL": ("ab\x7f", "the parameter x holds U+007F (DEL), at character 3"),
}


@pytest.mark.parametrize(("value", "message"), UNWRITABLE.values(), ids=UNWRITABLE.keys())
def test_a_text_that_no_receipt_can_hold(value: Any, message: str) -> None:
    """The parameter and the character are named, in a message that any terminal can show."""
    with pytest.raises(ContractError) as caught:
        record_parameters({"x": value})
    assert caught.value.message.startswith(message)
    assert "ascii()" in caught.value.hint
    assert caught.value.message.encode()


def test_a_value_that_holds_itself() -> None:
    """It is refused as one that is nested too deep."""
    value: list[Any] = []
    value.append({"again": value})
    with pytest.raises(ContractError, match="nested too deep"):
        record_parameters({"x": value})


@pytest.mark.parametrize("name", ["api_key", "password", "token", "hf_token", "client_secret"])
def test_an_argument_named_like_a_credential(name: str) -> None:
    """A parameter's own name counts as the names inside it do."""
    with pytest.raises(ContractError, match=name):
        record_parameters({name: "x"})


def test_a_secret_parameter_is_refused_whatever_it_holds(workspace: Workspace) -> None:
    """A stage that declares a secret parameter is refused, with the way out."""

    @with_receipt(stage="s", version=1)
    def leaky(out: OutFile, key: SecretStr | None = None) -> None:
        out.touch()

    with pytest.raises(ContractError) as caught:
        leaky(workspace.root / "out")
    assert "inside the function" in caught.value.hint
    assert not (workspace.root / "out").exists()


def test_a_refused_parameter_writes_nothing(
    workspace: Workspace, put: Callable[[str, str], Path]
) -> None:
    """No receipt, passed or failed, is written of a call with a credential in it."""

    @with_receipt(stage="s", version=1)
    def leaky(out: OutFile, url: str) -> None:
        out.touch()

    with pytest.raises(ContractError):
        leaky(workspace.root / "out", "https://me:hunter2@host/")
    found = [p for p in workspace.root.rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert [p.name for p in found] == ["distill.toml"]
