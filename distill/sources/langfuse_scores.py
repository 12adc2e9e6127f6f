"""Langfuse's scores: whose word they are, what they are about, and people's corrections.

`source` says who: ANNOTATION a person, EVAL a model that judges, API whoever called it: that ranks
lowest unless the settings say more. A score is about a trace, or about an observation; about a
session or an experiment it says nothing of one run.
"""

from collections.abc import Mapping
from typing import Any, Final

from distill.records.evidence import Verdict
from distill.records.message import Message
from distill.records.taxonomy import Polarity, VerdictOrigin, VerdictOutcome
from distill.sources.chat_values import Reading, read_chat
from distill.sources.conversation import filled_text
from distill.sources.langfuse_rows import Row
from distill.sources.model_calls import last_text
from distill.sources.named_scores import FoundScore, ScoreSettings, read_score

CORRECTION: Final = "CORRECTION"
_LABELLED: Final = "CATEGORICAL"
_ORIGINS: Final = {
    "ANNOTATION": VerdictOrigin.HUMAN_FEEDBACK,
    "EVAL": VerdictOrigin.MODEL_JUDGE,
    "API": VerdictOrigin.HEURISTIC,
}


def observation_of(score: Row) -> str | None:
    """Return the observation that a score is about; null where it is about the whole trace."""
    subject = score.get("subject")
    if isinstance(subject, dict):
        found = subject.get("id") if subject.get("kind") == "observation" else None
    else:
        found = score.get("observationId")
    return found if isinstance(found, str) and found else None


def is_correction(score: Row) -> bool:
    """Say whether a score is a person's rewriting of an output."""
    return score.get("dataType") == CORRECTION


def corrected_text(score: Row) -> str | None:
    """Return the text of a correction; null where it holds none that can be read."""
    for key in ("longStringValue", "stringValue", "value"):
        value = filled_text(score.get(key))
        if value is not None:
            chat = read_chat(value, speaker="assistant")
            return None if chat.reading is Reading.UNREADABLE else last_text(chat.messages)
    return None


def read_langfuse_score(
    score: Row, pointer: str, settings: Mapping[str, ScoreSettings]
) -> Verdict | None:
    """Return the verdict of a score; null where it says nothing of the run (a text, an ignored)."""
    kind, name = score.get("dataType"), score.get("name")
    if kind == "TEXT" or not isinstance(name, str) or not name.strip():
        return None
    origin = _ORIGINS.get(str(score.get("source")), VerdictOrigin.HEURISTIC)
    value, label = _value_of(score)
    return read_score(
        FoundScore(
            name=name,
            value=value,
            label=label,
            origin=origin,
            pointer=f"{pointer}/{'value' if label is None else _label_key(score)}",
        ),
        settings,
    )


def correction_verdict(score: Row, pointer: str, outcome: VerdictOutcome, detail: str) -> Verdict:
    """Return what a correction says of a run: its text stays in the log."""
    return Verdict(
        name="correction",
        value=CORRECTION,
        origin=_ORIGINS.get(str(score.get("source")), VerdictOrigin.HUMAN_FEEDBACK),
        polarity=Polarity.HIGHER_IS_BETTER,
        outcome=outcome,
        pointer=f"{pointer}/dataType",
        detail=detail,
    )


def corrected(messages: tuple[Message, ...], text: str) -> tuple[Message, ...] | None:
    """Return a conversation with its last answer rewritten; null where it ends in no answer."""
    last = messages[-1] if messages else None
    if last is None or last.role != "assistant" or last.tool_calls or last.is_blank:
        return None
    return (*messages[:-1], last.changed(content=text))


def _value_of(score: Row) -> tuple[Any, str | None]:
    """Return a score's number and its label; a truth is a number, as Langfuse stores it."""
    value = score.get("value")
    if score.get("dataType") == _LABELLED or isinstance(value, str):
        label = score.get("stringValue") or value
        return None, label if isinstance(label, str) else None
    return value, None


def _label_key(score: Row) -> str:
    return "stringValue" if score.get("stringValue") else "value"
