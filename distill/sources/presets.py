"""The shipped presets of ``mapped``: one kind of source each, their settings in `presets.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Self

from distill.records.taxonomy import VerdictOrigin
from distill.sources.guess_verdict import NAME_THE_JUDGE
from distill.sources.mapped import Mapped
from distill.sources.mapped_settings import MappedSettings
from distill.sources.protocol import Recognition
from distill.sources.settings import read_settings


class Preset(Mapped):
    """A `mapped` reader whose settings are shipped; a source's own table overrides single keys."""

    table: ClassVar[Mapping[str, Any]] = {}
    recognised_by: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader for the shipped settings with those of the source over them."""
        return cls(read_settings(MappedSettings, {**cls.table, **settings}, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files whose rows all have the fields that tell the family."""
        rows = [row for row in records if isinstance(row, dict)]
        if not rows or not all(row.keys() >= cls.recognised_by for row in rows):
            return None
        fields = ", ".join(sorted(cls.recognised_by))
        is_judged = cls.table.get("verdict", {}).get("origin") == VerdictOrigin.MODEL_JUDGE
        notes = (f"every row has {fields}", *((NAME_THE_JUDGE,) if is_judged else ()))
        return Recognition(cls.kind, 80, {}, notes)


@cache
def preset_sources() -> Mapping[str, type[Preset]]:
    """Return the presets by kind, in the order of the shipped file."""
    text = files("distill.sources").joinpath("presets.toml").read_text(encoding="utf-8")
    return {kind: _make(kind, table) for kind, table in tomllib.loads(text).items()}


def _make(kind: str, table: dict[str, Any]) -> type[Preset]:
    fields = frozenset(table.pop("recognised_by"))
    name = "".join(word.capitalize() for word in kind.split("_"))
    members = {"kind": kind, "table": table, "recognised_by": fields, "__doc__": f"Reads {kind}."}
    return type(name, (Preset,), members)
