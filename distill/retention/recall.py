"""`distill recall`: every row, set, receipt and release that a run, a source or a file touched.

Rows are found by reading every version of every output that still has its bytes; what is kept of
each is its ids, in narrow tables. What is gone is said: there the answer is not whole.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import orjson

from distill.errors import EXIT_INCOMPLETE, EXIT_OK
from distill.receipts.receipt import Receipt
from distill.receipts.release_manifest import place_in_release
from distill.records.mentions import Row, places, run_ids, source_of
from distill.records.withdrawal import WithdrawalKind
from distill.retention.history import History, Version, read_history
from distill.retention.matching import RUNS_TABLE, Matcher, Relation, Runs, Target
from distill.retention.targets import resolve_target
from distill.retention.touched import TouchedReceipt, TouchedRelease, TouchedRow
from distill.stages.evidence import STAGE as EVIDENCE
from distill.stages.lines import read_lines
from distill.stages.narrow import NarrowTables
from distill.stages.sets import SETS, STAGES
from distill.workspace.project import Project

_SCHEMA: Final = """
CREATE TABLE rows (
    version INTEGER, name TEXT, key TEXT, runs TEXT, sample TEXT, relation TEXT, source TEXT,
    content TEXT
);
CREATE TABLE logs (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_TEXTUAL: Final = "('own', 'shared')"
SEPARATOR: Final = "\x1f"


def open_recall(project: Project, text: str, kind: WithdrawalKind | None = None) -> "Recall":
    """Read what a run, a source or a file touched; the caller closes the result.

    Raises:
        ConfigurationError: the text names nothing, or several things.
        VerificationError: a receipt, a release or a file is not what was written.
    """
    history = read_history(project.workspace)
    recall = Recall(resolve_target(project, history, text, kind), history)
    try:
        recall.read()
    except BaseException:
        recall.close()
        raise
    return recall


class Recall:
    """What one target touched; open until it is closed, since rows are told one at a time."""

    def __init__(self, target: Target, history: History) -> None:
        self.target = target
        self.history = history
        self._tables = NarrowTables(RUNS_TABLE + _SCHEMA)
        self._current = [n for n, v in enumerate(history.versions) if history.is_current(v)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the tables."""
        self._tables.__exit__()

    def read(self) -> None:
        """Read every version whose bytes are here, evidence before what was made from it."""
        matcher = Matcher(self.target, Runs(self._tables))
        order = {stage: number for number, stage in enumerate(STAGES)}
        versions = enumerate(self.history.versions)
        for number, version in sorted(
            versions, key=lambda item: order.get(item[1].stage, len(order))
        ):
            if version.file is not None:
                self._read_version(number, version, version.file, matcher)
        self._tables.run("CREATE INDEX rows_by_version ON rows (version, relation)")

    def _read_version(self, number: int, version: Version, file: Path, matcher: Matcher) -> None:
        name = set_of(version)
        for _, line in read_lines(file):
            found = matcher.touched(line)
            if found is None:
                continue
            row, relation = found
            runs = SEPARATOR.join(run_ids(row))
            stands = list(places(row))
            key = runs or SEPARATOR.join(f"{p.get('blake3')}{p.get('pointer')}" for p in stands)
            named = (row.get("id"), relation.value, _source(row), row.get("content_digest"))
            self._tables.add("rows", (number, name, key, runs, *named))
            for place in stands:
                query = "INSERT OR IGNORE INTO logs VALUES (?)"
                self._tables.run(query, (str(place.get("path")),))

    def as_json(self) -> dict[str, Any]:
        """Return all but the rows as a JSON object."""
        return {
            "target": {"kind": self.target.kind.value, "name": self.target.name},
            "sets": self.numbers(),
            "logs": list(self.logs()),
            "same_content": sorted(self.twins()),
            "receipts": [receipt.as_json() for receipt in self.receipts()],
            "releases": [release.as_json() for release in self.releases()],
            "gone": [{"path": v.path, "blake3": v.blake3} for v in self.gone()],
            "exit_code": self.exit_code,
        }

    def row_json(self, row: TouchedRow) -> dict[str, Any]:
        """Return a touched row as a JSON object; its receipts are named by their digests."""
        numbers = {n for at in row.versions for n in self.history.versions[at].receipts}
        return {
            "set": row.set,
            "runs": list(row.runs),
            "id": row.sample,
            "relation": row.relation.value,
            "source": row.source,
            "current": row.is_current,
            "receipts": [self.history.receipts[n].digest.hex for n in sorted(numbers)],
        }

    @property
    def exit_code(self) -> int:
        """0, or 11 where versions are gone that may have held rows of it."""
        return EXIT_INCOMPLETE if any(self.gone()) else EXIT_OK

    def rows(self) -> Iterator[TouchedRow]:
        """Yield every touched row once, by set, key and id, with the versions that hold it."""
        for name, runs, sample, relation, source, versions in self._tables.rows(
            "SELECT name, runs, sample, MIN(relation), MAX(source), GROUP_CONCAT(DISTINCT version)"
            " FROM rows GROUP BY name, key, sample ORDER BY name, key, sample"
        ):
            numbers = tuple(sorted(int(number) for number in str(versions).split(",")))
            yield TouchedRow(
                set=name,
                runs=tuple(runs.split(SEPARATOR)) if runs else (),
                sample=sample,
                relation=Relation(relation),
                source=source,
                is_current=any(number in self._current for number in numbers),
                versions=numbers,
            )

    def numbers(self) -> dict[str, dict[str, int]]:
        """Return, by set, how many rows were ever touched and how many of them stand now."""
        found: dict[str, dict[str, int]] = {}
        for row in self.rows():
            of = found.setdefault(row.set, {"ever": 0, "now": 0})
            of["ever"] += 1
            of["now"] += row.is_current
        return {name: found[name] for name in sorted(found, key=_rank)}

    def receipts(self) -> Iterator[TouchedReceipt]:
        """Yield the receipts that read it or wrote rows of it, from old to new."""
        rows: dict[int, dict[str, int]] = {}
        for at, count in self._by_version().items():
            version = self.history.versions[at]
            for number in version.receipts:
                of = rows.setdefault(number, {})
                of[set_of(version)] = of.get(set_of(version), 0) + count
        for number, receipt in enumerate(self.history.receipts):
            has_read = self._has_read(receipt)
            if has_read or number in rows:
                is_current = number in self.history.current
                yield TouchedReceipt(receipt, is_current, has_read, rows.get(number, {}))

    def releases(self) -> Iterator[TouchedRelease]:
        """Yield the releases that hold rows or raw logs of it."""
        by_version = self._by_version()
        versions = {
            version.blake3: (set_of(version), by_version[number])
            for number, version in enumerate(self.history.versions)
            if number in by_version
        }
        logs = self.logs()
        for release in self.history.releases:
            rows: dict[str, int] = {}
            for blake3 in {file.blake3.hex for file in release.manifest.files}:
                if blake3 in versions:
                    name, number = versions[blake3]
                    rows[name] = rows.get(name, 0) + number
            shipped = {file.path for file in release.manifest.files}
            raw = tuple(sorted(path for path in logs if place_in_release(path) in shipped))
            if rows or raw:
                yield TouchedRelease(release.folder.name, release.folder, rows, raw)

    def logs(self) -> tuple[str, ...]:
        """Return the raw logs that touched rows came from, those of the target included."""
        found = {path for (path,) in self._tables.rows("SELECT path FROM logs")}
        if self.target.kind is not WithdrawalKind.RUN:
            found &= self.target.files
        return tuple(sorted(found | self.target.files))

    def twins(self) -> Iterator[str]:
        """Yield the other runs in place whose content is that of a recalled run."""
        self._tables.run("CREATE INDEX IF NOT EXISTS rows_by_content ON rows (content)")
        known = f"SELECT 1 FROM rows WHERE content = ? AND relation IN {_TEXTUAL} LIMIT 1"  # noqa: S608 - ours
        itself = f"SELECT 1 FROM runs WHERE run = ? AND relation IN {_TEXTUAL}"  # noqa: S608 - ours
        for version in self.history.versions:
            if version.stage != EVIDENCE or not self.history.is_current(version):
                continue
            for _, line in read_lines(version.file) if version.file is not None else ():
                row = orjson.loads(line)
                if next(self._tables.rows(known, (row.get("content_digest"),)), None) is None:
                    continue
                if next(self._tables.rows(itself, (row["run_id"],)), None) is None:
                    yield str(row["run_id"])

    def held_by(self) -> Iterator[Version]:
        """Yield the versions whose rows hold a text of it, current ones included."""
        query = f"SELECT DISTINCT version FROM rows WHERE relation IN {_TEXTUAL} ORDER BY version"  # noqa: S608 - ours
        for (number,) in self._tables.rows(query):
            yield self.history.versions[number]

    def gone(self) -> Iterator[Version]:
        """Yield the versions that may have held rows of it, and whose bytes are gone.

        What was made from evidence that read none of its files can't have held any.
        """
        return (version for version in self.history.gone if self._may_hold(version))

    def _may_hold(self, version: Version) -> bool:
        if self.target.kind is WithdrawalKind.RUN:
            return True
        return any(
            self._has_read(ancestor)
            for number in version.receipts
            for ancestor in self.history.ancestors(self.history.receipts[number])
        )

    def _by_version(self) -> dict[int, int]:
        query = "SELECT version, COUNT(*) FROM rows GROUP BY version"
        return dict(self._tables.rows(query))

    def _has_read(self, receipt: Receipt) -> bool:
        if receipt.claim.stage != EVIDENCE:
            return False
        read = {entry.path for entry in receipt.claim.inputs}
        return bool(self.target.files & read)


def _rank(name: str) -> tuple[int, str]:
    """Return what orders sets as the stages make them, each before its quarantine."""
    order = list(SETS.values())
    first = name.split(" ", maxsplit=1)[0]
    return (order.index(first) if first in order else len(order), name)


def _source(row: Row) -> str:
    """Return the source of a row; that of its first place where it names none."""
    named = source_of(row)
    if named is not None:
        return named
    first = next(places(row), None)
    return "" if first is None else str(first.get("source"))


def set_of(version: Version) -> str:
    """Return the name of the set that a version is part of: ``sft``, ``sft quarantine``."""
    name = SETS.get(version.stage, version.stage)
    return f"{name} {version.role}" if version.role == "quarantine" else name
