"""What Langfuse's traces say: their scores, corrections and texts, read with `json` and `gzip` alone.

Which way a name points is written out here once more, for the three names that occur: a judge's
hallucination and toxicity are bad when high, its correctness is good at 1.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "langfuse-traces"
_BAD = ("hallucination", "toxicity")
_GOOD = ("correctness",)
_HALF = 0.5


@dataclass(frozen=True)
class Trace:
    """One trace: its file, its scores as (name, value), people's corrections, and all its texts."""

    name: str
    identity: str
    scores: Sequence[tuple[str, float]]
    corrections: Sequence[str]
    texts: frozenset[str]

    @property
    def against(self) -> list[tuple[str, float]]:
        """The scores that speak against the run."""
        return [(name, value) for name, value in self.scores if name in _BAD and value > _HALF]

    @property
    def speaking(self) -> list[tuple[str, float]]:
        """The scores that say something of the run: no flaw is no merit."""
        return [one for one in self.scores if one in self.against or one[0] in _GOOD]

    @property
    def is_full(self) -> bool | None:
        """Whether the run is good; null where nobody says, or judges contradict each other."""
        if self.corrections:
            return all(text in self.texts for text in self.corrections)
        voices = {one not in self.against for one in self.speaking}
        return voices.pop() if len(voices) == 1 else None


def stated_traces(logs: Path) -> int:
    """Return how many files SOURCE.md counts, without the licence."""
    text = (logs / FOLDER / "SOURCE.md").read_text("utf-8")
    found = re.search(r"Files: (\d+) \(with the licence\)", text)
    assert found is not None
    return int(found[1]) - 1


def read_traces(logs: Path) -> list[Trace]:
    """Return the traces of the folder, in the order of their files."""
    return [_trace(path) for path in sorted((logs / FOLDER).glob("*.trace.json*"))]


def _trace(path: Path) -> Trace:
    data = path.read_bytes()
    row = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    head = row["trace"]
    for score in head["scores"]:
        assert (score["source"], score["dataType"]) == ("EVAL", "NUMERIC")
        assert score["name"] in (*_BAD, *_GOOD)
    return Trace(
        name=path.name,
        identity=head["id"],
        scores=[(score["name"], score["value"]) for score in head["scores"]],
        corrections=[one["longStringValue"] for one in head.get("corrections", ())],
        texts=frozenset(_texts([head, row["observations"]])),
    )


def _texts(value: Any) -> Iterator[str]:
    """Yield every string below a value, those of JSON in strings too."""
    if isinstance(value, str):
        yield value
        if value.lstrip()[:1] in ("{", "[", '"'):
            try:
                yield from _texts(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, Mapping):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)
