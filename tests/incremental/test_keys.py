"""Keys in buffers and what lies under them, against lists and dictionaries."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.receipts.incremental.spool import Spool

NUMBERS = st.lists(st.integers(0, 300), max_size=400)


def key(number: int) -> bytes:
    """Return the key of a number."""
    return sha256(b"%d" % number).digest()


@given(NUMBERS, NUMBERS, st.integers(-5, 20), st.integers(-5, 20))
def test_keys_are_what_a_list_is(some: list[int], more: list[int], begin: int, end: int) -> None:
    """Length, items, slices, equality and growth."""
    listed = [key(one) for one in some]
    keys = Keys.of(listed)
    assert list(keys[begin:end]) == listed[begin:end]
    assert (keys[begin:end] == keys) == (listed[begin:end] == listed)
    keys.extend(Keys.of(key(one) for one in more))
    listed += [key(one) for one in more]
    keys.append(key(-1))
    listed.append(key(-1))
    assert keys == listed
    assert (len(keys), keys[-1]) == (len(listed), listed[-1])
    assert keys.content == b"".join(listed)


def test_keys_end() -> None:
    """What is no key, or behind the last one, is refused."""
    with pytest.raises(IndexError):
        Keys()[0]
    with pytest.raises(ValueError, match="33 bytes"):
        Keys(bytes(33))


@given(NUMBERS, NUMBERS)
def test_a_key_is_found_where_it_stands_first(some: list[int], asked: list[int]) -> None:
    """Whether keys were there at once or came one by one."""
    listed = [key(one) for one in some]
    at_once, grown = KeyIndex(Keys.of(listed)), KeyIndex(Keys())
    assert [grown.add(one) for one in listed] == [
        one not in listed[:at] for at, one in enumerate(listed)
    ]
    distinct = list(dict.fromkeys(listed))
    for one in (key(number) for number in asked):
        assert at_once.find(one) == (listed.index(one) if one in listed else None)
        assert grown.find(one) == (distinct.index(one) if one in distinct else None)


@given(st.lists(st.tuples(st.integers(0, 50), st.binary(max_size=9)), max_size=99))
def test_what_is_kept_first_stays(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:  # type: ignore[type-arg]
    """A spool gives back what was kept under a key, in any order, and leaves no file behind."""
    folder: Path = tmp_path_factory.mktemp("spool")
    kept: dict[int, bytes] = {}
    with Spool(folder) as spool:
        for number, content in rows:
            spool.keep(key(number), content)
            kept.setdefault(number, content)
            assert spool[key(number)] == kept[number]
        assert [spool.get(key(number)) for number in range(51)] == [
            kept.get(number) for number in range(51)
        ]
        assert {number for number in range(51) if key(number) in spool} == set(kept)
        with pytest.raises(KeyError):
            spool[key(-1)]
    assert list(folder.iterdir()) == []
