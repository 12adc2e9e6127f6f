"""The folder in which a stage runs again: a workspace of its own, with the recorded inputs."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from distill.errors import ConfigurationError, IncompleteError, VerificationError
from distill.receipts.paths import split_root
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.versions import Versions
from distill.receipts.workspace import CONFIGURATION, Workspace

_SHOWN = 20


@dataclass(frozen=True)
class Scratch:
    """A folder made for one run: the workspace, its roots, exported code and the driver's files."""

    folder: Path
    workspace: Workspace

    @classmethod
    def make(cls, folder: Path, receipt: Receipt, home: Workspace) -> "Scratch":
        """Make the workspace, and the roots that it has or that the receipt's paths name, empty."""
        claim = receipt.claim
        recorded = [entry.path for entry in claim.inputs] + [one.path for one in claim.targets]
        named = {name for path in recorded if (name := split_root(path)[0]) is not None}
        names = sorted(named | set(home.roots))
        roots = {name: folder / "roots" / name for name in names}
        for place in (folder / "workspace", *roots.values()):
            place.mkdir(parents=True)
        lines = ["[roots]\n", *(f"{name} = {json.dumps(str(p))}\n" for name, p in roots.items())]
        (folder / "workspace" / CONFIGURATION).write_text("".join(lines), encoding="utf-8")
        return cls(folder, Workspace(folder / "workspace", roots))

    @property
    def code(self) -> Path:
        """Where commits are written."""
        return self.folder / "code"

    @property
    def log(self) -> Path:
        """What the stage printed."""
        return self.folder / "printed.txt"

    def lay_out(self, receipt: Receipt, home: Workspace) -> None:
        """Copy the recorded inputs to their recorded paths, from wherever their bytes are.

        Copies, not links: a stage that writes into its input must not reach the original.

        Raises:
            IncompleteError: bytes are gone; each file is named.
            ConfigurationError: there is no room for them.
        """
        inputs = list(dict.fromkeys(receipt.claim.inputs))
        self._demand_room(sum(entry.bytes for entry in inputs))
        versions = Versions(home)
        gone: list[str] = []
        for entry in inputs:
            place = _find(versions, entry, gone)
            if place is not None:
                target = self.workspace.resolve(entry.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(place, target)
        if gone:
            more = f"\n  … and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
            raise IncompleteError(
                f"{len(gone)} of {len(inputs)} recorded inputs are gone, so the stage can't run "
                f"again:\n  " + "\n  ".join(gone[:_SHOWN]) + more,
                "bring files with these digests back to their places, or to data/objects/<blake3>",
            )

    def _demand_room(self, needed: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise ConfigurationError(
                f"the inputs have {needed} bytes, and {self.folder} has room for {free}",
                "name a folder with more room: --scratch DIR",
            )


def _find(versions: Versions, entry: FileEntry, gone: list[str]) -> Path | None:
    try:
        place = versions.find(entry)
        why = ""
    except VerificationError as error:
        place, why = None, f": {error.message}"
    if place is None:
        gone.append(f"{entry.path} ({entry.blake3}){why}")
    return place
