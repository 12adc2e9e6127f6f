"""How a run of OpenHands ended: by a limit, by an error of the agent's, or of the machine's.

Sources of the forms: `evaluation/utils/shared.py` (`error`), V0's `AgentStateChangedObservation`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

_LIMIT: Final = re.compile(
    r"maximum iteration|max(?:imum)?[ _]iterations?|iteration limit|max(?:imum)? budget|"
    r"budget exceeded|context ?window ?exceed",
    re.IGNORECASE,
)
#: Ends that are the agent's own; any other error is the machine's, or can't be told from it.
_AGENTS_ERROR: Final = re.compile(
    _LIMIT.pattern + r"|stuck ?in ?(?:a ?)?loop|malformed ?action|no ?action ?error|"
    r"function ?call ?(?:validation|not ?exists|conversion)",
    re.IGNORECASE,
)


def failure(error: Any) -> str | None:
    """Return why the run is no witness of the agent; an error may quote anything, so it is not."""
    if not isinstance(error, str) or not error.strip() or _AGENTS_ERROR.search(error):
        return None
    return "the evaluation of the run ended with an error (/error)"


def limit(row: Mapping[str, Any]) -> str | None:
    """Return which limit ended the run, where a row, a data set or V0's last state says so."""
    for told, pointer in (
        (row.get("error"), "/error"),
        (row.get("exit_status"), "/exit_status"),
        (_last_state(row.get("history")), "/history"),
    ):
        if isinstance(told, str) and _LIMIT.search(told):
            return f"a limit of steps, budget or context ({pointer})"
    return None


def _last_state(history: Any) -> Any:
    """Return why the controller stopped, where the last state that it went into is an error."""
    events = history if isinstance(history, list) else []
    flat = [one for item in events for one in (item if isinstance(item, list) else [item])]
    states = [one["extras"] for one in flat if _is_state(one)]
    last = states[-1] if states else {}
    return last.get("reason") if last.get("agent_state") == "error" else None


def _is_state(event: Any) -> bool:
    is_state = isinstance(event, dict) and event.get("observation") == "agent_state_changed"
    return is_state and isinstance(event.get("extras"), dict)
