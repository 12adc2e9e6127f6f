"""Source kind ``langfuse``: exports of traces, observations and scores.

A run is a trace. Its conversation is that of its model calls (`distill.sources.model_calls`), its
verdicts are the scores of the trace, of its root and of the step that gave the last answer. A
person's correction is two things: the verdict that the output was not right, and a run of its own,
``<trace>/correction``, with the corrected answer. `docs/sources.md` says what is decided where.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field

from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import QuarantineReason, VerdictOutcome
from distill.sources.guess_verdict import NAME_THE_JUDGE
from distill.sources.langfuse_rows import (
    MOST_OBSERVATIONS,
    Row,
    TraceRows,
    gather,
    kind_of,
    trace_of,
)
from distill.sources.langfuse_scores import (
    corrected,
    corrected_text,
    correction_verdict,
    is_correction,
    observation_of,
    read_langfuse_score,
)
from distill.sources.langfuse_steps import final_text, root_of, steps, tree_of
from distill.sources.messages import violation
from distill.sources.model_calls import last_text
from distill.sources.named_scores import ScoreSettings
from distill.sources.protocol import (
    Answer,
    Framing,
    LooseVerdict,
    NoRun,
    Recognition,
    RecordError,
    RunDraft,
)
from distill.sources.reader import Reader
from distill.sources.settings import read_settings
from distill.sources.traced_conversation import Conversation, conversation_of

_SHARE_KNOWN: Final = 0.9


class LangfuseSettings(FrozenModel):
    """How the export is laid out, and what its scores mean.

    `rows`: ``traces`` where each record is a whole trace, ``grouped`` where observations, traces
    and scores are rows of their own.
    """

    rows: Literal["traces", "grouped"] = "traces"
    layout: Framing = Framing.AUTO
    records_at: str = ""
    scores: dict[str, ScoreSettings] = Field(default_factory=dict)


class Langfuse(Reader):
    """Reads Langfuse's exports."""

    kind: ClassVar[str] = "langfuse"

    def __init__(self, settings: LangfuseSettings) -> None:
        self.settings = settings
        self.framing = settings.layout
        self.records_at = settings.records_at
        self.group_by = "/traceId" if settings.rows == "grouped" else None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; see `LangfuseSettings`."""
        return cls(read_settings(LangfuseSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files of traces, observations or scores; a document is one of one line, or more."""
        kinds = ["document" if _begins_trace(row) else kind_of(row) for row in records]
        known = [kind for kind in kinds if kind is not None]
        if not known or len(known) < _SHARE_KNOWN * len(kinds) or kinds == ["trace"]:
            return None
        note = (
            "verdict: the scores, by name: those that docs/sources.md lists point the right way,"
            " others are undecided until [sources.NAME.scores.SCORE] says what they mean"
        )
        settings: dict[str, Any] = {"rows": "grouped"}
        if set(known) == {"document"}:
            settings = {"rows": "traces"}
            if len(records) == 1:
                settings["layout"] = "document"
        return Recognition(cls.kind, 90, settings, [note, NAME_THE_JUDGE])

    def split(self, row: Any) -> Iterable[tuple[str, Any]]:
        """Yield the row under the id of its trace; of a score of no trace nothing."""
        return [] if self._no_run_kind(row) else [(trace_of(row), row)]

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return the runs of the traces that the rows tell of, and scores of others."""
        no_runs = [kind for row in rows if (kind := self._no_run_kind(row))]
        if len(no_runs) == len(rows):
            return [NoRun(kind) for kind in no_runs]
        if self.group_by is None and any(kind_of(row) == "observation" for row in rows):
            raise violation(
                "observation_alone", 'an observation without its trace: set rows = "grouped"'
            )
        told = gather(row for row in rows if self._no_run_kind(row) is None)
        return [answer for one in told for answer in self._answers(one, path)] or [
            NoRun("score_without_verdict")
        ]

    def _no_run_kind(self, row: Any) -> str | None:
        """Return the kind of a score that is about no one trace; null for all other rows."""
        if kind_of(row) != "score":
            return None
        subject = row.get("subject")
        kind = subject.get("kind") if isinstance(subject, dict) else None
        if kind in ("session", "experiment"):
            return f"{kind}_score"
        if kind is None and not row.get("traceId"):
            is_session = row.get("sessionId") is not None
            return "session_score" if is_session else "experiment_score"
        return None

    def _answers(self, one: TraceRows, path: str) -> Iterator[Answer]:
        if one.holds_a_run:
            yield from self._runs(one)
            return
        for pointer, score in one.scores:
            if observation_of(score) is None:
                verdict = self._loose(score, pointer)
                if verdict is not None:
                    found = verdict.changed(path=path)
                    yield LooseVerdict(match={"run_id": one.identity}, verdict=found)

    def _loose(self, score: Row, pointer: str) -> Verdict | None:
        if is_correction(score):
            return correction_verdict(
                score, pointer, VerdictOutcome.REJECTED, "a person wrote another answer"
            )
        return self._verdict(score, pointer)

    def _verdict(self, score: Row, pointer: str) -> Verdict | None:
        return read_langfuse_score(score, pointer, self.settings.scores)

    def _runs(self, one: TraceRows) -> Iterator[RunDraft]:
        if len(one.observations) >= MOST_OBSERVATIONS:
            raise RecordError(
                QuarantineReason.SCHEMA_VIOLATION,
                "cut_by_export",
                f"{MOST_OBSERVATIONS:,} observations or more: the export stops there unsaid",
            )
        tree = tree_of(one)
        root = root_of(one, tree)
        said = conversation_of(list(steps(one, tree)), tree, final_text(one, root))
        whole = {None, said.last, str(root["id"]) if root else None}
        scores = [score for score in one.scores if observation_of(score[1]) in whole]
        verdicts, text = self._judged(said, scores)
        draft = RunDraft(
            logged_run_id=one.identity,
            messages=said.messages or None,
            tools=said.tools,
            model=said.model,
            verdicts=tuple(verdicts),
            instrument_failure=said.failure,
            cut_short=said.cut_short,
            recorded_at=_moment(one, root),
        )
        yield draft
        if text is not None:
            yield from _correction(one, said, text)

    def _judged(
        self, said: Conversation, scores: Sequence[tuple[str, Row]]
    ) -> tuple[list[Verdict], tuple[str, Row, str] | None]:
        """Return the verdicts, and the newest correction that changes something, with its text."""
        verdicts: list[Verdict] = []
        newest: tuple[str, Row, str] | None = None
        output = last_text(said.messages or ())
        for pointer, score in scores:
            if not is_correction(score):
                verdict = self._verdict(score, pointer)
                verdicts += [verdict] if verdict else []
                continue
            text = corrected_text(score)
            if text is not None and text == output:
                detail, outcome = "a person left the answer as it is", VerdictOutcome.ACCEPTED
            else:
                detail, outcome = "a person wrote another answer", VerdictOutcome.REJECTED
                if text is not None and (newest is None or _when(score) > _when(newest[1])):
                    newest = (pointer, score, text)
            verdicts.append(correction_verdict(score, pointer, outcome, detail))
        return verdicts, newest


def _begins_trace(row: Any) -> bool:
    """Say whether this is, or is the beginning of, a document with one trace."""
    trace = row.get("trace") if isinstance(row, dict) else None
    return isinstance(trace, dict) and "timestamp" in trace and "id" in trace


def _correction(
    one: TraceRows, said: Conversation, found: tuple[str, Row, str]
) -> Iterator[RunDraft]:
    """Yield the run that a correction makes: the same conversation, with the person's answer."""
    pointer, score, text = found
    messages = corrected(said.messages or (), text)
    if messages is None:
        return
    yield RunDraft(
        logged_run_id=f"{one.identity}/correction",
        messages=messages,
        tools=said.tools,
        verdicts=(
            correction_verdict(
                score, pointer, VerdictOutcome.ACCEPTED, "the answer is the person's own"
            ),
        ),
        recorded_at=_when(score) or None,
        pointer=pointer,
    )


def _when(score: Row) -> str:
    for key in ("updatedAt", "timestamp", "createdAt"):
        if isinstance(score.get(key), str):
            return str(score[key])
    return ""


def _moment(one: TraceRows, root: Row | None) -> str | None:
    for found in (one.trace.get("timestamp"), (root or {}).get("startTime")):
        if isinstance(found, str):
            return found
    return None
