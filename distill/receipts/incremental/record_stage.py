"""Record stages: a record in, records out."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distill.receipts.incremental.functions import Made, RecordFunction, Where, made_of
from distill.receipts.incremental.stage import IncrementalStage, Input, Work

if TYPE_CHECKING:  # what only a run needs: a call that is skipped imports none of it
    from distill.receipts.incremental.segments import Segment
    from distill.receipts.report import Report


class Job(NamedTuple):
    """A segment to compute."""

    path: str
    place: Path
    segment: "Segment"


class RecordStage(IncrementalStage):
    """A function of one record, as a stage; see `with_receipt_per_record`."""

    @cached_property
    def record_function(self) -> RecordFunction:
        """The function, and what it asks for."""
        return RecordFunction.of(self.__wrapped__)

    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """Return the function's parameters beside record and place."""
        return self.record_function.parameters

    def maker(self, given: Mapping[str, Any]) -> Callable[[Job], Made]:
        """Return what computes a segment."""
        function = self.record_function
        return lambda job: _make(function, given, job)

    def produce(self, work: Work) -> "Report":
        """Write what every segment gives."""
        from distill.receipts.incremental.keys import Keys  # noqa: PLC0415
        from distill.receipts.incremental.workers import Awaited, in_order  # noqa: PLC0415
        from distill.receipts.report import Report  # noqa: PLC0415

        parts = list(work.parts)
        is_placed = self.record_function.takes_place
        keys = Keys.of(_key(one, segment, is_placed) for one, segment in parts)
        missing = {
            number: Job(one.path, one.place, segment)
            for number in work.running.former.missing(keys)
            for one, segment in [parts[number]]
        }
        jobs = ((job, job.segment.end - job.segment.start) for job in missing.values())
        make = self.maker(work.parameters)

        # Closed here: the traceback of an error would hold it, and its workers with it.
        with closing(in_order(RecordStage.maker, (self, work.parameters), jobs)) as coming:
            awaited: Awaited[Made] = Awaited(missing, coming)

            def make_one(number: int) -> Made:
                if number in awaited:
                    return awaited.of(number)
                one, segment = parts[number]  # written before, and damaged since
                return make(Job(one.path, one.place, segment))

            items = work.writer.write(keys, make_one)
        read = sum(segment.records for _, segment in parts)
        return Report(counts={"read": read, "written": sum(items.records)})


def _key(one: Input, segment: "Segment", is_placed: bool) -> bytes:
    if not is_placed:
        return segment.digest
    place = f"{segment.digest.hex()} {segment.start} {segment.line} {one.path}"
    return sha256(place.encode()).digest()


def _make(function: RecordFunction, given: Mapping[str, Any], job: Job) -> Made:
    from distill.receipts.incremental.segments import read_records  # noqa: PLC0415

    start, lines = job.segment.start, []
    for line, record in enumerate(read_records(job.place, job.segment), job.segment.line + 1):
        end = start + len(record)
        lines += function.lines(record, Where(job.path, line, start, end), given)
        start = end + 1
    return made_of(lines)


def with_receipt_per_record(
    *, stage: str, version: int
) -> Callable[[Callable[..., object]], RecordStage]:
    """Make a stage of a function of one record: ``stage(read=…, write=…)`` runs it over files.

    ``read`` is a file of lines or several, ``write`` a folder, which will hold the records that the
    function returned, in the order of the inputs, in shards. What is asked of the function is told
    in `distill.receipts.incremental.functions`; it must look at nothing but its arguments.

    Law: the bytes of the shards are those of a full rebuild, whatever was kept from earlier runs,
    and for any number of workers.

    Raises:
        ContractError: see `with_receipt`.
    """
    return lambda function: RecordStage(function, stage, version)
