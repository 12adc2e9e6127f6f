"""What a card counts: rows by what fits, in characters that a row's texts and calls have."""

import json
from typing import Any

from distill.exports.card_tally import CHARS_PER_TOKEN, LENGTHS, CardTally
from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.records.message import Message
from tests.exports.builders import REJECTED, assistant, call, run, tool, user

ARGUMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"b": 1.5e300, "a": "é"},
    {"n": [1, None, True], "text": 'say "so"'},
    {"x": 1e-7},
)
ASKED = (user("mend it"),)
ANSWERED = (assistant(None, *(call("édit", one) for one in ARGUMENTS)), tool("x"), assistant("äh"))
LONGER = (assistant("no", call("f", ARGUMENTS[1])), tool("y" * 90), assistant("done"))


def _chars(messages: tuple[Message, ...]) -> int:
    """Return the characters of some turns, each call's arguments as compact JSON by itself."""
    calls = [one.function for turn in messages for one in turn.tool_calls or ()]
    written = (
        json.dumps(one.arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        for one in calls
    )
    texts = (*(turn.content or "" for turn in messages), *(one.name for one in calls), *written)
    return sum(map(len, texts))


def _tokens(chars: int) -> int:
    return -(-chars // CHARS_PER_TOKEN)


def test_the_calls_of_a_row_count_as_each_is_written() -> None:
    """Names and arguments, floats as Python writes them; of a pair the longer side."""
    tally, subject = CardTally(), run("trial/a", messages=(*ASKED, *ANSWERED))
    row = sft_sample(*subject, SftSettings())
    assert not isinstance(row, Refusal)
    tally.add(row, subject[1])
    assert tally.tokens == _tokens(_chars((*ASKED, *ANSWERED)))
    worse = run("trial/b", REJECTED, messages=(*ASKED, *LONGER))
    pair = preference_sample(subject, worse, PreferenceSettings())
    assert not isinstance(pair, Refusal)
    of_pairs = CardTally()
    of_pairs.add(pair, subject[1], worse[1])
    longer = max(_chars(ANSWERED), _chars(LONGER))
    assert of_pairs.tokens == _tokens(_chars(ASKED) + longer)


def test_a_row_fits_where_it_is_no_longer() -> None:
    """At a bound it fits, with a character more it does not; parts together say what all say."""
    whole, absorbed = CardTally(), CardTally()
    chars = [length * CHARS_PER_TOKEN + more for length in LENGTHS for more in (0, 1)]
    for number, size in enumerate(chars):
        subject = run(f"trial/{number}", messages=None, text="x" * size)
        row = rag_sample(*subject, RagSettings())
        assert not isinstance(row, Refusal)
        part = CardTally()
        for tally in (whole, part):
            tally.add(row, subject[1])
        absorbed.absorb(part.as_json())
    expected = [sum(_tokens(size) <= length for size in chars) for length in LENGTHS]
    assert expected == list(range(1, 2 * len(LENGTHS), 2))
    assert [whole.fitting(length) for length in LENGTHS] == expected
    assert absorbed.as_json() == whole.as_json()
