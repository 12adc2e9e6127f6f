"""The dataset card says what was asked, and not what could have been."""

from distill.exports.card import CardTally, CardTotals
from distill.exports.preference import preference_card
from distill.exports.rag import rag_card
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_card
from distill.firewall.settings import (
    Action,
    FirewallSettings,
    LoopingSettings,
    MarkAction,
    PersonalSettings,
)


def _lines(card: str) -> tuple[str, str]:
    asked = next(line for line in card.splitlines() if line.startswith("Asked, in this order"))
    unasked = next(line for line in card.splitlines() if line.startswith("Not asked"))
    return asked, unasked


def test_a_gate_that_is_off_was_not_asked() -> None:
    """In none of the sets does the card claim that such a gate looked at a row."""
    off = FirewallSettings(
        personal_data=PersonalSettings(action=MarkAction.OFF),
        looping=LoopingSettings(action=Action.OFF),
    )
    totals = CardTotals(examined=0, quarantined=0)
    for on, without in (
        (
            rag_card(CardTally(), totals, RagSettings()),
            rag_card(CardTally(), totals, RagSettings(firewall=off)),
        ),
        (
            sft_card(CardTally(), totals, SftSettings()),
            sft_card(CardTally(), totals, SftSettings(firewall=off)),
        ),
        (
            preference_card(CardTally(), totals, PreferenceSettings()),
            preference_card(CardTally(), totals, PreferenceSettings(firewall=off)),
        ),
    ):
        assert "`personal_data`" in _lines(on)[0]
        asked, unasked = _lines(without)
        assert "`personal_data`" not in asked
        assert "`looping`" not in asked
        assert "`personal_data`" in unasked
        assert "`looping`" in unasked
        assert "`secret_detected`" in asked
