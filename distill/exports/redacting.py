"""A run as an export may hold it: placeholders in the place of what its settings have redacted."""

from collections.abc import Sequence

from distill.firewall.finding import GateSettings
from distill.firewall.gates import UNDECIDED, Gate, Refusal, RunCandidate, judge
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


def admitted_run(
    candidate: RunCandidate,
    gates: Sequence[Gate[RunCandidate]],
    settings: GateSettings,
    key: RedactionKey | None,
) -> EvidenceRecord | Refusal:
    """Return what an export may hold of a run that all gates let through, or why it holds none."""
    refusal = judge(candidate, gates, settings)
    return refusal or redact_run(candidate.evidence, settings.firewall, key)
