"""Spoiling a sample in every way that needs no thought: fields missing, null, of another type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.vectors.making.sample import changed, places, without

_WORDS = {str: "is no string", int: "is no integer", dict: "is no object", list: "is no list"}


@dataclass(frozen=True)
class Spoiling:
    """How one kind of file is spoiled.

    ``free`` are places, ending in ``|``, below which any key may be; ``nullable`` the places where
    null is allowed, with the type that stands there otherwise; ``chosen`` the names of fields that
    hold one of a few words. ``skipped`` are places that repeat others. ``whole`` says what a reader
    finds where a field of this name at the top is missing, null or of another type.
    """

    sample: Any
    free: tuple[str, ...] = ()
    nullable: Mapping[str, type] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    whole: Mapping[str, str] = field(default_factory=dict)

    def files(self, write: Callable[[Any], bytes]) -> Iterator[tuple[str, bytes, str, str]]:
        """Yield name, bytes, refusal and reason of every file."""
        for name, value, refusal, why in self._values():
            yield name, write(value), refusal, why

    def _values(self) -> Iterator[tuple[str, Any, str, str]]:
        yield "unknown-field", {**self.sample, "colour": "red"}, _UNKNOWN, "One more field."
        for place, value in places(self.sample):
            if place.startswith((*self.free, *self.skipped)):
                continue
            name = place.replace("|0|", "|").replace("|0", "|item").replace("|", "-")
            last = place.rpartition("|")[2]
            wrong = self.whole.get(place) or self._refusal(place, value)
            if not last.isdigit():
                lacks = self.whole.get(place, f"lacks the field '{last}'")
                yield f"missing-{name}", without(place, self.sample), lacks, f"No `{last}`."
                if place not in self.nullable:
                    null = changed(place, None, self.sample)
                    yield f"null-{name}", null, wrong, f"`{last}` is null."
            other = changed(place, _other(value), self.sample)
            what = "An item" if last.isdigit() else f"`{last}`"
            yield f"wrong-type-{name}", other, wrong, f"{what} is of another type."
            if isinstance(value, dict) and not f"{place}|".startswith(self.free or ("|",)):
                more = changed(f"{place}|colour", "red", self.sample)
                yield f"unknown-field-{name}", more, _UNKNOWN, "One more field."

    def _refusal(self, place: str, value: Any) -> str:
        if place.rpartition("|")[2] in self.chosen:
            return "is none of"
        kind = self.nullable.get(place, type(value))
        return "is neither true nor false" if kind is bool else _WORDS[kind]


_UNKNOWN = "has the unknown field 'colour'"


def _other(value: Any) -> Any:
    """Return a value of another type."""
    if value is None:
        return 1
    return [] if isinstance(value, str) else "1"
