"""`[retention]` of `distill.toml`: which replaced versions are kept when `distill prune` runs."""

from typing import Final

from pydantic import Field

from distill.records.frozen import FrozenModel

KEEP_DAYS: Final = 30
KEEP_RUNS: Final = 3
MOST_DAYS: Final = 36_500


class Retention(FrozenModel):
    """What a kept receipt needs stays; one is kept that fulfils either of two conditions.

    It was current at any time in the last `keep_days` days; or it is among the newest `keep_runs`
    passing ones of its stage and its places.
    """

    keep_days: int = Field(default=KEEP_DAYS, ge=0, le=MOST_DAYS, strict=True)
    keep_runs: int = Field(default=KEEP_RUNS, ge=1, strict=True)
