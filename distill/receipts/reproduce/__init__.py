"""Running a recorded stage again, past every cache, and comparing what comes out with the receipt.

The stage runs in a process of its own (`driver`, `restoring`), in a folder made for it, on the
recorded inputs and the recorded commit's code. Of that commit's engine only `surface` is asked.
"""

from distill.receipts.reproduce.reproducing import Options, Prepared, prepare
from distill.receipts.reproduce.result import Reproduction

__all__ = ["Options", "Prepared", "Reproduction", "prepare"]
