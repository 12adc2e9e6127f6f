"""What only all records together tell, and which lines it changes.

1. Identical records without an id or a trial are numbered: each is a run of its own.
2. A withdrawn run is quarantined, wherever it was logged; its twins keep their numbers.
3. One id, one content, twice: merged; every origin is kept, and the worse of what the logs say.
   One id, several contents: all quarantined.
4. A verdict from elsewhere is attached to every run that it matches; one that matches withdrawn
   runs alone is quarantined, one that matches none is orphaned, one whose judge saw another content
   is stale, which the run is told. The last two are listed beside the evidence.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from distill.firewall import stale_verdict
from distill.records.evidence import EvidenceRecord, Provenance, Verdict
from distill.records.record import read_list
from distill.records.taxonomy import QuarantineReason, QuarantineUnit, VerdictOrigin
from distill.sources.assemble import occurrence_run_id
from distill.stages.ingest import Ingest
from distill.stages.narrow import Row, chunked
from distill.stages.twins import Twin

UNATTACHED_FILE: Final = "unattached.jsonl"
WITHDRAWN: Final = "withdrawals.jsonl says who withdrew it, and why"

_LOGGED_TWICE: Final = (
    "FROM runs WHERE run_id IN"
    " (SELECT run_id FROM runs WHERE dropped = 0 GROUP BY run_id HAVING COUNT(*) > 1)"
)
_DROPPED: Final = 1  # in the column `dropped`: merged or refused
_WITHDRAWN: Final = 2

_COLUMNS: Final = (
    "seq",
    "source",
    "line",
    "run_id",
    "logged",
    "dataset",
    "task_id",
    "subject",
    "model",
    "content",
    "has_output",
)
#: What a verdict may be looked up by, the most telling first, and the condition for an index.
_KEYS: Final = {
    "run_id": "run_id = ?1 OR logged = ?1",
    "task_id": "task_id = ?1",
    "subject": "subject = ?1",
}


@dataclass(slots=True)
class Change:
    """What happens to one evidence line."""

    drop: bool = False
    run_id: str | None = None
    provenance: list[Provenance] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    stale: list[VerdictOrigin] = field(default_factory=list)
    twins: list[Twin] = field(default_factory=list)

    def apply(self, record: EvidenceRecord) -> EvidenceRecord:
        """Return the record with the change made."""
        for twin in self.twins:
            record = twin.joined_to(record)
        facts = record.facts
        if self.stale:
            told = {**facts.observed, stale_verdict.NAME: stale_verdict.told_of(self.stale)}
            facts = facts.changed(observed=told)
        return record.changed(
            run_id=self.run_id or record.run_id,
            provenance=(*record.provenance, *self.provenance),
            verdicts=(*record.verdicts, *self.verdicts),
            facts=facts,
        )


class Resolution:
    """Finds what becomes of every line that does not stay as it is."""

    def __init__(self, ingest: Ingest, withdrawn: frozenset[str] = frozenset()) -> None:
        self._ingest = ingest
        self._withdrawn = sorted(withdrawn)
        self._tables = ingest.tables
        self._changes: dict[str, dict[int, Change]] = defaultdict(dict)
        self._kept_of: dict[int, tuple[str, int]] = {}

    def settle(self) -> None:
        """Find everything that the module's docstring lists."""
        self._tables.run("CREATE INDEX by_run ON runs (run_id)")
        self._number_occurrences()
        self._withdraw()
        self._merge_or_refuse()
        if self._tables.number("SELECT EXISTS (SELECT 1 FROM verdicts)"):
            self._tables.run("CREATE INDEX by_task ON runs (task_id)")
            self._tables.run("CREATE INDEX by_logged ON runs (logged)")
            self._tables.run("CREATE INDEX by_subject ON runs (subject)")
        self._attach_verdicts()

    def changes(self, source: str) -> Mapping[int, Change]:
        """Return what becomes of the lines of a source, by their numbers; of others, nothing."""
        return self._changes.get(source, {})

    def _change(self, source: str, line: int) -> Change:
        return self._changes[source].setdefault(line, Change())

    def _number_occurrences(self) -> None:
        rows = self._tables.rows(
            "SELECT identity, seq, source, line, dataset FROM runs WHERE numbered = 1"
            " AND identity IN (SELECT identity FROM runs WHERE numbered = 1"
            "  GROUP BY identity HAVING COUNT(*) > 1) ORDER BY identity, seq"
        )
        renamed = []
        for identity, group in chunked(rows):
            for number, (_, seq, source, line, dataset) in enumerate(group):
                if number:
                    run_id = occurrence_run_id(dataset, identity, number)
                    self._change(source, line).run_id = run_id
                    renamed.append((run_id, seq))
        for change in renamed:
            self._tables.run("UPDATE runs SET run_id = ? WHERE seq = ?", change)

    def _merge_or_refuse(self) -> None:
        self._fetch(
            self._tables.rows(f"SELECT DISTINCT source, line {_LOGGED_TWICE} ORDER BY 1, 2")
        )
        rows = self._tables.rows(
            f"SELECT run_id, seq, source, line, start, end, content {_LOGGED_TWICE}"
            " ORDER BY run_id, seq"
        )
        dropped: list[int] = []
        for _, group in chunked(rows):
            if len({row[-1] for row in group}) == 1:
                dropped += self._merge(group)
            else:
                dropped += self._refuse_all(group)
        for seq in dropped:
            self._tables.run("UPDATE runs SET dropped = 1 WHERE seq = ?", (seq,))

    def _withdraw(self) -> None:
        query = (
            "SELECT run_id, seq, source, line, start, end FROM runs WHERE run_id = ? ORDER BY seq"
        )
        rows = [row for one in self._withdrawn for row in self._tables.rows(query, (one,))]
        self._fetch(sorted((source, line) for _, _, source, line, *_ in rows))
        for row in rows:
            self._refuse(row, QuarantineReason.WITHDRAWN, "withdrawn_run", WITHDRAWN)
            dropped = (_WITHDRAWN, row[1])
            self._tables.run("UPDATE runs SET dropped = ? WHERE seq = ?", dropped)

    def _fetch(self, lines: Iterable[Row]) -> None:
        """Read again, in one go through each file, what is asked for in another order after."""
        for source, line in lines:
            self._ingest.sources[source].fetch(line)

    def _merge(self, group: list[Row]) -> Iterator[int]:
        _, _, source, line, *_ = group[0]
        kept, change = self._record(group[0]), self._change(source, line)
        for row in group[1:]:
            record = self._record(row)
            change.provenance += record.provenance
            twin = Twin.of(record)
            if twin != Twin.of(kept) and twin not in change.twins:
                change.twins.append(twin)
            self._kept_of[row[1]] = source, line
            known = [*kept.verdicts, *change.verdicts]
            change.verdicts += [verdict for verdict in record.verdicts if verdict not in known]
            self._change(row[2], row[3]).drop = True
            self._ingest.tally.add(row[2], "runs_merged")
            yield row[1]

    def _refuse_all(self, group: list[Row]) -> Iterator[int]:
        detail = f"{len(group)} runs have this id and not all the same content"
        for row in group:
            self._refuse(row, QuarantineReason.DUPLICATE_ID, "one_id_several_contents", detail)
            yield row[1]

    def _refuse(self, row: Row, reason: QuarantineReason, rule: str, detail: str) -> None:
        """Take a run out of the evidence, into quarantine."""
        run_id, _, source, line, *_ = row
        self._change(source, line).drop = True
        self._ingest.tally.add(source, "runs_quarantined")
        self._ingest.tally.add(source, "quarantined")
        self._ingest.quarantine.add(
            QuarantineUnit.RUN,
            source,
            ids=(run_id,),
            reason=reason,
            rule=rule,
            detail=detail,
            origin=self._record(row).provenance,
        )

    def _record(self, row: Row) -> EvidenceRecord:
        _, _, source, line, start, end, *_ = row
        return EvidenceRecord.from_line(self._ingest.sources[source].line(line, start, end))

    def _attach_verdicts(self) -> None:
        with (self._ingest.folder / UNATTACHED_FILE).open("wb") as unattached:
            for row in list(self._tables.rows("SELECT * FROM verdicts ORDER BY seq")):
                state = self._attach(row)
                self._ingest.tally.add(row[1], f"verdicts_{state}")
                if state in {"orphaned", "stale"}:
                    unattached.write(_unattached_line(row, state))

    def _attach(self, row: Row) -> str:
        _, _, target, match, content, verdict, _ = row
        found = self._matching(target, json.loads(match), dropped=0)
        seen = [run for run in found if content is None or run["content"] == content]
        for run in seen:
            change = self._change(run["source"], run["line"])
            change.verdicts.append(Verdict.from_line(verdict.encode()))
        if seen:
            return "attached"
        if found:
            origin = VerdictOrigin(json.loads(verdict)["origin"])
            for run in found:
                self._change(run["source"], run["line"]).stale.append(origin)
            return "stale"
        withdrawn = self._matching(target, json.loads(match), dropped=_WITHDRAWN)
        if withdrawn:
            self._refuse_verdict(row, [run["run_id"] for run in withdrawn])
        return "quarantined" if withdrawn else "orphaned"

    def _refuse_verdict(self, row: Row, run_ids: list[str]) -> None:
        """Keep a verdict on withdrawn runs out of the evidence: it may quote them."""
        source, provenance = row[1], row[-1].encode()
        self._ingest.tally.add(source, "quarantined")
        self._ingest.quarantine.add(
            QuarantineUnit.VERDICT,
            source,
            ids=sorted(set(run_ids)),
            reason=QuarantineReason.WITHDRAWN,
            rule="verdict_of_withdrawn_runs",
            detail=WITHDRAWN,
            origin=read_list(Provenance, provenance),
        )

    def _matching(
        self, target: str | None, match: dict[str, str], *, dropped: int
    ) -> list[dict[str, Any]]:
        """Return the runs that have all that `match` asks for, kept or dropped as it is asked."""
        key = next((name for name in _KEYS if name in match), None)
        if key is None:
            return []
        columns = ", ".join(_COLUMNS)
        query = f"SELECT {columns} FROM runs WHERE ({_KEYS[key]}) AND dropped = ?2 ORDER BY seq"  # noqa: S608 - column names are ours
        rows = self._tables.rows(query, (match[key], dropped))
        found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        if dropped == 0:
            rows = self._tables.rows(query, (match[key], _DROPPED))
            twins = (dict(zip(_COLUMNS, row, strict=True)) for row in rows)
            found += [run for run in twins if run["seq"] in self._kept_of]
        told = [
            run
            for run in found
            if target in (None, run["source"])
            and all(_has(run, name, value) for name, value in match.items())
        ]
        return list({(run["source"], run["line"]): run for run in map(self._kept, told)}.values())

    def _kept(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return a run as it stands in the evidence: one that was merged, at its twin's place."""
        source, line = self._kept_of.get(run["seq"], (run["source"], run["line"]))
        return {**run, "source": source, "line": line}


def _has(run: dict[str, Any], name: str, value: str) -> bool:
    if name == "run_id":
        return value in (run["run_id"], run["logged"])
    if name == "has_output":
        return bool(run["has_output"]) == (value == "true")
    return bool(run[name] == value)


def _unattached_line(row: Row, state: str) -> bytes:
    _, source, target, match, _, verdict, provenance = row
    line = {
        "source": source,
        "verdicts_for": target,
        "state": state,
        "match": json.loads(match),
        "verdict": json.loads(verdict),
        "origin": json.loads(provenance),
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
