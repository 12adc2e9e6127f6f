"""Why a model's answer ended, in the words of the providers' APIs: which say that it was cut off.

Sources of the words: OpenAI's Chat Completions (`finish_reason`) and Responses
(`incomplete_details.reason`), Anthropic's Messages (`stop_reason`), Gemini's `FinishReason`,
Bedrock's Converse (`stopReason`), Inspect's `StopReason`, Ollama's `done_reason`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

_KEYS: Final = (
    *("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason"),
    *("finish_reasons", "finishReasons"),
)
_LIMITS: Final = (
    *("length", "maxtokens", "maxoutputtokens", "modellength"),
    *("modelcontextwindowexceeded", "contextwindowexceeded"),
)
_FILTERS: Final = (
    *("contentfilter", "contentfiltered", "guardrailintervened"),
    *("safety", "recitation", "blocklist", "prohibitedcontent", "spii"),
)
#: Finish reasons in plain letters → what cut the answer off.
_CUTTING: Final[Mapping[str, str]] = {
    **dict.fromkeys(_LIMITS, "length"),
    **dict.fromkeys(_FILTERS, "content_filter"),
}
_NO_LETTER: Final = re.compile(r"[^a-z]+")


def cutting_reason(value: Any) -> str | None:
    """Return ``length`` or ``content_filter`` where a finish reason says so; else null.

    Case and what is no letter are nothing: ``MAX_TOKENS`` is ``max_tokens``. Of a list, as of
    several choices, the first counts.
    """
    if isinstance(value, list):
        value = value[0] if value else None
    plain = _NO_LETTER.sub("", value.lower()) if isinstance(value, str) else ""
    return _CUTTING.get(plain)


def finish_in(value: Any) -> Any:
    """Return the finish reason among an object's members, null where none has such a name."""
    if not isinstance(value, dict):
        return None
    found = (value[key] for key in _KEYS if isinstance(value.get(key), str | list))
    return next(found, None)


def finish_of(value: Any) -> Any:
    """Return the finish reason that stands in an answer, in its first choice or message."""
    for _ in range(2):
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, dict):
            return None
        for holder in (value, value.get("response_metadata")):
            reason = finish_in(holder)
            if reason is not None:
                return reason
        value = value.get("choices")
    return None
