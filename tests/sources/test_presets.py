"""The shipped presets, and the table in the docs that shows them."""

from pathlib import Path
from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.records.taxonomy import RecordClass
from distill.sources.presets import Preset, preset_sources
from distill.sources.protocol import RunDraft

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
OUTCOMES = ("accepted", "partially_accepted", "rejected", "instrument_failure")


def shown(value: str | list[str] | None) -> str:
    """Return pointers as the table shows them."""
    pointers = [value] if isinstance(value, str) else value or []
    return ", ".join(f"`{pointer}`" for pointer in pointers)


def verdict_shown(table: dict[str, Any]) -> str:
    """Return a verdict's table as the docs show it."""
    if table.get("record_class") == "extraction":
        return "its parent's"
    verdict = table["verdict"]
    parts = [
        f"{outcome} " + " ".join(f"`{value}`" for value in verdict[outcome])
        for outcome in OUTCOMES
        if outcome in verdict
    ]
    map_shown = "; ".join(parts) or "by the scoring policy"
    return f"`{verdict['pointer']}` {verdict['origin']}: {map_shown}"


def test_the_table_in_the_docs() -> None:
    """The table of the presets in docs/sources.md says what presets.toml says."""
    rows = []
    for kind, source in preset_sources().items():
        table = dict(source.table)
        cells = [
            f"`{kind}`",
            shown(table["run_id"]),
            shown(table["subject"]),
            shown(table.get("prompt")),
            shown(table.get("response") or table.get("text")),
            shown(table["timestamp"]),
            verdict_shown(table),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    block = PAGE.read_text().partition("<!-- presets:")[2].partition("\n\n")[0]
    found = [" ".join(line.split()) for line in block.splitlines() if line.startswith("| `")]
    assert found == [" ".join(row.split()) for row in rows]


@pytest.mark.parametrize("kind", preset_sources())
def test_category_is_the_kind(kind: str) -> None:
    """A preset's runs bear its name as their category; extractions have no verdict of their own."""
    table = preset_sources()[kind].table
    assert table["category"] == kind
    assert (table.get("record_class") == "extraction") is ("verdict" not in table)


def test_a_sources_own_table_overrides() -> None:
    """A key in distill.toml replaces the preset's; an unknown one is refused by name."""
    source: type[Preset] = preset_sources()["distilled_facts"]
    reader = source.from_settings({"text": "/statement"})
    (found,) = reader.answer([{"fact_id": 1, "statement": "It is so.", "file": "a.py"}], path="p")
    assert isinstance(found, RunDraft)
    assert (found.text, found.subject, found.source_category) == (
        "It is so.",
        "a.py",
        "distilled_facts",
    )
    assert found.record_class is RecordClass.EXTRACTION
    with pytest.raises(ConfigurationError, match=r"distilled_facts: unknown key 'txt'"):
        source.from_settings({"txt": "/x"})


def test_grounded_fraction_waits_for_the_policy() -> None:
    """A mode experiment's number keeps no outcome: thresholds are the scoring policy's."""
    reader = preset_sources()["mode_experiments"].from_settings({})
    row = {"experiment_id": "e", "response": "x", "validation_results": {"grounded_fraction": 0.7}}
    (found,) = reader.answer([row], path="p")
    assert isinstance(found, RunDraft)
    (verdict,) = found.verdicts
    assert (verdict.name, verdict.value, verdict.outcome) == ("grounded_fraction", 0.7, None)
