"""The files: outputs and inputs of receipts hold the bytes that the receipts record."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from distill.receipts.digest import Digest
from distill.receipts.faults import Fault, FaultKind
from distill.receipts.plain_files import Unread, names_in
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.strict import HEX_256
from distill.receipts.verify.places import Places
from distill.receipts.verify.reading import Reading, Seen
from distill.receipts.workspace import Workspace

REPLACED = "data/objects"


def places_of(
    entries: Iterable[FileEntry], places: Places
) -> tuple[dict[str, Path], dict[str, Fault]]:
    """Return where files lie, and the faults of those that are not looked for."""
    found: dict[str, Path] = {}
    refused: dict[str, Fault] = {}
    for entry in entries:
        if entry.path not in found and entry.path not in refused:
            place = places.of(entry)
            if isinstance(place, Fault):
                refused[entry.path] = place
            else:
                found[entry.path] = place
    return found, refused


def kept_versions(workspace: Workspace) -> dict[str, Path]:
    """Return where the kept versions of outputs lie; what was pruned is not missed."""
    names = names_in(workspace.root / REPLACED)
    if isinstance(names, Unread):
        return {}
    kept = (name for name in names if HEX_256.fullmatch(name))
    return {kept_version(name): workspace.root / REPLACED / name for name in kept}


def kept_version(name: str) -> str:
    """Return where the version of an output lies whose BLAKE3 has these digits."""
    return f"{REPLACED}/{name}"


class FileCheck:
    """Holds what files hold against what receipts say."""

    def __init__(
        self,
        receipts: Iterable[Receipt],
        current: Iterable[Receipt],
        reading: Reading,
    ) -> None:
        self._reading = reading
        self._made = {
            (entry.path, entry.blake3)
            for receipt in receipts
            if receipt.passed
            for entry in receipt.claim.outputs
        }
        self._answers = answers(current)

    def faults(self, receipt: Receipt) -> Iterator[Fault]:
        """Yield what differs between a receipt and the files that it names."""
        for entry in receipt.claim.outputs:
            if self._answers.get(entry.path) == entry.blake3:
                yield from self._output(entry)
        for entry in receipt.claim.inputs:
            yield from self._input(entry)

    def replaced(self, receipt: Receipt) -> Iterator[Fault]:
        """Yield the outputs of a passing receipt that were replaced and are not kept either."""
        for entry in receipt.claim.outputs if receipt.passed else ():
            is_kept = kept_version(entry.blake3.hex) in self._reading
            if self._answers.get(entry.path) != entry.blake3 and not is_kept:
                message = "an output was replaced since, so its bytes can't be checked"
                found = self._answers.get(entry.path)
                told = "no such output" if found is None else str(found)
                yield Fault("output_replaced", entry.path, str(entry.blake3), told, message)

    def _output(self, entry: FileEntry) -> Iterator[Fault]:
        found = self._reading.get(entry.path)
        if isinstance(found, Seen):
            yield from _differences("output_changed", entry, found, "an output was changed")
            yield from found.bad_rows.faults(entry.path)
        elif found is not None and found.state == "unreadable":
            yield _unreadable(entry, found)
        elif found is not None:
            message = "an output is missing or is no plain file"
            yield Fault("output_missing", entry.path, str(entry.blake3), found.told, message)

    def _input(self, entry: FileEntry) -> Iterator[Fault]:
        found = self._reading.get(entry.path)
        is_same = isinstance(found, Seen) and found.blake3 == entry.blake3
        if (entry.path, entry.blake3) in self._made and not is_same:
            return  # replaced by a newer run of its maker: that receipt answers for the file
        if isinstance(found, Seen):
            message = "an input is no longer what the stage read"
            yield from _differences("input_changed", entry, found, message)
        elif found is not None and found.state == "unreadable":
            yield _unreadable(entry, found)
        elif found is not None:
            message = "an input is gone, so its bytes can't be checked"
            yield Fault("input_absent", entry.path, str(entry.blake3), found.told, message)


def answers(current: Iterable[Receipt]) -> Mapping[str, Digest]:
    """Return what every file must hold: of the receipts that name it, the newest answers for it."""
    return {
        entry.path: entry.blake3
        for receipt in sorted(current, key=lambda one: (one.run.ended_at, one.digest.hex))
        for entry in receipt.claim.outputs
    }


def replaced_faults(reading: Reading) -> Iterator[Fault]:
    """Yield what is wrong with kept versions of outputs."""
    for shown, found in reading.items():
        folder, _, name = shown.rpartition("/")
        if folder != REPLACED or (isinstance(found, Seen) and found.blake3.hex == name):
            continue
        held = str(found.blake3) if isinstance(found, Seen) else found.told
        message = "a kept version of an output is damaged"
        yield Fault("object_damaged", shown, f"blake3:{name}", held, message)


def _unreadable(entry: FileEntry, found: Unread) -> Fault:
    message = "the file can't be read, so its bytes can't be checked"
    return Fault("file_unreadable", entry.path, str(entry.blake3), found.told, message)


def _differences(kind: FaultKind, entry: FileEntry, found: Seen, meaning: str) -> Iterator[Fault]:
    """Yield the first field in which a file differs from what was recorded."""
    for name in ("blake3", "bytes", "sha256", "records", "root"):
        expected, actual = getattr(entry, name), getattr(found, name)
        if actual is not None and expected != actual:
            shown = f"{name} {actual}" if name in {"bytes", "records"} else str(actual)
            yield Fault(kind, entry.path, str(expected), shown, meaning)
            return
