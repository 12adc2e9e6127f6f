"""Remembered answers: what a command said of a workspace, with everything that it rests on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distill.receipts.grounds import Grounds, this_python
from distill.receipts.look import Look
from distill.receipts.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    """What was said, as JSON, and what it rests on."""

    said: Any
    grounds: Grounds


@dataclass(frozen=True)
class Answers:
    """The answer to one question about a workspace. ``question`` is what it depends on besides."""

    workspace: Workspace
    look: Look
    question: Sequence[object]

    def recall(self) -> Answer | None:
        """Return the answer that stands, null where the question must be asked again."""
        known = self.look.cache.entry_of(self._name)
        if known is None:
            return None
        try:
            held = json.loads(known[1])
            answer = Answer(held["said"], Grounds.of(held["grounds"]))
        except (KeyError, TypeError, ValueError):  # another version of Distill wrote it
            return None
        seen = answer.grounds.seen(self.workspace, self.look, self._given())
        return answer if seen is not None and seen[0] == known[0] else None

    def remember(self, answer: Answer) -> None:
        """Keep an answer, unless something that it rests on is too new."""
        seen = answer.grounds.seen(self.workspace, self.look, self._given())
        if seen is not None and self.look.cache.is_settled(seen[1]):
            held = {"said": answer.said, "grounds": answer.grounds.as_json()}
            self.look.cache.keep(self._name, seen[0], json.dumps(held))

    @property
    def _name(self) -> str:
        return f"answer:{json.dumps(self.question)}"

    def _given(self) -> Sequence[object]:
        roots = sorted((name, str(place)) for name, place in self.workspace.roots.items())
        return [this_python(), str(self.workspace.root), roots]
