"""The five stages as plain functions over files: what every tool of the side-by-side runs.

``python plain.py`` runs all five, one after another, in the current folder; with a stage's name and
its files it runs that one.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import work

INDEX, SCORED = Path("data/index.jsonl"), Path("data/scored.jsonl")
RAG, SFT, PAIRS = Path("data/rag.jsonl"), Path("data/sft.jsonl"), Path("data/pairs.jsonl")
OUTPUTS = (INDEX, SCORED, RAG, SFT, PAIRS)


def logs() -> list[Path]:
    """Return the logs of the current folder, in order."""
    return sorted(Path("logs").glob("*.jsonl"))


def build_index(sources: Sequence[Path], out: Path) -> None:
    """Write all records with where they come from."""
    _write(out, (line for source in sources for line in _indexed(source)))


def score(index: Path, out: Path) -> None:
    """Write all records with their category."""
    _write(out, map(work.scored, _lines(index)))


def export_rag(scored: Path, out: Path) -> None:
    """Write the passages."""
    _write(out, filter(None, map(work.rag_row, _lines(scored))))


def export_sft(scored: Path, out: Path) -> None:
    """Write the conversations."""
    _write(out, filter(None, map(work.sft_row, _lines(scored))))


def export_pairs(scored: Path, out: Path) -> None:
    """Write the pairs, by task."""
    tasks: dict[str, list[bytes]] = {}
    for line in _lines(scored):
        tasks.setdefault(work.task_of(line), []).append(line)
    _write(out, (row for task in sorted(tasks) for row in work.pairs(task, tasks[task])))


def run_all() -> None:
    """Run all five in the current folder."""
    build_index(logs(), INDEX)
    score(INDEX, SCORED)
    for export, out in EXPORTS:
        export(SCORED, out)


EXPORTS = ((export_rag, RAG), (export_sft, SFT), (export_pairs, PAIRS))
STAGES: dict[str, Callable[[Path, Path], None]] = {
    "score": score,
    "export_rag": export_rag,
    "export_sft": export_sft,
    "export_pairs": export_pairs,
}


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        for line in lines:
            yield line[:-1]


def _indexed(source: Path) -> Iterator[bytes]:
    start = 0
    for line in _lines(source):
        yield work.indexed(line, source.name, start)
        start += len(line) + 1


def _write(out: Path, lines: Iterable[bytes]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("wb") as file:
        for line in lines:
            file.write(line + b"\n")


def main(arguments: Sequence[str]) -> None:
    """Run all five, or the one that is named."""
    if not arguments:
        run_all()
    elif arguments[0] == "build_index":
        build_index(logs(), Path(arguments[1]))
    else:
        STAGES[arguments[0]](Path(arguments[1]), Path(arguments[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
