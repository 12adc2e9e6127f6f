"""`[firewall]` of `distill.toml`, for all exports and for one."""

from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.workspace.configuration import Configuration, parse_configuration


def parse(**document: Any) -> Configuration:
    """The configuration of a document without sources."""
    return parse_configuration(document, default_name="trial")


def test_gates_are_set_for_all_exports_and_otherwise_for_one() -> None:
    """`[exports.sft.firewall.looping]` changes the keys that it names, and for SFT alone."""
    configuration = parse(
        firewall={"looping": {"max_repeats": 3}, "length_out_of_bounds": {"max_chars": 9}},
        exports={"sft": {"firewall": {"looping": {"action": "off"}}}},
    )
    sft, rag = configuration.exports.sft.firewall, configuration.exports.rag.firewall
    assert (sft.looping.action, sft.looping.max_repeats) == ("off", 3)
    assert (rag.looping.action, rag.looping.max_repeats) == ("quarantine", 3)
    assert sft.length_out_of_bounds.max_chars == rag.length_out_of_bounds.max_chars == 9


@pytest.mark.parametrize(
    ("document", "message", "hint"),
    [
        ({"firewall": {"lopping": {}}}, r"\[firewall\]: unknown key 'lopping'", "looping"),
        (
            {"firewall": {"looping": {"max_repeat": 3}}},
            r"\[firewall.looping\]: unknown key 'max_repeat'",
            "max_repeats",
        ),
        (
            {"exports": {"rag": {"firewall": {"looping": {"max_repeats": 0}}}}},
            r"\[exports.rag.firewall.looping\] max_repeats",
            "got 0",
        ),
        (
            {"firewall": {"personal_data": {"names": {"modle": "x"}}}},
            r"\[firewall.personal_data\]: unknown key 'names.modle'",
            "'model'",
        ),
        ({"firewall": {"looping": 3}}, r"\[firewall.looping\] is no table", "looping"),
    ],
)
def test_a_wrong_gate_or_setting_is_named(
    document: dict[str, Any], message: str, hint: str
) -> None:
    """The place is in the message, and what to do in the hint."""
    with pytest.raises(ConfigurationError, match=message) as raised:
        parse(**document)
    assert hint in str(raised.value.hint)


@pytest.mark.parametrize(
    ("gate", "rule", "meant"),
    [("secret_detected", "github_tokn", "github_token"), ("personal_data", "emial", "email")],
)
def test_a_rule_that_a_gate_does_not_have_is_named(gate: str, rule: str, meant: str) -> None:
    """A misspelt rule would ignore nothing, and nobody would be told."""
    place = rf"\[firewall.{gate}\] ignore: .*'{rule}'"
    with pytest.raises(ConfigurationError, match=place) as told:
        parse(firewall={gate: {"ignore": [rule]}})
    assert meant in str(told.value.hint)
    ignoring = parse(firewall={gate: {"ignore": [meant]}})
    assert getattr(ignoring.exports.rag.firewall, gate).ignore == (meant,)


def test_what_a_table_says_as_a_whole_is_named_by_the_table() -> None:
    """Shares that leave nothing to train are a fault of the table, not of one key."""
    with pytest.raises(ConfigurationError) as told:
        parse(exports={"splits": {"validation": 60, "test": 50}})
    place = "distill.toml: [exports.splits]: "
    assert told.value.message == f"{place}validation and test together are 1 to 90 per cent"
