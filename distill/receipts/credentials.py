"""Keeping credentials out of receipts: a receipt is for ever, and is sent to people.

A parameter is refused when it, or anything in it, is of a secret type, bears the name of a
credential and holds a text, or has the shape of a key that a known provider hands out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import get_args

from distill.errors import ContractError
from distill.receipts.canonical import MAX_DEPTH, Json

_HINT = "read it inside the function, from the environment or a file that is not recorded"
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_LAST_WORDS = frozenset(
    [
        "apikey",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "secret",
        "token",
    ]
)
_KEY_KINDS = frozenset(["access", "api", "auth", "encryption", "private", "secret", "signing"])
_SHAPES = {
    "an API key": r"\bsk-[A-Za-z0-9_-]{16,}",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{20,}",
    "an AWS key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{30,}",
    "a Slack token": r"\bxox[a-z]-[A-Za-z0-9-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+",
    "a bearer token": r"(?i)\bbearer\s+[A-Za-z0-9._~+/-]{16,}",
    "a URL with a password": r"\b[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@",
}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return the shapes compiled, which takes as long as all else that a skipped stage does."""
    return {meaning: re.compile(shape) for meaning, shape in _SHAPES.items()}


def refuse_secret_types(value: object, where: str, depth: int = 0) -> None:
    """Refuse a value that is, or holds, something with ``get_secret_value`` (pydantic's secrets).

    What lies deeper than any parameter may, as in a list that holds itself, is not looked at.

    Raises:
        ContractError: naming the place.
    """
    if hasattr(value, "get_secret_value"):
        raise ContractError(f"the parameter {where} is of the secret type {_name(value)}", _HINT)
    for name, item in _items(value) if depth <= MAX_DEPTH else ():
        refuse_secret_types(item, f"{where}.{name}", depth + 1)


def refuse_secret_annotation(annotation: object, where: str) -> None:
    """Refuse a parameter that is declared as a secret, whatever it holds now.

    Raises:
        ContractError: naming the parameter.
    """
    if hasattr(annotation, "get_secret_value"):
        raise ContractError(f"the parameter {where} is declared as a secret", _HINT)
    for argument in get_args(annotation):
        refuse_secret_annotation(argument, where)


def refuse_credentials(value: Json, where: str) -> None:
    """Refuse JSON in which a text has the name or the shape of a credential.

    Raises:
        ContractError: naming the place, never the text.
    """
    if isinstance(value, str):
        name = where.rpartition(".")[2]
        if value and names_credential(name):
            raise ContractError(f"the parameter {where} looks like a credential by its name", _HINT)
        meaning = credential_in(value)
        if meaning is not None:
            raise ContractError(f"the parameter {where} holds what looks like {meaning}", _HINT)
    elif isinstance(value, Mapping):
        for key, item in _named(value):
            refuse_credentials(key, f"{where} (a key)")
            refuse_credentials(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_credentials(item, where)


def names_credential(name: str) -> bool:
    """Whether a name is that of a credential: ``api_key``, ``dbPassword``, ``HF_TOKEN``."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    kind = words[-2] if len(words) > 1 else ""
    return words[-1] in _LAST_WORDS or (words[-1] == "key" and kind in _KEY_KINDS)


def credential_in(text: str) -> str | None:
    """Return what kind of credential a text seems to hold, or None."""
    return next((kind for kind, pattern in _patterns().items() if pattern.search(text)), None)


def redact(text: str) -> str:
    """Return a text with every part that has the shape of a credential blotted out."""
    for kind, pattern in _patterns().items():
        text = pattern.sub(f"[{kind}]", text)
    return text


def _named(value: Mapping[str, Json]) -> Iterator[tuple[Json, Json]]:
    """Yield the keys and items that an object records, those of a list of pairs too."""
    pairs = value.get("pairs")
    if len(value) == 1 and isinstance(pairs, list):
        yield from pairs
    else:
        yield from value.items()


def _items(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, str | bytes | type):
        return
    if isinstance(value, Mapping):
        yield from ((str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((str(index), item) for index, item in enumerate(value))
    elif is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif hasattr(value, "model_dump"):
        yield from vars(value).items()


def _name(value: object) -> str:
    return type(value).__name__
