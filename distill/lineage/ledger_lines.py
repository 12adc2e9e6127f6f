"""The ledger of a workspace under its newest checkpoint, and proofs of its lines."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from distill.errors import ConfigurationError, ContractError, VerificationError
from distill.lineage.proof import Growth, LedgerHead, Line
from distill.receipts.ledger.checkpoint import Note
from distill.receipts.ledger.entries import Genesis, KeyChange, Recorded, read_entry
from distill.receipts.ledger.log import Ledger
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree, TreeHead, consistency_path
from distill.receipts.merkle_subsets import subset_path
from distill.receipts.receipt import Receipt
from distill.receipts.workspace import Workspace

_HINT: Final = "`distill verify` names what is wrong"


class LedgerLines:
    """The lines that the newest checkpoint covers, and their tree."""

    def __init__(self, note: Note, lines: Sequence[bytes]) -> None:
        self._note = note
        self._lines = lines
        self._tree = MerkleTree(leaf_hash(line) for line in lines)

    @classmethod
    def of(cls, workspace: Workspace) -> "LedgerLines":
        """Read the ledger of a workspace.

        Raises:
            ConfigurationError: there is none.
            VerificationError: its lines are not those of its newest checkpoint.
        """
        ledger = Ledger(workspace)
        note = ledger.newest_checkpoint()
        if note is None:
            raise ConfigurationError("there is no ledger yet", "`distill run` begins one")
        checkpoint = note.checkpoint
        found = cls(note, ledger.lines()[: checkpoint.size])
        if found._tree.head() != TreeHead(checkpoint.size, checkpoint.root):
            raise VerificationError(
                "the ledger's lines are not those of its newest checkpoint", _HINT
            )
        return found

    @property
    def checkpoint(self) -> str:
        """The text of the newest checkpoint."""
        return self._note.content.decode()

    def head(self, receipts: Iterable[int], since: Note | None = None) -> LedgerHead:
        """Return what a proof says of the ledger; ``receipts`` are the numbers of their lines.

        ``since`` is a checkpoint that somebody keeps.

        Raises:
            VerificationError: the ledger does not go on from that checkpoint.
        """
        numbers = sorted({0, *self._keys(), *receipts, len(self._lines) - 1})
        return LedgerHead(
            checkpoint=self.checkpoint,
            lines=tuple(Line(number, read_entry(self._lines[number])) for number in numbers),
            path=subset_path(self._tree, numbers),
            growth=None if since is None else self._growth(since),
        )

    def index_of(self, receipt: Receipt) -> int:
        """Return the number of the line that records a receipt.

        Raises:
            ContractError: no line does.
        """
        digest = receipt.digest
        wanted = f'"blake3":"{digest.hex}"'.encode()
        for number, line in enumerate(self._lines):
            if wanted in line:
                entry = read_entry(line)
                if isinstance(entry, Recorded) and entry.blake3 == digest:
                    return number
        raise ContractError(
            f"the receipt {digest.short}… is not in the ledger",
            "if a crash left it out, `distill ledger repair` enters it",
        )

    def _keys(self) -> Iterator[int]:
        numbers = (n for n, line in enumerate(self._lines) if b'"entry":"key"' in line)
        return (n for n in numbers if isinstance(read_entry(self._lines[n]), KeyChange))

    def _growth(self, since: Note) -> Growth:
        old = since.checkpoint
        first = read_entry(self._lines[0])
        is_ours = isinstance(first, Genesis) and first.origin == old.origin
        fits = is_ours and old.size <= len(self._lines)
        if not fits or self._tree.head(old.size).root != old.root:
            raise VerificationError(
                f"the ledger does not go on from the checkpoint of size {old.size} of {old.origin}",
                "it is another ledger's, or this one's history was rewritten: `distill verify"
                " --since` tells more",
            )
        return Growth(old.size, old.root, consistency_path(self._tree, old.size))
