"""The steps of an ATIF trajectory as a conversation.

An agent's step is one turn of the model, with its calls, and the observation's results are the
tools' turns. Three kinds of steps are no turn of the model that may be learned:

- a copied one (`is_copied_context`): the RFC says that it must not be trained on. The agent's are
  left out with their observations; those of system and user stay, as part of the prompt.
- one that no model made (`llm_call_count` 0): what it says and observes is told as the user's.
- an observation that answers no call (of an agent that acts in its text) is the user's, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from distill.records.message import Message
from distill.sources.messages import read_messages, violation
from distill.sources.strict_json import name_type
from distill.sources.tool_calls import as_call

_ROLES: Final = {"system": "system", "user": "user", "agent": "assistant"}


def read_steps(steps: Sequence[Any]) -> tuple[Message, ...]:
    """Return the conversation of a trajectory's steps; reasoning is left out.

    Raises:
        RecordError: `schema_violation`: a step is none, or holds what is no text.
    """
    items: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        if not isinstance(step, dict) or str(step.get("source")) not in _ROLES:
            raise violation("bad_step", f"step {number} has no source: system, user or agent")
        if step.get("is_copied_context") is True and step["source"] == "agent":
            continue
        items += _turns(step, number)
    return read_messages(items)


def _turns(step: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    role, message = _ROLES[step["source"]], step.get("message")
    calls = step.get("tool_calls") or []
    if not isinstance(calls, list):
        raise violation("bad_step", f"step {number}: tool_calls are a JSON {name_type(calls)}")
    is_model = role == "assistant" and step.get("llm_call_count") != 0
    if is_model:
        told = [_call(call, number) for call in calls]
        yield {"role": role, "content": message or (None if told else ""), "tool_calls": told}
    elif message:
        yield {"role": "user" if role == "assistant" else role, "content": message}
    ids = [call.get("tool_call_id") for call in calls] if is_model else []
    for result in _results(step, number):
        content = result.get("content")
        named = result.get("source_call_id") or (ids[0] if len(ids) == 1 else None)
        if named in ids and named is not None:
            yield {"role": "tool", "content": content or "", "tool_call_id": named}
        elif named is not None and is_model:
            raise violation("bad_step", f"step {number}: a result of a call that is not in it")
        elif content:
            yield {"role": "user", "content": content}


def _call(call: Any, number: int) -> dict[str, Any]:
    if not isinstance(call, dict):
        raise violation("bad_step", f"step {number}: a call is a JSON {name_type(call)}")
    return as_call(call.get("tool_call_id"), call.get("function_name"), call.get("arguments"))


def _results(step: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    observation = step.get("observation")
    results = observation.get("results") if isinstance(observation, dict) else None
    if results is None:
        return []
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise violation("bad_step", f"step {number}: its observation is no list of results")
    return results
