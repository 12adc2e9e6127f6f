"""JSON values with one place replaced: what a reader must refuse or read, and never fail on."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

SCALARS = st.sampled_from(
    [None, True, -1, 2.5, "", "x", "[", '{"a": 1}', "None", "{'a': 1}", "assistant"]
)
ODD: st.SearchStrategy[Any] = st.one_of(
    SCALARS, st.just([]), st.just({}), st.lists(SCALARS, max_size=2), st.just({"role": "user"})
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value below the top."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in pairs:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from places(below, (*path, key))


def damaged(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return a copy with what stands at a place replaced."""
    whole = copy.deepcopy(value)
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = copy.deepcopy(odd)
    return whole


@st.composite
def damaged_copies(draw: st.DrawFn, value: Any) -> Any:
    """Draw a copy of a value with one to three places replaced."""
    for _ in range(draw(st.integers(1, 3))):
        ways = list(places(value))
        if not ways:
            break
        value = damaged(value, draw(st.sampled_from(ways)), draw(ODD))
    return value
