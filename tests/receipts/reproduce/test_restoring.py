"""A recorded argument comes back as what it was, or it is said that it can't."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NewType, Protocol, TypedDict, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, computed_field

from distill.receipts.canonical import dumps
from distill.receipts.reproduce.restoring import Restorer, UnfitError
from distill.receipts.reproduce.surface import record
from distill.scoring.policy import ScoringPolicy, Threshold
from distill.stages.jobs import SourceJob
from distill.workspace.source_table import SourceTable, TaskTable


class Colour(Enum):
    """Members whose values are no texts."""

    RED = (1, 2)
    DAY = date(2026, 1, 2)
    ONE = 1


class Level(IntEnum):
    """Members that are numbers."""

    LOW = 1
    HIGH = 2


class Name(StrEnum):
    """Members that are texts."""

    A = "a"
    B = "b"


class Rights(Flag):
    """Members that are set together."""

    READ = 1
    WRITE = 2


@dataclass(frozen=True)
class Point:
    """A value of two."""

    x: float
    y: int = 0


@dataclass(frozen=True)
class Deep(Point):
    """A value below another, with one that is computed."""

    z: tuple[Point, ...] = ()
    total: int = field(init=False, default=3)


@dataclass
class Tree:
    """A value that holds its like, under an annotation that is a text."""

    name: str
    below: "list[Tree]" = field(default_factory=list)


class Pair(NamedTuple):
    """A tuple with names."""

    left: Point
    right: "Name | None"


class Row(TypedDict, total=False):
    """A mapping with known names."""

    share: float
    colour: Colour


class Model(BaseModel):
    """A strict model with an alias, a computed field, and every odd kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    named: int = Field(alias="other name", default=0)
    shares: dict[int, float] = {}
    names: frozenset[Name] = frozenset()
    when: datetime | None = None
    inner: "Model | None" = None
    kinds: tuple[Colour, ...] = ()
    any_json: dict[str, Any] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def doubled(self) -> int:
        """Twice the number."""
        return 2 * self.named


class Shape(Protocol):
    """Anything with a size."""

    x: float


Metres = NewType("Metres", float)
T = TypeVar("T")
Bound = TypeVar("Bound", bound=Point)

BIG = 2**60
CASES: dict[str, tuple[object, object]] = {
    "nothing": (None, int | None),
    "truth": (True, bool),
    "truth as a number": (True, int),
    "number": (3, int),
    "large number": (-BIG, int),
    "number as a float": (3, float),
    "float": (0.5, float),
    "float without end": (float("inf"), float),
    "float or text": (0.1, float | str),
    "text that looks like a number": ("5", int | str),
    "text or nothing": ("x", str | None),
    "union of values": (Point(1.0), Name | Deep | Point),
    "value below": (Deep(1.0, 2, (Point(0.5),)), Point),
    "value that holds its like": (Tree("a", [Tree("b")]), Tree),
    "member of a tuple": (Colour.RED, Colour),
    "member of a date": (Colour.DAY, Colour),
    "member that is a number": (Level.HIGH, Level),
    "member that is a text": (Name.B, Name),
    "member in a union": (Name.B, Level | Name | None),
    "members set together": (Rights.READ | Rights.WRITE, Rights),
    "literal": ("a", Literal["a", "b"]),
    "literal member": (Name.A, Literal[Name.A, 3]),
    "date": (date(2026, 1, 2), date),
    "time": (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), datetime),
    "time as a date": (datetime(2026, 1, 2, 3, tzinfo=UTC), date),
    "decimal": (Decimal("1.50"), Decimal),
    "list": ([1, 0.5, BIG], list[float]),
    "bare list": ([1, "a"], list),
    "tuple": ((1, "a", Point(1.0)), tuple[int, str, Point]),
    "open tuple": ((Name.A, Name.B), tuple[Name, ...]),
    "bare tuple": ((1, 2), tuple),
    "empty tuple": ((), tuple[Point, ...]),
    "set": ({Name.A, Name.B}, set[Name]),
    "frozen set": (frozenset({1, 2}), AbstractSet[int]),
    "sequence": ([Point(1.0)], Sequence[Point]),
    "iterable": ([1.0], Iterable[float]),
    "mapping": ({"a": Point(1.0)}, Mapping[str, Point]),
    "mapping of numbers": ({1: 0.5, 2: 1.0}, dict[int, float]),
    "mapping of members": ({Level.LOW: "x", Level.HIGH: "y"}, dict[Level, str]),
    "mapping of odd names": ({"ü": 1, "\n": 2}, dict[str, int]),
    "ordered mapping": (OrderedDict(a=1), OrderedDict[str, int]),
    "mapping that looks like a float": ({"float": "no"}, dict[str, str]),
    "mapping that looks like pairs": ({"pairs": [["a", 1]]}, Any),
    "named tuple": (Pair(Point(0.5), Name.A), Pair),
    "typed mapping": ({"share": 0.5, "colour": Colour.ONE}, Row),
    "annotated": (0.5, Annotated[float, "a share"]),
    "new type": (Metres(0.5), Metres),
    "bound variable": (Point(0.5), Bound),
    "free variable": ([0.5], list[T]),  # type: ignore[valid-type]
    "no annotation": ({"a": [0.5, BIG, None, True]}, Any),
    "model": (Model.model_validate({"other name": 4, "any_json": {"x": [0.5]}}), Model),
    "model of everything": (
        Model(
            shares={1: 0.5, 2: float("inf")},
            names=frozenset({Name.A}),
            when=datetime(2026, 1, 2, tzinfo=UTC),
            inner=Model(kinds=(Colour.ONE, Colour.RED)),
        ),
        Model,
    ),
    "models": ((ScoringPolicy(), None), tuple[ScoringPolicy | None, ...]),
    "policy": (
        ScoringPolicy(thresholds={"x": Threshold(accepted=1.0, partially_accepted=0.25)}),
        ScoringPolicy,
    ),
    "job": (
        SourceJob(
            table=SourceTable(
                name="a",
                kind="mapped",
                paths=("x/*.jsonl",),
                dataset="a",
                settings={"accepted": [True, 0.5, None], "deep": {"a": [{"b": "c"}]}},
                task_table=TaskTable(paths=("t.jsonl",)),
            ),
            files=("logs/a.jsonl",),
            joined=0,
        ),
        SourceJob,
    ),
}


@pytest.mark.parametrize(("value", "annotation"), CASES.values(), ids=CASES.keys())
def test_what_was_recorded_comes_back(value: object, annotation: object) -> None:
    """The value is equal to the one that was recorded, and of its type."""
    (recorded,) = record(value)
    through_a_file = json.loads(dumps(recorded))
    restored = Restorer(record).restore(through_a_file, annotation, "it")
    assert restored == value
    assert type(restored) is type(value)


def test_a_protocol_tells_nothing() -> None:
    """Where an annotation names no type that can be made, the plain form comes back."""
    (recorded,) = record(Point(0.5))
    assert Restorer(record).restore(recorded, Shape, "it") == {"x": 0.5, "y": 0}


def test_what_can_not_come_back_is_said() -> None:
    """JSON that no value is recorded as is refused, by its place."""
    with pytest.raises(UnfitError, match=r"argument depth can't be turned back into int"):
        Restorer(lambda _: []).restore(3, int, "depth")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(JSON)
def test_any_plain_value_comes_back(value: object) -> None:
    """Without any annotation, what is recorded of JSON comes back as it was."""
    recorded = record({"x": value})
    if recorded:  # a text that a receipt can't hold was refused when it was recorded
        assert Restorer(record).restore(recorded[0], Any, "it") == {"x": value}
