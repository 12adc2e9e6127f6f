"""What differs between the receipts of two releases, a sentence each. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from distill.receipts.canonical import Json, dumps
from distill.receipts.ledger.entries import Entry, KeyChange
from distill.receipts.receipt import Receipt, to_json
from distill.release.figures import Figures

_MOST_SHOWN: Final = 80


def changed_files(now: Figures, former: Figures) -> Iterator[str]:
    """Yield the raw files that are new, are read no more, or hold other bytes."""
    present, before = _raw(now), _raw(former)
    for path in sorted(present.keys() | before.keys()):
        if path not in before:
            yield f"`{path}`: new"
        elif path not in present:
            yield f"`{path}`: no longer read"
        elif present[path] != before[path]:
            yield f"`{path}`: changed"


def _raw(figures: Figures) -> dict[str, str]:
    """Return the inputs that no receipt made, with their digests."""
    receipts = figures.receipts.values()
    made = {entry.path for receipt in receipts for entry in receipt.claim.outputs}
    return {
        entry.path: entry.blake3.hex
        for receipt in receipts
        for entry in receipt.claim.inputs
        if entry.path not in made
    }


def changed_parameters(now: Figures, former: Figures) -> Iterator[str]:
    """Yield every parameter that differs, down to the single value."""
    for stage in stages_of(now, former):
        present, before = _leaves_of(now, stage), _leaves_of(former, stage)
        for name in sorted(present.keys() | before.keys()):
            if present.get(name) != before.get(name):
                pair = f"{_shown(before.get(name))} → {_shown(present.get(name))}"
                yield f"{stage}: `{name}`: {pair}"


def _leaves_of(figures: Figures, stage: str) -> dict[str, str]:
    receipt = figures.receipts.get(stage)
    return {} if receipt is None else dict(_leaves(dict(receipt.claim.parameters), ""))


def _leaves(value: Json, place: str) -> Iterator[tuple[str, str]]:
    """Yield the leaves of a parameter; a list of plain values is one, named objects go by name."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}[{_name_of(item) or number}]")
    else:
        yield place, dumps(value).decode()


def _name_of(item: Json) -> str | None:
    """Return what a job or a table of `distill.toml` is called."""
    if not isinstance(item, Mapping):
        return None
    table = item.get("table", item)
    name = table.get("name") if isinstance(table, Mapping) else None
    return name if isinstance(name, str) else None


def changed_code(now: Figures, former: Figures) -> Iterator[str]:
    """Yield the stages whose code differs, with the commits where there are any."""
    for stage, (present, before) in _both(now, former):
        files, old = present.claim.code.files, before.claim.code.files
        changed = sum(files.get(name) != old.get(name) for name in files.keys() | old.keys())
        if changed:
            yield f"{stage}: differing entries of its code: {changed}; {_commits(before, present)}"


def _commits(before: Receipt, now: Receipt) -> str:
    texts = []
    for state in (before.run.code, now.run.code):
        commit = "no commit" if state.commit is None else f"commit `{state.commit}`"
        texts.append(commit if state.state == "clean" else f"{commit} ({state.state})")
    return " → ".join(dict.fromkeys(texts))


def changed_environment(now: Figures, former: Figures) -> Iterator[str]:
    """Yield what differs of Python and of the distributions."""
    found: dict[str, None] = {}
    for _, (present, before) in _both(now, former):
        pair = [dict(_leaves(to_json(one.claim.environment), "")) for one in (before, present)]
        for name in sorted(pair[0].keys() | pair[1].keys()):
            old, new = pair[0].get(name), pair[1].get(name)
            if old != new:
                found[f"{name.removeprefix('distributions.')}: {_shown(old)} → {_shown(new)}"] = (
                    None
                )
    yield from found


def changed_keys(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield what happened to the keys, from the ledger's new entries."""
    words = {"add": "signs from here on", "rotate": "took over", "revoke": "was revoked"}
    for entry in entries:
        if isinstance(entry, KeyChange):
            reason = f": {entry.reason}" if entry.reason else ""
            yield f"`{entry.id}` {words[entry.action]} ({entry.at}){reason}"


def stages_of(now: Figures, former: Figures) -> list[str]:
    """Return the stages of either, sorted."""
    return sorted(now.receipts.keys() | former.receipts.keys())


def _both(now: Figures, former: Figures) -> Iterator[tuple[str, tuple[Receipt, Receipt]]]:
    for stage in sorted(now.receipts.keys() & former.receipts.keys()):
        yield stage, (now.receipts[stage], former.receipts[stage])


def _shown(leaf: str | None) -> str:
    if leaf is None:
        return "unset"
    short = leaf if len(leaf) <= _MOST_SHOWN else f"{leaf[:_MOST_SHOWN]}…"
    return f"`{short}`"
