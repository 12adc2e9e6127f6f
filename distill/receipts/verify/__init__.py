"""The verifier: everything is read again, and no code of a stage runs.

With the writer it shares only the canonical form, the digests, and the forms of receipts, refs and
ledger: values in, values out. It writes nothing but the stat cache, where that is asked for.
"""

from distill.receipts.faults import Fault, VerificationReport
from distill.receipts.verify.request import VerificationRequest
from distill.receipts.verify.workspace import verify_workspace

__all__ = ["Fault", "VerificationReport", "VerificationRequest", "verify_workspace"]
