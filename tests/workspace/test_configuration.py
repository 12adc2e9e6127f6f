"""`distill.toml`: what is no table where one must stand is refused by its place."""

import tomllib

import pytest

from distill.errors import ConfigurationError
from distill.workspace.configuration import parse_configuration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sources = 1", "sources is no table of tables"),
        ('[[sources]]\nkind = "mapped"', "sources is no table of tables"),
        ('sources = {mine = "mapped"}', r"\[sources\.mine\] is no table"),
        ("exports = 1", r"\[exports\] is no table"),
        ("exports = {sft = 1}", r"\[exports\.sft\] is no table"),
        ("firewall = 1", r"\[firewall\] is no table"),
        ("firewall = {refusal = 1}", r"\[firewall\.refusal\] is no table"),
        ("exports = {sft = {firewall = 1}}", r"\[exports\.sft\.firewall\] is no table"),
        ("expect = {least_rows = 1}", r"\[expect\.least_rows\] is no table"),
        ("scoring = 1", r"\[scoring\] is no table"),
        ("workspace = 1", r"\[workspace\] is no table"),
        ("sorces = {}", "unknown key 'sorces'"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    """With a hint that says how to write it."""
    with pytest.raises(ConfigurationError, match=message) as refusal:
        parse_configuration(tomllib.loads(text), default_name="x")
    assert refusal.value.hint
