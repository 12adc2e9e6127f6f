"""One vector: the bytes of a file, whether it is of the format, and why not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "distill.vectors/1"
FOLDER = Path(__file__).resolve().parents[1]
INDEX = "index.json"


@dataclass(frozen=True)
class Vector:
    """One file of the folder.

    ``why`` is a sentence for a person; ``refusal`` a piece of our own reader's message, null where
    the form is right; ``fault`` what a verifier finds wrong with what a file of the right form
    says. ``beside`` are further facts that a reader needs: keys, other files.
    """

    kind: str
    name: str
    content: bytes
    why: str
    refusal: str | None = None
    fault: str | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The path below the folder: ``<kind>/<valid|unsound|invalid>/<name>``."""
        if self.refusal is not None:
            return f"{self.kind}/invalid/{self.name}"
        return f"{self.kind}/{'valid' if self.fault is None else 'unsound'}/{self.name}"

    def entry(self) -> dict[str, Any]:
        """Return what the index says of it."""
        return {
            "file": self.file,
            "kind": self.kind,
            "valid": self.refusal is None,
            "why": self.why,
            "refusal": self.refusal,
            "fault": self.fault,
            **self.beside,
        }


def write_index(vectors: list[Vector]) -> bytes:
    """Return the bytes of the index, one vector a line, so that a change reads as one."""
    names = [vector.file for vector in vectors]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        message = f"two vectors have one name: {sorted(twice)}"
        raise ValueError(message)
    lines = ",\n".join(json.dumps(v.entry(), ensure_ascii=True) for v in vectors)
    return f'{{"format":"{FORMAT}","vectors":[\n{lines}\n]}}\n'.encode()


def read_index(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return the entries of the index."""
    value: dict[str, Any] = json.loads((folder / INDEX).read_bytes())
    if value["format"] != FORMAT:
        message = f"the index is no {FORMAT}"
        raise ValueError(message)
    return list(value["vectors"])


def files_in(folder: Path = FOLDER) -> Iterator[str]:
    """Yield every file that must be listed: all in the folders of vectors."""
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.is_file() and {"valid", "unsound", "invalid"} & set(below.parts[:-1]):
            yield below.as_posix()
