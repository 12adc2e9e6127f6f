"""Source kind ``reviews``: people's decisions, one a line, the highest rank of verdict.

A line is ``{run, decision, reviewer, time, content_digest, note}``. `content_digest` is that of the
evidence that the reviewer saw: once the run's content is another one, the decision is stale.
Without it the decision holds whatever the content. The note stays in the log.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from pydantic import Field

from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.taxonomy import Category, VerdictOrigin, VerdictOutcome
from distill.sources.messages import violation
from distill.sources.protocol import Answer, Framing, LooseVerdict, Recognition
from distill.sources.reader import FixedReader
from distill.sources.row_model import read_model
from distill.sources.timestamps import to_utc

#: A reviewer who leaves a run open says something, so it outranks what others said: `unreadable`.
DECISIONS: Final[Mapping[Category, VerdictOutcome]] = {
    Category.ACCEPTED: VerdictOutcome.ACCEPTED,
    Category.PARTIALLY_ACCEPTED: VerdictOutcome.PARTIALLY_ACCEPTED,
    Category.REJECTED: VerdictOutcome.REJECTED,
    Category.NEEDS_HUMAN_REVIEW: VerdictOutcome.UNREADABLE,
}


class ReviewRow(FrozenModel):
    """One line of a reviews file."""

    run: str = Field(min_length=1)
    decision: Category
    reviewer: str = Field(min_length=1)
    time: str
    content_digest: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    note: str = ""


class Reviews(FixedReader):
    """Reads people's decisions."""

    kind: ClassVar[str] = "reviews"
    framing = Framing.LINES
    verdict_only = True

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files whose rows name a run, a decision and a reviewer."""
        needed = {"run", "decision", "reviewer"}
        if not records or not all(isinstance(r, dict) and r.keys() >= needed for r in records):
            return None
        return Recognition(cls.kind, 98, {}, ("verdicts only: they attach to runs by id",))

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return the row's decision."""
        return [_verdict(row, path) for row in rows]


def _verdict(row: Any, path: str) -> LooseVerdict:
    review = read_model(ReviewRow, row, "review_format")
    time = to_utc(review.time)
    if time is None:
        raise violation("review_format", "/time: not a time in RFC 3339")
    verdict = Verdict(
        name="review",
        value=review.decision.value,
        origin=VerdictOrigin.HUMAN_REVIEW,
        outcome=DECISIONS[review.decision],
        pointer="/decision",
        path=path,
        detail=f"{review.reviewer}, {time}",
    )
    return LooseVerdict(
        match={"run_id": review.run},
        verdict=verdict,
        content_digest=review.content_digest,
        pointer="/decision",
    )
