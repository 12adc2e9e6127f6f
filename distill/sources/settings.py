"""A source's settings from `distill.toml`, checked, with errors that name the nearest known key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from distill.errors import ConfigurationError, nearest
from distill.records.frozen import FrozenModel

S = TypeVar("S", bound=FrozenModel)


def read_settings(model: type[S], settings: Mapping[str, Any], kind: str) -> S:
    """Return the settings as a value of their model.

    Raises:
        ConfigurationError: a key is unknown (the hint names the nearest known one), missing, or of
            the wrong type.
    """
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        fault = first_fault(model, error)
        said = fault.said if fault.is_unknown else f"{fault.place or 'settings'}: {fault.said}"
        raise ConfigurationError(
            f"{kind}: {said}",
            fault.hint or "docs/sources.md lists the settings of each kind of source",
        ) from error


@dataclass(frozen=True)
class Fault:
    """What is wrong with a table, and at which key; a hint where there is no such key."""

    place: str
    said: str
    hint: str | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether there is no such key."""
        return self.hint is not None


def first_fault(model: type[BaseModel], error: ValidationError) -> Fault:
    """Return what helps most: a misspelt key is often also a missing one, and named first."""
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = list(_model_at(model, first["loc"][:-1]).model_fields)
        hint = (
            nearest(str(first["loc"][-1]), known) if known else "there is nothing to set: remove it"
        )
        return Fault(place, f"unknown key {place!r}", hint)
    if first["type"] == "tuple_type":
        return Fault(place, "Input should be a valid list")  # the word of who writes TOML
    return Fault(place, first["msg"].removeprefix("Value error, "))


def _model_at(model: type[BaseModel], location: Sequence[Any]) -> type[BaseModel]:
    """Return the model of the table in which a key stands."""
    for part in location:
        field = model.model_fields.get(str(part))
        model = (_find_model(field.annotation) if field else None) or model
    return model


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field's type is made of, through unions and tuples."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _find_model(part)
        if found is not None:
            return found
    return None
