"""Groups that are worked out again where segments came or went, against a plain loop."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.incremental import groups as tables
from distill.receipts.incremental.groups import Groups, index_of, part_of, regroup
from distill.receipts.incremental.rows import Rows, join_rows
from distill.receipts.merkle import leaf_hash

#: A segment: records, each with its key (null for none).
Record = tuple[bytes | None, bytes]
SEGMENTS = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([None, b"", b"a", b"b", b"ab", "ä".encode()]),
            st.sampled_from([b"", b"1", b"22", b"333"]),
        ),
        min_size=1,
        max_size=4,
    ),
    max_size=7,
)


def digest_of(segment: Sequence[Record]) -> bytes:
    """Return what stands for the digest of a segment, which its records decide."""
    return sha256(repr(segment).encode()).digest()


def rows_of(segment: Sequence[Record]) -> bytes:
    """Return the rows of a segment."""
    keys, records = [key for key, _ in segment], [record for _, record in segment]
    return join_rows(keys, [len(one) for one in records], [leaf_hash(one) for one in records])


def listed(groups: Groups) -> list[tuple[bytes, bytes, list[tuple[int, int]]]]:
    """Return each group's key and digest, and where its records are: segment and number there."""
    place = {number: at for at, number in enumerate(groups.numbers)}
    found, begin = [], 0
    for key, digest, count in zip(groups.keys, groups.digests, groups.counts, strict=True):
        members = groups.members[begin : begin + count]
        found.append((key, digest, [(place[part_of(one)], index_of(one)) for one in members]))
        begin += count
    assert begin == len(groups.members)
    return found


def plainly(
    segments: Sequence[Sequence[Record]],
) -> list[tuple[bytes, bytes, list[tuple[int, int]]]]:
    """Return the same by a loop over all records."""
    members: dict[bytes, list[tuple[int, int]]] = {}
    for at, segment in enumerate(segments):
        for index, (key, _) in enumerate(segment):
            if key is not None:
                members.setdefault(key, []).append((at, index))
    return [
        (
            key,
            sha256(
                b"%d:%b" % (len(key), key)
                + b"".join(leaf_hash(segments[at][index][1]) for at, index in members[key])
            ).digest(),
            members[key],
        )
        for key in sorted(members)
    ]


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_groups_after_any_changes_are_those_of_a_plain_loop(
    states: Sequence[Sequence[Sequence[Record]]],
) -> None:
    """Segments come, go, change places and stand twice; what is kept goes through its bytes."""
    known = {digest_of(one): Rows(rows_of(one)) for segments in states for one in segments}
    groups = Groups()
    for segments in states:
        digests = [digest_of(one) for one in segments]
        groups, _ = regroup(groups, digests, known.__getitem__)
        assert listed(groups) == plainly(segments)
        groups = Groups.of_column(groups.column(), groups.digests)
        assert listed(groups) == plainly(segments)


def test_only_groups_that_lost_or_gained_a_record_are_worked_out() -> None:
    """A segment more, one less, and all in another place: what has no record there is copied."""
    segments = [[(b"k%d" % (n % 50), b"r%d" % n)] for n in range(200)]
    known = {digest_of(one): rows_of(one) for one in segments}

    def after(groups: Groups, order: Sequence[Sequence[Record]]) -> tuple[Groups, int]:
        return regroup(groups, [digest_of(one) for one in order], lambda one: Rows(known[one]))

    whole, count = after(Groups(), segments[:-1])
    assert count == 50
    grown, count = after(whole, segments)
    assert count == 1
    assert after(grown, segments[3:])[1] == 3
    assert after(grown, segments)[1] == 0
    moved, count = after(grown, [segments[-1], *segments[:-1]])
    assert count == 1
    assert listed(moved) == plainly([segments[-1], *segments[:-1]])


@pytest.mark.parametrize("records", [1, 2, 5])
def test_groups_are_the_same_however_many_records_are_taken_at_once(
    monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    """A group that gains records in several goes, and one that lost all, end as in a single one."""
    monkeypatch.setattr("distill.receipts.incremental.groups._AT_ONCE", records)
    monkeypatch.setattr("distill.receipts.incremental.rows._KEPT", records)
    segments = [[(b"k%d" % (n % 7), b"r%d" % n), (b"k%d" % (n % 3), b"s")] for n in range(20)]
    known = {digest_of(one): Rows(rows_of(one)) for one in segments}
    groups = Groups()
    for order in (segments[:15], segments[3:], segments[::-1], segments[7:8], []):
        digests = [digest_of(one) for one in order]
        groups, _ = regroup(groups, digests, known.__getitem__)
        assert listed(groups) == plainly(order)


def test_a_large_input_is_not_copied_for_every_few_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is copied grows with the records, and not with their square."""
    monkeypatch.setattr("distill.receipts.incremental.groups._AT_ONCE", 1)
    copied: list[int] = []
    whole = tables._Table.whole

    def counted(table: tables._Table) -> Groups:
        found = whole(table)
        copied.append(len(found.members))
        return found

    monkeypatch.setattr(tables._Table, "whole", counted)
    segments = [[(b"k%d" % (n % 700), b"r%d" % n)] for n in range(2000)]
    known = {digest_of(one): Rows(rows_of(one)) for one in segments}
    found, _ = regroup(Groups(), list(known), known.__getitem__)
    assert listed(found) == plainly(segments)
    assert sum(copied) < 40 * 2000


def test_what_a_record_is_found_by() -> None:
    """Each record's place in its segment follows from the lengths before it."""
    rows = Rows(rows_of([(b"a", b"one"), (None, b""), (b"b", b"three")]))
    assert rows.count == 3
    assert [rows.extent(number) for number in range(3)] == [(0, 3), (4, 0), (5, 5)]
    assert list(rows.keys()) == [(0, b"a"), (2, b"b")]
    assert rows.leaf(2) == leaf_hash(b"three")


@pytest.mark.parametrize("cut", [1, 8, 40])
def test_groups_that_are_cut_short_are_none(cut: int) -> None:
    """What is remembered is taken in whole or not at all."""
    segment: list[Record] = [(b"a", b"one"), (b"b", b"two")]
    groups, _ = regroup(Groups(), [digest_of(segment)], lambda _: Rows(rows_of(segment)))
    with pytest.raises(ValueError, match=r"groups|buffer|bytes|item"):
        Groups.of_column(groups.column()[:-cut], groups.digests)
    with pytest.raises(ValueError, match="groups"):
        Groups.of_column(groups.column(), groups.digests[:-1])
