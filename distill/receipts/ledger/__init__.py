"""The ledger: an append-only Merkle log over the receipts, with signed checkpoints.

It shows what a receipt alone can't: that none was removed, put in between, reordered or replaced.
"""

__all__: list[str] = []
