"""RFC 6901, and what overlaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import ConfigurationError
from distill.sources.framing import frame
from distill.sources.places import RunSite, find, parse_place
from distill.sources.pointers import ABSENT, join_pointer, overlap, parse_pointer, resolve
from distill.sources.protocol import Framing


@given(st.lists(st.text(max_size=4), max_size=4))
def test_pointers_round_trip(tokens: list[str]) -> None:
    """Any keys make a pointer that reads back as the same keys."""
    assert list(parse_pointer(join_pointer(tokens))) == tokens


def test_a_records_pointer_finds_the_record() -> None:
    """Keys that hold slashes and tildes are escaped in a record's pointer."""
    data = b'{"a/b": {"~1": [1]}, "": {"x": 2}}'
    frames = list(frame([data], Framing.MEMBERS))
    assert [found.pointer for found in frames] == ["/a~1b", "/"]
    document = {"a/b": {"~1": [1]}, "": {"x": 2}}
    assert resolve(document, parse_pointer("/a~1b/~01/0")) == 1
    assert resolve(document, parse_pointer("/")) == {"x": 2}


@pytest.mark.parametrize(
    "pointer", ["/x", "/l/2", "/l/-", "/l/01", "/s/a", "/n/a", "/j/b", "/bad/a"]
)
def test_absent(pointer: str) -> None:
    """Nothing at a pointer is told apart from null there."""
    row = {"l": [1, 2], "s": "text", "n": None, "j": '{"a": 1}', "bad": '{"a": 1, "a": 2}'}
    assert resolve(row, parse_pointer(pointer)) is ABSENT
    assert resolve(row, ("n",)) is None
    assert resolve(row, ("j", "a")) == 1


@pytest.mark.parametrize("text", ["x", "a/b", "/a~", "/a~2"])
def test_no_pointers(text: str) -> None:
    """A pointer that is none is refused in words that show one."""
    with pytest.raises(ConfigurationError) as caught:
        parse_pointer(text)
    assert "/messages/0" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "other", "is_shared"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a/b", "/a", True),
        ("", "/a", True),
        ("/a/*", "/a/0/x", True),
        ("/a/b", "/a/c", False),
        ("/a", "/ab", False),
    ],
)
def test_overlap(one: str, other: str, is_shared: bool) -> None:
    """Equal, ancestor and descendant overlap; siblings and like names do not."""
    assert overlap(parse_pointer(one), parse_pointer(other)) is is_shared


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("@file", "logs:runs/gpt-4o.v1.jsonl.gz", "gpt-4o.v1"),
        ("@file", "run", "run"),
        ("@folder", "logs:runs/gpt-4o/a.jsonl", "gpt-4o"),
        ("@folder", "a.jsonl", None),
        ("@key", "a.jsonl", None),
    ],
)
def test_names_of_the_path(text: str, path: str, value: str | None) -> None:
    """File and folder names come without suffixes and roots; what is not there is absent."""
    found = find([parse_place(text)], RunSite({}, {}, (), path))
    assert (found.value if found else None) == value
