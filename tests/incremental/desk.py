"""A workspace in which an incremental stage is run without receipts.

What is tested with it is how inputs are cut, what is kept of outputs, and what is computed.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st

from distill.receipts.binding import InputFile
from distill.receipts.digest import Fingerprint, fingerprint_file
from distill.receipts.incremental import segments, shard_file
from distill.receipts.incremental.former import FormerShards
from distill.receipts.incremental.memory import read_memory
from distill.receipts.incremental.running import Running
from distill.receipts.incremental.stage import IncrementalStage, Work
from distill.receipts.inputs import WatchedInput, watching_inputs
from distill.receipts.workspace import Workspace

from .edits import Logs, content

OUT = "out"
#: Usual and longest segment, usual shard and its room, in bytes.
BOUNDS = st.sampled_from([(40, 160, 200, 900), (120, 480, 400, 2000), (1000, 4000, 64, 100)])


def set_bounds(patch: pytest.MonkeyPatch, bounds: tuple[int, ...]) -> None:
    """Let segments and shards be as small as the logs of a test need them."""
    patch.setattr(segments, "USUAL", bounds[0])
    patch.setattr(segments, "LONGEST", bounds[1])
    patch.setattr(shard_file, "USUAL", bounds[2])
    patch.setattr(shard_file, "ROOM", bounds[3])


@dataclass
class Desk:
    """The workspace below ``root``: its logs, and the outputs of one stage."""

    root: Path

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return Workspace(self.root, {})

    def put(self, logs: Logs, *, is_open: bool) -> list[Path]:
        """Write the logs, and return their places in order."""
        folder = self.root / "logs"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, records in logs.items():
            (folder / name).write_bytes(content(records, is_open=is_open))
        return sorted(folder.iterdir())

    def run(self, stage: IncrementalStage, files: list[Path]) -> dict[str, bytes]:
        """Run a stage over files and publish what it wrote; return all outputs."""
        memory = read_memory(self.workspace, stage.stage, "recipe")
        final, partial = self.root / OUT, self.root / "partial"
        partial.mkdir()
        known = {f"{OUT}/{p.name}": _sums(p) for p in final.iterdir()} if final.exists() else {}
        former = FormerShards(self.workspace, memory, known)
        running = Running(self.workspace, stage.stage, self._inputs(files), (), memory, former)
        work = Work.of(running, running.writer(partial, OUT), {})
        stage.produce(work)
        self._publish(work, final, partial)
        running.remember()
        return {file.name: file.read_bytes() for file in sorted(final.iterdir())}

    def _inputs(self, files: list[Path]) -> tuple[WatchedInput, ...]:
        named = [InputFile("read", f.relative_to(self.root).as_posix(), f) for f in files]
        with watching_inputs(named, ()) as watched:
            return watched()

    def _publish(self, work: Work, final: Path, partial: Path) -> None:
        final.mkdir(exist_ok=True)
        names = {one.name for one in work.writer.written}
        for old in final.iterdir():
            if old.name not in names:
                old.unlink()
        for one in work.writer.written:
            if not one.stands:
                (partial / one.name).replace(final / one.name)
            assert one.sums == _sums(final / one.name)
        shutil.rmtree(partial)


def _sums(path: Path) -> Fingerprint:
    return fingerprint_file(path)[0]
