"""From bytes to the row that a reader is asked about, and what groups rows."""

from typing import Any

import pytest

from distill.sources.aider import Aider
from distill.sources.places import RunSite, find, parse_place
from distill.sources.protocol import RecordError
from distill.sources.rows import group_key, read_row
from distill.sources.tau_bench import TauBench

AIDER = Aider.from_settings({})


@pytest.mark.parametrize("path", ["a/b.md", "logs:a/b.md.gz"])
def test_a_text_is_a_row(path: str) -> None:
    """A file with one of the reader's endings is a text, whatever it looks like."""
    assert read_row(AIDER, path, b'{"a": "\x00\xc3\xa9"}') == {"text": '{"a": "\0é"}'}


@pytest.mark.parametrize("path", ["a/b.json", "b.md.json", "md"])
def test_all_else_is_json(path: str) -> None:
    """Other files are JSON to it; and to a reader that names no endings, all are."""
    assert read_row(AIDER, path, b'{"a": 1}') == {"a": 1}
    assert read_row(TauBench.from_settings({}), "a.md", b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("data", "rule"), [(b"a\xff", "not_utf8"), (b"\xef\xbb\xbf# a", "byte_order_mark")]
)
def test_wrong_texts(data: bytes, rule: str) -> None:
    """A text is UTF-8 without a byte order mark, as JSON must be."""
    with pytest.raises(RecordError) as caught:
        read_row(AIDER, "a.md", data)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    "path", ["logs:run.1/a__b-1.2.json", "logs:run.1/a__b-1.2.md.gz", "logs:run.1/a__b-1.2.md"]
)
def test_files_of_one_name_in_one_folder_are_a_group(path: str) -> None:
    """The whole path without the file's endings: the same name in another folder is no partner."""
    assert group_key(AIDER, {}, path) == "logs:run.1/a__b-1.2"


@pytest.mark.parametrize(
    ("place", "value"), [("@file", "b.1"), ("@folder", "a"), ("@path", "r:x/a/b.1"), ("/n", 7)]
)
def test_places(place: str, value: Any) -> None:
    """A group's key may come from the path or the row."""
    found = find([parse_place(place)], RunSite({"n": 7}, None, (), "r:x/a/b.1.json.gz"))
    assert found is not None
    assert found.value == value


def test_a_name_without_an_ending() -> None:
    """A file without an ending keeps its name."""
    assert group_key(AIDER, {}, "README") == "README"
