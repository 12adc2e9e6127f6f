"""The rows of the exports: schemas that can't hold what may not be there.

This is the firewall's second layer, and it asks nothing of the first: every row carries its
category, the type has no room for one that no flag lets in, and `admit` refuses what the run's own
flags don't allow.

`docs/exports.md` documents the rows. A key is null where the value is unknown, but absent within
messages and metadata: a chat template that asks ``"tool_calls" in message`` must not find a null.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from msgspec import Meta

from distill.records.evidence import Provenance
from distill.records.message import Role
from distill.records.record import Record, encode
from distill.records.taxonomy import Category

SampleId = Annotated[str, Meta(pattern=r"\A(rag|sft|preference)-[0-9a-f]{32}\Z")]
SomeText = Annotated[str, Meta(min_length=1)]
Provenances = Annotated[tuple[Provenance, ...], Meta(min_length=1)]

#: What a category is worth, for the margin of a pair.
CATEGORY_WORTH: Final = {
    Category.ACCEPTED: 1.0,
    Category.PARTIALLY_ACCEPTED: 0.5,
    Category.REJECTED: 0.0,
}

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z")


def row_time(recorded_at: str | None) -> str | None:
    """Return a time with six decimals, or as it stands where it is no RFC 3339 time in UTC.

    Arrow takes a column of whole seconds for timestamps and hands them back in another form.
    """
    found = _TIME.fullmatch(recorded_at or "")
    if found is None:
        return recorded_at
    return f"{found[1]}.{(found[2] or ''):0<6}Z"


class RowFunction(Record, frozen=True, kw_only=True):
    """A called function; in a row its arguments are an object, never a text."""

    name: str
    arguments: dict[str, Any]


class RowToolCall(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One tool call of an assistant's message; without an id where the log has none."""

    type: Literal["function"]
    id: str | None = None
    function: RowFunction


class RowMessage(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One turn as TRL takes it; `content` is "" where the log has null."""

    role: Role
    content: str
    tool_calls: tuple[RowToolCall, ...] | None = None
    name: str | None = None
    tool_call_id: str | None = None


RowMessages = Annotated[tuple[RowMessage, ...], Meta(min_length=1)]


class RagMetadata(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a retriever may filter by: flat, texts only."""

    dataset: str
    source: str
    licence: str
    record_class: str
    role: str
    rendering: str
    task_id: str | None = None
    subject: str | None = None
    model: str | None = None


class RagSample(Record, frozen=True, kw_only=True):
    """One document: the text of one run. The type has no room for ``rejected``."""

    id: SampleId
    text: Annotated[str, Meta(pattern=r"\S")]
    metadata: RagMetadata
    category: Literal["accepted", "partially_accepted", "needs_human_review"]
    source_category: str
    created_at: str | None
    source_run_id: SomeText
    provenance: Provenances

    @classmethod
    def admit(cls, row: Mapping[str, Any], *, include_review: bool) -> Self:
        """Return the row, as it reads once it is written, if the run's flags allow its category.

        Raises:
            ValueError: they don't, or the row is not of this form.
        """
        sample = cls.from_line(encode(row))
        if sample.category == "needs_human_review" and not include_review:
            raise CategoryLeakError(sample.category)
        return sample


class SftSample(Record, frozen=True, kw_only=True):
    """One conversation to imitate; no room for ``rejected`` or ``needs_human_review``."""

    id: SampleId
    messages: Annotated[tuple[RowMessage, ...], Meta(min_length=2)]
    tools: tuple[dict[str, Any], ...] | None
    quality_score: Literal["accepted", "partially_accepted"]
    source_run_id: SomeText
    created_at: str | None
    provenance: Provenances

    def __post_init__(self) -> None:
        """Refuse a conversation that goes on after its last answer."""
        if self.messages[-1].role != "assistant":
            message = "a conversation ends at its last assistant message"
            raise ValueError(message)

    @classmethod
    def admit(cls, row: Mapping[str, Any], *, include_partial: bool) -> Self:
        """Return the row, as it reads once it is written, if the run's flags allow its category.

        Raises:
            ValueError: they don't, or the row is not of this form.
        """
        sample = cls.from_line(encode(row))
        if sample.quality_score == "partially_accepted" and not include_partial:
            raise CategoryLeakError(sample.quality_score)
        return sample


class PairProvenance(Record, frozen=True, kw_only=True):
    """Where both sides of a pair stand."""

    chosen: Provenances
    rejected: Provenances


class PreferenceSample(Record, frozen=True, kw_only=True):
    """One pair in TRL's explicit conversational form: a prompt and two ways to go on.

    `margin` is at least 0, rounded to ten decimals: what `datasets` keeps of a float.
    """

    id: SampleId
    prompt: RowMessages
    chosen: RowMessages
    rejected: RowMessages
    tools: tuple[dict[str, Any], ...] | None
    chosen_category: Literal["accepted"]
    rejected_category: Literal["rejected", "partially_accepted"]
    chosen_run_id: SomeText
    rejected_run_id: SomeText
    margin: Annotated[float, Meta(ge=0)]
    created_at: str | None
    provenance: PairProvenance

    def __post_init__(self) -> None:
        """Refuse a pair of one run, of one text, or whose sides don't begin with an answer."""
        if self.chosen_run_id == self.rejected_run_id or self.chosen == self.rejected:
            message = "a pair has two runs and two texts"
            raise ValueError(message)
        if any(side[0].role != "assistant" for side in (self.chosen, self.rejected)):
            message = "both sides begin with an assistant's turn"
            raise ValueError(message)

    @classmethod
    def admit(cls, row: Mapping[str, Any]) -> Self:
        """Return the row, as it reads once it is written; no flag widens a pair's categories.

        Raises:
            ValueError: the row is not of this form.
        """
        return cls.from_line(encode(row))


class CategoryLeakError(ValueError):
    """A row whose category the run's flags don't allow reached the schema."""

    def __init__(self, category: str) -> None:
        super().__init__(f"the flags of this run don't allow the category {category}")
