"""Running receipts/verify.sh as an auditor does."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "receipts" / "verify.sh"
# Beside jq and openssl, what the script asks of a machine; all are in POSIX.
POSIX_TOOLS = (
    *("sh", "awk", "cat", "cmp", "cut", "find", "head", "ls", "mkdir"),
    *("od", "rm", "sort", "tr", "wc", "xargs"),
)
VERDICTS = {0: "SOUND", 10: "NOT SOUND", 11: "CANNOT CHECK"}


@dataclass(frozen=True)
class Verdict:
    """What the script said: exit code, the last line, and the lines before it by their kind."""

    code: int
    last: str
    notes: tuple[str, ...]
    unchecked: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def findings(self) -> tuple[str, ...]:
        """Everything that it found wrong or could not check."""
        return self.faults + self.unchecked


def run_script(
    folder: Path,
    *flags: str | Path,
    shell: Sequence[str] = ("sh",),
    path: str | None = None,
    script: Path = SCRIPT,
) -> Verdict:
    """Run the script on a folder; its exit code and last line agree, or it is a defect."""
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    done = subprocess.run(
        [*shell, str(script), str(folder), *map(str, flags)],
        capture_output=True,
        check=False,
        env=environment,
        timeout=300,
    )
    assert done.stderr == b"", done.stderr
    *lines, last = done.stdout.decode(errors="replace").splitlines()
    assert last.startswith(f"{VERDICTS[done.returncode]}: "), (done.returncode, last)

    def of(kind: str) -> tuple[str, ...]:
        return tuple(line.removeprefix(kind) for line in lines if line.startswith(kind))

    known = ("note: ", "cannot check: ", "not sound: ")
    assert all(line.startswith(known) for line in lines), lines
    return Verdict(done.returncode, last, *(of(kind) for kind in known))
