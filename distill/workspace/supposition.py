"""A workspace with some settings otherwise, such as ``--set firewall.looping.max_repeats=3``."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from distill.errors import ConfigurationError, nearest
from distill.workspace.closed_table import CONFIGURATION_FILE
from distill.workspace.configuration import parse_configuration
from distill.workspace.project import Project

#: What is compared with what the evidence already holds.
SUPPOSABLE: Final = ("scoring", "firewall", "exports")
#: What is read when the evidence is built, so that supposing it would take the logs.
_OF_EVIDENCE: Final = (
    "firewall.benchmark_contamination.lists",
    "firewall.personal_data.names",
)


def suppose(project: Project, settings: Sequence[str]) -> Project:
    """Return the workspace under settings, each ``TABLE.KEY=VALUE`` as `distill.toml` writes it.

    A value that is no TOML is taken as a text.

    Raises:
        ConfigurationError: a setting is none of `[scoring]`, `[firewall]`, `[exports]`, is unknown
            (the nearest is named), or takes no such value.
    """
    text = (project.root / CONFIGURATION_FILE).read_text(encoding="utf-8")
    document: dict[str, Any] = tomllib.loads(text)
    for setting in settings:
        _merge(document, _parsed(setting))
    configuration = parse_configuration(document, default_name=project.configuration.name)
    return Project(project.workspace, configuration)


def _parsed(setting: str) -> dict[str, Any]:
    key, is_one, value = setting.partition("=")
    if not is_one or not key.strip():
        raise ConfigurationError(
            f"--set {setting}: no setting", "write --set firewall.looping.max_repeats=3"
        )
    top = key.strip().split(".")[0]
    if top not in SUPPOSABLE:
        raise ConfigurationError(
            f"--set {setting}: unknown table {top!r}", nearest(top, SUPPOSABLE)
        )
    if key.strip().startswith(_OF_EVIDENCE):
        raise ConfigurationError(
            f"--set {setting}: {key.strip()} is read when the evidence is built",
            "set it in distill.toml, and run `distill run`",
        )
    for written in (value, json.dumps(value.strip(), ensure_ascii=False)):
        try:
            return tomllib.loads(f"{key} = {written}")
        except tomllib.TOMLDecodeError:
            continue
    raise ConfigurationError(f"--set {setting}: {key} is no key", "write TABLE.KEY=VALUE")


def _merge(document: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _merge(document[key], value)
        else:
            document[key] = value
