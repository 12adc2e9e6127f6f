"""From OpenHands' events to a conversation: what the model said, called and was answered.

Sources of the forms: V0, `openhands.events.serialization.event_to_dict` (0.9 to 1.x): an event has
an `action` or an `observation`, each a name; since 0.14 `tool_call_metadata` holds the model's own
response. V1, the agent SDK: an event has a `kind`, and `action` and `observation` are objects.
Old logs pair each action with its observation.

Without the model's own response an action is a call of its name: what text the model wrote then is
not in the log. Events about the machinery (state changes, recall, condensation) are no turns.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from distill.records.compact import compact
from distill.sources.messages import violation
from distill.sources.pointers import resolve
from distill.sources.tool_calls import as_call

Turn = dict[str, Any]

#: What the controller does itself, under the names of V0.
_NO_ACTIONS: Final = frozenset(
    {"null", "recall", "change_agent_state", "condensation", "condensation_request", "pause"}
    | {"resume", "stop", "loop_recovery", "start"}
)
_NO_OBSERVATIONS: Final = frozenset(
    {"null", "recall", "agent_state_changed", "condense", "loop_detection", "success"}
)
#: Arguments that the controller adds to an action.
_BOOKKEEPING: Final = frozenset(
    {"thought", "hidden", "is_confirmed", "confirmation_state", "security_risk", "blocking"}
    | {
        "is_input",
        "is_static",
        "keep_prompt",
        "impl_source",
        "cwd",
        "safety_risk",
        "kernel_init_code",
    }
    | {"include_extra", "translated_ipython_code", "image_urls", "file_urls"}
)
_RESPONSE: Final = ("tool_call_metadata", "model_response")
_CALL_ID: Final = ("tool_call_metadata", "tool_call_id")


def read_events(history: Any) -> tuple[list[Turn], Any]:
    """Return the turns of a history as chat messages, and the tools offered (null: not told).

    Raises:
        RecordError: `schema_violation`: it is no list of events, or of pairs of them.
    """
    turns: list[Turn] = []
    tools: Any = None
    responses: set[str] = set()
    for event in _flat(history):
        if event.get("kind") == "SystemPromptEvent":
            tools = event.get("tools")
        elif event.get("action") == "system":
            tools = _object(event.get("args")).get("tools")
        said = _turn_v1(event) if isinstance(event.get("kind"), str) else _turn_v0(event, responses)
        if said is not None and not _goes_on(turns, said):
            turns.append(said)
    for turn in turns:
        turn.pop("response", None)
    return turns, tools


def _flat(history: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(history, list):
        raise violation("history_no_list", "history is no list of events")
    for number, item in enumerate(history):
        for event in item if isinstance(item, list) else [item]:
            if not isinstance(event, dict):
                raise violation("event_no_object", f"event {number} of history is no object")
            yield event


def _turn_v0(event: Mapping[str, Any], responses: set[str]) -> Turn | None:
    action, observation = event.get("action"), event.get("observation")
    args = _object(event.get("args"))
    if isinstance(action, str) and action not in _NO_ACTIONS:
        if action == "system":
            return {"role": "system", "content": _text(args.get("content"))}
        if action == "message":
            role = "user" if event.get("source") == "user" else "assistant"
            return {"role": role, "content": _text(args.get("content"))}
        return None if event.get("source") == "user" else _call_v0(event, action, args, responses)
    if isinstance(observation, str) and observation not in _NO_OBSERVATIONS:
        call_id = resolve(event, _CALL_ID)
        cause = call_id if isinstance(call_id, str) else _id(event.get("cause"))
        return {"role": "tool", "content": _text(event.get("content")), "tool_call_id": cause}
    return None


def _call_v0(
    event: Mapping[str, Any], action: str, args: Mapping[str, Any], responses: set[str]
) -> Turn | None:
    """Return the response that an action is of, at its first action; without one, a call."""
    message = resolve(event, (*_RESPONSE, "choices", "0", "message"))
    if isinstance(message, dict):
        response = str(resolve(event, (*_RESPONSE, "id")))
        key = response if isinstance(resolve(event, (*_RESPONSE, "id")), str) else compact(message)
        if key in responses:
            return None
        responses.add(key)
        content = _text(message.get("content")) or None
        return {"role": "assistant", "content": content, "tool_calls": message.get("tool_calls")}
    arguments = {key: args[key] for key in args if key not in _BOOKKEEPING}
    call = as_call(_id(event.get("id")), action, arguments)
    return {"role": "assistant", "content": _text(args.get("thought")), "tool_calls": [call]}


def _turn_v1(event: Mapping[str, Any]) -> Turn | None:
    match event["kind"]:
        case "SystemPromptEvent":
            return {"role": "system", "content": _text(event.get("system_prompt"))}
        case "MessageEvent":
            message = _object(event.get("llm_message"))
            return {**message, "content": _text(message.get("content"))}
        case "ActionEvent":
            return _call_v1(event)
        case "ObservationEvent":
            content = _observed(_object(event.get("observation")))
        case "AgentErrorEvent":
            content = _text(event.get("error"))
        case "UserRejectObservation":
            content = _text(event.get("rejection_reason"))
        case _:
            return None
    return {"role": "tool", "content": content, "tool_call_id": event.get("tool_call_id")}


def _call_v1(event: Mapping[str, Any]) -> Turn:
    call = _object(event.get("tool_call"))
    function = _object(call.get("function")) or call
    name = function.get("name") or event.get("tool_name")
    arguments = function.get("arguments")
    if arguments is None:
        own = _object(event.get("action"))
        arguments = {key: own[key] for key in own if key != "kind"}
    return {
        "role": "assistant",
        "content": _text(event.get("thought")) or None,
        "tool_calls": [as_call(event.get("tool_call_id"), name, arguments)],
        "response": event.get("llm_response_id"),
    }


def _goes_on(turns: list[Turn], said: Turn) -> bool:
    """Put the calls that one response of V1 makes into one turn; say whether it was so."""
    response = said.get("response")
    if response is None or not turns or turns[-1].get("response") != response:
        return False
    turns[-1]["tool_calls"] += said["tool_calls"]
    return True


def _observed(observation: Mapping[str, Any]) -> str:
    for key in ("content", "output"):
        if observation.get(key):
            return _text(observation[key])
    return compact({key: observation[key] for key in observation if key != "kind"})


def _text(value: Any) -> str:
    """Return a text, the text of a part, or those of a list of parts joined by newlines."""
    if isinstance(value, list):
        return "\n".join(filter(None, (_text(part) for part in value)))
    if isinstance(value, dict):
        value = value.get("text")
    return value if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value if isinstance(value, str) else None
