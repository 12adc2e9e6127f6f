"""The real logs beside the checkout: where they are, what an independent reader counted in them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distill.sources.gunzip import gunzip

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("DISTILL_REAL_LOGS", ROOT.parent / "shared" / "data"))


def counted(dataset: str) -> dict[str, Any]:
    """Return the JSON block of a data set's SOURCE.md."""
    text = (FOLDER / dataset / "SOURCE.md").read_text()
    block = text.partition("```json\n")[2].partition("```")[0]
    counts: dict[str, Any] = json.loads(block)
    return counts


def files(dataset: str, pattern: str) -> list[Path]:
    """Return a data set's logs in the order of their paths."""
    found = sorted((FOLDER / dataset).glob(pattern))
    assert found, f"no {pattern} in {dataset}"
    return found


def blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's decompressed bytes in blocks of 100,000."""
    with path.open("rb") as file:
        raw = iter(lambda: file.read(100_000), b"")
        yield from gunzip(raw) if path.suffix == ".gz" else raw
