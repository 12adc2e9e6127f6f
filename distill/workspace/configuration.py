"""`distill.toml` as values: sources, scoring policy, exports, what a release must hold.

Every table is closed: an unknown key stops with the nearest known one named. What a source's own
format takes (`settings`) is checked by its reader.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from distill.errors import ConfigurationError, nearest
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.firewall.settings import FirewallSettings, NearDuplicateSettings
from distill.firewall.splits import Splits
from distill.records.frozen import FrozenModel
from distill.scoring.policy import ScoringPolicy
from distill.sources.settings import first_fault
from distill.workspace.expectations import (
    Expectations,
    LeastRows,
    MostQuarantined,
    RowsOfSource,
)
from distill.workspace.retention import Retention
from distill.workspace.source_table import SourceTable

CONFIGURATION_FILE: Final = "distill.toml"

#: Settings of gates that an earlier stage than the exports reads.
_FOR_ALL: Final = {
    "benchmark_contamination": {"lists"},
    "near_duplicate": {"alike", "min_similarity"},
    "personal_data": {"names"},
}

Model = TypeVar("Model", bound=FrozenModel)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REDACTION_KEY: Final = "redaction_key"
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
    return _model(Retention, {**configuration.retention.model_dump(), **said}, "[retention]")


def parse_configuration(document: Mapping[str, Any], *, default_name: str) -> Configuration:
    """Return the configuration that a parsed `distill.toml` holds.

    Raises:
        ConfigurationError: see `load_configuration`.
    """
    _known_only(document, _TOP_LEVEL, "")
    workspace = document.get("workspace", {})
    firewall, redaction_key = _firewall(document.get("firewall", {}))
    _known_only(workspace, ("name",), "[workspace]")
    return Configuration(
        name=str(workspace.get("name", default_name)),
        sources=tuple(
            _source(name, table) for name, table in sorted(document.get("sources", {}).items())
        ),
        scoring=_model(ScoringPolicy, document.get("scoring", {}), "[scoring]"),
        exports=_exports(document.get("exports", {}), firewall),
        firewall=FirewallSettings.model_validate(firewall),
        expect=_expect(document.get("expect", {})),
        retention=_model(Retention, document.get("retention", {}), "[retention]"),
        redaction_key=redaction_key,
    )


def _firewall(table: Any) -> tuple[Any, str | None]:
    """Return the tables of gates, and the file of the redaction key."""
    if not isinstance(table, dict) or _REDACTION_KEY not in table:
        return table, None
    path = table[_REDACTION_KEY]
    if not isinstance(path, str) or not path.strip():
        raise ConfigurationError(
            f"{CONFIGURATION_FILE}: [firewall] {_REDACTION_KEY} is no path",
            'name a file, such as redaction_key = "keys/redaction.key"',
        )
    return {name: gate for name, gate in table.items() if name != _REDACTION_KEY}, path


def _exports(tables: Mapping[str, Any], firewall: Any) -> Exports:
    _known_only(tables, Exports.model_fields, "[exports]")
    check_firewall(firewall, "firewall")
    splits = tables.get("splits")
    return Exports(
        splits=None if splits is None else _model(Splits, splits, "[exports.splits]"),
        rag=_export(RagSettings, "rag", tables, firewall),
        sft=_export(SftSettings, "sft", tables, firewall),
        preference=_export(PreferenceSettings, "preference", tables, firewall),
    )


def _export(
    model: type[Model], name: str, tables: Mapping[str, Any], firewall: Mapping[str, Any]
) -> Model:
    """Return the settings of an export: its own tables of gates before those of all exports."""
    place, table = f"[exports.{name}]", tables.get(name, {})
    _known_only(table, set(model.model_fields) - {"splits"}, place)
    own = table.get("firewall", {})
    check_firewall(own, f"exports.{name}.firewall")
    for gate, settings in _FOR_ALL.items():
        for key in settings & own.get(gate, {}).keys():
            raise ConfigurationError(
                f"{CONFIGURATION_FILE}: [exports.{name}.firewall.{gate}]: {key} is one for all"
                " exports",
                f"set it in [firewall.{gate}]",
            )
    gates = {gate: {**firewall.get(gate, {}), **own.get(gate, {})} for gate in {**firewall, **own}}
    splits = {"splits": tables["splits"]} if "splits" in tables else {}
    return _model(model, {**table, **splits, "firewall": gates}, place)


def check_firewall(tables: Any, name: str) -> None:
    """Hold tables of gates against what gates can be set to.

    Raises:
        ConfigurationError: a gate or a key is unknown, or a value is none that the key takes.
    """
    _known_only(tables, FirewallSettings.model_fields, f"[{name}]")
    for gate, table in tables.items():
        settings = FirewallSettings.model_fields[gate].annotation
        if not (isinstance(settings, type) and issubclass(settings, FrozenModel)):
            raise TypeError(f"the settings of the gate {gate} are no FrozenModel")
        found = _model(settings, table, f"[{name}.{gate}]")
        _known_rules(gate, getattr(found, "ignore", ()), f"[{name}.{gate}]")


def _known_rules(gate: str, ignored: Iterable[str], place: str) -> None:
    """Refuse the name of a rule that its gate, one with a table of rules, does not have."""
    if gate not in ("secret_detected", "personal_data") or not ignored:
        return
    # Imported here: who ignores nothing needs no rules, and they are many patterns.
    from distill.firewall.person_names import RULE  # noqa: PLC0415
    from distill.firewall.personal_rules import PERSONAL_RULES  # noqa: PLC0415
    from distill.firewall.secret_rules import SECRET_RULES  # noqa: PLC0415

    rules = SECRET_RULES if gate == "secret_detected" else PERSONAL_RULES
    known = {rule.name for rule in rules} | ({RULE} if gate == "personal_data" else set())
    for name in ignored:
        if name not in known:
            raise ConfigurationError(
                f"{CONFIGURATION_FILE}: {place} ignore: no rule is named {name!r}",
                nearest(name, known),
            )


def _expect(tables: Mapping[str, Any]) -> Expectations:
    _known_only(tables, Expectations.model_fields, "[expect]")
    return Expectations(
        least_rows=_model(LeastRows, tables.get("least_rows", {}), "[expect.least_rows]"),
        most_quarantined=_model(
            MostQuarantined, tables.get("most_quarantined", {}), "[expect.most_quarantined]"
        ),
        rows_of_source=_model(
            RowsOfSource, tables.get("rows_of_source", {}), "[expect.rows_of_source]"
        ),
    )


def _source(name: str, table: Any) -> SourceTable:
    place = f"[sources.{name}]"
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} is no table", "write it as [sources.NAME]")
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{place}: a source's name is a folder's name too",
            "use lower-case letters, digits, '.', '_' and '-'",
        )
    general = {key: table[key] for key in table if key in SourceTable.model_fields}
    settings = {key: value for key, value in table.items() if key not in general}
    for key in settings:
        close = difflib.get_close_matches(key, set(SourceTable.model_fields), n=1, cutoff=0.85)
        if close:
            raise ConfigurationError(f"{place}: unknown key {key!r}", f"did you mean {close[0]!r}?")
    _required(general, place)
    general.setdefault("dataset", name)
    if not _NAME.fullmatch(str(general["dataset"])):
        raise ConfigurationError(
            f"{place}: dataset {general['dataset']!r} is no name",
            "use lower-case letters, digits, '.', '_' and '-'",
        )
    if isinstance(general.get("paths"), str):
        general["paths"] = [general["paths"]]
    return _model(SourceTable, {**general, "name": name, "settings": settings}, place)


def _required(table: Mapping[str, Any], place: str) -> None:
    hints = {
        "kind": 'the log format, such as kind = "mapped"; docs/sources.md lists them',
        "paths": 'where the logs are, such as paths = ["logs/*.jsonl"]',
        "role": 'say what its runs may be used for: role = "train" or role = "evaluation" '
        "(a benchmark that you report on is an evaluation)",
        "licence": 'say under which licence its texts are: an SPDX name such as licence = "MIT", '
        'or licence = "proprietary"',
    }
    bears_texts = "verdicts_for" not in table
    for key, hint in hints.items():
        if key not in table and (bears_texts or key in ("kind", "paths")):
            raise ConfigurationError(f"{place}: {key} is not set", hint)


def _known_only(table: Any, known: Iterable[str], place: str) -> None:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} is no table", f"write it as {place}")
    for key in table:
        if key not in set(known):
            where = f"{place}: " if place else ""
            raise ConfigurationError(
                f"{CONFIGURATION_FILE}: {where}unknown key {key!r}", nearest(key, known)
            )


def _model(model: type[Model], table: Any, place: str) -> Model:
    _known_only(table, model.model_fields, place)
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
