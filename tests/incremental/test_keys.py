"""Keys in buffers and what lies under them, against lists and dictionaries."""

from bisect import bisect_left
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.incremental.keys import KeyIndex, Keys
from distill.receipts.incremental.texts import Texts

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


@given(NUMBERS, NUMBERS, st.integers(0, 9), st.integers(0, 9), st.integers(0, 400))
def test_how_many_keys_are_common(
    some: list[int], more: list[int], at: int, other_at: int, most: int
) -> None:
    """As many as a loop finds, also behind the ends."""
    some, more = [*some, *more], [*some[other_at:], *more[at:]]
    pairs = zip(some[at:], more[other_at:], strict=False)
    expected = 0
    for one, other in pairs:
        if one != other or expected == most:
            break
        expected += 1
    keys, others = Keys.of(map(key, some)), Keys.of(map(key, more))
    assert keys.common(at, others, other_at, most) == expected


@given(st.lists(st.binary(max_size=3)), st.binary(max_size=3), st.integers(0, 9))
def test_texts_are_what_a_list_is(listed: list[bytes], text: bytes, first: int) -> None:
    """What is taken from others stands as they do; in sorted ones a text has its place."""
    listed.sort()
    whole = Texts(b"".join(listed), map(len, listed))
    texts = Texts()
    texts.extend(whole, 0, len(listed) // 2)
    texts.extend(whole, len(listed) // 2, len(listed))
    first = min(first, len(listed))
    assert texts.place_of(text, first) == bisect_left(listed, text, first)
    texts.append(text)
    assert list(texts) == [*listed, text]
    assert (texts.content, list(texts[1:3])) == (b"".join([*listed, text]), [*listed, text][1:3])
    with pytest.raises(ValueError, match="texts"):
        Texts(b"a", [2])


def test_keys_end() -> None:
    """What is no key, or behind the last one, is refused."""
    with pytest.raises(IndexError):
        Keys()[0]
    with pytest.raises(ValueError, match="33 bytes"):
        Keys(bytes(33))


@given(NUMBERS, NUMBERS)
def test_a_key_is_found_where_it_stands_first(some: list[int], asked: list[int]) -> None:
    """Whether keys were there at once or came one by one, each or only new ones."""
    listed = [key(one) for one in some]
    at_once, grown, every = KeyIndex(Keys.of(listed)), KeyIndex(Keys()), KeyIndex(Keys())
    for one in listed:
        every.append(one)
    assert every.keys == listed
    assert [grown.add(one) for one in listed] == [
        one not in listed[:at] for at, one in enumerate(listed)
    ]
    distinct = list(dict.fromkeys(listed))
    for one in (key(number) for number in asked):
        assert at_once.find(one) == (listed.index(one) if one in listed else None)
        assert every.find(one) == at_once.find(one)
        assert grown.find(one) == (distinct.index(one) if one in distinct else None)
