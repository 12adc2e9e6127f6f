"""What the three sets share: gates, redaction and schema between what is exported and its row."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from distill.exports.rows import refuse_row
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.firewall.finding import C, Gate, Refusal, RunCandidate
from distill.firewall.judging import UNDECIDED, Judge
from distill.firewall.observation import UndecidedError
from distill.firewall.redaction import RedactionKey, redact
from distill.records.evidence import EvidenceRecord
from distill.records.samples import RagSample, SftSample
from distill.records.scored import ScoredRun

S = TypeVar("S", bound=RagSettings | SftSettings | PreferenceSettings)
R_co = TypeVar("R_co", bound=RagSample | SftSample, covariant=True)


class Samples(Generic[C, S]):
    """Makes the rows of a set: its settings are looked into once.

    ``standing`` are the gates before the set; ``gates`` of a call stand in their place.
    """

    standing: ClassVar[Sequence[Gate[Any]]]

    def __init__(
        self,
        settings: S,
        key: RedactionKey | None = None,
        gates: Sequence[Gate[C]] | None = None,
    ) -> None:
        self._settings = settings
        self._key = key
        self._judge: Judge[C] = Judge(self.standing if gates is None else gates, settings.gates())

    def _redacted(self, record: EvidenceRecord) -> EvidenceRecord | Refusal:
        """Return the run with its placeholders, or why it can't have them."""
        try:
            return redact(record, self._settings.firewall, self._key)
        except UndecidedError as error:
            return Refusal(reason=error.reason, also=(), rule=UNDECIDED, detail=error.why)


class RunSamples(Samples[RunCandidate, S], ABC, Generic[S, R_co]):
    """Makes the rows of a set of single runs."""

    def of(
        self, run: ScoredRun, evidence: EvidenceRecord, *, is_duplicate: bool = False
    ) -> R_co | Refusal:
        """Return the row of a run, or why there is none.

        Laws: a row's category is one that the settings allow, with either of gates and schema
        alone; no character that the settings have redacted is in the row.
        """
        refusal = self._judge.refusal(RunCandidate(run, evidence, is_duplicate))
        if refusal is not None:
            return refusal
        redacted = self._redacted(evidence)
        if isinstance(redacted, Refusal):
            return redacted
        try:
            return self._admit(run, redacted)
        except ValueError as error:
            return refuse_row(error)

    @abstractmethod
    def _admit(self, run: ScoredRun, redacted: EvidenceRecord) -> R_co:
        """Return the row of a run that the gates let through.

        Raises:
            ValueError: the schema refuses it.
        """
