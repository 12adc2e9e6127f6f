"""`[expect]` of distill.toml: what it takes, and how each mistake is told."""

import tomllib

import pytest

from distill.errors import ConfigurationError
from distill.workspace.configuration import parse_configuration
from distill.workspace.expectations import Expectations


def expect(text: str) -> Expectations:
    """Return the expectations of a `distill.toml` that holds this text."""
    return parse_configuration(tomllib.loads(text), default_name="x").expect


def test_nothing_is_expected_by_default() -> None:
    """An empty configuration demands nothing of a release."""
    assert expect("") == Expectations()


def test_shares_are_pairs_of_integers() -> None:
    """A share is whole percents or a fraction, and never a float: releases hold none."""
    found = expect(
        "[expect.least_rows]\nsft = 1000\n"
        '[expect.most_quarantined]\nrag = 40\nevidence = "1/200"\n'
        "[expect.rows_of_source]\nmost_fall = 10\nmost_growth = 300\n"
    )
    assert found.least_rows.sft == 1000
    assert found.least_rows.rag is None
    assert (found.most_quarantined.rag, found.most_quarantined.evidence) == ((40, 100), (1, 200))
    assert found.rows_of_source.most_growth == (300, 100)


MISTAKES = {
    "table unknown": ("[expect.least_row]\n", "least_row", "did you mean 'least_rows'?"),
    "set unknown": ("[expect.least_rows]\nstf = 1\n", "stf", "did you mean 'sft'?"),
    "bound unknown": ("[expect.rows_of_source]\nmost_fal = 1\n", "most_fal", "'most_fall'?"),
    "no table": ("expect = 5\n", "[expect] is no table", ""),
    "inner no table": ("[expect]\nleast_rows = 5\n", "[expect.least_rows] is no table", ""),
    "rows negative": ("[expect.least_rows]\nsft = -1\n", "[expect.least_rows] sft", "got -1"),
    "rows a float": ("[expect.least_rows]\nsft = 1.5\n", "[expect.least_rows] sft", "got 1.5"),
    "rows a text": ("[expect.least_rows]\nsft = '5'\n", "[expect.least_rows] sft", "got '5'"),
    "rows huge": (f"[expect.least_rows]\nsft = {2**53}\n", "[expect.least_rows] sft", "got"),
    "share a float": ("[expect.most_quarantined]\nsft = 0.5\n", "whole percents", "got 0.5"),
    "share a truth": ("[expect.most_quarantined]\nsft = true\n", "whole percents", "got True"),
    "share with a sign": ("[expect.most_quarantined]\nsft = '50%'\n", "whole percents", "50%"),
    "share of nothing": ("[expect.most_quarantined]\nsft = '1/0'\n", "whole percents", "1/0"),
    "share over all": ("[expect.most_quarantined]\nsft = 140\n", "more than 100", "got 140"),
    "fall over all": ("[expect.rows_of_source]\nmost_fall = 101\n", "more than 100", "got 101"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_remedy(mistake: str) -> None:
    """Each mistake stops with its place, and the hint names the nearest key or the value."""
    text, words, hint = MISTAKES[mistake]
    with pytest.raises(ConfigurationError) as refusal:
        expect(text)
    assert words in refusal.value.message
    assert hint in refusal.value.hint
