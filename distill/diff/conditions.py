"""What two receipts of one stage were made under: settings, code, files, and where they differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from distill.receipts.canonical import Json
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt

Place = Mapping[str, Any]


@dataclass(frozen=True)
class Conditions:
    """The two receipts of a pair, the older side first."""

    a: Receipt
    b: Receipt

    @cached_property
    def code_differs(self) -> bool:
        """Whether the code, its environment or the stage's version is another."""
        one, other = self.a.claim, self.b.claim
        return (one.code.digest, one.environment, one.version) != (
            other.code.digest,
            other.environment,
            other.version,
        )

    @cached_property
    def parameters_differ(self) -> bool:
        """Whether the stage's parameters are others."""
        return self.a.claim.parameters != self.b.claim.parameters

    @cached_property
    def inputs_differ(self) -> bool:
        """Whether any file that the stage read is another."""
        return self._files[0] != self._files[1]

    def source_differs(self, *sources: str) -> bool:
        """Whether `distill.toml` says other things of one of these sources, or of its verdicts."""
        return any(self._tables[0].get(s) != self._tables[1].get(s) for s in sources)

    @cached_property
    def any_source_differs(self) -> bool:
        """Whether `distill.toml` says other things of any source."""
        return self._tables[0] != self._tables[1]

    def setting(self, side: int, name: str) -> Json:
        """Return one of an exporter's settings, null where it has none of that name."""
        settings = (self.a, self.b)[side].claim.parameters.get("settings")
        return settings.get(name) if isinstance(settings, Mapping) else None

    def has_same_file(self, path: str) -> bool:
        """Whether both stages read a file of this path with the same bytes."""
        one, other = (files.get(path) for files in self._files)
        return one is not None and one == other

    def withdrawn(self, side: int, places: Iterable[Place]) -> bool:
        """Whether each place lies in a file or source that this side left out and the other not."""
        gone = self._withdrawn[side] - self._withdrawn[1 - side]
        return bool(gone) and all(
            ("file", place["path"]) in gone or ("source", place["source"]) in gone
            for place in places
        )

    def file_withdrawn(self, path: str) -> bool:
        """Whether just one side left this file out."""
        one, other = self._withdrawn
        return ("file", path) in one ^ other

    @cached_property
    def _files(self) -> tuple[dict[str, Digest], dict[str, Digest]]:
        return _inputs(self.a), _inputs(self.b)

    @cached_property
    def _tables(self) -> tuple[dict[str, list[Json]], dict[str, list[Json]]]:
        return _tables(self.a), _tables(self.b)

    @cached_property
    def _withdrawn(self) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        return _withdrawn(self.a), _withdrawn(self.b)


def _inputs(receipt: Receipt) -> dict[str, Digest]:
    return {entry.path: entry.blake3 for entry in receipt.claim.inputs}


def _jobs(receipt: Receipt) -> Sequence[Mapping[str, Any]]:
    jobs = receipt.claim.parameters.get("jobs")
    return [job for job in jobs if isinstance(job, Mapping)] if isinstance(jobs, list) else []


def _tables(receipt: Receipt) -> dict[str, list[Json]]:
    """Return what a receipt says of each source; a source of verdicts counts for both."""
    tables: dict[str, list[Json]] = {}
    for job in _jobs(receipt):
        table = job["table"]
        for source in {table["name"], table["verdicts_for"] or table["name"]}:
            tables.setdefault(source, []).append({"table": table, "joined": job["joined"]})
    return tables


def _withdrawn(receipt: Receipt) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for job in _jobs(receipt):
        found.update(("file", path) for path in job.get("withdrawn", ()))
        if job.get("is_withdrawn"):
            found.add(("source", job["table"]["name"]))
    return frozenset(found)
