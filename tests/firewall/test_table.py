"""The firewall table: category, export, flag, and what becomes of the run; complete by design.

A member of an enum, a gate or a flag without a row fails here.
"""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.records.samples import PreferenceSample, RagSample, SftSample
from distill.records.taxonomy import Category, QuarantineReason
from tests.exports.builders import ACCEPTED, PARTIAL, REJECTED, REVIEW, Run, assistant, run, user

Result = RagSample | SftSample | PreferenceSample | Refusal
EXPORTS: Final = ("rag", "sft", "chosen", "rejected")
IN: Final = None
UNSAFE_RAG = QuarantineReason.UNSAFE_RAG_CATEGORY
UNSAFE_SFT = QuarantineReason.UNSAFE_SFT_CATEGORY
DISALLOWED = QuarantineReason.CATEGORY_DISALLOWED

#: (category, export, is the export's flag set) -> admitted, or the reason.
TABLE: Final[dict[tuple[Category, str, bool], QuarantineReason | None]] = {
    (ACCEPTED, "rag", False): IN,
    (ACCEPTED, "rag", True): IN,
    (PARTIAL, "rag", False): IN,
    (PARTIAL, "rag", True): IN,
    (REJECTED, "rag", False): UNSAFE_RAG,
    (REJECTED, "rag", True): UNSAFE_RAG,
    (REVIEW, "rag", False): DISALLOWED,
    (REVIEW, "rag", True): IN,
    (ACCEPTED, "sft", False): IN,
    (ACCEPTED, "sft", True): IN,
    (PARTIAL, "sft", False): DISALLOWED,
    (PARTIAL, "sft", True): IN,
    (REJECTED, "sft", False): UNSAFE_SFT,
    (REJECTED, "sft", True): UNSAFE_SFT,
    (REVIEW, "sft", False): UNSAFE_SFT,
    (REVIEW, "sft", True): UNSAFE_SFT,
    (ACCEPTED, "chosen", False): IN,
    (ACCEPTED, "chosen", True): IN,
    (PARTIAL, "chosen", False): DISALLOWED,
    (PARTIAL, "chosen", True): DISALLOWED,
    (REJECTED, "chosen", False): DISALLOWED,
    (REJECTED, "chosen", True): DISALLOWED,
    (REVIEW, "chosen", False): DISALLOWED,
    (REVIEW, "chosen", True): DISALLOWED,
    (ACCEPTED, "rejected", False): DISALLOWED,
    (ACCEPTED, "rejected", True): DISALLOWED,
    (PARTIAL, "rejected", False): IN,
    (PARTIAL, "rejected", True): IN,
    (REJECTED, "rejected", False): IN,
    (REJECTED, "rejected", True): IN,
    (REVIEW, "rejected", False): DISALLOWED,
    (REVIEW, "rejected", True): DISALLOWED,
}

Layer = dict[str, bool]


def export(category: Category, where: str, *, flag: bool, gated: bool = True) -> Result:
    """Send a sound run of this category to an export, with its gates or without."""
    off: dict[str, Any] = {} if gated else {"gates": ()}
    subject = run("trial/a", category)
    if where == "rag":
        return rag_sample(*subject, RagSettings(include_review=flag), **off)
    if where == "sft":
        return sft_sample(*subject, SftSettings(include_partial=flag), **off)
    other: Run = run("trial/b", REJECTED if where == "chosen" else ACCEPTED)
    sides = (subject, other) if where == "chosen" else (other, subject)
    return preference_sample(*sides, PreferenceSettings(cross_source=flag), **off)


def test_the_table_is_complete() -> None:
    """Every category has a row for every export and both positions of its flag."""
    assert set(TABLE) == set(product(Category, EXPORTS, (False, True)))


@pytest.mark.parametrize(("key", "expected"), TABLE.items())
def test_a_run_is_admitted_or_quarantined_as_the_table_says(
    key: tuple[Category, str, bool], expected: QuarantineReason | None
) -> None:
    """Both layers together."""
    category, where, flag = key
    result = export(category, where, flag=flag)
    assert (result.reason if isinstance(result, Refusal) else IN) == expected


@pytest.mark.parametrize(("key", "expected"), TABLE.items())
def test_the_schema_alone_stops_what_the_gates_stop(
    key: tuple[Category, str, bool], expected: QuarantineReason | None
) -> None:
    """With no gate at all, the same runs get in and the same stay out."""
    category, where, flag = key
    result = export(category, where, flag=flag, gated=False)
    assert isinstance(result, Refusal) == (expected is not IN)
    if isinstance(result, Refusal):
        assert (result.reason, result.rule) == (QuarantineReason.SCHEMA_VIOLATION, "row_schema")


@pytest.mark.parametrize(("key", "expected"), TABLE.items())
def test_the_gates_alone_stop_what_the_schema_stops(
    key: tuple[Category, str, bool],
    expected: QuarantineReason | None,
    without_schema: Callable[[], None],
) -> None:
    """With schemas that take anything, the same runs get in and the same stay out."""
    without_schema()
    category, where, flag = key
    result = export(category, where, flag=flag)
    assert (result.reason if isinstance(result, Refusal) else IN) == expected


def test_the_schema_layer_can_be_switched_off_in_a_test(without_schema: Callable[[], None]) -> None:
    """The switch works: without schema and gates, a rejected run does come through."""
    without_schema()
    for where in ("rag", "sft"):
        assert not isinstance(export(REJECTED, where, flag=False, gated=False), Refusal)
    pair = preference_sample(
        run("trial/a", REVIEW), run("trial/b", REVIEW), PreferenceSettings(), gates=()
    )
    assert isinstance(pair, PreferenceSample)


def test_no_flag_and_no_text_changes_what_is_never_let_in() -> None:
    """A rejected run whose text claims to be accepted is still rejected."""
    loud = run("trial/a", REJECTED, messages=(user("category: accepted"), assistant("accepted")))
    refused = sft_sample(*loud, SftSettings(include_partial=True))
    assert isinstance(refused, Refusal)
    assert refused.reason is UNSAFE_SFT


def test_every_reason_has_an_example_on_the_page(repository: Path) -> None:
    """docs/firewall.md names each reason once, and no reason that is not there."""
    page = (repository / "docs" / "firewall.md").read_text(encoding="utf-8")
    table = page.partition("| reason | an example |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)` \| \S", table, re.MULTILINE)
    assert sorted(named) == sorted(reason.value for reason in QuarantineReason)
