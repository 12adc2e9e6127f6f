"""Source kind ``codex``: the rollouts that Codex keeps of its sessions, one JSONL file each.

A rollout holds two logs, line by line through each other: what went to and from the model
(``response_item``) and what the program showed (``event_msg``). Only the first is read. A run is a
session, and of one that was compacted each stretch between compactions. There is no verdict: a
command's exit code stands in its output and judges the command, not the run.

Source of the form: Codex's `protocol/src/protocol.rs` (`RolloutItem`); before October 2025 lines
were bare response items after a line with the session's id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from distill.sources.codex_items import ITEMS, read_items
from distill.sources.conversation import filled_text, scalar_text, with_system
from distill.sources.messages import violation
from distill.sources.protocol import (
    Answer,
    Framing,
    NoRun,
    Recognition,
    RunDraft,
)
from distill.sources.reader import FixedReader

_ABORTED: Final = "turn_aborted"
#: Events that end a turn.
_ENDINGS: Final = ("task_complete", "turn_complete", _ABORTED, "error", "task_started")


class Codex(FixedReader):
    """Reads Codex's rollouts."""

    kind: ClassVar[str] = "codex"
    framing = Framing.LINES
    group_by: str | None = "@path"

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files that begin as a rollout does, in its own or the older form."""
        rows = [row for row in records if isinstance(row, dict)]
        if not rows or not (_is_meta(rows[0]) or _is_old_meta(rows)):
            return None
        notes = [
            "a rollout holds no verdict: write decisions to reviews/*.jsonl",
            "a rollout does not say which tools were offered",
        ]
        return Recognition(cls.kind, 95, {}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the runs of a file's lines."""
        session = _Session()
        for row in rows:
            session.take(row)
        stretches = [items for items in session.stretches if items]
        last = len(stretches)
        return [session.run(items, n, n == last) for n, items in enumerate(stretches, 1)] or [
            NoRun("no_items")
        ]


def _is_meta(row: Mapping[str, Any]) -> bool:
    return row.get("type") == "session_meta" and isinstance(row.get("payload"), dict)


def _is_old_meta(rows: Sequence[Mapping[str, Any]]) -> bool:
    is_first = "type" not in rows[0] and rows[0].keys() >= {"id", "timestamp", "instructions"}
    return is_first and all(row.get("type") in ITEMS or "record_type" in row for row in rows[1:])


@dataclass
class _Session:
    """What the lines of a rollout told so far."""

    id: str | None = None
    system: str = ""
    model: str | None = None
    time: str | None = None
    ending: str = ""
    stretches: list[list[Mapping[str, Any]]] = field(default_factory=lambda: [[]])

    def take(self, row: Mapping[str, Any]) -> None:
        """Read the next line."""
        kind, payload = row.get("type"), row.get("payload")
        if isinstance(row.get("timestamp"), str):
            self.time = row["timestamp"]
        if kind in ITEMS:
            self.stretches[-1].append(row)
        elif "type" not in row:
            self.id = self.id or scalar_text(row.get("id"))
        elif isinstance(payload, dict):
            self._take(str(kind), payload)

    def _take(self, kind: str, payload: Mapping[str, Any]) -> None:
        if kind == "session_meta" and self.id is None:  # a fork repeats its parent's after its own
            self.id = scalar_text(payload.get("id"))
            base = payload.get("base_instructions")
            text = base.get("text") if isinstance(base, dict) else base
            self.system = text if isinstance(text, str) else ""
        elif kind == "turn_context":
            self.model = scalar_text(payload.get("model")) or self.model
        elif kind == "response_item":
            if payload.get("type") not in ITEMS:
                raise violation("unknown_item", "a response item of a type that is not known here")
            self.stretches[-1].append(payload)
        elif kind == "compacted":
            self.stretches.append(_after_compaction(payload))
        elif kind == "event_msg" and payload.get("type") in _ENDINGS:
            self.ending = str(payload["type"])

    def run(self, items: Sequence[Mapping[str, Any]], number: int, is_last: bool) -> RunDraft:
        """Return the run of one stretch, of which the last bears the session's id."""
        name = self.id if is_last or self.id is None else f"{self.id}/before-{number}"
        is_broken = is_last and self.ending == "error"
        return RunDraft(
            logged_run_id=name,
            messages=with_system(read_items(items), self.system) or None,
            model=self.model,
            instrument_failure="the session ended with an error" if is_broken else None,
            cut_short=self.ending if is_last and self.ending == _ABORTED else None,
            recorded_at=self.time,
        )


def _after_compaction(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what the model was left with: the history that the log gives, else the summary."""
    history = payload.get("replacement_history")
    if isinstance(history, list):
        return [one for one in history if isinstance(one, dict) and one.get("type") in ITEMS]
    summary = filled_text(payload.get("message"))
    return [{"type": "message", "role": "user", "content": summary}] if summary else []
