"""Where a file's records are, however its bytes arrive, and what is said of bytes that are none."""

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import ConfigurationError, SourceError
from distill.receipts.digest import digest_bytes
from distill.sources.framing import detect, frame
from distill.sources.protocol import BadFrame, Framing, RawRecord

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(['"', "\\", "]}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)
SPACES = st.sampled_from([b"", b" ", b"\n", b"\r\n\t "])


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Yield the data in blocks of these sizes, over and over."""
    position = turn = 0
    while position < len(data):
        size = sizes[turn % len(sizes)]
        yield data[position : position + size]
        position += size
        turn += 1


def framed(
    data: bytes, framing: Framing = Framing.AUTO, **settings: object
) -> list[RawRecord | BadFrame]:
    """Return a file's frames, given in one block."""
    return list(frame([data], framing, **settings))  # type: ignore[arg-type]


def check_places(data: bytes, frames: list[RawRecord | BadFrame]) -> None:
    """Hold the law of byte ranges and digests."""
    last = 0
    for found in frames:
        assert last <= found.start <= found.end <= len(data)
        assert digest_bytes(data[found.start : found.end]).hex == found.blake3
        if isinstance(found, RawRecord):
            assert data[found.start : found.end] == found.data
        last = found.end


@given(
    rows=st.lists(OBJECTS, max_size=5),
    shape=st.sampled_from(["lines", "array", "members", "nested"]),
    space=SPACES,
    ascii_only=st.booleans(),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3),
)
def test_any_split_gives_the_same_records(
    rows: list[object], shape: str, space: bytes, ascii_only: bool, sizes: list[int]
) -> None:
    """Records, ranges and digests do not depend on the blocks, and hold the rows in their order."""
    texts = [json.dumps(row, ensure_ascii=ascii_only).encode() for row in rows]
    comma = space + b"," + space
    keyed = [f'"k{i}"'.encode() + space + b":" + space + text for i, text in enumerate(texts)]
    framing, at = Framing.AUTO, ""
    if shape == "lines":
        framing = Framing.LINES
        data = b"\n".join(texts)
    elif shape == "array":
        data = space + b"[" + space + comma.join(texts) + space + b"]" + space
    elif shape == "members":
        framing = Framing.MEMBERS
        data = b"{" + space + comma.join(keyed) + space + b"}"
    else:
        at = "/a~1b/1"
        data = b'{"x":{"a/b":[1]},"a/b":[0,[' + comma.join(texts) + b'],"]"],"z":"["}'
    whole = list(frame([data], framing, records_at=at))
    assert list(frame(cut(data, sizes), framing, records_at=at)) == whole
    check_places(data, whole)
    assert [json.loads(found.data) for found in whole if isinstance(found, RawRecord)] == rows
    assert not any(isinstance(found, BadFrame) for found in whole)


@given(
    data=st.text(alphabet='{}[]",:\\ \na1\ufeff', max_size=40),
    framing=st.sampled_from([Framing.AUTO, Framing.ARRAY, Framing.LINES, Framing.MEMBERS]),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_no_bytes_crash_the_framing(data: str, framing: Framing, sizes: list[int]) -> None:
    """Of any bytes, any split gives the same frames, and every frame names its true range."""
    raw = data.encode()
    whole = list(frame([raw], framing))
    assert list(frame(cut(raw, sizes), framing)) == whole
    check_places(raw, whole)


@pytest.mark.parametrize(
    ("head", "framing"),
    [
        (b"", Framing.LINES),
        (b'{"a": 1}', Framing.LINES),
        (b'{"a": 1}\n{"a": 2}\n', Framing.LINES),
        (b'\n {"a": {"b": 1}}\n', Framing.LINES),
        (b" [1, 2]", Framing.ARRAY),
        (b"\xef\xbb\xbf[1]", Framing.ARRAY),
        (b'{\n  "a": {"b": 1}\n}', Framing.MEMBERS),
        (b'{"a": {\n  "b": 1}}', Framing.MEMBERS),
        (b'{"a": "cut sh\n{"a": 2}\n', Framing.LINES),
        (b'{"a": {\n{"a": 2}\n', Framing.LINES),
        (b'{"a": NaN}\n{"a": 2}\n', Framing.LINES),
        (b"garbage\n[1]", Framing.LINES),
    ],
)
def test_detect(head: bytes, framing: Framing) -> None:
    """A file's first bytes say how it falls into records; one broken line doesn't change that."""
    assert detect(head) is framing


def test_lines_count_blank_ones_and_keep_carriage_returns() -> None:
    """Line numbers are those of an editor; a last line without a newline is a record."""
    frames = framed(b'{"a":1}\r\n\n  \n{"b":2}')
    assert [(f.line, f.start, f.end) for f in frames] == [(1, 0, 8), (4, 13, 20)]
    assert isinstance(frames[0], RawRecord)
    assert frames[0].data == b'{"a":1}\r'


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (b'[{"a":1},{"b":', ["truncated"]),
        (b"[1,,2]", ["broken_structure"]),
        (b"[1,2,]", ["broken_structure"]),
        (b"[1}", ["broken_structure"]),
        (b"[1] [2]", ["not_json"]),
        (b"\xef\xbb\xbf[1]", ["not_json"]),
        (b'{\n"a":1,"a":2}', ["duplicate_key"]),
        (b'{\n"a" 1}', ["broken_structure"]),
        (b"{\nab:1}", ["broken_structure"]),
    ],
)
def test_broken_structure(data: bytes, rules: list[str]) -> None:
    """What breaks a container is one bad frame; the records before it stand."""
    frames = framed(data)
    assert [f.rule for f in frames if isinstance(f, BadFrame)] == rules
    check_places(data, frames)


