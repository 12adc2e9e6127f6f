"""Memory of what was read: bounded, and never wrong."""

from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.kept import Kept


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 8)), max_size=60))
def test_what_is_kept_is_what_was_given_and_has_room(given_sizes: list[tuple[int, int]]) -> None:
    """Values beyond the room push all others out; the last one is always there."""
    kept = Kept[int, str](room=20)
    sizes: dict[int, int] = {}
    for key, size in given_sizes:
        if kept.get(key) is None:
            kept.keep(key, f"value {key}", size)
            sizes[key] = size
        assert kept.get(key) == f"value {key}"
        there = [one for one in sizes if kept.get(one) is not None]
        assert all(kept.get(one) == f"value {one}" for one in there)
        assert sum(sizes[one] for one in there) <= 20


def test_what_is_larger_than_the_room_is_kept_alone() -> None:
    """It was read, and may be asked for again; the next one takes its place."""
    kept = Kept[str, str](room=4)
    kept.keep("small", "a", 1)
    kept.keep("large", "b", 9)
    assert (kept.get("small"), kept.get("large")) == (None, "b")
    kept.keep("next", "c", 1)
    assert (kept.get("large"), kept.get("next")) == (None, "c")


def test_what_is_kept_again_takes_no_more_room() -> None:
    """Nothing else is forgotten for it."""
    kept = Kept[str, str](room=4)
    kept.keep("one", "a", 2)
    for _ in range(3):
        kept.keep("other", "b", 2)
    assert (kept.get("one"), kept.get("other")) == ("a", "b")
