"""A scored run: ids and the decision, never a text. Format ``distill.scored/1``."""

import re
from typing import Any, Final, Literal

from distill.records.evidence import TaskIdentity
from distill.records.record import Record
from distill.records.taxonomy import Category, RecordClass, SourceRole, VerdictOrigin

SCORED_FORMAT: Final = "distill.scored/1"


class EvidenceRef(Record, frozen=True, kw_only=True):
    """Where a run's evidence line stands: file in the workspace, half-open byte range, BLAKE3."""

    path: str
    start: int
    end: int
    blake3: str


class DecidingVerdict(Record, frozen=True, kw_only=True):
    """The verdict that decided, or that dissented: its name, origin and value as found."""

    name: str
    origin: VerdictOrigin
    value: Any


class NearDuplicates(Record, frozen=True, kw_only=True):
    """That other runs are like this one in every facet asked for (`distill.firewall.facets`).

    `kept` is the run that stands for all of them, this one or another. `clusters`: by facet, the
    digest of the first text of the cluster. `similarity`, in per mille by facet, is that with
    another run that is kept.
    """

    kept: str
    clusters: dict[str, str]
    similarity: dict[str, int]


class ScoredRun(Record, frozen=True, kw_only=True):
    """The category of one run, the rule that decided and why.

    `reward` is the deciding verdict's value where it is a number. `instrument_failure` says which
    instrument failed, where one did. `parent_run_ids` are the runs whose verdict an
    extraction-class record took. `near_duplicates` is null where no other run is like this one,
    or nobody looked. `split_floor` is the least position (`distill.firewall.splits`) of the groups
    whose prompts are like this run's, null where its own is that or no set has splits.
    """

    format: Literal["distill.scored/1"] = SCORED_FORMAT
    run_id: str
    dataset: str
    source: str
    source_category: str
    record_class: RecordClass
    role: SourceRole
    task: TaskIdentity
    subject: str | None
    category: Category
    rule: str
    reasons: tuple[str, ...]
    decided_by: DecidingVerdict | None
    dissent: tuple[DecidingVerdict, ...] = ()
    reward: float | None = None
    instrument_failure: str | None = None
    parent_run_ids: tuple[str, ...] = ()
    output_digest: str | None
    near_duplicates: NearDuplicates | None = None
    split_floor: int | None = None
    evidence: EvidenceRef


_REF: Final = b',"evidence":{"path":'
_DIGEST: Final = b'"blake3":'
_RANGE: Final = re.compile(rb'"start":(\d+),"end":(\d+),\Z')


def without_place(line: bytes) -> bytes:
    """Return the line of a scored run without the place of its evidence, whose digest stays.

    Law: lines that differ in that place alone become equal, and no others. The reference is the
    last field; no text can hold its name, since a quote within a text is escaped. What is no such
    line is returned as it is.
    """
    at, digest = line.rfind(_REF), line.rfind(_DIGEST)
    return line[:at] + line[digest:] if 0 <= at < digest else line


def evidence_bytes(line: bytes) -> int:
    """Return how many bytes the evidence of a scored run has; none where a line is no such run."""
    at, digest = line.rfind(_REF), line.rfind(_DIGEST)
    found = _RANGE.search(line, at, digest) if 0 <= at < digest else None
    return 0 if found is None else int(found[2]) - int(found[1])
