"""Pairing the runs of one task or subject: pure but for the lines that it reads."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from distill.errors import SourceError
from distill.exports.card import CardTally
from distill.exports.pairing import Examined, TaskPairing, plan_subject, plan_task
from distill.exports.preference import PreferenceSamples
from distill.exports.settings import PreferenceSettings
from distill.firewall.finding import Refusal
from distill.firewall.redaction import RedactionKey, count_redactions
from distill.receipts.digest import blake3_hex
from distill.receipts.incremental.passes import Mapped
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import PreferenceSample
from distill.records.scored import ScoredRun, without_place
from distill.records.taxonomy import QuarantineUnit
from distill.stages.lines import RandomReader
from distill.stages.quarantine_file import QuarantineRows
from distill.stages.scored_evidence import EvidenceFiles
from distill.stages.scored_groups import Group, Member
from distill.stages.split_files import SplitRows, joined_splits
from distill.stages.tally import REDACTED, Tally

PREFERENCE_STAGE: Final = "export_preference"
_KEPT: Final = 8  # evidence records in memory


def start_pairing(
    settings: PreferenceSettings, evidence: Mapping[str, Path], key: RedactionKey | None
) -> Callable[[Sequence[Group]], list[Mapped]]:
    """Return what pairs the runs of groups; ``evidence`` are the files by recorded path."""
    reader, records = RandomReader(), EvidenceFiles(evidence)
    samples = PreferenceSamples(settings, key)

    def pair(groups: Sequence[Group]) -> list[Mapped]:
        return [Pairing(settings, reader, records, samples).of(group) for group in groups]

    return pair


def together(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what groups told, as one that holds all of it tells."""
    tally, card = Tally(), CardTally()
    refused, paired, runs = [], [], []
    for one in told:
        tally.absorb(one["tally"])
        card.absorb(one["card"])
        refused += one["refused"]
        paired += one["paired"]
        runs += one["runs"]
    return {
        "tally": tally.as_json(),
        "card": card.as_json(),
        "refused": refused,
        "paired": paired,
        "runs": runs,
        **joined_splits(told),
    }


def count_run(tally: Tally, source: str, cause: str | None, number: int = 1) -> None:
    """Count runs as paired, or as unpaired with a cause."""
    tally.add(source, "paired" if cause is None else "unpaired", number)
    if cause is not None:
        tally.group("by_unpaired_cause", cause, number)


class Pairing:
    """Drives the plan of one group, and counts what becomes of its pairs and runs."""

    def __init__(
        self,
        settings: PreferenceSettings,
        reader: RandomReader,
        records: EvidenceFiles,
        samples: PreferenceSamples,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._records = records
        self._samples = samples
        self._tally = Tally()
        self._card = CardTally()
        self._refused = QuarantineRows(PREFERENCE_STAGE)
        self._rows = SplitRows(settings.splits)
        self._kept: dict[str, EvidenceRecord] = {}

    def of(self, group: Group) -> Mapped:
        """Return the pairs of a group.

        A task's counts what became of its runs. Across sources that is not told before all groups
        are there: then a task tells each run's id, source and (if unpaired) cause, and a subject
        the ids of the paired ones.

        Raises:
            SourceError: a line is not the recorded one by now.
        """
        runs = [ScoredRun.from_line(self._line(member)) for member in group.members]
        plan = plan_subject(runs) if group.is_across else plan_task(runs)
        pairing = TaskPairing(plan, self._settings)
        for examined in pairing.examine(self._sample):
            self._take(examined)
        self._tally.group("pairs", "candidates", plan.candidates)
        self._tally.group("pairs", "over_cap", pairing.over_cap)
        became = [] if group.is_across else self._became(runs, pairing)
        told = {
            "tally": self._tally.as_json(),
            "card": self._card.as_json(),
            "refused": self._refused.rows,
            "paired": sorted(pairing.paired_run_ids) if group.is_across else [],
            "runs": became,
        }
        told |= self._rows.told()
        return Mapped(encode(told), self._rows.content)

    def _became(
        self, runs: Sequence[ScoredRun], pairing: TaskPairing
    ) -> list[tuple[str, str, str | None]]:
        """Count what became of the runs of a task, or return it where other groups have a say."""
        paired = pairing.paired_run_ids
        found: list[tuple[str, str, str | None]] = [
            (run.run_id, run.source, None) for run in runs if run.run_id in paired
        ]
        found += [
            (run.run_id, run.source, cause.value)
            for run, cause in pairing.unpaired
            if run.run_id not in paired
        ]
        if self._settings.cross_source:
            return found
        for _, source, cause in found:
            count_run(self._tally, source, cause)
        return []

    def _line(self, member: Member) -> bytes:
        line = self._reader.read(member.place, member.start, member.end)
        if blake3_hex(without_place(line)) != member.blake3.hex():
            raise SourceError(
                f"{member.place} changed while the stage ran", "run it again when nobody writes it"
            )
        return line

    def _record(self, run: ScoredRun) -> EvidenceRecord:
        """Return a run's evidence; the last few are kept, since a run is in several pairs."""
        key = run.evidence.blake3
        found = self._kept.pop(key, None)
        if found is None:
            found = self._records.of(run)
        self._kept[key] = found
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def _sample(self, chosen: ScoredRun, rejected: ScoredRun) -> PreferenceSample | Refusal:
        first, second = self._record(chosen), self._record(rejected)
        return self._samples.of((chosen, first), (rejected, second))

    def _take(self, examined: Examined) -> None:
        chosen, rejected, result = examined.chosen, examined.rejected, examined.result
        self._tally.add(chosen.source, "examined")
        records = [self._record(run) for run in (chosen, rejected)]
        if isinstance(result, Refusal):
            self._tally.add(chosen.source, "quarantined")
            self._refused.add(
                QuarantineUnit.PAIR,
                chosen.source,
                ids=(chosen.run_id, rejected.run_id),
                reason=result.reason,
                also=result.also,
                rule=result.rule,
                detail=result.detail,
                origin=[place for record in records for place in record.provenance],
            )
            return
        self._tally.add(chosen.source, "exported")
        self._tally.group("by_category", f"{chosen.category} over {rejected.category}")
        self._rows.add(result.to_line(), *records)
        redacted = count_redactions(records, self._settings.firewall)
        self._tally.group_all(REDACTED, redacted)
        self._card.add(result, *records, redacted=redacted)
