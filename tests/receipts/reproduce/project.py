"""A user's project in a git repository, whose stage ran once; to be copied and changed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.receipts import Receipt, ReceiptStore, Workspace
from distill.receipts.canonical import dumps
from distill.receipts.claims import code_digest
from distill.receipts.durable import new_token
from distill.receipts.key import KeyParts
from distill.receipts.reader import read_receipt
from distill.receipts.reproduce import Options, Reproduction, prepare
from tests.receipts.repositories import git

REPOSITORY = Path(__file__).resolve().parents[3]

UP = '''
"""A user's stages: the second reads what the first wrote."""
from distill.receipts import InFile, InFiles, OutDir, OutFile, Report, with_receipt
from mine.words import change


@with_receipt(stage="up", version=1)
def up(logs: InFiles, *, mark: str, rows: OutDir) -> Report:
    lines = 0
    for log in logs:
        found = log.read_text().splitlines()
        lines += len(found)
        (rows / log.name).write_text("".join(change(line) + mark + "\\n" for line in found))
    return Report(counts={"total": {"lines": lines}})


@with_receipt(stage="join", version=1)
def join(parts: InFiles, *, target: OutFile) -> None:
    target.write_text("".join(part.read_text() for part in parts))
'''
WORDS = "def change(line: str) -> str:\n    return line.upper()\n"

UP_CALL = "up(sorted(Path('logs').glob('*.jsonl')), mark='!', rows='out/up')"
JOIN_CALL = "join(sorted(Path('out/up').glob('*')), target='out/all.jsonl')"

RANDOM = """
import random
from distill.receipts import InFile, OutDir, OutFile, Report, with_receipt


@with_receipt(stage="lots", version=1)
def lots(source: InFile, *, target: OutFile) -> None:
    lines = source.read_text().splitlines()
    lines[1] += str(random.SystemRandom().random())
    target.write_text("\\n".join(lines) + "\\n")


@with_receipt(stage="names", version=1)
def names(*, rows: OutDir) -> Report:
    (rows / f"{random.SystemRandom().random()}.txt").write_text("x")
    return Report()


@with_receipt(stage="counts", version=1)
def counts(*, target: OutFile) -> Report:
    target.write_text("x")
    return Report(counts={"total": {"seen": random.SystemRandom().randrange(10**15)}})


@with_receipt(stage="order", version=1)
def order(*, target: OutFile) -> None:
    target.write_text(" ".join({str(n) for n in range(2000)}))
"""
RANDOM_CALLS = {
    "lots": "lots('logs/a.jsonl', target='out/lots.jsonl')",
    "names": "names(rows='out/names')",
    "counts": "counts(target='out/counts.txt')",
    "order": "order(target='out/order.txt')",
}


@dataclass(frozen=True)
class Mine:
    """The project: a workspace, a package, a repository."""

    root: Path

    @property
    def workspace(self) -> Workspace:
        """The project as a workspace."""
        return Workspace(self.root)

    @property
    def store(self) -> ReceiptStore:
        """Its receipts."""
        return ReceiptStore(self.workspace)

    def write(self, name: str, text: str) -> Path:
        """Write a file below the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def call(
        self, *calls: str, module: str = "mine.stage", more: Mapping[str, str] | None = None
    ) -> None:
        """Call stages in a process of its own."""
        program = f"from pathlib import Path\nfrom {module} import *\n" + "\n".join(calls)
        self.start("-c", program, more=more)

    def start(self, *arguments: str, more: Mapping[str, str] | None = None) -> None:
        """Start Python in the project, with the project and Distill on its path."""
        folders = os.pathsep.join([str(self.root), str(REPOSITORY)])
        environment = {**os.environ, "PYTHONPATH": folders, "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**environment, **(more or {})},
            check=True,
            capture_output=True,
        )

    def commit(self) -> str:
        """Commit everything that is not ignored and return the commit."""
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "more", check=False)
        return git(self.root, "rev-parse", "HEAD")

    def newest(self, stage: str) -> Receipt:
        """Return the newest receipt of a stage."""
        receipt = self.store.newest(stage)
        assert receipt is not None
        return receipt

    def reproduce(self, name: str, options: Options | None = None) -> Reproduction:
        """Run a receipt again."""
        with prepare(self.workspace, name, options or Options()) as prepared:
            return prepared.run()


def lay_out(root: Path) -> Mine:
    """Write the project and commit it; nothing ran yet."""
    mine = Mine(root)
    mine.write("distill.toml", "")
    mine.write(".gitignore", "out/\nreceipts/\ndata/\n.distill/\n__pycache__/\n")
    mine.write("mine/__init__.py", "")
    mine.write("mine/words.py", WORDS)
    mine.write("mine/stage.py", UP)
    mine.write("logs/a.jsonl", '{"a": 1}\n{"a": 2}\n')
    mine.write("logs/b.jsonl", '{"b": 1}\n')
    git(root, "init", "-q", "-b", "main")
    mine.commit()
    return mine


def changed_receipt(
    mine: Mine, stage: str, files: Mapping[str, str] | None = None, **environment: Any
) -> Receipt:
    """Put a receipt of the same run by other code or in another environment into the store."""
    value = json.loads(mine.newest(stage).content)
    claim = value["claim"]
    claim["environment"] |= environment
    claim["code"]["files"] |= files or {}
    value["run"]["id"] = new_token()
    claim["code"]["digest"] = code_digest(read_receipt(dumps(value) + b"\n").claim).hex
    claim["key"] = KeyParts.of_claim(read_receipt(dumps(value) + b"\n").claim).digest().hex
    made = read_receipt(dumps(value) + b"\n")
    mine.store.put(made, new_token())
    return made
