"""A pattern is tried around needles alone, and finds what it finds in the whole text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from distill.firewall import refusal
from distill.firewall.injected_instructions import _LOOKED_FOR, _PHRASES, NEEDLES, _phrases
from distill.firewall.refusal import _REFUSALS, _may_refuse
from tests.firewall.hostile import LINEAR, growth

_FILLING = st.sampled_from(
    ["", " ", "\n", "x", "é ", "x = 1\n" * 60, "s" * 500, "\u017fy\u017ftem>", "[\u0131nst]"]
)
_PHRASED = st.from_regex(_PHRASES) | st.sampled_from(NEEDLES)


@given(pieces=st.lists(st.tuples(_FILLING, _PHRASED, _FILLING).map("".join), max_size=4))
@settings(max_examples=300)
def test_instructions_are_found_around_their_needles(pieces: list[str]) -> None:
    """The same matches at the same places, each once."""
    text = "".join(pieces)
    whole = [one.span() for one in _PHRASES.finditer(text)]
    assert [one.span() for one in _phrases(text)] == whole


def test_a_word_without_end_is_followed_to_its_end() -> None:
    """What stands behind it is looked at too."""
    text = f"before you solv{'e' * 5000} the task " + "x" * 5000
    (found,) = _phrases(text)
    assert found.end() == text.index(" x")


def test_needles_in_one_word_take_linear_time() -> None:
    """Each of them ends in the same word, whose end is looked for once."""
    assert growth(lambda text: list(_LOOKED_FOR.windows(text, 200)), "ignore", 40_000) < LINEAR


@given(said=st.from_regex(_REFUSALS), before=st.sampled_from(["", "Sorry, ", "\u017forry. "]))
@settings(max_examples=300)
def test_every_refusal_holds_a_needle(said: str, before: str) -> None:
    """Or a letter that is none of ASCII: then the pattern is tried."""
    assert _may_refuse(before + said)
    assert not any(one != one.lower() for one in refusal._NEEDLES)
