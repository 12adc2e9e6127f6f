"""The dataset card: README.md with the YAML that HF `datasets` reads, and what a person must know.

Law: the same rows, counts and settings give the same bytes; no clock, no machine.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from distill.exports.card_tally import CHARS_PER_TOKEN, LENGTHS, CardTally
from distill.exports.card_terms import PREFERENCE_TERMS, RAG_TERMS, SFT_TERMS, CardTerms
from distill.firewall.person_names import RULE

__all__ = ["CardTally", "CardTerms", "CardTotals", "dataset_card"]

_KNOWN_LICENCES: Final = frozenset(
    {
        *("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "mpl-2.0", "unlicense"),
        *("cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0"),
        *("gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0", "odc-by", "odbl"),
    }
)

_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTotals:
    """What the stage counted besides the rows. `by_source`: exported and quarantined of each."""

    examined: int
    quarantined: int
    by_reason: Mapping[str, int] = field(default_factory=dict)
    by_source: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def dataset_card(
    terms: CardTerms, tally: CardTally, totals: CardTotals, settings: Mapping[str, Any]
) -> str:
    """Return the card of one exported set."""
    parts = (
        _front_matter(terms, tally),
        _opening(terms, tally, totals),
        _settings(settings),
        _sources(tally, totals),
        _lengths(tally),
        _gates(terms, tally, totals, settings),
        _benchmarks(settings),
        _redactions(tally),
        _loading(),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _front_matter(terms: CardTerms, tally: CardTally) -> Iterator[str]:
    yield "---"
    yield "license:"
    for licence in _hub_licences(tally.licences):
        yield f"- {licence}"
    yield f"pretty_name: {terms.title}"
    yield "size_categories:"
    yield f"- {_size(tally.rows)}"
    yield "task_categories:"
    yield f"- {terms.task_category}"
    yield "tags:"
    for tag in terms.tags:
        yield f"- {tag}"
    yield from ("configs:", "- config_name: default", "  data_files:")
    held = [name for name, rows in tally.splits.items() if rows] or ["train"]
    for name in held:
        yield f"  - split: {name}"
        yield f"    path: {name}-*.jsonl"
    yield from ("dataset_info:", "- config_name: default", "  features:")
    for name, kind in terms.columns:
        yield f"  - name: {name}"
        yield f"    {kind}"
    yield "---"


def _hub_licences(licences: tuple[str, ...]) -> list[str]:
    """Return the licences as the Hub names them; what it does not know is ``other``."""
    named = {name if (name := text.lower()) in _KNOWN_LICENCES else "other" for text in licences}
    return sorted(named) or ["other"]


def _size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "n>100M")


def _opening(terms: CardTerms, tally: CardTally, totals: CardTotals) -> Iterator[str]:
    yield f"# {terms.title}"
    yield ""
    yield f"{terms.summary} Made by Distill; the receipts of the workspace say from which bytes."
    yield ""
    yield "| | |"
    yield "|---|---:|"
    yield f"| rows | {tally.rows:,} |"
    if len(tally.splits) > 1:
        for name, rows in tally.splits.items():
            yield f"| rows in {name} | {rows:,} |"
    yield f"| {terms.unit}s examined | {totals.examined:,} |"
    yield f"| quarantined | {totals.quarantined:,} |"
    for category, count in sorted(tally.by_category.items()):
        yield f"| {category} | {count:,} |"
    if terms is not RAG_TERMS:
        yield f"| messages trimmed after the last assistant's | {tally.trimmed:,} |"
        yield f"| rows whose log names no tools (`tools_unknown`) | {tally.tools_unknown:,} |"
    yield f"| tokens, estimated as characters / {CHARS_PER_TOKEN} | {tally.tokens:,} |"
    yield ""
    files = " ".join(f"{name}-*.jsonl" for name in tally.splits)
    yield f"Set digest (`sha256sum {files} | sha256sum`): `{tally.set_digest}`"
    yield ""


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    yield "## Settings"
    yield ""
    for name, value in _flat(settings):
        yield f"- `{name} = {json.dumps(value, ensure_ascii=False)}`"
    yield ""


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting that is set, with the dotted name that TOML gives it."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value


def _sources(tally: CardTally, totals: CardTotals) -> Iterator[str]:
    yield "## Sources and licences"
    yield ""
    yield "| source | licence | rows |"
    yield "|---|---|---:|"
    for (source, licence), count in sorted(tally.by_source.items()):
        yield f"| {source} | {licence} | {count:,} |"
    yield ""
    if totals.by_source:
        yield "| source | exported | quarantined |"
        yield "|---|---:|---:|"
        for source, (exported, quarantined) in sorted(totals.by_source.items()):
            yield f"| {source} | {exported:,} | {quarantined:,} |"
        yield ""


def _lengths(tally: CardTally) -> Iterator[str]:
    yield "## What fits"
    yield ""
    yield (
        f"Estimated as characters / {CHARS_PER_TOKEN}, without a chat template. Many trainers cut"
        " at 1,024 tokens unless told otherwise, which takes a run's end, or drop the row."
    )
    yield ""
    yield "| tokens | rows that fit | share |"
    yield "|---:|---:|---:|"
    for length in LENGTHS:
        fitting = tally.fitting(length)
        yield f"| {length // 1024}k | {fitting:,} | {_share(fitting, tally.rows)} |"
    yield ""


def _share(part: int, whole: int) -> str:
    """Return tenths of a percent, rounded down, so that all but one is never called all."""
    if not whole:
        return "no rows"
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def _switched_off(settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the gates that the settings take away."""
    tables = settings.get("firewall", {})
    return frozenset(gate for gate, table in tables.items() if table["action"] == "off")


