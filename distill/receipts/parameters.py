"""Parameters of a call as JSON for the claim.

Floats become ``{"float": repr}`` and integers beyond ±(2**53 - 1) ``{"int": digits}``, because the
canonical form has neither. A mapping becomes an object where its keys are printable ASCII, and
``{"pairs": [[key, value], …]}`` where one is not, is a number, or would be taken for one of these
three marks. What has no JSON of its own is refused, not turned into a text that may differ
tomorrow.

Law: two values have one JSON only if they are the same but for what docs/engine.md names: a tuple
is a list, a set a sorted one, an enum its value, a date or a decimal its text, a dataclass or a
model the mapping of its fields, and no mapping has an order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Final, Protocol, runtime_checkable

from distill.errors import ContractError
from distill.receipts.canonical import MAX_INTEGER, Json, dumps
from distill.receipts.credentials import refuse_credentials, refuse_secret_types

_FILE_HINT = "annotate it with InFile, InFiles, OutFile or OutDir, or pass its text"
_MAX_DEPTH = 40
#: The keys of the objects that stand for a number, or for a mapping whose keys are no names.
MARKS: Final = frozenset({"float", "int", "pairs"})


@runtime_checkable
class _Model(Protocol):
    """A pydantic model, known by what it can do."""

    def model_dump(self) -> dict[str, object]: ...


def record_parameters(values: Mapping[str, object]) -> dict[str, Json]:
    """Return the parameters of a claim.

    Law: equal values give equal JSON, in any process.

    Raises:
        ContractError: a value has no JSON, is a path, or is or holds a credential.
    """
    recorded: dict[str, Json] = {}
    for name, value in values.items():
        refuse_secret_types(value, name)
        recorded[name] = record_value(value, name)
        refuse_credentials(recorded[name], name)
    dumps(recorded)
    return recorded


def record_value(value: object, where: str, depth: int = 0) -> Json:
    """Return the JSON of one value; ``where`` names its place.

    Raises:
        ContractError: the value has no JSON, or is a path.
    """
    if depth > _MAX_DEPTH:
        raise ContractError(f"the parameter {where} is nested too deep", "make it flatter")
    if isinstance(value, Enum):
        return record_value(value.value, where, depth + 1)
    if value is None or isinstance(value, bool | str):
        return _demand_text(value, where) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value) if abs(value) <= MAX_INTEGER else {"int": str(int(value))}
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, date | Decimal):
        return value.isoformat() if isinstance(value, date) else str(value)
    return _record_many(value, where, depth + 1)


def _record_many(value: object, where: str, depth: int) -> Json:
    if isinstance(value, PurePath):
        raise ContractError(f"the parameter {where} is a path", _FILE_HINT)
    if isinstance(value, type):
        pass
    elif isinstance(value, _Model):
        held = _fields_of_model(value)
        if isinstance(held, dict):
            return _record_mapping(held, where, depth)
        return record_value(held, where, depth)
    elif is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return _record_mapping(named, where, depth)
    elif isinstance(value, Mapping):
        return _record_mapping(value, where, depth)
    elif isinstance(value, list | tuple):
        return _record_items(value, where, depth)
    elif isinstance(value, set | frozenset):
        return sorted(_record_items(value, where, depth), key=dumps)
    raise ContractError(
        f"the parameter {where} of type {type(value).__name__} can't be recorded",
        "pass JSON values, enums, dataclasses or pydantic models; mark what changes no output "
        "with Annotated[…, Ignored]",
    )


def _fields_of_model(model: _Model) -> object:
    """Return all fields of a model; what it dumps may leave some out, and those of a subclass."""
    kind = type(model)
    if not hasattr(kind, "model_fields"):
        return model.model_dump()
    if getattr(kind, "__pydantic_root_model__", False):
        return getattr(model, "root")  # noqa: B009 - no attribute of the protocol
    computed = getattr(kind, "model_computed_fields", ())
    named = {name: getattr(model, name) for name in (*kind.model_fields, *computed)}
    return named | (getattr(model, "model_extra", None) or {})


def _record_mapping(
    value: Mapping[object, object] | dict[str, object], where: str, depth: int
) -> Json:
    recorded: dict[str | int, Json] = {}
    for key, item in value.items():
        name = _record_key(key, where)
        if name in recorded:
            raise ContractError(
                f"two keys of the parameter {where} are recorded as {name!r}",
                "an enum is recorded as its value: keep its members and their values apart",
            )
        recorded[name] = record_value(item, f"{where}.{name}", depth)
    texts = {name: item for name, item in recorded.items() if isinstance(name, str)}
    is_plain = len(texts) == len(recorded) and all(n.isascii() and n.isprintable() for n in texts)
    if is_plain and not (len(texts) == 1 and MARKS & texts.keys()):
        return texts
    numbers = {name: item for name, item in recorded.items() if isinstance(name, int)}
    return {
        "pairs": [
            *([name, texts[name]] for name in sorted(texts)),
            *([record_value(name, where), numbers[name]] for name in sorted(numbers)),
        ]
    }


def _record_key(key: object, where: str) -> str | int:
    """Return a key as it is told apart from others: a text or a number."""
    name = key.value if isinstance(key, Enum) else key
    if isinstance(name, str):
        return _demand_text(name, f"{where} (a key)")
    if isinstance(name, int) and not isinstance(name, bool):
        return int(name)
    raise ContractError(
        f"the parameter {where} has the key {name!r}", "use texts or integers as keys"
    )


def _demand_text(text: str, where: str) -> str:
    """Refuse a text that the canonical form can't hold.

    Raises:
        ContractError: naming the parameter and the character.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}, half of a surrogate pair"
        raise ContractError(
            f"the parameter {where} holds {half}, at character {error.start + 1}",
            "decode the text anew (UTF-8), or pass it with ascii()",
        ) from None
    if "\x7f" in text:
        raise ContractError(
            f"the parameter {where} holds U+007F (DEL), at character {text.index(chr(127)) + 1}",
            "a receipt can't hold it: take it out, or pass the text with ascii()",
        )
    return text


def _record_items(value: Iterable[object], where: str, depth: int) -> list[Json]:
    return [record_value(item, f"{where}[{index}]", depth) for index, item in enumerate(value)]
