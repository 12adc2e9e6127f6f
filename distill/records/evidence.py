"""An evidence record: one agent run, normalised, with where it came from and what was judged.

Format ``distill.evidence/1``; `docs/evidence-format.md` documents it for people who write it
themselves (source kind ``evidence``).
"""

from typing import Any, Final, Literal

from msgspec import field

from distill.records.message import Message
from distill.records.record import Record
from distill.records.taxonomy import (
    Polarity,
    RecordClass,
    SourceRole,
    VerdictOrigin,
    VerdictOutcome,
)

EVIDENCE_FORMAT: Final = "distill.evidence/1"


class Provenance(Record, frozen=True, kw_only=True):
    """Where a record's bytes stand: a half-open byte range of the decompressed file.

    `path` is ``relative/path`` or ``root:relative/path``, never absolute. `line` counts from 1 and
    is null where records are no lines. `pointer` is the RFC 6901 pointer from the file's document
    to the run ("" for a whole line). `blake3` is that of the raw bytes of the record.
    """

    source: str
    path: str
    start: int
    end: int
    line: int | None = None
    pointer: str = ""
    blake3: str


class Verdict(Record, frozen=True, kw_only=True):
    """Somebody's judgement of a run: the value as found, and what its source's map makes of it.

    `outcome` is null where the scoring policy has to decide from thresholds named by `name`.
    `pointer` says where in its record the value stood; `path` names the file of a joined verdict.
    `judge` is the model that judged, null where none did or the log does not name it.
    """

    name: str
    value: Any
    origin: VerdictOrigin
    polarity: Polarity = Polarity.HIGHER_IS_BETTER
    outcome: VerdictOutcome | None = None
    pointer: str = ""
    path: str | None = None
    detail: str = ""
    judge: str | None = None


class TaskIdentity(Record, frozen=True, kw_only=True):
    """What several runs tried to do.

    `digest` (64 hex) is over the fields that the source declares, the prompt only where it
    declares none. `key` is the digest of all three and is what runs are grouped by.
    """

    dataset: str
    task_id: str | None
    digest: str
    key: str


class Mark(Record, frozen=True, kw_only=True):
    """Where in a run's texts a rule found something; never what it found.

    `at` is the RFC 6901 pointer from the evidence record to the text, such as
    ``/messages/2/content``; `in_key` where it is the member's name that holds the finding, not its
    value. `start` and `end` are characters (code points) of that text, half-open.
    """

    rule: str
    at: str
    start: int
    end: int
    in_key: bool = False


class Observation(Record, frozen=True, kw_only=True):
    """What one gate needs to know of a run's texts, found when the evidence is built.

    `version` is that of the rule. `undecided` says why the gate could not judge, null where it
    could. `numbers` and `names` are what the gate's settings are compared with (lengths, shares,
    digests, names of listed items): numbers are whole, and neither quotes the run.
    """

    version: int
    undecided: str | None = None
    marks: tuple[Mark, ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Facts(Record, frozen=True, kw_only=True):
    """What scoring, gates and pairing need of a run's text, computed once, with the evidence.

    `output_digest`: over everything from the first assistant message to the last, or the text;
    null where that is blank, or the agent handed in nothing. `prompt_digest`: over the messages
    before the first assistant's.
    `hallucinated_paths`: named in the run, in neither the repository nor made by the run; null
    where the source gives no listing, so nothing was checked. `text_chars`: characters of the RAG
    rendering. `observed`: by gate, what its observer found; a gate with nothing to tell is left
    out, and `observers` is the version of the table of all observers that were asked, null where
    none was.
    """

    output_digest: str | None
    prompt_digest: str | None
    output_chars: int
    text_chars: int
    hallucinated_paths: tuple[str, ...] | None = None
    answer_key_in_prompt: bool = False
    tools_unknown: bool = True
    observers: int | None = None
    observed: dict[str, Observation] = field(default_factory=dict)


class EvidenceRecord(Record, frozen=True, kw_only=True):
    """One agent run.

    A run has `messages`, or `text`, or neither (then every exporter says ``empty_content``).
    `run_id` is ``<dataset>/<logged id>``, or ``<dataset>/<digest>`` where the log has none; it
    never depends on a path. `tools` null means that the log does not say which tools were offered.
    `recorded_at` is RFC 3339 in UTC, from the log, null where the log has none.
    `repository` is what the task table says that the task is about.
    `content_digest` is over task, messages, text and tools, never over verdicts or places: it is
    what a reviewer names as seen, and what tells a run logged twice from two runs under one id.
    `provenance` holds one entry a raw record that tells of this run: several for a run logged twice
    or spread over many rows.
    """

    format: Literal["distill.evidence/1"] = EVIDENCE_FORMAT
    run_id: str
    logged_run_id: str | None
    dataset: str
    source: str
    source_category: str
    record_class: RecordClass = RecordClass.VERDICT_BEARING
    role: SourceRole
    licence: str
    task: TaskIdentity
    subject: str | None = None
    repository: str | None = None
    messages: tuple[Message, ...] | None = None
    text: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    model: str | None = None
    verdicts: tuple[Verdict, ...] = ()
    instrument_failure: str | None = None
    recorded_at: str | None = None
    content_digest: str
    provenance: tuple[Provenance, ...]
    facts: Facts
