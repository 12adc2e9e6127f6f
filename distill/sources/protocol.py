"""What a source is: the values that go in and come out, and the protocol that a reader keeps.

The rules that every reader keeps, and that `distill.sources.conformance` checks:

1. Pure: the same bytes and settings give the same answers; no file, clock or network.
2. Every raw record is answered: by runs, by a named kind of no-run, by loose verdicts, or by
   raising `RecordError`; never by silence.
3. An answer key (gold patch, reference solution, a simulated user's secret script) is named in
   `RunDraft.answer_keys` and stands in no message, text or tool.
4. A verdict keeps the value as found; a value that the map does not know is `unreadable`.
5. An instrument's failure is never a rejection.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol, Self, runtime_checkable

from msgspec import Struct

from distill.records.evidence import Verdict
from distill.records.message import Message
from distill.records.taxonomy import QuarantineReason, RecordClass


class Framing(StrEnum):
    """How a file falls into raw records.

    `auto`: lines, unless the document is one JSON array (its elements) or one JSON object over
    several lines (its members). `document`: the whole file is one record.
    """

    AUTO = "auto"
    LINES = "lines"
    ARRAY = "array"
    MEMBERS = "members"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a file falls into records that share a header: a JSON object, or a zip archive.

    The records are the elements of the object's member named `records`, or the archive's members
    ``<records>/….json``. All other members are records too, of the kind of no run `ENVELOPE_KIND`.
    `context` names those that a reader needs beside each record: of each group the first that is
    there; a file without any of the first group is refused. A reader is then given
    ``[row, {name: value}]``, and a run's provenance lists the record and its context.

    The decompressed file of an archive is its members' bytes one after another, in the order of
    the archive's directory (what ``unzip -p`` prints); of a member that can't be read, the size
    that the directory claims is passed over.
    `nan_as_text`: the format's writer writes NaN and Infinity as bare words; they are read as the
    texts "NaN", "Infinity" and "-Infinity".
    """

    records: str
    context: tuple[tuple[str, ...], ...]
    nan_as_text: bool = False


ENVELOPE_KIND: Final = "envelope"


class RawRecord(Struct, frozen=True):
    """One record's bytes and where they stand in the decompressed file (half-open range).

    `line` counts from 1, null where records are no lines. `pointer` is RFC 6901 within the document
    (such as ``/17`` for the 18th element of an array), "" for lines and whole documents; of an
    archive it begins with the member's name, as if the archive were an object of documents.
    `context` and `is_envelope`: see `Envelope`.
    """

    data: bytes
    start: int
    end: int
    line: int | None
    pointer: str
    blake3: str
    context: tuple["RawRecord", ...] = ()
    is_envelope: bool = False


class BadFrame(Struct, frozen=True):
    """A stretch of a file that can't be cut into a record, or is too long to hold in memory.

    It is quarantined as `schema_violation` with this rule and detail. `blake3` is that of the bytes
    of the range, computed while they streamed by; of an archive's member that can't be read, that
    of its compressed bytes, and of an archive that can't be read, that of the file.
    """

    start: int
    end: int
    line: int | None
    pointer: str
    blake3: str
    rule: str
    detail: str


