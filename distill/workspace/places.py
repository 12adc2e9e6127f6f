"""Where things lie in a workspace."""

from typing import Final

EVIDENCE_DIR: Final = "data/evidence"
SCORED_DIR: Final = "data/scored"
EXPORTS_DIR: Final = "exports"
QUARANTINE_DIR: Final = "quarantine"
REVIEWS_GLOB: Final = "reviews/*.jsonl"
WITHDRAWALS_FILE: Final = "withdrawals.jsonl"
SCRATCH_DIR: Final = ".distill/scratch"
