"""Zip archives as they arrive: sound ones, and those that are cut short, lie or are a trap."""

import io
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from distill.sources.envelope import frame_archive_envelope
from distill.sources.protocol import BadFrame, Envelope, RawRecord
from distill.sources.zip_directory import ArchiveError, read_directory
from tests.sources.samples.inspect import archive
from tests.sources.samples.zips import zipfile, zstd

ENVELOPE = Envelope(records="samples", context=(("header.json",),))
LIMIT = 2**20
FILES = {
    "samples/1.json": b'{"id": 1, "text": "' + b"x" * 3000 + b'"}',
    "header.json": b'{"status": "success"}',
}


def frames(data: bytes, limit: int = LIMIT) -> list[RawRecord | BadFrame]:
    """Return the records of an archive."""
    return list(frame_archive_envelope(io.BytesIO(data), ENVELOPE, limit))


def rules(data: bytes, limit: int = LIMIT) -> list[str]:
    """Return the rules by which members, or the archive, are refused; "" for a record."""
    return [one.rule if isinstance(one, BadFrame) else "" for one in frames(data, limit)]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_ZSTANDARD]
)
def test_a_sound_archive(method: int) -> None:
    """Ranges are in what ``unzip -p`` prints; a record has the header as its context."""
    sample, header = frames(archive(FILES, method))
    assert isinstance(sample, RawRecord)
    assert isinstance(header, RawRecord)
    whole = b"".join(FILES.values())
    for one, name in ((sample, "samples~11.json"), (header, "header.json")):
        assert whole[one.start : one.end] == one.data
        assert one.pointer == f"/{name}"
    assert [part.data for part in sample.context] == [FILES["header.json"]]
    assert header.is_envelope
    assert not sample.is_envelope


def test_frames_of_zstandard_follow_each_other() -> None:
    """A member of several frames is read to its end, as the format allows (RFC 8878, 3.1)."""
    parts = [FILES["samples/1.json"][:100], FILES["samples/1.json"][100:]]
    joined = b"".join(map(zstd.compress, parts))
    data = patched(archive({"samples/1.json": joined, "header.json": b"{}"}, 0), joined)
    sample, _ = frames(data)
    assert isinstance(sample, RawRecord)
    assert sample.data == FILES["samples/1.json"]


def patched(data: bytes, stored: bytes) -> bytes:
    """Return an archive whose first member says that its stored bytes are Zstandard."""
    whole = FILES["samples/1.json"]
    return edited(data, method=93, crc=zlib.crc32(whole), size=len(whole), compressed=len(stored))


def edited(data: bytes, number: int = 0, **fields: int) -> bytes:
    """Return an archive with fields of a directory entry written anew."""
    places = {"flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<L"), "compressed": (20, "<L")}
    places |= {"size": (24, "<L"), "offset": (42, "<L")}
    changed = bytearray(data)
    at = -1
    for _ in range(number + 1):
        at = changed.index(b"PK\x01\x02", at + 1)
    for name, value in fields.items():
        place, form = places[name]
        struct.pack_into(form, changed, at + place, value)
    return bytes(changed)


