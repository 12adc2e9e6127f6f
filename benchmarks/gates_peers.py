"""The libraries that `benchmarks/gates.py` measures observers beside, each by its own script."""

import json
import os
import subprocess
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SAMPLE: Final = 300_000
#: By gate: what is installed, and the script beside this one that scans with it.
PEERS: Final = {
    "secret_detected": ("detect-secrets==1.5.0", "gates_detect_secrets.py"),
    "near_duplicate": ("datasketch==2.0.0", "gates_datasketch.py"),
    "benchmark_contamination": (
        "datatrove==0.10.1 spacy orjson regex xxhash<4",
        "gates_datatrove.py",
    ),
}


class Peer:
    """A library in an environment of its own, with a file of the texts that it is given."""

    def __init__(self, folder: Path, requirement: str, script: str, texts: Path) -> None:
        venv.create(folder, with_pip=True)
        self._command = [
            str(folder / "bin/python"),
            str(Path(__file__).parent / script),
            str(texts),
        ]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run(
            [self._command[0], "-m", "pip", "install", "-q", *requirement.split()],
            check=True,
            env=environment,
            stderr=subprocess.DEVNULL,
        )

    def seconds(self) -> float:
        """Return the CPU seconds that it says it took for the texts."""
        done = subprocess.run(self._command, check=True, capture_output=True, text=True)
        return float(done.stdout)


def sample(said: Iterable[str], path: Path) -> int:
    """Write the first of some texts as JSON lines, and return their characters."""
    written = 0
    with path.open("w", encoding="ascii") as file:
        for text in said:
            file.write(json.dumps(text) + "\n")
            written += len(text)
            if written > SAMPLE:
                break
    return written
