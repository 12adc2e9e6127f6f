"""What all rows share: messages in TRL's form, ids from content, and a schema's refusal."""

from collections.abc import Sequence
from typing import Final

from msgspec import Raw

from distill.firewall.finding import Refusal
from distill.receipts.digest import blake3_hex
from distill.records.message import Message
from distill.records.record import encode
from distill.records.taxonomy import QuarantineReason

_ID_DIGITS: Final = 32


def row_messages(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return turns as a row holds them: "" for a null content, no key that has no value."""
    rows = [
        message.changed(content=message.content or "", tool_calls=message.tool_calls or None)
        if message.content is None or message.tool_calls == ()
        else message
        for message in messages
    ]
    return tuple(rows)


def sample_id(export: str, run_ids: Sequence[str], texts: bytes) -> str:
    """Return ``<export>-<32 hex>``: the digest of export, run ids and texts.

    ``texts`` are JSON, as it stands in the row. The digest is over the array of the three.

    Law: it depends on these alone, never on a path, a place in the set or another row.
    """
    return f"{export}-{blake3_hex(encode([export, run_ids, Raw(texts)]))[:_ID_DIGITS]}"


def refuse_row(error: ValueError) -> Refusal:
    """Return the schema's refusal of a row; the detail names the place and quotes nothing."""
    is_text = isinstance(error, UnicodeError)  # whose own words quote the text
    detail = "half of a surrogate pair stands in a text" if is_text else str(error)
    return Refusal(
        reason=QuarantineReason.SCHEMA_VIOLATION, also=(), rule="row_schema", detail=detail
    )
