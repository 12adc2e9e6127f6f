"""Gate: there is something to learn from: for RAG a text, for training a prompt and an answer."""

from collections.abc import Sequence

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.message import PROMPTING_ROLES, Message, first_turn
from distill.records.taxonomy import QuarantineReason


def check_text(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where the run has a turn or a text that says something."""
    record = candidate.evidence
    if record.messages is not None:
        is_blank = all(message.is_blank for message in record.messages)
    else:
        is_blank = not (record.text or "").strip()
    return _empty("no_text", "neither a turn nor a text says anything") if is_blank else None


def check_conversation(
    candidate: RunCandidate,
    settings: GateSettings,  # noqa: ARG001
) -> Finding | None:
    """Pass where a prompt that says something stands before an answer that says something."""
    messages = candidate.evidence.messages
    if messages is None:
        return _empty("no_conversation", "the log holds no conversation")
    if not _says(messages, ("assistant",)):
        return _empty("no_answer", "no assistant's turn says anything")
    if not _says(messages[: first_turn(messages)], PROMPTING_ROLES):
        return _empty("no_prompt", "no prompt stands before the first assistant's turn")
    return None


def _says(messages: Sequence[Message], roles: Sequence[str]) -> bool:
    """Say whether a turn of one of some roles says anything."""
    for message in messages:  # noqa: SIM110 - a generator takes twice as long
        if message.role in roles and not message.is_blank:
            return True
    return False


def _empty(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.EMPTY_CONTENT, rule, detail)
