"""The first difference of two files is told as a person looks for it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.blocks import BLOCK
from distill.receipts.reproduce.comparing import first_difference
from distill.receipts.reproduce.result import FirstDifference


def compare(
    folder: Path, expected: bytes, found: bytes, name: str = "a.jsonl"
) -> FirstDifference | None:
    """Compare two contents."""
    (folder / "expected").write_bytes(expected)
    (folder / "found").write_bytes(found)
    return first_difference(folder / "expected", folder / "found", name)


def test_equal_files(tmp_path: Path) -> None:
    """There is no first difference where there is none."""
    assert compare(tmp_path, b"", b"") is None
    assert compare(tmp_path, b"x" * BLOCK, b"x" * BLOCK) is None


@pytest.mark.parametrize("offset", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
def test_the_offset(tmp_path: Path, offset: int) -> None:
    """It is found at any place of the blocks that files are read in."""
    content = bytearray(b"0123456789abcde\n" * (3 * BLOCK // 16))
    other = bytearray(content)
    other[offset] ^= 1
    found = compare(tmp_path, bytes(content), bytes(other))
    assert found is not None
    assert (found.offset, found.line, found.record) == (offset, offset // 16 + 1, offset // 16)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_against_a_loop(expected: bytes, found: bytes) -> None:
    """Offset and line are what a plain loop over the bytes finds."""
    import tempfile  # noqa: PLC0415 - hypothesis runs one test many times in one folder

    with tempfile.TemporaryDirectory() as folder:
        told = compare(Path(folder), expected, found, "a.txt")
    if expected == found:
        assert told is None
        return
    pairs = zip(expected, found, strict=False)
    shared = min(len(expected), len(found))
    offset = next((i for i, (a, b) in enumerate(pairs) if a != b), shared)
    assert told is not None
    assert (told.offset, told.line, told.record) == (
        offset,
        expected[:offset].count(b"\n") + 1,
        None,
    )


def test_the_text_around(tmp_path: Path) -> None:
    """The excerpt is of that line alone, short, and nothing in it moves a terminal's cursor."""
    found = compare(tmp_path, b'one\n{"a": "x\x1b[2Jy"}\nthree\n', b'one\n{"a": "x\nthree\n')
    assert found is not None
    assert (found.expected, found.found) == ('{"a": "x\\x1b[2Jy"}\\n', '{"a": "x\\n')
    long = compare(tmp_path, b"a" * 500 + b"b" + b"c" * 500, b"a" * 500)
    assert long is not None
    assert long.expected == "a" * 40 + "b" + "c" * 79
    assert long.found == "a" * 40 + "⟨end of the file⟩"
    odd = compare(tmp_path, "ä\u202eb".encode(), b"\xff")
    assert odd is not None
    assert (odd.expected, odd.found) == ("ä\\u202eb", "\\xff")