SOUND = archive(FILES)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (edited(SOUND, flags=1), "member_encrypted"),
        (edited(SOUND, method=12), "member_compression"),
        (edited(SOUND, crc=7), "member_corrupt"),
        (edited(SOUND, size=10), "member_size"),
        (edited(SOUND, size=4000), "member_size"),
        (edited(SOUND, size=0), "empty"),
        (edited(SOUND, size=2**30), "record_too_long"),
        (edited(SOUND, method=93), "member_corrupt"),
        (edited(archive(FILES, zipfile.ZIP_ZSTANDARD), method=8), "member_corrupt"),
    ],
)
def test_a_bad_member_stands_alone(data: bytes, rule: str) -> None:
    """A member that can't be read is refused by name; those beside it are read."""
    bad, header = frames(data)
    assert isinstance(bad, BadFrame)
    assert bad.rule == rule
    assert bad.pointer == "/samples~11.json"
    assert isinstance(header, RawRecord)
    assert header.start == bad.end  # ranges are by the sizes that the directory claims


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (SOUND[:-1], "archive_truncated"),
        (SOUND[: len(SOUND) // 2], "archive_truncated"),
        (b"PK\x03\x04", "archive_truncated"),
        (edited(SOUND, number=1, offset=0), "archive_broken"),
        (edited(SOUND, compressed=2**31), "archive_broken"),
        (edited(SOUND, size=2**32 - 1), "archive_broken"),  # and no Zip64 field
        (b"junk" + SOUND, "archive_broken"),
        (SOUND.replace(b"PK\x01\x02", b"PK\x01\x03", 1), "archive_broken"),
        (archive({"samples/1.json": b"{}"}), "no_header"),
        (archive({}), "no_header"),
    ],
)
def test_a_bad_archive_is_one_bad_record(data: bytes, rule: str) -> None:
    """An archive that is cut short, broken or another kind of file is refused whole."""
    assert rules(data) == [rule]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_all_refused() -> None:
    """Which of them another reader would take is anybody's guess."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        for text in ('{"id": 1}', '{"id": 2}'):
            zipped.writestr("samples/1.json", text)
        zipped.writestr("header.json", "{}")
    assert rules(written.getvalue()) == ["member_duplicate", "member_duplicate", ""]


def test_records_of_a_header_that_cannot_be_read_are_refused() -> None:
    """Without the header nobody knows whether a sample's scores count."""
    assert rules(edited(SOUND, number=1, crc=1)) == ["header_unreadable", "member_corrupt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_ZSTANDARD])
def test_a_bomb_costs_what_it_claims(method: int) -> None:
    """A member that claims little and holds 200 MB is given up at what it claims."""
    bomb = edited(archive({"samples/1.json": bytes(200_000_000), **FILES}, method), size=1000)
    tracemalloc.start()
    found = frames(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(found[0], BadFrame)
    assert found[0].rule == "member_size"
    assert peak < 3_000_000


def test_hostile_bytes_raise_nothing_else() -> None:
    """Whatever bytes are changed, there are records, refusals, or the archive is refused."""
    chance = random.Random(7)  # noqa: S311 - a seed, so that a failure can be seen again
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_ZSTANDARD):
        sound = archive(FILES, method)
        for _ in range(1500):
            changed = bytearray(sound)
            for _ in range(chance.randint(1, 4)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            frames(bytes(changed[: chance.choice([len(changed), chance.randrange(len(changed))])]))


def test_zip64() -> None:
    """Sizes and places of 64 bits are read."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        for name, data in FILES.items():
            with zipped.open(name, "w", force_zip64=True) as member:
                member.write(data)
    assert rules(written.getvalue()) == ["", ""]
    data = _with_zip64_end(SOUND)
    assert rules(data) == ["", ""]
    without_locator = data.replace(b"PK\x06\x07", b"PK\x06\x00")
    assert rules(without_locator) == ["archive_too_large"]
    assert rules(data.replace(b"PK\x06\x06", b"PK\x06\x00")) == ["archive_broken"]


def _with_zip64_end(data: bytes) -> bytes:
    """Return an archive whose end stands in Zip64's record alone."""
    _, _, _, _, entries, size, offset, _ = struct.unpack("<4s4H2LH", data[-22:])
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - 22, 1)
    none = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, 2**16 - 1, 2**16 - 1, 2**32 - 1, 2**32 - 1, 0
    )
    return data[:-22] + end + locator + none


@pytest.mark.parametrize("change", [lambda d: d, lambda d: d[:-3]])
def test_the_directory_alone(change: Callable[[bytes], bytes]) -> None:
    """The directory is read or refused with a rule and a detail."""
    data: Any = change(SOUND)
    if data == SOUND:
        assert [one.name for one in read_directory(io.BytesIO(data))] == list(FILES)
    else:
        with pytest.raises(ArchiveError, match="ends before its directory"):
            read_directory(io.BytesIO(data))
