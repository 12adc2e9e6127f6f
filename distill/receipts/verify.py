"""Verifying a workspace: everything is read again, and no code of a stage runs.

With the writer it shares only the canonical form, the digests, the receipt and the store.
"""

from collections.abc import Iterator
from pathlib import Path

from distill.errors import DistillError, VerificationError
from distill.receipts.claims import claim_faults
from distill.receipts.digest import Digest, Fingerprint, fingerprint_file
from distill.receipts.faults import Fault, FaultKind, VerificationReport
from distill.receipts.paths import split_root
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.refs import STAGES, age, heads_of, read_heads, read_stages
from distill.receipts.store import ReceiptStore
from distill.receipts.strict import HEX_256
from distill.receipts.workspace import Workspace

__all__ = ["Fault", "VerificationReport", "verify_workspace"]


def verify_workspace(workspace: Workspace) -> VerificationReport:
    """Read all receipts again, and the files that the newest passing ones name.

    Law: what was written and not touched since gives no fault; any changed or missing byte of a
    receipt, of a ref, or of a file that a newest passing receipt names gives one that names it.
    """
    verifier = _Verifier(workspace)
    faults = tuple(verifier.faults())
    return VerificationReport(faults, len(verifier.receipts), len(verifier.seen))


class _Verifier:
    """One verification: every file is read at most once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.store = ReceiptStore(workspace)
        self.receipts: dict[Digest, Receipt] = {}
        self.seen: dict[str, Fingerprint | None] = {}
        self._made: set[tuple[str, Digest]] = set()

    def faults(self) -> Iterator[Fault]:
        yield from self._objects()
        self._made = {
            (entry.path, entry.blake3)
            for receipt in self.receipts.values()
            for entry in receipt.claim.outputs
        }
        for receipt in self.receipts.values():
            yield from claim_faults(self._shown(self.store.path_of(receipt.digest)), receipt)
            yield from self._chain(receipt)
        yield from self._refs()
        for receipt in self._current():
            for entry in receipt.claim.outputs:
                yield from self._output(entry)
            for entry in receipt.claim.inputs:
                yield from self._input(entry)
        yield from self._replaced()

    def _objects(self) -> Iterator[Fault]:
        for path, entry in self.store.entries():
            if isinstance(entry, Receipt):
                self.receipts[entry.digest] = entry
            else:
                yield Fault(
                    "receipt_damaged", self._shown(path), path.name, "other bytes", entry.message
                )

    def _refs(self) -> Iterator[Fault]:
        for path in sorted(self.store.refs.glob("[!.]*")):
            try:
                heads = read_heads(path.read_bytes())
            except (OSError, VerificationError) as error:
                message = f"the ref can't be read: {error}"
                yield Fault("ref_damaged", self._shown(path), "a ref", "other bytes", message)
                continue
            for slot, head in heads.items():
                yield from self._ref(path, slot, head.newest)
                if head.passed not in {None, head.newest}:
                    yield from self._ref(path, slot, head.passed)

        yield from self._listed_stages()

    def _listed_stages(self) -> Iterator[Fault]:
        """Hold the list of stages against the receipts, where there is one."""
        path = self.store.refs / STAGES
        made = {receipt.claim.stage for receipt in self.receipts.values()}
        try:
            listed = set(read_stages(path.read_bytes()))
        except FileNotFoundError:
            return
        except (OSError, VerificationError):
            listed = set()
        if not made <= listed:
            expected, found = ", ".join(sorted(made)), ", ".join(sorted(listed))
            message = "the list of stages lacks some that have receipts"
            yield Fault("ref_damaged", self._shown(path), expected, found, message)

    def _ref(self, path: Path, slot: str, digest: Digest | None) -> Iterator[Fault]:
        receipt = self.receipts.get(digest) if digest is not None else None
        shown = self._shown(path)
        if receipt is None:
            message = "the ref names a receipt that is missing or damaged"
            yield Fault("ref_dangling", shown, str(digest), "nothing sound", message)
        elif (receipt.claim.stage, receipt.slot) != (path.name, slot):
            found = f"one of {receipt.claim.stage}"
            message = "the ref names a receipt of another stage or other outputs"
            yield Fault("ref_damaged", shown, f"one of {path.name}", found, message)

    def _current(self) -> Iterator[Receipt]:
        """Yield the newest passing receipts, told from the receipts and not from the refs."""
        by_stage: dict[str, list[Receipt]] = {}
        for receipt in self.receipts.values():
            by_stage.setdefault(receipt.claim.stage, []).append(receipt)
        for stage in sorted(by_stage):
            heads = heads_of(by_stage[stage])
            passed = [self.receipts[head.passed] for head in heads.values() if head.passed]
            yield from sorted(passed, key=age)

    def _chain(self, receipt: Receipt) -> Iterator[Fault]:
        """Hold a receipt against its parents: they exist, and made what it says it read."""
        shown = self._shown(self.store.path_of(receipt.digest))
        claimed = {(parent.stage, parent.claim) for parent in receipt.claim.parents}
        found: set[tuple[str, Digest]] = set()
        for digest in receipt.run.parents:
            parent = self.receipts.get(digest)
            if parent is None:
                message = "a parent receipt is missing or damaged"
                yield Fault("chain_broken", shown, str(digest), "nothing sound", message)
                continue
            found.add((parent.claim.stage, parent.claim_digest))
            yield from _links(shown, receipt, parent)
        if len(found) == len(receipt.run.parents) and claimed != found:
            message = "the claim names other parents than the run"
            yield Fault("chain_broken", shown, _named(claimed), _named(found), message)

    def _output(self, entry: FileEntry) -> Iterator[Fault]:
        place = self._place(entry)
        if isinstance(place, Fault):
            yield place
            return
        found = self._fingerprint(entry.path, place)
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
        found = self._fingerprint(entry.path, place)
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

    def _replaced(self) -> Iterator[Fault]:
        """Check what is kept of replaced outputs; what was pruned is no fault."""
        for path in sorted((self.workspace.root / "data" / "objects").glob("*")):
            if not HEX_256.fullmatch(path.name):
                continue
            found = self._fingerprint(self._shown(path), path)
            if found is None or found.blake3.hex != path.name:
                shown = "nothing readable" if found is None else str(found.blake3)
                message = "a kept version of an output is damaged"
                yield Fault(
                    "object_damaged", self._shown(path), f"blake3:{path.name}", shown, message
                )

    def _place(self, entry: FileEntry) -> Path | Fault:
        root, _ = split_root(entry.path)
        if root is not None and root not in self.workspace.roots:
            message = f"the root {root!r} is not named in distill.toml here"
            return Fault("root_unknown", entry.path, str(entry.blake3), "nothing", message)
        try:
            return self.workspace.resolve(entry.path)
        except VerificationError as error:
            return Fault("path_refused", entry.path, "a path inside", "a way out", error.message)

    def _fingerprint(self, shown: str, place: Path) -> Fingerprint | None:
        if shown not in self.seen:
            try:
                self.seen[shown] = None if place.is_symlink() else fingerprint_file(place)[0]
            except DistillError:
                self.seen[shown] = None
        return self.seen[shown]

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.workspace.root).as_posix()


def _links(shown: str, receipt: Receipt, parent: Receipt) -> Iterator[Fault]:
    made = {entry.path: entry.blake3 for entry in parent.claim.outputs}
    read = [entry for entry in receipt.claim.inputs if entry.path in made]
    if not parent.passed:
        yield Fault("chain_broken", shown, "a parent that passed", "one that failed", "bad parent")
    if not any(entry.blake3 == made[entry.path] for entry in read):
        message = "no input is what the parent made"
        yield Fault("chain_broken", shown, str(parent.digest), "other inputs", message)


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


def _named(parents: set[tuple[str, Digest]]) -> str:
    return ", ".join(sorted(f"{stage} {claim}" for stage, claim in parents)) or "none"
