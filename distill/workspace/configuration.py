"""`distill.toml` as values: sources, scoring policy, exports, what a release must hold.

Every table is closed: an unknown key stops with the nearest known one named. What a source's own
format takes (`settings`) is checked by its reader.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from distill.errors import ConfigurationError, nearest
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.firewall.settings import FirewallSettings, NearDuplicateSettings
from distill.firewall.splits import Splits
from distill.records.frozen import FrozenModel
from distill.scoring.policy import ScoringPolicy
from distill.workspace.closed_table import CONFIGURATION_FILE, Model, known_only, read_table
from distill.workspace.expectations import (
    Expectations,
    LeastRows,
    MostQuarantined,
    RowsOfSource,
)
from distill.workspace.firewall_tables import check_gates, gates_of_export, split_redaction_key
from distill.workspace.retention import Retention
from distill.workspace.source_table import SourceTable, read_source_table

_TOP_LEVEL = (
    "workspace",
    "roots",
    "sources",
    "scoring",
    "firewall",
    "exports",
    "expect",
    "retention",
)


class Exports(FrozenModel):
    """What goes out and under which flags; `splits` null: all rows train."""

    splits: Splits | None = None
    rag: RagSettings = RagSettings()
    sft: SftSettings = SftSettings()
    preference: PreferenceSettings = PreferenceSettings()


class Configuration(FrozenModel):
    """The whole of `distill.toml` except `[roots]`, which the receipt engine reads itself.

    `redaction_key` is the file that `[firewall]` names, null: the workspace's own.
    """

    name: str
    sources: tuple[SourceTable, ...]
    scoring: ScoringPolicy = ScoringPolicy()
    exports: Exports = Exports()
    firewall: FirewallSettings = FirewallSettings()
    expect: Expectations = Expectations()
    retention: Retention = Retention()
    redaction_key: str | None = None

    @property
    def near_duplicates(self) -> NearDuplicateSettings | None:
        """What makes two runs alike; null where neither a gate nor splits ask."""
        exports = (self.exports.rag, self.exports.sft)
        is_asked = any(not export.firewall.is_off("near_duplicate") for export in exports)
        is_asked = is_asked or self.exports.splits is not None
        return self.firewall.near_duplicate if is_asked else None

    def source(self, name: str) -> SourceTable:
        """Return the source of that name.

        Raises:
            ConfigurationError: there is none; the nearest name is in the hint.
        """
        for table in self.sources:
            if table.name == name:
                return table
        raise ConfigurationError(
            f"no source is named {name!r}", nearest(name, [table.name for table in self.sources])
        )


def load_configuration(root: Path) -> Configuration:
    """Return the configuration of the workspace at `root`.

    Raises:
        ConfigurationError: the file is missing, is no TOML, has an unknown key, or a source lacks
            `role` or `licence`; message and hint name the place and the remedy.
    """
    path = root / CONFIGURATION_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"no {CONFIGURATION_FILE} in {root}", "run `distill init [LOGS…]` there first"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8", "save it as UTF-8") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}", "mend the line it names") from None
    return parse_configuration(document, default_name=root.resolve().name)


def with_retention(
    configuration: Configuration, *, keep_days: int | None, keep_runs: int | None
) -> Retention:
    """Return `[retention]` with what the flags of a command say instead; null leaves it.

    Raises:
        ConfigurationError: a number is out of its range.
    """
    flags = {"keep_days": keep_days, "keep_runs": keep_runs}
    said = {name: number for name, number in flags.items() if number is not None}
    return read_table(Retention, {**configuration.retention.model_dump(), **said}, "[retention]")


def parse_configuration(document: Mapping[str, Any], *, default_name: str) -> Configuration:
    """Return the configuration that a parsed `distill.toml` holds.

    Raises:
        ConfigurationError: see `load_configuration`.
    """
    known_only(document, _TOP_LEVEL, "")
    workspace = document.get("workspace", {})
    firewall, redaction_key = split_redaction_key(document.get("firewall", {}))
    known_only(workspace, ("name",), "[workspace]")
    return Configuration(
        name=str(workspace.get("name", default_name)),
        sources=tuple(_sources(document.get("sources", {}))),
        scoring=read_table(ScoringPolicy, document.get("scoring", {}), "[scoring]"),
        exports=_exports(document.get("exports", {}), firewall),
        firewall=FirewallSettings.model_validate(firewall),
        expect=_expect(document.get("expect", {})),
        retention=read_table(Retention, document.get("retention", {}), "[retention]"),
        redaction_key=redaction_key,
    )


def _sources(tables: Any) -> Iterator[SourceTable]:
    if not isinstance(tables, dict):
        raise ConfigurationError(
            f"{CONFIGURATION_FILE}: sources is no table of tables", "write each as [sources.NAME]"
        )
    for name, table in sorted(tables.items()):
        yield read_source_table(name, table)


def _exports(tables: Mapping[str, Any], firewall: Any) -> Exports:
    known_only(tables, Exports.model_fields, "[exports]")
    check_gates(firewall, "firewall")
    splits = tables.get("splits")
    return Exports(
        splits=None if splits is None else read_table(Splits, splits, "[exports.splits]"),
        rag=_export(RagSettings, "rag", tables, firewall),
        sft=_export(SftSettings, "sft", tables, firewall),
        preference=_export(PreferenceSettings, "preference", tables, firewall),
    )


def _export(
    model: type[Model], name: str, tables: Mapping[str, Any], firewall: Mapping[str, Any]
) -> Model:
    """Return the settings of an export: its own tables of gates before those of all exports."""
    place, table = f"[exports.{name}]", tables.get(name, {})
    known_only(table, set(model.model_fields) - {"splits"}, place)
    gates = gates_of_export(name, table.get("firewall", {}), firewall)
    splits = {"splits": tables["splits"]} if "splits" in tables else {}
    return read_table(model, {**table, **splits, "firewall": gates}, place)


def _expect(tables: Mapping[str, Any]) -> Expectations:
    known_only(tables, Expectations.model_fields, "[expect]")
    return Expectations(
        least_rows=read_table(LeastRows, tables.get("least_rows", {}), "[expect.least_rows]"),
        most_quarantined=read_table(
            MostQuarantined, tables.get("most_quarantined", {}), "[expect.most_quarantined]"
        ),
        rows_of_source=read_table(
            RowsOfSource, tables.get("rows_of_source", {}), "[expect.rows_of_source]"
        ),
    )
