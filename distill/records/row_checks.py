"""Row checks: is a line of an output a row of the schema of its stage and role.

What `distill verify --deep` holds outputs against. No stage runs: the schemas are those of this
package, and the flags that a run allowed are those that its receipt records.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from distill.receipts.receipt import Claim, FileEntry
from distill.records.evidence import EvidenceRecord, Provenance, Verdict
from distill.records.quarantine import Quarantined
from distill.records.record import LineError, Record
from distill.records.samples import PreferenceSample, RagSample, SftSample
from distill.records.scored import ScoredRun

RowCheck: TypeAlias = Callable[[bytes], str | None]

UNATTACHED: Final = "/unattached.jsonl"


class UnattachedVerdict(Record, frozen=True, kw_only=True):
    """A row of ``data/evidence/unattached.jsonl``: a verdict that is for no run, and why.

    `verdicts_for` is the source whose runs were looked through, null for all; `match` is what a
    run had to have.
    """

    source: str
    verdicts_for: str | None
    state: Literal["orphaned", "stale"]
    match: dict[str, str]
    verdict: Verdict
    origin: tuple[Provenance, ...]


ROWS: Final[Mapping[tuple[str, str], type[Record]]] = {
    ("build_evidence_index", "evidence"): EvidenceRecord,
    ("build_evidence_index", "quarantine"): Quarantined,
    ("score_runs", "scored"): ScoredRun,
    ("export_rag", "rows"): RagSample,
    ("export_rag", "quarantine"): Quarantined,
    ("export_sft", "rows"): SftSample,
    ("export_sft", "quarantine"): Quarantined,
    ("export_preference", "rows"): PreferenceSample,
    ("export_preference", "quarantine"): Quarantined,
}


def row_check(claim: Claim, entry: FileEntry) -> RowCheck | None:
    """Return the check of one line (without its newline) of an output; null where none is known.

    The check returns what is wrong with the line, null where it is a row; it quotes nothing of it.
    """
    schema = ROWS.get((claim.stage, entry.role))
    if schema is None or entry.records is None:
        return None
    if schema is EvidenceRecord and entry.path.endswith(UNATTACHED):
        return lambda line: _fault(UnattachedVerdict, line)
    if schema is Quarantined:
        return lambda line: _quarantine_fault(claim.stage, line)
    settings = claim.parameters.get("settings")
    flags = settings if isinstance(settings, Mapping) else {}
    shut = _SHUT.get(schema)
    is_open = shut is None or flags.get(shut[0]) is True
    closed = None if is_open else shut
    return lambda line: _written_fault(schema, line, closed)


#: The flag that lets a category in, and the field that has it: without the flag no row may.
_SHUT: Final[Mapping[type[Record], tuple[str, str, str]]] = {
    RagSample: ("include_review", "category", "needs_human_review"),
    SftSample: ("include_partial", "quality_score", "partially_accepted"),
}


def _fault(schema: type[Record], line: bytes) -> str | None:
    found = _read(schema, line)
    return found if isinstance(found, str) else None


def _quarantine_fault(stage: str, line: bytes) -> str | None:
    row = _read(Quarantined, line)
    if isinstance(row, Quarantined) and row.stage != stage:
        return "/stage: of another stage"
    return row if isinstance(row, str) else _spelling_fault(row, line)


def _written_fault(
    schema: type[Record], line: bytes, shut: tuple[str, str, str] | None
) -> str | None:
    row = _read(schema, line)
    if isinstance(row, str):
        return row
    if shut is not None and getattr(row, shut[1]) == shut[2]:
        return f"/{shut[1]}: {shut[2]}, which the run's flags don't allow"
    return _spelling_fault(row, line)


def _spelling_fault(row: Record, line: bytes) -> str | None:
    """Return that a line has other bytes than the row: a key twice, a number as a text, a space."""
    return None if row.to_line() == line + b"\n" else "is spelt otherwise than a stage writes it"


def _read(schema: type[Record], line: bytes) -> Record | str:
    try:
        return schema.from_line(line)
    except LineError as error:
        return str(error)
