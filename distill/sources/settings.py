"""A source's settings from `distill.toml`, checked, with errors that name the nearest known key."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from distill.errors import ConfigurationError
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
        # A misspelt key is often also a missing one: the former is what helps.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise _unknown_key(model, first["loc"], place, kind) from error
        raise ConfigurationError(
            f"{kind}: {place or 'settings'}: {first['msg'].removeprefix('Value error, ')}",
            "docs/sources.md lists the settings of each kind of source",
        ) from error


def nearest(name: str, known: Sequence[str]) -> str:
    """Return a sentence that names what was probably meant, or all that is known."""
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(known)) if known else "there is nothing to set: remove it"


def _unknown_key(
    model: type[BaseModel], location: Sequence[Any], place: str, kind: str
) -> ConfigurationError:
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        inner = _find_model(field.annotation) if field else None
        model = inner or model
    return ConfigurationError(
        f"{kind}: unknown key {place!r}", nearest(str(location[-1]), list(model.model_fields))
    )


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field's type is made of, through unions and tuples."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _find_model(part)
        if found is not None:
            return found
    return None
