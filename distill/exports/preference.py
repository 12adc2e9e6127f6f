"""Preference: two scored runs with their evidence in, a pair or a refusal out."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from distill.exports.card import CardTally, CardTotals, dataset_card
from distill.exports.card_terms import PREFERENCE_TERMS
from distill.exports.rows import refuse_row, row_messages, sample_id
from distill.exports.samples import Samples
from distill.exports.settings import PreferenceSettings
from distill.firewall.conversation import common_beginning, to_last_turn
from distill.firewall.finding import Gate, PairCandidate, Refusal, RunCandidate
from distill.firewall.gates import PAIR_GATES
from distill.firewall.redaction import RedactionKey
from distill.records.evidence import EvidenceRecord
from distill.records.record import encode
from distill.records.samples import CATEGORY_WORTH, PreferenceSample, row_time
from distill.records.scored import ScoredRun

Side = tuple[ScoredRun, EvidenceRecord]


class PreferenceSamples(Samples[PairCandidate, PreferenceSettings]):
    """Makes the pairs of a set."""

    standing = PAIR_GATES

    def of(self, chosen: Side, rejected: Side) -> PreferenceSample | Refusal:
        """Return the pair of two runs, or why they are none.

        Laws: the categories of a row are those that a pair may have, with either of gates and
        schema alone; no character that the settings have redacted is in the row.
        """
        pair = PairCandidate(RunCandidate(*chosen), RunCandidate(*rejected))
        refusal = self._judge.refusal(pair)
        if refusal is not None:
            return refusal
        first, second = self._redacted(chosen[1]), self._redacted(rejected[1])
        if isinstance(first, Refusal):
            return first
        if isinstance(second, Refusal):
            return second
        try:
            return PreferenceSample.admit(_row((chosen[0], first), (rejected[0], second)))
        except ValueError as error:
            return refuse_row(error)


def preference_sample(
    chosen: Side,
    rejected: Side,
    settings: PreferenceSettings,
    *,
    key: RedactionKey | None = None,
    gates: Sequence[Gate[PairCandidate]] = PAIR_GATES,
) -> PreferenceSample | Refusal:
    """Return one pair alone, or why there is none; see `PreferenceSamples.of`."""
    return PreferenceSamples(settings, key, gates).of(chosen, rejected)


def preference_card(tally: CardTally, totals: CardTotals, settings: PreferenceSettings) -> str:
    """Return the dataset card of a preference export."""
    return dataset_card(PREFERENCE_TERMS, tally, totals, settings.model_dump(mode="json"))


def margin(chosen: ScoredRun, rejected: ScoredRun) -> float:
    """Return the gap of the raw rewards where both have one, else of the categories.

    Rewards of two kinds of verdict (another name, another origin) have no common scale and do not
    count. The gap is never negative: with ``lower_is_better`` the chosen reward is the lower one.
    Rounded to ten decimals.
    """
    if (
        chosen.reward is not None
        and rejected.reward is not None
        and _is_one_scale(chosen, rejected)
    ):
        return round(abs(chosen.reward - rejected.reward), 10)
    worth = CATEGORY_WORTH.get(chosen.category, 0.0) - CATEGORY_WORTH.get(rejected.category, 0.0)
    return max(worth, 0.0)


def _is_one_scale(chosen: ScoredRun, rejected: ScoredRun) -> bool:
    one, other = chosen.decided_by, rejected.decided_by
    if one is None or other is None:
        return False
    return (one.name, one.origin) == (other.name, other.origin)


def _row(chosen: Side, rejected: Side) -> dict[str, Any]:
    (chosen_run, chosen_record), (rejected_run, rejected_record) = chosen, rejected
    first = to_last_turn(chosen_record.messages or ())
    second = to_last_turn(rejected_record.messages or ())
    common = common_beginning(first, second)
    texts = {
        "prompt": Raw(encode(row_messages(first[:common]))),
        "chosen": Raw(encode(row_messages(first[common:]))),
        "rejected": Raw(encode(row_messages(second[common:]))),
    }
    tools = chosen_record.tools if chosen_record.tools is not None else rejected_record.tools
    return {
        "id": sample_id("preference", [chosen_run.run_id, rejected_run.run_id], encode(texts)),
        **texts,
        "tools": tools,
        "chosen_category": chosen_run.category.value,
        "rejected_category": rejected_run.category.value,
        "chosen_run_id": chosen_run.run_id,
        "rejected_run_id": rejected_run.run_id,
        "margin": margin(chosen_run, rejected_run),
        "created_at": _later(chosen_record.recorded_at, rejected_record.recorded_at),
        "provenance": {
            "chosen": chosen_record.provenance,
            "rejected": rejected_record.provenance,
        },
    }


def _later(first: str | None, second: str | None) -> str | None:
    """Return the later of two times in UTC; null where one is unknown."""
    one, other = row_time(first), row_time(second)
    return None if one is None or other is None else max(one, other)
