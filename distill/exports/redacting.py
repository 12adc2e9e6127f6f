"""A run as an export may hold it: placeholders in the place of what its settings have redacted."""

from distill.firewall.finding import Refusal
from distill.firewall.judging import UNDECIDED
from distill.firewall.observation import UndecidedError
from distill.firewall.redaction import RedactionKey, redact
from distill.firewall.settings import FirewallSettings
from distill.records.evidence import EvidenceRecord


def redact_run(
    record: EvidenceRecord, settings: FirewallSettings, key: RedactionKey | None
) -> EvidenceRecord | Refusal:
    """Return the run with its placeholders, or why it can't have them."""
    try:
        return redact(record, settings, key)
    except UndecidedError as error:
        return Refusal(reason=error.reason, also=(), rule=UNDECIDED, detail=error.why)
