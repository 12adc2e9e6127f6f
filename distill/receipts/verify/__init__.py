"""The verifier: everything is read again, and no code of a stage runs.

With the writer it shares only the canonical form, the digests, the receipt and the store.
"""

from distill.receipts.faults import Fault, VerificationReport
from distill.receipts.verify.workspace import verify_workspace

__all__ = ["Fault", "VerificationReport", "verify_workspace"]