def test_a_truncated_array_keeps_what_came_before() -> None:
    """The bad frame of an array cut short reaches from the unfinished element to the end."""
    data = b'[{"a":1}, {"b": [1, 2'
    whole, rest = framed(data)
    assert isinstance(whole, RawRecord)
    assert isinstance(rest, BadFrame)
    assert (rest.start, rest.end) == (10, len(data))


def test_a_record_of_100_mb_is_not_held() -> None:
    """A line over the limit is a bad frame with its true digest, and memory stays flat."""
    block = b"x" * 2**20
    tracemalloc.start()
    blocks = (part for part in [b'{"a":"', *[block] * 100, b'"}\n{"b":1}\n'])
    long, short = frame(blocks, Framing.AUTO, max_record_bytes=2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(long, BadFrame)
    assert long.rule == "record_too_long"
    assert long.blake3 == digest_bytes(b'{"a":"' + block * 100 + b'"}').hex
    assert isinstance(short, RawRecord)
    assert short.line == 2
    assert peak < 8 * 2**20


def test_a_long_element_is_not_held_either() -> None:
    """An element over the limit is a bad frame, and the elements after it are read."""
    frames = framed(b'["' + b"x" * 1000 + b'", 2]', max_record_bytes=100)
    assert [type(f) for f in frames] == [BadFrame, RawRecord]
    assert [f.pointer for f in frames] == ["/0", "/1"]


@pytest.mark.parametrize("prefix", [b"", b"[", b'{"a":1}\n'])
def test_ten_thousand_levels_do_not_recurse(prefix: bytes) -> None:
    """Depth costs a counter: a deeply nested record is framed, whoever parses it."""
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    frames = framed(prefix + deep + (b"]" if prefix == b"[" else b""))
    last = frames[-1]
    assert isinstance(last, RawRecord)
    assert last.data == deep


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_one_bad_frame(encoding: str) -> None:
    """A file in UTF-16 is refused as a whole, with what to do."""
    data = ("\ufeff" + '{"a": 1}\n' * 3).encode(encoding)
    (found,) = framed(data)
    assert isinstance(found, BadFrame)
    assert (found.rule, found.start, found.end) == ("not_utf8", 0, len(data))
    check_places(data, [found])


def test_records_at_that_is_not_there() -> None:
    """A document without the container that the settings name is a source's error."""
    with pytest.raises(SourceError, match="/runs"):
        framed(b'{"simulations": [1]}', records_at="/runs")
    assert framed(b" \n", records_at="/runs") == []


def test_records_at_with_lines() -> None:
    """A pointer into a document and a layout of lines contradict each other."""
    with pytest.raises(ConfigurationError, match="records_at"):
        framed(b"", Framing.LINES, records_at="/runs")


def test_an_empty_file_holds_nothing() -> None:
    """Nothing comes of nothing, in every layout."""
    for framing in Framing:
        assert framed(b"", framing) == []


def test_a_document_is_one_record() -> None:
    """The whole file is one record with the whole range."""
    data = b'{"a":\n 1}\n'
    (found,) = framed(data, Framing.DOCUMENT)
    assert (found.start, found.end, found.line, found.pointer) == (0, len(data), None, "")
