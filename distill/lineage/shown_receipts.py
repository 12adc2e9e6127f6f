"""Showing of the receipts behind a sample what its proof needs, under the ledger's heads."""

from collections.abc import Iterable

from distill.errors import VerificationError
from distill.lineage.chain import Chain
from distill.lineage.ledger_lines import LedgerLines
from distill.lineage.needed import Needed
from distill.lineage.proof import ShownFact, ShownReceipt, ShownReceipts
from distill.receipts.facts import Fact, fact_content, facts_of
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree
from distill.receipts.merkle_subsets import subset_path
from distill.receipts.receipt import Receipt


def show_receipts(chain: Chain, needed: Needed, lines: LedgerLines) -> ShownReceipts:
    """Return the receipts of a chain with the facts that are needed of each.

    Raises:
        ContractError: a receipt is not in the ledger.
        VerificationError: a receipt has not such a fact, so the chain does not hold.
    """
    return ShownReceipts(
        evidence=_show(chain.evidence, needed.evidence, lines),
        scored=_show(chain.scored, needed.scored, lines),
        export=_show(chain.export, needed.export, lines),
    )


def _show(receipt: Receipt, needed: Iterable[Fact], lines: LedgerLines) -> ShownReceipt:
    facts = list(facts_of(receipt))
    contents = [fact_content(fact) for fact in facts]
    wanted = {fact_content(fact) for fact in needed}
    if not wanted <= set(contents):
        raise VerificationError(
            f"the receipt {receipt.digest.short}… of {receipt.claim.stage} is none of this chain:"
            " it names other files or parents",
            "`distill verify` tells more",
        )
    numbers = sorted(contents.index(content) for content in wanted)
    tree = MerkleTree(leaf_hash(content) for content in contents)
    return ShownReceipt(
        facts=tuple(ShownFact(number, facts[number]) for number in numbers),
        line=lines.index_of(receipt),
        path=subset_path(tree, numbers),
    )
