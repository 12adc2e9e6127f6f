"""From raw records to evidence once more: source → assemble, on the records of a proof alone.

What only all records together tell is not worked out again, and said: the number of a run among
identical ones, a verdict from another file. A run logged several times is merged again from its
records, which the proof holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from distill.errors import ConfigurationError, DistillError
from distill.lineage.proof import Hop, RunHops
from distill.lineage.recorded import recorded_job
from distill.receipts.digest import digest_bytes, digest_file
from distill.receipts.receipt import Receipt
from distill.receipts.workspace import Workspace
from distill.records.evidence import EvidenceRecord, Provenance, Verdict
from distill.sources.assemble import AssembledRun
from distill.sources.envelope import is_record
from distill.sources.protocol import (
    Envelope,
    Framing,
    RawRecord,
    RecordError,
    RunDraft,
    Source,
)
from distill.sources.row_reader import RowReader
from distill.sources.rows import split_row
from distill.stages.assembling import RunAssembler
from distill.stages.jobs import SourceJob
from distill.stages.surroundings import Surroundings, read_surroundings
from distill.stages.twins import with_twins
from distill.workspace.checkout import list_checkout


class NotReplayedError(Exception):
    """A step can't be run again here; the message says why."""


@dataclass(frozen=True)
class EvidenceAgain:
    """The evidence of one run, made again; ``beside`` tells what other records brought to it."""

    record: EvidenceRecord
    beside: tuple[str, ...]


def evidence_again(
    run: RunHops, told: EvidenceRecord, receipt: Receipt, workspace: Workspace | None
) -> EvidenceAgain:
    """Return the evidence that the raw records of a proof give; ``told`` is what the proof holds.

    Raises:
        NotReplayedError: something is needed that is not here, or the records give no such run.
    """
    reader = _Reader(receipt, workspace)
    first, *others = reader.runs(run, told)
    own = list(first.record.verdicts)
    for other in others:
        own += [verdict for verdict in other.record.verdicts if verdict not in own]
    joined = told.verdicts[len(own) :]
    if any(verdict.path is None for verdict in joined):
        joined = ()
    is_numbered = first.numbered and told.run_id != first.record.run_id
    again = with_twins(first.record, [other.record for other in others]).changed(
        run_id=told.run_id if is_numbered else first.record.run_id,
        verdicts=(*own, *joined),
        provenance=told.provenance,
    )
    return EvidenceAgain(again, tuple(_beside(joined, is_numbered=is_numbered)))


def _beside(joined: tuple[Verdict, ...], *, is_numbered: bool) -> Iterator[str]:
    if is_numbered:
        yield "its number among identical records was not worked out again"
    for verdict in joined:
        yield f"the verdict {verdict.name!r} from {verdict.path} was not attached again"


