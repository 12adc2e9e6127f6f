"""The files: outputs and inputs of receipts hold the bytes that the receipts record."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from distill.errors import VerificationError
from distill.receipts.digest import Digest, Fingerprint
from distill.receipts.faults import Fault, FaultKind
from distill.receipts.paths import split_root
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.strict import HEX_256
from distill.receipts.verify.reading import Reading
from distill.receipts.workspace import Workspace


class FileCheck:
    """Holds the files of a workspace against its receipts."""

    def __init__(
        self, workspace: Workspace, receipts: Mapping[Digest, Receipt], reading: Reading
    ) -> None:
        self._workspace = workspace
        self._reading = reading
        self._made = {
            (entry.path, entry.blake3)
            for receipt in receipts.values()
            for entry in receipt.claim.outputs
        }

    def faults(self, receipt: Receipt) -> Iterator[Fault]:
        """Yield what differs between a receipt and the files that it names."""
        for entry in receipt.claim.outputs:
            yield from self._output(entry)
        for entry in receipt.claim.inputs:
            yield from self._input(entry)

    def _output(self, entry: FileEntry) -> Iterator[Fault]:
        place = self._place(entry)
        if isinstance(place, Fault):
            yield place
            return
        found = self._reading.fingerprint(entry.path, place)
        if found is None:
            message = "an output is missing or is no plain file"
            yield Fault("output_missing", entry.path, str(entry.blake3), "nothing", message)
        else:
            yield from _differences("output_changed", entry, found, "an output was changed")

    def _input(self, entry: FileEntry) -> Iterator[Fault]:
        place = self._place(entry)
        if isinstance(place, Fault):
            yield place
            return
        found = self._reading.fingerprint(entry.path, place)
        if (entry.path, entry.blake3) in self._made and (
            found is None or found.blake3 != entry.blake3
        ):
            return  # replaced by a newer run of its maker: that receipt answers for the file
        if found is None:
            message = "an input is gone, so its bytes can't be checked"
            yield Fault("input_absent", entry.path, str(entry.blake3), "nothing", message)
        else:
            message = "an input is no longer what the stage read"
            yield from _differences("input_changed", entry, found, message)

    def _place(self, entry: FileEntry) -> Path | Fault:
        root, _ = split_root(entry.path)
        if root is not None and root not in self._workspace.roots:
            message = f"the root {root!r} is not named in distill.toml here"
            return Fault("root_unknown", entry.path, str(entry.blake3), "nothing", message)
        try:
            return self._workspace.resolve(entry.path)
        except VerificationError as error:
            return Fault("path_refused", entry.path, "a path inside", "a way out", error.message)


def replaced_faults(workspace: Workspace, reading: Reading) -> Iterator[Fault]:
    """Yield what is wrong with kept versions of outputs; what was pruned is no fault."""
    for path in sorted((workspace.root / "data" / "objects").glob("*")):
        if not HEX_256.fullmatch(path.name):
            continue
        shown = path.relative_to(workspace.root).as_posix()
        found = reading.fingerprint(shown, path)
        if found is None or found.blake3.hex != path.name:
            held = "nothing readable" if found is None else str(found.blake3)
            message = "a kept version of an output is damaged"
            yield Fault("object_damaged", shown, f"blake3:{path.name}", held, message)


def _differences(
    kind: FaultKind, entry: FileEntry, found: Fingerprint, meaning: str
) -> Iterator[Fault]:
    """Yield the first field in which a file differs from what was recorded."""
    for name in ("blake3", "bytes", "sha256", "records", "root"):
        expected, actual = getattr(entry, name), getattr(found, name)
        if expected != actual:
            shown = f"{name} {actual}" if name in {"bytes", "records"} else str(actual)
            yield Fault(kind, entry.path, str(expected), shown, meaning)
            return
