"""Source kind ``evidence``: the project's own format, one run a line, ``distill.run/1``.

`docs/evidence-format.md` documents it. It is what a person or a logger writes; ids, digests and
facts are worked out when it is read.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final, Literal

from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import (
    Polarity,
    QuarantineReason,
    RecordClass,
    VerdictOrigin,
    VerdictOutcome,
)
from distill.sources.conversation import read_tools, scalar_text
from distill.sources.messages import read_messages
from distill.sources.protocol import (
    Answer,
    Framing,
    Recognition,
    RecordError,
    RunDraft,
)
from distill.sources.reader import FixedReader
from distill.sources.row_model import read_model

FORMAT: Final = "distill.run/1"


class TaskRow(FrozenModel):
    """What the run tried to do: an id, and what else tells tasks apart, else the prompt."""

    id: str | int | None = None
    fields: Any = None


class VerdictRow(FrozenModel):
    """A judgement; `outcome` may be left out for true, false and the names of outcomes.

    `judge` is the model that judged, where one did.
    """

    name: str
    value: Any
    origin: VerdictOrigin
    outcome: VerdictOutcome | None = None
    polarity: Polarity = Polarity.HIGHER_IS_BETTER
    detail: str = ""
    judge: str | None = None


class RunRow(FrozenModel):
    """One line of the format."""

    format: Literal["distill.run/1"] = "distill.run/1"
    run_id: Any = None
    task: TaskRow = TaskRow()
    trial: str | int | None = None
    subject: str | None = None
    source_category: str | None = None
    record_class: RecordClass = RecordClass.VERDICT_BEARING
    messages: list[Any] | None = None
    text: str | None = None
    tools: list[dict[str, Any]] | None = None
    model: str | None = None
    verdicts: tuple[VerdictRow, ...] = ()
    instrument_failure: str | None = None
    recorded_at: str | int | float | None = None
    answer_keys: tuple[str, ...] = ()
    cut_short: str | None = None


class Evidence(FixedReader):
    """Reads ``distill.run/1``."""

    kind: ClassVar[str] = "evidence"
    framing = Framing.LINES

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files whose first row names the format."""
        first = records[0] if records else None
        if not isinstance(first, dict) or first.get("format") != FORMAT:
            return None
        return Recognition(cls.kind, 100, {}, ())

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the row's one run."""
        return [_draft(row) for row in rows]


def _draft(row: Any) -> RunDraft:
    run = read_model(RunRow, row, "evidence_format")
    run_id = scalar_text(run.run_id)
    if run_id is None:
        raise RecordError(
            QuarantineReason.MISSING_SOURCE_RUN_ID, "run_id", "run_id is absent or blank"
        )
    return RunDraft(
        logged_run_id=run_id,
        task_id=scalar_text(run.task.id),
        task_fields=None if run.task.fields is None else (run.task.fields,),
        trial=scalar_text(run.trial),
        subject=run.subject,
        source_category=run.source_category,
        record_class=run.record_class,
        messages=None if run.messages is None else read_messages(run.messages) or None,
        text=run.text if not run.messages else None,
        tools=read_tools(run.tools),
        model=run.model,
        verdicts=tuple(_verdict(verdict, i) for i, verdict in enumerate(run.verdicts)),
        instrument_failure=run.instrument_failure,
        recorded_at=run.recorded_at,
        answer_keys=run.answer_keys,
        cut_short=run.cut_short,
    )


def _verdict(row: VerdictRow, index: int) -> Verdict:
    return Verdict(
        name=row.name,
        value=row.value,
        origin=row.origin,
        polarity=row.polarity,
        outcome=row.outcome or outcome_of(row.value),
        pointer=f"/verdicts/{index}/value",
        detail=row.detail,
        judge=row.judge,
    )


def outcome_of(value: Any) -> VerdictOutcome | None:
    """Return what a value says by itself: booleans and outcome names; null for a number."""
    if isinstance(value, bool):
        return VerdictOutcome.ACCEPTED if value else VerdictOutcome.REJECTED
    if isinstance(value, int | float):
        return None
    is_known = isinstance(value, str) and value in set(VerdictOutcome)
    return VerdictOutcome(value) if is_known else VerdictOutcome.UNREADABLE