def _gates(
    terms: CardTerms, tally: CardTally, totals: CardTotals, settings: Mapping[str, Any]
) -> Iterator[str]:
    yield "## Gates"
    yield ""
    off = _switched_off(settings)
    asked = [gate for gate in terms.gates if gate not in off]
    yield f"Asked, in this order: {', '.join(f'`{gate}`' for gate in asked)}."
    unasked = [gate for gate in _all_gates() if gate not in asked]
    yield f"Not asked for this set: {', '.join(f'`{gate}`' for gate in unasked) or 'none'}."
    if tally.paths_unchecked:
        yield (
            f"`hallucinated_file_path` had nothing to compare {tally.paths_unchecked:,} rows with:"
            " their sources name no repository."
        )
    yield _names(settings)
    yield ""
    if totals.by_reason:
        yield f"| reason | {terms.unit}s quarantined |"
        yield "|---|---:|"
        for reason, count in sorted(totals.by_reason.items()):
            yield f"| `{reason}` | {count:,} |"
        yield ""


def _benchmarks(settings: Mapping[str, Any]) -> Iterator[str]:
    """Say with which lists of benchmarks the runs were compared, and by what."""
    lists = settings.get("firewall", {}).get("benchmark_contamination", {}).get("lists", {})
    if not lists:
        yield "No list of a benchmark was named, so nothing looked for items of benchmarks."
    else:
        named = ", ".join(f"{name} version {one['version']}" for name, one in lists.items())
        yield (
            f"Compared with the benchmark lists {named}: by task id, by commit, and by all"
            " sequences of 13 and of 8 words of each item's prompt and answer."
        )
    yield ""


def _names(settings: Mapping[str, Any]) -> str:
    """Say whether names of persons were looked for, and with which model."""
    gate = settings.get("firewall", {}).get("personal_data", {})
    model = gate.get("names")
    if not model:
        return "Nothing looked for names of persons."
    if gate["action"] == "off" or RULE in gate["ignore"]:
        return "Names of persons stay where they are, whatever found them."
    return (
        f"Names of persons were looked for with the model {model['model']} version"
        f" {model['version']}, which misses some and takes other words for names."
    )


def _redactions(tally: CardTally) -> Iterator[str]:
    if not tally.redacted:
        return
    yield "## Redacted"
    yield ""
    yield (
        "A placeholder such as `<email:1f0c9a…>` stands for each value that was found in the runs"
        " of these rows. The same value has the same placeholder; it can't be turned back without"
        " the workspace's key."
    )
    yield ""
    yield "| rule | placeholders in the runs of these rows |"
    yield "|---|---:|"
    for rule, count in sorted(tally.redacted.items()):
        yield f"| `{rule}` | {count:,} |"
    yield ""


def _all_gates() -> list[str]:
    kinds = (RAG_TERMS, SFT_TERMS, PREFERENCE_TERMS)
    return list(dict.fromkeys(gate for terms in kinds for gate in terms.gates))


def _loading() -> Iterator[str]:
    yield "## Loading"
    yield ""
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield 'rows = load_dataset("path/to/this/folder", split="train")  # datasets >= 4.8'
    yield "```"
    yield ""
    yield (
        "`datasets` rounds floats within JSON columns to ten decimals as it loads; the files hold"
        " them as the log has them."
    )
