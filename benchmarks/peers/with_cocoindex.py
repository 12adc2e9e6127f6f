"""CocoIndex: the first stage alone, a row and a file at a time; one output for each log."""

from pathlib import Path

import cocoindex as coco
import work
from cocoindex.connectors import localfs
from cocoindex.resources.file import FileLike, PatternFilePathMatcher


@coco.fn(memo=True)
async def row(line: bytes, name: str, start: int) -> bytes:
    """See work.indexed."""
    return work.indexed(line, name, start)


@coco.fn(memo=True)
async def log(file: FileLike, folder: Path) -> None:
    """Write the rows of a log."""
    name, start, rows = file.file_path.path.name, 0, []
    for line in (await file.read()).splitlines():
        rows.append(await row(line, name, start) + b"\n")
        start += len(line) + 1
    localfs.declare_file(folder / name, b"".join(rows), create_parent_dirs=True)


@coco.fn
async def main(logs: Path, folder: Path) -> None:
    """Index all logs."""
    matcher = PatternFilePathMatcher(included_patterns=["**/*.jsonl"])
    files = localfs.walk_dir(logs, path_matcher=matcher)
    await coco.mount_each(log, files.items(), folder)


app = coco.App(coco.AppConfig(name="five"), main, logs=Path("./logs"), folder=Path("./data/index"))
