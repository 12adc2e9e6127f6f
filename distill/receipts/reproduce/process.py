"""The driver as a process: what it is asked, what it sees, and how it ended."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.code_places import CodePlace
from distill.receipts.reproduce.scratch import Scratch
from distill.receipts.workspace import VARIABLE

_DRIVER = Path(__file__).with_name("driver.py")
_LAST_LINES = 12


@dataclass(frozen=True)
class Answer:
    """How far the driver came, what it saw of the code, and the receipt of the run (null: none).

    ``end`` is the driver's word: ``done``, or the step that it did not get past. ``code`` is the
    process's exit code, that of a signal negative.
    """

    end: str
    told: Mapping[str, Any]
    receipt: bytes | None
    printed: str
    code: int

    @property
    def ending(self) -> str:
        """How the process ended, in words."""
        return f"ended by signal {-self.code}" if self.code < 0 else f"exit code {self.code}"

    @property
    def files(self) -> dict[str, str]:
        """The digests of the code files that are there."""
        return dict(self.told.get("files", {}))


def run_driver(receipt: Receipt, place: CodePlace, scratch: Scratch) -> Answer:
    """Run the stage of a receipt from one place of code, and return how it ended."""
    (scratch.folder / "request.json").write_text(json.dumps(_request(receipt, place, scratch)))
    with scratch.log.open("wb") as log:
        done = subprocess.run(  # noqa: S603 - the recorded stage is meant to run
            [sys.executable, "-P", str(_DRIVER), str(scratch.folder)],
            cwd=scratch.workspace.root,
            env=_environment(place, scratch),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    told = _read(scratch.folder / "answer.json")
    made = scratch.folder / "receipt"
    return Answer(
        str(told.get("end", "start")),
        told,
        made.read_bytes() if made.is_file() else None,
        _last_lines(scratch.log),
        done.returncode,
    )


def _request(receipt: Receipt, place: CodePlace, scratch: Scratch) -> dict[str, Any]:
    claim = receipt.claim
    module, _, qualname = claim.code.function.rpartition(":")
    inputs: dict[str, list[str]] = {}
    for entry in claim.inputs:
        inputs.setdefault(entry.role, []).append(str(scratch.workspace.resolve(entry.path)))
    ignored = set(place.ignored)
    return {
        "module": module,
        "qualname": qualname,
        "stage": claim.stage,
        "files": {k: v.hex for k, v in claim.code.files.items() if k not in ignored},
        "ignored_files": sorted(ignored),
        "parameters": dict(claim.parameters),
        "inputs": inputs,
        "targets": {t.role: str(scratch.workspace.resolve(t.path)) for t in claim.targets},
    }


def _environment(place: CodePlace, scratch: Scratch) -> dict[str, str]:
    """Return the variables of this process, without those that lead it elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in _TAKEN_AWAY}
    given = [str(Path(one).resolve()) for one in _split(os.environ.get("PYTHONPATH", ""))]
    return {
        **kept,
        VARIABLE: str(scratch.workspace.root),
        "PYTHONPATH": os.pathsep.join([*place.import_path, *given]),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The folder may lie below somebody's checkout, which is not the code's.
        "GIT_CEILING_DIRECTORIES": str(scratch.folder.parent),
    }


# A key would sign the scratch ledger; a fixed hash seed would hide an order of sets.
_TAKEN_AWAY = frozenset(["DISTILL_KEYS", "PYTHONHASHSEED", "PYTHONPATH", "PYTHONSTARTUP"])


def _split(text: str) -> list[str]:
    return [one for one in text.split(os.pathsep) if one]


def _read(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told


def _last_lines(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])
