"""Groups in bundles, and what they told, found again after some of them changed."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from distill.receipts.incremental.keys import Keys
from distill.stages.bundles import Bundles, FormerlyTold, pack, together_of

NUMBERS = st.lists(st.integers(0, 10_000), max_size=300, unique=True)


def digests_of(numbers: list[int]) -> Keys:
    """Return digests that stand for groups of these numbers."""
    return Keys.of(sha256(b"%d" % number).digest() for number in numbers)


@given(NUMBERS)
def test_bundles_hold_all_groups_in_order(numbers: list[int]) -> None:
    """Each group is in one bundle, which knows it, and which is not larger than it may be."""
    bundles = Bundles(digests_of(numbers))
    groups = [(at, bundle) for bundle in range(len(bundles)) for at in bundles.groups(bundle)]
    assert [at for at, _ in groups] == list(range(len(numbers)))
    assert [bundles.bundle_of(at) for at, _ in groups] == [bundle for _, bundle in groups]
    assert all(1 <= len(bundles.groups(bundle)) <= 64 for bundle in range(len(bundles)))


def test_a_change_stays_in_its_neighbourhood() -> None:
    """One group more, or less, or another one in its place, leaves nearly all keys as they are."""
    numbers = list(range(2000))

    def keys(some: list[int]) -> set[bytes]:
        bundles = Bundles(digests_of(some))
        return {bundles.key(number) for number in range(len(bundles))}

    whole = keys(numbers)
    for other in (
        [*numbers[:900], -1, *numbers[900:]],
        [*numbers[:900], *numbers[901:]],
        [*numbers[:900], -1, *numbers[901:]],
    ):
        assert 1 <= len(whole - keys(other)) <= 4


@given(NUMBERS, NUMBERS)
def test_what_a_group_told_is_found_by_its_digest(former: list[int], asked: list[int]) -> None:
    """Nothing is told of a group that was not there, nor of one whose bundle is not remembered."""
    digests = digests_of(former)
    bundles = Bundles(digests)
    rows = {
        bundles.key(number): pack(b"all", [b"%d" % former[at] for at in bundles.groups(number)])
        for number in range(0, len(bundles), 2)
    }
    assert {together_of(packed) for packed in rows.values()} <= {b"all"}
    told = FormerlyTold(digests, rows)
    for number in [*former, *asked]:
        [digest] = digests_of([number])
        is_there = number in former and bundles.bundle_of(former.index(number)) % 2 == 0
        assert (digest in told) == is_there
        if is_there:
            assert told[digest] == b"%d" % number
