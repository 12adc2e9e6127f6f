"""`distill explain`: the story of one run, from its raw bytes to its end, and what would help.

Told from evidence, scored runs, exports and quarantine; only the raw excerpt reads the log again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from distill.errors import ConfigurationError
from distill.firewall.gates import PAIR_GATES
from distill.receipts.digest import digest_bytes
from distill.records.evidence import EvidenceRecord, Provenance
from distill.records.quarantine import Quarantined
from distill.records.scored import ScoredRun
from distill.records.taxonomy import QuarantineReason
from distill.report.finding import (
    Row,
    find_evidence,
    find_quarantined,
    find_rows,
    find_scored,
)
from distill.report.gate_answers import (
    OFF,
    PASSES,
    GateAnswer,
    pair_answers,
    run_answers,
)
from distill.report.quoting import is_private
from distill.report.remedies import REMEDIES, REVIEW_REMEDIES
from distill.sources.protocol import RawRecord
from distill.stages.source_jobs import source_jobs
from distill.workspace.project import Project
from distill.workspace.reading import read_records

_EXCERPT: Final = 300
_PRIVATE: Final = "not shown: it may hold a secret or personal data"


@dataclass(frozen=True)
class RunStory:
    """Everything that is known of one run, or of a record that never became one."""

    id: str
    origin: Sequence[tuple[Provenance, str]]
    evidence: EvidenceRecord | None
    scored: ScoredRun | None
    gates: Sequence[GateAnswer]
    rows: Sequence[Row]
    quarantined: Sequence[Quarantined]


@dataclass(frozen=True)
class Story:
    """The stories of all runs that an id means: several where one raw record holds several."""

    runs: Sequence[RunStory]

    def lines(self) -> Iterator[str]:
        """Yield the story for a person."""
        for run in self.runs:
            yield from _lines(run)

    def as_json(self) -> dict[str, Any]:
        """Return the story as a JSON object."""
        return {"runs": [_as_json(run) for run in self.runs]}


def tell_story(project: Project, text: str) -> Story:
    """Return the story of a run id, raw record digest or row id, or of a unique prefix.

    Raises:
        ConfigurationError: nothing has this id, or several things have ids that begin with it.
    """
    records = find_evidence(project, text)
    if not records:
        named = {run_id for row in find_rows(project, text) for run_id in row.run_ids}
        records = [record for run_id in sorted(named) for record in find_evidence(project, run_id)]
    if records:
        return Story([_run_story(project, record) for record in records])
    quarantined = find_quarantined(project, text)
    if quarantined:
        places = quarantined[0].origin
        if quarantined[0].reason is QuarantineReason.WITHDRAWN:
            origin = [(place, "withdrawn, so it is not shown") for place in places]
        else:
            origin = [(place, _excerpt(project, place)) for place in places]
        return Story([RunStory(text, origin, None, None, [], [], quarantined)])
    raise ConfigurationError(
        f"no run, record or row has an id that begins with {text!r}",
        "ids stand in data/evidence (run_id, provenance blake3), exports (id) and quarantine (ids)",
    )


def _run_story(project: Project, record: EvidenceRecord) -> RunStory:
    scored = find_scored(project, record.run_id)
    return RunStory(
        id=record.run_id,
        origin=[
            (place, _PRIVATE if is_private(record) else _excerpt(project, place))
            for place in record.provenance
        ],
        evidence=record,
        scored=scored,
        gates=[] if scored is None else list(_gate_answers(project, scored, record)),
        rows=find_rows(project, record.run_id),
        quarantined=find_quarantined(project, record.run_id),
    )


def _gate_answers(
    project: Project, scored: ScoredRun, record: EvidenceRecord
) -> Iterator[GateAnswer]:
    yield from run_answers(project, scored, record)
    yield from pair_answers(project, scored, record)


def _excerpt(project: Project, place: Provenance) -> str:
    """Return the beginning of the raw record, or why it can't be shown."""
    job = next((j for j in source_jobs(project) if j.table.name == place.source), None)
    if job is None:
        return "its source is no longer in distill.toml"
    reader = job.reader()
    for record in read_records(project.workspace.resolve(place.path), reader):
        if record.start == place.start and isinstance(record, RawRecord):
            if digest_bytes(record.data).hex != place.blake3:
                return "the bytes there are not those that were read"
            text = record.data[: 4 * _EXCERPT].decode("utf-8", errors="replace")
            return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"
    return "no record stands there any more"


