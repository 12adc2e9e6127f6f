"""What all rows share: messages in TRL's form, ids from content, and a schema's refusal."""

import json
from collections.abc import Sequence
from typing import Any, Final

from distill.firewall.gates import Refusal
from distill.receipts.digest import digest_bytes
from distill.records.message import Message
from distill.records.taxonomy import QuarantineReason

_ID_DIGITS: Final = 32


def row_message(message: Message) -> dict[str, Any]:
    """Return a turn as a row holds it: "" for a null content, no key that has no value."""
    row: dict[str, Any] = {"role": message.role, "content": message.content or ""}
    if message.tool_calls:
        row["tool_calls"] = [
            {
                "type": call.type,
                **({} if call.id is None else {"id": call.id}),
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in message.tool_calls
        ]
    if message.name is not None:
        row["name"] = message.name
    if message.tool_call_id is not None:
        row["tool_call_id"] = message.tool_call_id
    return row


def row_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return turns as a row holds them."""
    return [row_message(message) for message in messages]


def sample_id(export: str, run_ids: Sequence[str], texts: Any) -> str:
    """Return ``<export>-<32 hex>``: the digest of export, run ids and texts.

    Law: it depends on these alone, never on a path, a place in the set or another row.
    """
    value = [export, list(run_ids), texts]
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{export}-{digest_bytes(text.encode()).hex[:_ID_DIGITS]}"


def refuse_row(error: ValueError) -> Refusal:
    """Return the schema's refusal of a row; the detail names the place and quotes nothing."""
    is_text = isinstance(error, UnicodeError)  # whose own words quote the text
    detail = "half of a surrogate pair stands in a text" if is_text else str(error)
    return Refusal(
        reason=QuarantineReason.SCHEMA_VIOLATION, also=(), rule="row_schema", detail=detail
    )
