"""What `[expect]` of `distill.toml` demands of a release; nothing is demanded by default."""

import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from distill.receipts.canonical import MAX_INTEGER
from distill.records.frozen import FrozenModel

_FRACTION = re.compile(r"([0-9]{1,9})/([1-9][0-9]{0,8})")
_MAX_PERCENT = 10**9
_MEANT = 'write whole percents such as 40, or a fraction as text such as "1/200"'


def _read_share(value: Any) -> tuple[int, int]:
    """Return a share as numerator and denominator: receipts and releases hold no floats."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_PERCENT:
        return value, 100
    found = _FRACTION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(_MEANT)
    return int(found[1]), int(found[2])


def _read_part(value: Any) -> tuple[int, int]:
    """Return a share that is at most the whole."""
    share = _read_share(value)
    if share[0] > share[1]:
        message = "more than 100 percent: it could never be broken"
        raise ValueError(message)
    return share


#: Numerator and denominator, from 0 upward.
Share: TypeAlias = Annotated[tuple[int, int], BeforeValidator(_read_share)]
#: Numerator and denominator, from 0 to 1.
Part: TypeAlias = Annotated[tuple[int, int], BeforeValidator(_read_part)]
Rows: TypeAlias = Annotated[int, Field(ge=0, le=MAX_INTEGER, strict=True)]


class LeastRows(FrozenModel):
    """How many rows a set must have; null demands nothing."""

    rag: Rows | None = None
    sft: Rows | None = None
    preference: Rows | None = None


class MostQuarantined(FrozenModel):
    """The share that may be quarantined of what a stage looked at; null demands nothing.

    `evidence`: of the records that could not be read and the runs that the others bear; `rag` and
    `sft`: of the scored runs; `preference`: of the pairs examined.
    """

    evidence: Part | None = None
    rag: Part | None = None
    sft: Part | None = None
    preference: Part | None = None


class RowsOfSource(FrozenModel):
    """How far each source's rows in each set may move from those of the previous release.

    A source without rows there is new, and may bring any number.
    """

    most_fall: Part | None = None
    most_growth: Share | None = None


class Expectations(FrozenModel):
    """All of `[expect]`."""

    least_rows: LeastRows = LeastRows()
    most_quarantined: MostQuarantined = MostQuarantined()
    rows_of_source: RowsOfSource = RowsOfSource()