class _Reader:
    """Reads raw records as the jobs of one evidence receipt say."""

    def __init__(self, receipt: Receipt, workspace: Workspace | None) -> None:
        self._receipt = receipt
        self._workspace = workspace

    def runs(self, run: RunHops, told: EvidenceRecord) -> Iterator[AssembledRun]:
        """Yield the run that each raw record gives, or that all rows of its group give."""
        job = recorded_job(self._receipt, told.source)
        if job.reader().group_by:
            yield self._run(job, run.raw, told.provenance, told)
            return
        for raw, places in self._logged(run, told):
            yield self._run(recorded_job(self._receipt, places[0].source), raw, places, told)

    def _logged(
        self, run: RunHops, told: EvidenceRecord
    ) -> Iterator[tuple[tuple[Hop, ...], tuple[Provenance, ...]]]:
        """Yield each record that tells of the run, with the context that follows it."""
        begins = [number for number, place in enumerate(told.provenance) if self._begins(place)]
        for begin, end in pairwise([*begins, len(told.provenance)]):
            yield run.raw[begin:end], told.provenance[begin:end]

    def _begins(self, place: Provenance) -> bool:
        framing = recorded_job(self._receipt, place.source).reader().framing
        return isinstance(framing, Framing) or is_record(place.pointer, framing)

    def _run(
        self,
        job: SourceJob,
        raw: tuple[Hop, ...],
        places: tuple[Provenance, ...],
        told: EvidenceRecord,
    ) -> AssembledRun:
        source = job.reader()
        assembler = RunAssembler(job, source, self._surroundings(job))
        try:
            rows = _rows(source, raw, places)
            drafts = list(_drafts(source, rows, places[0].path))
            fit = [draft for draft in drafts if places[0].pointer.endswith(draft.pointer)]
            runs = [assembler.run(d, places) for d in sorted(fit, key=_pointer_length)]
        except RecordError as error:
            raise NotReplayedError(f"the source refuses the record: {error.detail}") from error
        found = assembler.observed(runs)
        same = [one for one in found if one.record.content_digest == told.content_digest]
        if not found:
            raise NotReplayedError("the source makes no run of the record")
        named = [one for one in same if one.record.logged_run_id == told.logged_run_id]
        return (named or same or found)[-1]

    def _surroundings(self, job: SourceJob) -> Surroundings:
        try:
            return read_surroundings(job, self._files(job))
        except ConfigurationError as error:
            raise NotReplayedError(error.message) from error

    def _files(self, job: SourceJob) -> Mapping[str, Path]:
        """Return what surrounds the runs, if it is here and is what the receipt names."""
        files = {path: self._file(path) for path in job.around}
        if job.checkout is not None:
            folder = self._place(job.checkout)
            listing = "\n".join(list_checkout(folder)) if folder.is_dir() else ""
            if digest_bytes(listing.encode()).hex != job.checkout_digest:
                raise NotReplayedError(f"the checkout {job.checkout} is not the one that was read")
            files[job.checkout] = folder
        return files

    def _file(self, path: str) -> Path:
        place = self._place(path)
        named = {entry.blake3 for entry in self._receipt.claim.inputs if entry.path == path}
        try:
            is_named = place.is_file() and digest_file(place) in named
        except DistillError:
            is_named = False
        if not is_named:
            raise NotReplayedError(f"it needs {path} as its receipt names it, which is not here")
        return place

    def _place(self, path: str) -> Path:
        if self._workspace is None:
            raise NotReplayedError(f"it needs {path}: run this in the workspace")
        try:
            return self._workspace.resolve(path)
        except DistillError as error:
            raise NotReplayedError(f"it needs {path}: {error.message}") from error


def _rows(source: Source, raw: tuple[Hop, ...], places: tuple[Provenance, ...]) -> list[Any]:
    """Return the rows of a run: a record and its context, or all rows of its group."""
    records = list(map(_raw_record, raw, places))
    if isinstance(source.framing, Envelope):
        records = [replace(records[0], context=tuple(records[1:]))]
    reader = RowReader(source)
    found = zip(records, places, strict=False)
    return [row for record, place in found for row in reader.rows(place.path, record)]


def _raw_record(hop: Hop, place: Provenance) -> RawRecord:
    places = (place.start, place.end, place.line, place.pointer, place.blake3)
    return RawRecord(hop.record, *places)


def _drafts(source: Source, rows: Sequence[Any], path: str) -> Iterator[RunDraft]:
    """Yield the runs of these rows; rows that tell of several are split, as when they were read.

    Raises:
        RecordError: none of what they tell of is a run that can be read.
    """
    groups: dict[str, list[Any]] = {}
    for row in rows:
        for key, part in split_row(source, row, path) if source.group_by else [("", row)]:
            groups.setdefault(str(key), []).append(part)
    refused: RecordError | None = None
    answered = 0
    for group in groups.values():
        try:
            answers = list(source.answer(group, path=path))
        except RecordError as error:
            # The other records of this group need not be in the proof: it may be no whole run.
            refused = error
            continue
        for answer in answers:
            if isinstance(answer, RunDraft):
                answered += 1
                yield answer
    if refused is not None and not answered:
        raise refused


def _pointer_length(draft: RunDraft) -> int:
    return len(draft.pointer)
