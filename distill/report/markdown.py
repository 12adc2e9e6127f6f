"""The report's Markdown: a pure function of receipts, byte-identical for the same ones."""

from collections.abc import Iterable, Mapping, Sequence

from distill.receipts.receipt import FileEntry, GitState, Receipt

_NARROW = ("total", "by_source")

_GROUP_TITLES = {
    "by_reason": "Quarantined, by reason",
    "by_undecided": "Quarantined because a gate could not judge, by reason",
    "by_category": "Exported, by category",
    "by_rule": "Rules that decided",
    "by_verdict_origin": "Verdicts, by origin",
    "by_deciding_origin": "Runs, by the origin of the verdict that decided",
    "by_no_run_kind": "Records that are no runs, by kind",
    "by_unpaired_cause": "Runs in no examined pair, by cause",
}


def render(receipts: Sequence[Receipt]) -> str:
    """Return the report on the newest receipt of each stage, in the order given.

    Law: the same receipts give the same bytes; no clock, no path of the machine is read.
    """
    parts = [
        "# Report",
        "",
        "Made from receipts alone: the newest of each stage. `distill verify` checks them.",
        "",
        *_overview(receipts),
    ]
    for receipt in receipts:
        parts += ["", *_stage(receipt)]
    return "\n".join(parts) + "\n"


def _overview(receipts: Sequence[Receipt]) -> list[str]:
    rows = [
        (
            receipt.claim.stage,
            receipt.claim.validation.status,
            _flow(receipt),
            receipt.run.ended_at,
            f"`{receipt.digest.short}`",
        )
        for receipt in receipts
    ]
    return ["## Stages", "", *table(("stage", "validation", "counts", "ended", "receipt"), rows)]


def _flow(receipt: Receipt) -> str:
    total = receipt.claim.counts.get("total", {})
    if not isinstance(total, Mapping):
        return ""
    return ", ".join(f"{_words(name)} {count}" for name, count in total.items() if count)


def _stage(receipt: Receipt) -> list[str]:
    claim, run = receipt.claim, receipt.run
    parts = [
        f"## {claim.stage}",
        "",
        f"- receipt `blake3:{receipt.digest.hex}`",
        f"- claim `blake3:{receipt.claim_digest.hex}`",
        f"- validation: **{claim.validation.status}**",
        f"- ran {run.started_at} to {run.ended_at}, started by {run.trigger.kind}",
        f"- code `blake3:{claim.code.digest.hex}`, {_git(run.code)}",
        f"- workspace: {_git(run.workspace)}",
    ]
    if run.error is not None:
        parts.append(f"- failed: {run.error.type}: {run.error.message}")
    parts += _by_source(claim.counts.get("by_source"))
    for group, members in claim.counts.items():
        if group not in _NARROW and isinstance(members, Mapping) and members:
            rows = [(name, count) for name, count in members.items()]
            title = _GROUP_TITLES.get(group, _words(group))
            parts += ["", f"### {title}", "", *table(("", "count"), rows)]
    parts += ["", "### Laws and checks", "", *_laws(receipt)]
    parts += _benchmarks(claim.notes.get("benchmarks"))
    parts += _names(claim.notes.get("names_of_persons"))
    parts += _files("Inputs", claim.inputs)
    parts += _files("Outputs", claim.outputs)
    return parts


def _by_source(sources: object) -> list[str]:
    if not isinstance(sources, Mapping) or not sources:
        return []
    names = [name for name in next(iter(sources.values())) if _any(sources, name)]
    rows = [(source, *(counts[name] for name in names)) for source, counts in sources.items()]
    return ["", "### By source", "", *table(("source", *map(_words, names)), rows)]


def _any(sources: Mapping[str, Mapping[str, int]], name: str) -> bool:
    return any(counts[name] for counts in sources.values())


def _laws(receipt: Receipt) -> list[str]:
    laws = [law for law in receipt.claim.laws if law.source is None]
    kept = sum(law.holds for law in receipt.claim.laws)
    lines = [f"- {'kept' if law.holds else 'BROKEN'}: {law}" for law in laws]
    lines.append(f"- {kept} of {len(receipt.claim.laws)} laws kept, those of each source included")
    lines += [
        f"- {'passed' if check.passed else 'FAILED'}: {check.name}"
        + (f" ({check.detail})" if check.detail else "")
        for check in receipt.claim.validation.checks
    ]
    return lines


def _benchmarks(lists: object) -> list[str]:
    """Return which lists of benchmarks runs were compared with, and how many items by what."""
    if not isinstance(lists, Mapping):
        return []
    counts = {name for one in lists.values() for name in one} - {"version", "file", "items"}
    names = ["version", "file", "items", *sorted(counts)]
    rows = [(list_, *(one.get(name, 0) for name in names)) for list_, one in lists.items()]
    return ["", "### Benchmark lists", "", *table(("list", *map(_words, names)), rows)]


def _names(told: object) -> list[str]:
    """Return with which model names of persons were looked for, and on what it ran."""
    if not isinstance(told, Mapping):
        return []
    runtime = ", ".join(f"{name} {version}" for name, version in told["runtime"].items())
    with_what = f"Looked for with `{told['model']}` version {told['version']}, on {runtime}."
    return ["", "### Names of persons", "", with_what]


def _files(title: str, entries: Iterable[FileEntry]) -> list[str]:
    rows = [
        (
            f"`{entry.path}`",
            entry.bytes,
            "" if entry.records is None else entry.records,
            f"`{entry.blake3.hex}`",
        )
        for entry in entries
    ]
    if not rows:
        return []
    return ["", f"### {title}", "", *table(("path", "bytes", "records", "BLAKE3"), rows)]


def _git(state: GitState) -> str:
    if state.commit is None:
        return f"git: {state.state}"
    wheel = ", from the wheel" if state.from_wheel else ""
    return f"git commit `{state.commit}` ({state.state}{wheel})"


def _words(name: str) -> str:
    return name.replace("_", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table; a bar in a cell is escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return lines


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
