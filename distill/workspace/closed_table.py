"""Tables of `distill.toml` of which every key is known: read into values, or refused by name."""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from distill.errors import ConfigurationError, nearest
from distill.records.frozen import FrozenModel
from distill.sources.settings import first_fault

CONFIGURATION_FILE: Final = "distill.toml"

Model = TypeVar("Model", bound=FrozenModel)


def known_only(table: Any, known: Iterable[str], place: str) -> None:
    """Refuse what is no table, or has a key that is not among those known; `place` names it.

    Raises:
        ConfigurationError: naming the nearest known key.
    """
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} is no table", f"write it as {place}")
    for key in table:
        if key not in set(known):
            where = f"{place}: " if place else ""
            raise ConfigurationError(
                f"{CONFIGURATION_FILE}: {where}unknown key {key!r}", nearest(key, known)
            )


def read_table(model: type[Model], table: Any, place: str) -> Model:
    """Return what a table says, as a model.

    Raises:
        ConfigurationError: a key is unknown, or a value is none that its key takes.
    """
    known_only(table, model.model_fields, place)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        fault = first_fault(model, error)
        if fault.is_unknown:
            said = f"{place}: {fault.said}"
        else:
            said = f"{place} {fault.place}".rstrip() + f": {fault.said}"
        hint = fault.hint or f"got {error.errors()[0]['input']!r}"
        raise ConfigurationError(f"{CONFIGURATION_FILE}: {said}", hint) from None
