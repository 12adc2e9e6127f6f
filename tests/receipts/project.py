"""A user's own project in a temporary folder, run in processes of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.receipts.workspace import Workspace
from tests.conftest import REPOSITORY

STAGE = '''
"""A user's stage."""
import json
from pathlib import Path

from distill.receipts import InFiles, Law, OutDir, OutFile, Report, with_receipt
from pipeline.helper import change

MARK = "!"


@with_receipt(stage="shout", version=1)
def shout(logs: InFiles, *, depth: int, rows: OutDir, summary: OutFile) -> Report:
    with Path("ran.log").open("a") as log:
        log.write("ran\\n")
    read = 0
    for log_file in logs:
        lines = log_file.read_text().splitlines()
        read += len(lines)
        text = "".join(change(line) + MARK * depth + "\\n" for line in lines)
        (rows / log_file.name).write_text(text)
    summary.write_text(json.dumps({"read": read}))
    law = Law("conservation", "records", {"read": read}, {"exported": read})
    return Report(counts={"total": {"read": read, "exported": read}}, laws=[law])
'''

DRIVER = """
import json
from pathlib import Path

from distill.errors import DistillError
from pipeline.stage import shout

logs = sorted(Path("logs").glob("*.jsonl"))
places = {"rows": Path("out/rows"), "summary": Path("out/summary.json")}
plan = shout.plan(logs, depth=1, **places)
answer = {"plan": [plan.status, plan.reason, list(plan.changed)]}
try:
    outcome = shout(logs, depth=1, **places)
except DistillError as error:
    answer |= {"status": "failed", "reason": f"{type(error).__name__}: {error.message}"}
else:
    answer |= {"status": outcome.status, "reason": outcome.reason, "digest": outcome.digest.hex}
    answer |= {"set_aside": outcome.set_aside, "left_alone": outcome.left_alone}
print(json.dumps(answer))
"""


AN_HOUR_AHEAD = """
from distill.receipts import stat_cache
present = stat_cache.moment_ns
stat_cache.moment_ns = lambda: present() + 3600 * 10**9
"""


@dataclass(frozen=True)
class Project:
    """A workspace with a package of its own; every run is a fresh process.

    With the ``clock`` `AN_HOUR_AHEAD` no file was just written: all that is read is remembered.
    """

    root: Path
    clock: str = ""

    def write(self, name: str, text: str) -> Path:
        """Write a file below the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *, prelude: str = "") -> subprocess.Popen[str]:
        """Start the stage in a process of its own."""
        prelude = f"{self.clock}\n{prelude}"
        folders = os.pathsep.join([str(self.root), str(REPOSITORY)])
        return subprocess.Popen(
            [sys.executable, "-c", f"{prelude}\n{DRIVER}"],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": folders, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> dict[str, Any]:
        """Run the stage and return what the driver tells of it."""
        return self.finish(self.start())

    @staticmethod
    def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
        """Wait for a run and return what it told."""
        told, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
        answer: dict[str, Any] = json.loads(told)
        return answer

    @property
    def runs(self) -> int:
        """How often the function really ran."""
        log = self.root / "ran.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    @property
    def workspace(self) -> Workspace:
        """The project as a workspace."""
        return Workspace(self.root)

    def leftovers(self) -> list[str]:
        """Return the temporary files and journals that are there."""
        names = [str(p.relative_to(self.root)) for p in self.root.rglob("*.partial*")]
        return names + [str(p) for p in (self.root / ".distill" / "publish").glob("*.json")]