def _lines(run: RunStory) -> Iterator[str]:
    yield f"run {run.id}"
    for place, excerpt in run.origin:
        line = f", line {place.line}" if place.line else ""
        pointer = f", at {place.pointer}" if place.pointer else ""
        yield f"  raw    {place.path}{line}, bytes {place.start} to {place.end}{pointer}"
        yield f"         blake3:{place.blake3}"
        yield f"         {' '.join(excerpt.split())}"
    if run.evidence is not None:
        yield from _evidence_lines(run.evidence)
    if run.scored is not None:
        yield from _scored_lines(run.scored)
    yield from _gate_lines(run.gates)
    for row in run.rows:
        yield f"  row    {row.set}: {row.path}, line {row.line}, id {row.id}"
    for quarantined in run.quarantined:
        yield f"  kept out by {quarantined.stage}: {quarantined.reason.value}: {quarantined.detail}"
        yield f"         to change that: {REMEDIES[quarantined.reason]}"


def _gate_lines(answers: Sequence[GateAnswer]) -> Iterator[str]:
    """Yield what keeps the run out of each export, then the names of the gates that do not."""
    for (export, runs), of_export in groupby(answers, key=lambda one: (one.export, one.runs)):
        name = f"{export} {' over '.join(runs)}" if runs else f"{export:4}"
        quiet: dict[str, list[str]] = {PASSES: [], OFF: []}
        for one in of_export:
            if one.answer in quiet:
                quiet[one.answer].append(one.gate)
                continue
            yield f"  gate   {name} {one.gate}: {one.answer}"
            yield from (f"         found: {found}" for found in one.evidence)
            if one.remedy:
                yield f"         to change that: {one.remedy}"
        for said, gates in quiet.items():
            if gates and not runs:
                yield f"  gates  {name} {said}: {', '.join(gates)}"
            elif gates and said == PASSES:
                yield f"  gates  {name} passes: {len(gates)} of {len(PAIR_GATES)} gates"


def _evidence_lines(record: EvidenceRecord) -> Iterator[str]:
    yield f"  task   {record.task.task_id or '-'} (digest {record.task.digest[:12]})"
    for verdict in record.verdicts:
        outcome = verdict.outcome.value if verdict.outcome else "left to the policy's thresholds"
        where = verdict.path or "the record"
        yield (
            f"  verdict {verdict.name} = {json.dumps(verdict.value, ensure_ascii=False)} from"
            f" {verdict.origin.value}, at {verdict.pointer or '-'} of {where}: {outcome}"
        )
    if not record.verdicts:
        yield "  verdict none"
    review = {
        "run": record.run_id,
        "content_digest": record.content_digest,
        "decision": "accepted",
        "reviewer": "NAME",
        "time": "YYYY-MM-DDThh:mm:ssZ",
        "note": "",
    }
    yield f"  to decide yourself, add to reviews/decisions.jsonl: {json.dumps(review)}"


def _scored_lines(scored: ScoredRun) -> Iterator[str]:
    yield f"  category {scored.category.value}, by the rule {scored.rule}"
    yield from (f"         {reason}" for reason in scored.reasons)
    if scored.rule in REVIEW_REMEDIES:
        yield f"         to change that: {REVIEW_REMEDIES[scored.rule]}"


def _shown(record: EvidenceRecord) -> dict[str, Any]:
    """Return a record as JSON, without its texts where they may hold what is never shown."""
    texts = ("messages", "text", "tools") if is_private(record) else ()
    return record.as_json() | dict.fromkeys(texts)


def _as_json(run: RunStory) -> dict[str, Any]:
    return {
        "id": run.id,
        "origin": [{**place.as_json(), "excerpt": excerpt} for place, excerpt in run.origin],
        "evidence": run.evidence and _shown(run.evidence),
        "scored": run.scored and run.scored.as_json(),
        "gates": [vars(answer) for answer in run.gates],
        "rows": [vars(row) for row in run.rows],
        "quarantined": [row.as_json() for row in run.quarantined],
    }
