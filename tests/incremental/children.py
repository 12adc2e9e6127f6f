"""A project whose pipeline is that of `pipeline.py`, run through the whole engine in processes.

The code is copied into the project, so that a test can edit it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from distill.receipts import ReceiptStore, Workspace
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.ledger.entries import Recorded
from distill.receipts.ledger.log import Ledger
from tests.conftest import REPOSITORY

from .pipeline import CALLS

HERE: Final = Path(__file__).parent
#: Segments, shards and the work that is worth a worker are as small as the logs of these tests.
DRIVER: Final = """
import json, sys, time
from pathlib import Path

from distill.errors import DistillError
from distill.receipts.incremental import segments, shard_file, workers

segments.USUAL, segments.LONGEST, shard_file.USUAL, shard_file.ROOM = 400, 1600, 2000, 9000
workers.WORTH_WORKERS = 0

from flowlib.pipeline import gather, locate, tally, widen


def told(stage, outcome):
    return stage.stage, {
        "status": outcome.status, "reason": outcome.reason, "digest": outcome.digest.hex,
        "outputs": [one.path for one in outcome.outputs],
    }


def main():
    logs = sorted(Path("logs").iterdir())
    wide = widen(read=logs, write="out/wide")
    yield told(widen, wide)
    parts = [one.path for one in wide.outputs]
    yield told(locate, locate(read=parts, write="out/places"))
    groups = gather(read=parts, write="out/groups")
    yield told(gather, groups)
    parts = [one.path for one in groups.outputs]
    yield told(tally, tally(parts, copies="out/tally", sizes="out/sizes.txt"))


if __name__ == "__main__":
    answers = {}
    try:
        answers |= dict(main())
    except DistillError as error:
        answers["error"] = f"{type(error).__name__}: {error.message}"
    print(json.dumps(answers))
"""
OUTPUTS: Final = {
    "widen": "out/wide/part-00001.jsonl",
    "locate": "out/places/part-00001.jsonl",
    "gather": "out/groups/part-00000.jsonl",
}


@dataclass(frozen=True)
class Pipeline:
    """The project below ``root``."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Pipeline":
        """Lay out a project that never ran."""
        made = cls(root)
        (root / "flowlib").mkdir(parents=True)
        for name in ("__init__.py", "marks.py", "pipeline.py"):
            shutil.copy(HERE / name, root / "flowlib" / name)
        (root / "run.py").write_text(DRIVER)
        (root / "distill.toml").touch()
        made.put("a.jsonl", [b"%d of a" % number for number in range(900)])
        made.put("b.jsonl", [b"%d of b" % (number * 7) for number in range(300)])
        made.put("c.jsonl", [b"%d of c" % (number * 13) for number in range(300)])
        return made

    def copy(self, root: Path) -> "Pipeline":
        """Return a copy of the project with all that it holds."""
        shutil.copytree(self.root, root, symlinks=True)
        return Pipeline(root)

    def put(self, name: str, records: Sequence[bytes]) -> Path:
        """Write a log."""
        (self.root / "logs").mkdir(exist_ok=True)
        path = self.root / "logs" / name
        path.write_bytes(b"".join(record + b"\n" for record in records))
        return path

    def edit(self) -> None:
        """Do to the logs what happens to logs: growth, a change in the middle, a file gone."""
        with (self.root / "logs/a.jsonl").open("ab") as log:
            log.write(b"9 more\n8 more\n")
        b = self.root / "logs/b.jsonl"
        b.write_bytes(b.read_bytes().replace(b"1050 of b", b"1051 of b"))
        (self.root / "logs/c.jsonl").unlink()

    def start(self, *, workers: int = 2) -> "subprocess.Popen[str]":
        """Start a run in a process of its own, which leads a group of processes."""
        return subprocess.Popen(
            [sys.executable, "run.py"],
            cwd=self.root,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(self.root), str(REPOSITORY)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                WORKERS: str(workers),
                CALLS: str(self.root / "calls"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, process: "subprocess.Popen[str]") -> dict[str, Any]:
        """Wait for a run and return what it told of each stage."""
        told, complaint = process.communicate(timeout=120)
        assert process.returncode == 0, complaint
        answer: dict[str, Any] = json.loads(told)
        return answer

    def run(self, *, workers: int = 2) -> dict[str, Any]:
        """Run all stages and return what they told."""
        return self.finish(self.start(workers=workers))

    def statuses(self) -> dict[str, str]:
        """Run all stages and return which ran."""
        return {stage: told["status"] for stage, told in self.run().items()}

    @property
    def workspace(self) -> Workspace:
        """The project as a workspace."""
        return Workspace(self.root)

    def outputs(self) -> dict[str, bytes]:
        """Return all bytes that the stages wrote."""
        files = sorted(path for path in (self.root / "out").rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}

    def claims(self) -> list[tuple[str, str]]:
        """Return stage and claim of every line of the ledger that binds a passing receipt."""
        store = ReceiptStore(self.workspace)
        lines = (entry for entry in Ledger(self.workspace).entries() if isinstance(entry, Recorded))
        receipts = [store.get(line.blake3) for line in lines]
        return [(one.claim.stage, one.claim_digest.hex) for one in receipts if one.passed]

    def files(self) -> set[str]:
        """Return the names of all files but those of receipts, replaced versions and caches."""
        left_out: tuple[str, ...] = ("receipts/", "data/objects/", "calls")
        left_out += (".distill/locks/", ".distill/stat", ".distill/incremental/")
        found = (path for path in self.root.rglob("*") if path.is_file())
        names = {path.relative_to(self.root).as_posix() for path in found}
        return {name for name in names if not name.startswith(left_out) or ".partial" in name}


def kill(process: "subprocess.Popen[str]") -> bool:
    """Kill a run and nobody else, without warning; tell whether it had not ended yet."""
    is_alive = process.poll() is None
    if is_alive:
        process.send_signal(signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):  # not read to the end: a worker may hold on to it
        if pipe is not None:
            pipe.close()
    return is_alive
