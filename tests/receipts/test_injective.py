"""Two parameters that are not one by docs/engine.md never have one key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field

from distill.errors import ContractError
from distill.receipts.canonical import MAX_INTEGER, dumps
from distill.receipts.parameters import record_parameters
from distill.receipts.reproduce.restoring import plain


class Odd(Enum):
    """Members whose values are values of other kinds."""

    TEXT = "float"
    NUMBER = 1
    MANY = (1, "int")


@dataclass(frozen=True)
class Int:
    """A dataclass whose only field is called as a mark is."""

    int: Any


class Pairs(BaseModel):
    """A model whose only field is called as a mark is."""

    pairs: Any


MARKS = ["float", "int", "pairs"]
TEXTS = st.sampled_from([*MARKS, "1", "1.0", "nan", str(2**60), "é", "a"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=3
)
NUMBERS = st.sampled_from([0, 1, -1, MAX_INTEGER, MAX_INTEGER + 1, 2**60, -(2**60)])
SCALARS = (
    st.none()
    | st.booleans()
    | NUMBERS
    | st.floats()
    | TEXTS
    | st.dates()
    | st.datetimes()
    | st.decimals(allow_nan=False)
    | st.sampled_from(Odd)
)
KEYS = TEXTS | NUMBERS | st.sampled_from([Odd.TEXT, Odd.NUMBER])


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=3)
    return (
        lists
        | lists.map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.dictionaries(st.sampled_from(MARKS), inner, min_size=1, max_size=1)
        | st.lists(st.tuples(TEXTS, inner).map(list), max_size=2).map(lambda x: {"pairs": x})
        | st.builds(Int, inner)
        | st.builds(Pairs, pairs=inner)
        | st.frozensets(SCALARS, max_size=3)
    )


VALUES = st.recursive(SCALARS, _deeper, max_leaves=6)


def meant(value: object) -> object:
    """Return what a value is by docs/engine.md: equal for two values that are one to a stage."""
    if isinstance(value, Enum | Int | Pairs | frozenset):
        return meant(_other_form(value))
    if isinstance(value, Mapping):
        return "mapping", frozenset((meant(key), meant(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return "list", tuple(meant(item) for item in value)
    if isinstance(value, date | Decimal):
        return "str", repr(value.isoformat() if isinstance(value, date) else str(value))
    return type(value).__name__, repr(value)


def _other_form(value: Enum | Int | Pairs | frozenset[Any]) -> object:
    """Return the plain value that stands for one of these."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value, key=lambda item: dumps(record_parameters({"x": item})["x"]))
    return {"int": value.int} if isinstance(value, Int) else {"pairs": value.pairs}


def recorded(value: object) -> bytes | None:
    """Return the bytes that a value adds to the key; null where it is refused."""
    try:
        return dumps(record_parameters({"x": value}))
    except ContractError:
        return None


COLLISIONS: list[tuple[Any, Any]] = [
    ({"int": str(2**60)}, 2**60),
    ({"float": "1.0"}, 1.0),
    ({"float": "nan"}, float("nan")),
    ({"pairs": [["é", 1]]}, {"é": 1}),
    ({"pairs": [["float", "1.0"]]}, {"float": "1.0"}),
    ({1: "a"}, {"1": "a"}),
    ({1: "a", "2": "b"}, {"1": "a", 2: "b"}),
    (Int(str(2**60)), 2**60),
    (Pairs(pairs=[["é", 1]]), {"é": 1}),
    ([True], [1]),
    ([1.0], [1]),
]


@pytest.mark.parametrize(("one", "other"), COLLISIONS, ids=repr)
def test_values_that_look_like_the_json_of_others(one: object, other: object) -> None:
    """A mapping is never taken for the number or the mapping that its JSON resembles."""
    assert recorded(one) is not None
    assert recorded(one) != recorded(other)


@given(VALUES, VALUES)
@example({"float": "1.0"}, 1.0)
@example({1: "a"}, {"1": "a"})
def test_distinct_values_have_distinct_json(one: object, other: object) -> None:
    """Law: one JSON if, and only if, the two are one value by docs/engine.md."""
    first, second = recorded(one), recorded(other)
    if first is not None and second is not None:
        assert (first == second) == (meant(one) == meant(other))


@given(VALUES)
def test_a_value_can_be_read_out_of_its_json(value: object) -> None:
    """What is restored from the JSON is what was recorded, so no two values share one."""
    if recorded(value) is not None:
        found = plain(record_parameters({"x": value})["x"])
        assert meant(found) == meant(value)
        assert recorded(found) == recorded(value)


@pytest.mark.parametrize("value", [{Odd.NUMBER: "a", 1: "b"}, {"float": "a", Odd.TEXT: "b"}])
def test_two_keys_that_are_recorded_alike(value: dict[object, str]) -> None:
    """None of them is lost: the mapping is refused."""
    with pytest.raises(ContractError, match=r"two keys of the parameter x are recorded as"):
        record_parameters({"x": value})


class Base(BaseModel):
    """A model with less than those below it."""

    name: str = "x"


class Below(Base):
    """A model that is passed where one above it is meant."""

    depth: int = 0


class Holder(BaseModel):
    """A model that dumps neither all of its fields nor all of what is in them."""

    model_config = ConfigDict(extra="allow")

    inner: Base
    hidden: int = Field(default=0, exclude=True)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def doubled(self) -> int:
        """Twice the number."""
        return 2 * self.hidden


def test_all_of_a_model_counts() -> None:
    """A field that is left out of dumps counts, and so do those of a subclass and extra ones."""
    model = Holder.model_validate({"inner": Below(depth=2), "hidden": 3, "more": 0.5})
    assert record_parameters({"x": model})["x"] == {
        "inner": {"name": "x", "depth": 2},
        "hidden": 3,
        "doubled": 6,
        "more": {"float": "0.5"},
    }


def test_a_model_of_a_root_is_its_root() -> None:
    """It stands for its value, whatever that is."""
    found = record_parameters({"x": RootModel[list[int]]([1]), "y": RootModel[dict[str, int]]({})})
    assert found == {"x": [1], "y": {}}
