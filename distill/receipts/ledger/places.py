"""Where the ledger and the public keys lie, below a workspace or a release."""

import re
from typing import Final

LOG: Final = "receipts/ledger/log.jsonl"
CHECKPOINTS: Final = "receipts/ledger/checkpoints"
PUBLIC_KEYS: Final = "receipts/keys"
P256: Final = ".p256"
SIZE: Final = re.compile(r"[0-9]{16}")


def checkpoint_name(size: int) -> str:
    """Return the name of the file of the checkpoint of this size."""
    return f"{size:016d}"
