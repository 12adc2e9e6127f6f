"""Which split a run belongs to: decided by its group alone, so that growth moves no row.

A group is the repository that the task table names, else the task. The hash of its key is a
position, from 0 to 9,999; the first positions are the test split, the next the validation split,
the rest trains. The smaller a position, the better it is protected.
"""

from hashlib import sha256
from typing import Final, Self

from pydantic import Field, model_validator

from distill.records.evidence import EvidenceRecord
from distill.records.frozen import FrozenModel

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"
SPLITS: Final = (TRAIN, VALIDATION, TEST)

_POSITIONS: Final = 10_000
_PER_CENT: Final = _POSITIONS // 100


class Splits(FrozenModel):
    """How many per cent of the groups are for validation and for tests; the rest trains."""

    validation: int = Field(default=0, ge=0, le=90)
    test: int = Field(default=0, ge=0, le=90)

    @model_validator(mode="after")
    def _leaves_something_to_train(self) -> Self:
        if not 1 <= self.validation + self.test <= 90:
            message = "validation and test together are 1 to 90 per cent"
            raise ValueError(message)
        return self

    def split_at(self, position: int) -> str:
        """Return the split that a position lies in."""
        if position < self.test * _PER_CENT:
            return TEST
        is_validation = position < (self.test + self.validation) * _PER_CENT
        return VALIDATION if is_validation else TRAIN


def position_of(record: EvidenceRecord) -> int:
    """Return the position of a run's group."""
    key = f"task {record.task.key}"
    if record.repository is not None:
        key = f"repository {record.repository.strip().lower().removesuffix('.git').rstrip('/')}"
    digest = sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") * _POSITIONS >> 64
