"""A quarantine row: what is in no export and why. Pointers, digests and reasons, never a text."""

from typing import Final, Literal

from distill.records.evidence import Provenance
from distill.records.record import Record
from distill.records.taxonomy import QuarantineReason, QuarantineUnit

QUARANTINE_FORMAT: Final = "distill.quarantine/1"


class Quarantined(Record, frozen=True, kw_only=True):
    """One unit that a stage did not pass on.

    `ids` are the run ids that it stands for (two for a pair, none for a record that could not be
    read). `reason` is the first gate that failed in the listed order, `also` what else failed.
    `rule` names the module's rule, `detail` says what was seen without quoting the record.
    """

    format: Literal["distill.quarantine/1"] = QUARANTINE_FORMAT
    stage: str
    unit: QuarantineUnit
    source: str
    ids: tuple[str, ...] = ()
    reason: QuarantineReason
    also: tuple[QuarantineReason, ...] = ()
    rule: str
    detail: str
    origin: tuple[Provenance, ...] = ()
