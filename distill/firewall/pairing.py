"""Gate: both sides answer the same prompt, and the rejected one was really judged.

The prompt is the longest common beginning of both conversations. An assistant's turn must follow it
on both sides: where a user, or a tool, says something else first, the runs differ by their
surroundings and not by a choice of the model.
"""

from distill.firewall.conversation import common_beginning, to_last_turn
from distill.firewall.finding import Finding, GateSettings, PairCandidate
from distill.records.message import Message
from distill.records.taxonomy import QuarantineReason


def check_identity(candidate: PairCandidate, settings: GateSettings) -> Finding | None:
    """Pass where both runs try the same task, or with `cross_source` share a subject."""
    chosen, rejected = candidate.chosen.evidence, candidate.rejected.evidence
    if chosen.task.key == rejected.task.key:
        return None
    is_across = chosen.source != rejected.source and chosen.subject is not None
    if settings.cross_source and is_across and chosen.subject == rejected.subject:
        return None
    return _invalid("two_tasks", "the runs did not try the same task")


def check_instrument(candidate: PairCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where no instrument failed on the rejected side: its failure is not the agent's."""
    rejected = candidate.rejected
    if rejected.run.instrument_failure is None and rejected.evidence.instrument_failure is None:
        return None
    return _invalid("instrument_failure", "an instrument failed on the rejected side")


def check_prompt(candidate: PairCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where a common prompt, in which a user speaks, leads to an assistant's turn on each."""
    chosen = candidate.chosen.evidence.messages
    rejected = candidate.rejected.evidence.messages
    if chosen is None or rejected is None:
        return None
    first, second = to_last_turn(chosen), to_last_turn(rejected)
    common = common_beginning(first, second)
    if any(len(side) <= common or side[common].role != "assistant" for side in (first, second)):
        return _invalid(
            "no_common_prompt",
            f"the common beginning, {common} messages, does not lead to an assistant's turn on both"
            " sides",
        )
    if not any(_asks(message) for message in first[:common]):
        return _invalid("no_user_prompt", "no user speaks in the common beginning")
    if any(all(m.is_blank for m in s[common:] if m.role == "assistant") for s in (first, second)):
        return Finding(
            QuarantineReason.EMPTY_CONTENT, "blank_side", "a side says nothing after the prompt"
        )
    return None


def check_tools(candidate: PairCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass unless both logs say which tools were offered, and say different ones."""
    chosen, rejected = candidate.chosen.evidence.tools, candidate.rejected.evidence.tools
    if chosen is None or rejected is None or chosen == rejected:
        return None
    return _invalid("two_tool_sets", "the runs were offered different tools")


def _asks(message: Message) -> bool:
    return message.role == "user" and not message.is_blank


def _invalid(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.INVALID_PREFERENCE_PAIRING, rule, detail)
