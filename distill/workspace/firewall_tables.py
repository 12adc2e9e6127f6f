"""What the gates are set to: `[firewall]` for all sets, `[exports.NAME.firewall]` for one."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from distill.errors import ConfigurationError, nearest
from distill.firewall.settings import FirewallSettings
from distill.records.frozen import FrozenModel
from distill.workspace.closed_table import CONFIGURATION_FILE, known_only, read_table

#: Settings of gates that an earlier stage than the exports reads.
_FOR_ALL: Final = {
    "benchmark_contamination": {"lists"},
    "near_duplicate": {"alike", "min_similarity"},
    "personal_data": {"names"},
}
_REDACTION_KEY: Final = "redaction_key"


def split_redaction_key(table: Any) -> tuple[Any, str | None]:
    """Return the tables of gates of `[firewall]`, and the file of the redaction key or null.

    Raises:
        ConfigurationError: the key's file is no path.
    """
    if not isinstance(table, dict) or _REDACTION_KEY not in table:
        return table, None
    path = table[_REDACTION_KEY]
    if not isinstance(path, str) or not path.strip():
        raise ConfigurationError(
            f"{CONFIGURATION_FILE}: [firewall] {_REDACTION_KEY} is no path",
            'name a file, such as redaction_key = "keys/redaction.key"',
        )
    return {name: gate for name, gate in table.items() if name != _REDACTION_KEY}, path


def gates_of_export(name: str, own: Any, common: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of gates of an export: what it says itself before what all exports say.

    Raises:
        ConfigurationError: see `check_gates`; or a key is one for all exports.
    """
    check_gates(own, f"exports.{name}.firewall")
    for gate, settings in _FOR_ALL.items():
        for key in settings & own.get(gate, {}).keys():
            raise ConfigurationError(
                f"{CONFIGURATION_FILE}: [exports.{name}.firewall.{gate}]: {key} is one for all"
                " exports",
                f"set it in [firewall.{gate}]",
            )
    return {gate: {**common.get(gate, {}), **own.get(gate, {})} for gate in {**common, **own}}


def check_gates(tables: Any, name: str) -> None:
    """Hold tables of gates against what gates can be set to.

    Raises:
        ConfigurationError: a gate or a key is unknown, or a value is none that the key takes.
    """
    known_only(tables, FirewallSettings.model_fields, f"[{name}]")
    for gate, table in tables.items():
        settings = FirewallSettings.model_fields[gate].annotation
        if not (isinstance(settings, type) and issubclass(settings, FrozenModel)):
            raise TypeError(f"the settings of the gate {gate} are no FrozenModel")
        found = read_table(settings, table, f"[{name}.{gate}]")
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
