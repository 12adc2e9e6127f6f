"""What says that code is left out is found wherever it stands, though most text is passed by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.stubs import _SAYS_SO, stubs

PHRASES = {
    "todo!()": "rust_macro",
    "unimplemented! (": "rust_macro",
    "throw new System.NotImplementedException()": "not_implemented",
    "throw new Error('method not yet implemented')": "not_implemented",
    'panic("TODO: later")': "go_panic",
    'panic("unimplemented")': "go_panic",
    "// ... (the rest of your code": "rest_of_code",
    "<!-- remainder of the old implementation": "rest_of_code",
    "# TODO: your logic goes here": "to_be_written",
    "// Insert your own code here": "to_be_written",
    "/* implement the rest": "to_be_written",
    "-- implementation here": "to_be_written",
}


@pytest.mark.parametrize(("phrase", "rule"), PHRASES.items())
def test_each_phrase_is_found_between_long_stretches_of_code(phrase: str, rule: str) -> None:
    """A phrase far from the beginning and the end."""
    code = "value = 1\n" * 500 + phrase + "\nvalue = 2" * 500
    (found,) = stubs(code)
    assert (found.rule, code[found.start : found.end]) == (rule, phrase[: found.end - found.start])


@pytest.mark.parametrize(("letter", "foreign"), [("i", "\u0130"), ("i", "\u0131"), ("s", "\u017f")])
@pytest.mark.parametrize(("phrase", "rule"), PHRASES.items())
def test_letters_that_a_pattern_takes_for_those_of_ascii_hide_no_phrase(
    phrase: str, rule: str, letter: str, foreign: str
) -> None:
    """As in "\u0131mplement th\u0131s": where case does not count, these are the same letters."""
    spelt = phrase.lower().replace(letter, foreign)
    code = "value = 1\n" * 500 + spelt + "\nvalue = 2" * 500
    (found,) = stubs(code)
    assert (found.rule, code[found.start : found.end]) == (rule, spelt[: found.end - found.start])


PIECES = st.lists(
    st.sampled_from(
        [
            *PHRASES,
            "# \u0131mplement th\u0131s",
            "é",
            "\n",
            "x = 1\n" * 60,
            "ordinary words of code\n" * 20,
        ]
    ),
    max_size=12,
)


@given(pieces=PIECES)
def test_what_is_passed_by_holds_nothing(pieces: list[str]) -> None:
    """The stretches that are looked at give what the whole text gives, each once."""
    code = " ".join(pieces)
    whole = [(one.lastgroup, one.start(), one.end()) for one in _SAYS_SO.finditer(code)]
    assert [(one.rule, one.start, one.end) for one in stubs(code)] == whole