class RecordError(Exception):
    """A record that can't be used: it goes to quarantine with this reason, rule and detail."""

    def __init__(self, reason: QuarantineReason, rule: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.rule = rule
        self.detail = detail


class RunDraft(Struct, frozen=True, kw_only=True):
    """One run as its reader found it, before ids and digests.

    `logged_run_id`: the log's own id, null where the format has none. `trial`: the log's number of
    the attempt, null where it has none. `task_fields`: JSON values over which the task digest goes;
    null means "the prompt". `pointer` is from the raw record to the run, from the first one where
    several make a run. `answer_keys` are texts that may stand nowhere in a prompt. `recorded_at` is
    as found (see `timestamps.to_utc`). `is_empty_handed`: the agent handed in nothing, such as no
    patch, whatever it said on the way; the run has no output then.
    `cut_short`: what ended the run before its agent did, such as a limit or the finish reason
    ``length``; null where the log does not say that anything did.
    `is_observed`: the format says that the user's turns which answer the agent's are what its
    actions led to, and nobody's words.
    """

    logged_run_id: str | None = None
    task_id: str | None = None
    task_fields: tuple[Any, ...] | None = None
    trial: str | None = None
    subject: str | None = None
    source_category: str | None = None
    record_class: RecordClass = RecordClass.VERDICT_BEARING
    messages: tuple[Message, ...] | None = None
    text: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    model: str | None = None
    verdicts: tuple[Verdict, ...] = ()
    instrument_failure: str | None = None
    recorded_at: str | int | float | None = None
    pointer: str = ""
    is_empty_handed: bool = False
    answer_keys: tuple[str, ...] = ()
    cut_short: str | None = None
    is_observed: bool = False


@dataclass(frozen=True, slots=True)
class NoRun:
    """A record that is no run, such as a header or a configuration object; `kind` is counted."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseVerdict:
    """A verdict to attach to runs of other records.

    `match` holds what a run must have: any of ``run_id`` (with or without its dataset),
    ``task_id``, ``model``, ``dataset``, ``subject``, and ``has_output`` ("true" where the run's
    `facts.output_digest` is no null, else "false"). `content_digest`, where given, is what the
    judge saw: a run with another one makes the verdict stale.
    """

    match: Mapping[str, str]
    verdict: Verdict
    content_digest: str | None = None
    pointer: str = ""


Answer = RunDraft | NoRun | LooseVerdict


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a source makes of the beginning of a file that `distill init` was given.

    `confidence` 0..100; `settings` is the source's table for `distill.toml`; `notes` are sentences
    for the user (share of rows that each pointer fills, sample values, that no verdict was found).
    """

    kind: str
    confidence: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class JoinedFiles:
    """Files beside a source's own that hold verdicts on its runs, and the reader for them."""

    paths: tuple[str, ...]
    reader: "Source"


class Source(Protocol):
    """A reader of one log format, made from its table in `distill.toml`.

    A reader may also have `text_suffixes`, such as ``(".md",)``: a file so named, also gzipped, is
    one text and no JSON, and its row is ``{"text": …}``. Its `framing` is then `document`.
    """

    kind: ClassVar[str]
    #: RFC 6901 pointer to the array or object whose elements are the records; "" is the document.
    records_at: str
    verdict_only: bool
    joined: tuple[JoinedFiles, ...]
    #: Where the group key is if many rows make one run, else null: a pointer, or ``@file``,
    #: ``@folder``, ``@path`` (`distill.sources.places`); the pointer `order_by` sorts a group.
    group_by: str | None
    order_by: str | None

    @property
    def framing(self) -> Framing | Envelope:
        """How the files fall into records."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader for a source's own settings (the keys that are not every source's).

        Raises:
            ConfigurationError: a key is unknown (the nearest known is named), or a value wrong.
        """

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:
        """Say whether these parsed records, the first of the file at `path`, are of this format."""

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return what one raw record (or one group of rows, in order) holds.

        `rows` are parsed JSON values: one, or all of a group, or with an `Envelope` one and its
        context. `path` is the recorded path of the file, for formats that name the model or the
        setting in it.

        Raises:
            RecordError: the record can't be used.
        """


@runtime_checkable
class SplittingSource(Protocol):
    """A reader with `group_by` whose raw records hold rows of many runs, or name them in many ways.

    It gives the keys itself; `group_by` then only says that rows are gathered.
    """

    def split(self, row: Any) -> Iterable[tuple[str, Any]]:
        """Yield each run's key and a row with what this record tells of it; of each run one.

        Law: `answer` gives the same run from the rows as from the records that they were split of.
        A record that gives none is answered by itself, with a named kind of no-run.

        Raises:
            RecordError: the record can't be used.
        """


@runtime_checkable
class PathGroupingSource(Protocol):
    """A reader with `group_by` that knows by a file's path which run its records belong to."""

    def group_of(self, path: str) -> str:
        """Return the run's key of a file at this recorded path."""
