"""No row holds a category that its flags don't allow, with either layer alone."""

from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import Any

import pytest

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.finding import Refusal
from distill.records.taxonomy import Category
from tests.exports.builders import ACCEPTED, PARTIAL, REJECTED, REVIEW, Run
from tests.firewall.adversary import adversarial_run

SAMPLED, FULL = 3_000, 100_000
FLAGS = (False, True)


def leaks(number: int, *, gated: bool) -> Iterator[tuple[str, Category, bool]]:
    """Send that many adversarial records to every export under every flag; yield every leak."""
    random = Random(number)  # noqa: S311 - a fixed seed is the point
    off: dict[str, Any] = {} if gated else {"gates": ()}
    before: Run | None = None
    for count in range(number):
        run = adversarial_run(random, count)
        category = run[0].category
        for flag in FLAGS:
            allowed = {ACCEPTED, PARTIAL, *((REVIEW,) if flag else ())}
            row: object = rag_sample(*run, RagSettings(include_review=flag), **off)
            if not isinstance(row, Refusal) and category not in allowed:
                yield "rag", category, flag
            allowed = {ACCEPTED, *((PARTIAL,) if flag else ())}
            row = sft_sample(*run, SftSettings(include_partial=flag), **off)
            if not isinstance(row, Refusal) and category not in allowed:
                yield "sft", category, flag
        for first, second in ((run, before), (before, run)) if before else ():
            if first is None or second is None:
                continue
            row = preference_sample(first, second, PreferenceSettings(cross_source=True), **off)
            if not isinstance(row, Refusal):
                if first[0].category is not ACCEPTED:
                    yield "chosen", first[0].category, True
                if second[0].category not in {REJECTED, PARTIAL}:
                    yield "rejected", second[0].category, True
        before = run


def test_no_category_leaks() -> None:
    """Both layers."""
    assert list(leaks(SAMPLED, gated=True)) == []


def test_no_category_leaks_through_the_schema_alone() -> None:
    """Gates switched off."""
    assert list(leaks(SAMPLED, gated=False)) == []


def test_no_category_leaks_through_the_gates_alone(without_schema: Callable[[], None]) -> None:
    """Schemas switched off."""
    without_schema()
    assert list(leaks(SAMPLED, gated=True)) == []


def test_the_adversary_gets_through_where_both_layers_are_off(
    without_schema: Callable[[], None],
) -> None:
    """The test can fail: without both layers every export leaks what it must not hold."""
    without_schema()
    found = {(where, category) for where, category, _ in leaks(SAMPLED, gated=False)}
    assert found == {
        *product(["rag", "sft"], [REJECTED, REVIEW]),
        ("sft", PARTIAL),
        *product(["chosen"], [PARTIAL, REJECTED, REVIEW]),
        *product(["rejected"], [ACCEPTED, REVIEW]),
    }


@pytest.mark.full
@pytest.mark.parametrize("layer", ["both", "schema", "gates"])
def test_no_category_leaks_in_a_hundred_thousand(
    layer: str, without_schema: Callable[[], None]
) -> None:
    """The long count, for both layers and for each alone."""
    if layer == "gates":
        without_schema()
    assert list(leaks(FULL, gated=layer != "schema")) == []
