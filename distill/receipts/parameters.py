"""Parameters of a call as JSON for the claim.

Floats become ``{"float": repr}`` and integers beyond ±(2**53 - 1) ``{"int": digits}``, because the
canonical form has neither. What has no JSON of its own is refused, not turned into a text that may
differ tomorrow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Protocol, runtime_checkable

from distill.errors import ContractError
from distill.receipts.canonical import MAX_INTEGER, Json, dumps
from distill.receipts.credentials import refuse_credentials, refuse_secret_types

_FILE_HINT = "annotate it with InFile, InFiles, OutFile or OutDir, or pass its text"
_MAX_DEPTH = 40


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
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= MAX_INTEGER else {"int": str(int(value))}
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, date | Decimal):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, PurePath):
        raise ContractError(f"the parameter {where} is a path", _FILE_HINT)
    return _record_many(value, where, depth + 1)


def _record_many(value: object, where: str, depth: int) -> Json:
    if isinstance(value, type):
        pass
    elif isinstance(value, _Model):
        return _record_mapping(value.model_dump(), where, depth)
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


def _record_mapping(
    value: Mapping[object, object] | dict[str, object], where: str, depth: int
) -> Json:
    recorded: dict[str, Json] = {}
    for key, item in value.items():
        name = key.value if isinstance(key, Enum) else key
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str):
            raise ContractError(f"the parameter {where} has the key {name!r}", "use text as keys")
        recorded[name] = record_value(item, f"{where}.{name}", depth)
    if all(name.isascii() and name.isprintable() for name in recorded):
        return recorded
    # The canonical form has ASCII keys only, so that all sorters agree: list the pairs instead.
    return {"pairs": [[name, recorded[name]] for name in sorted(recorded)]}


def _record_items(value: Iterable[object], where: str, depth: int) -> list[Json]:
    return [record_value(item, f"{where}[{index}]", depth) for index, item in enumerate(value)]
