"""Blocks: every item stands in one, in order, and none is larger than it has to be."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.blocks import blocks


@given(sizes=st.lists(st.integers(0, 9), max_size=12), most=st.integers(0, 12))
def test_blocks_are_as_large_as_they_may_be(sizes: list[int], most: int) -> None:
    """One that holds more than allowed holds one item, and none could take the next item too."""
    cut = [sizes[block] for block in blocks(sizes, most)]
    assert [size for block in cut for size in block] == sizes
    assert all(sum(block) <= most or len(block) == 1 for block in cut)
    assert all(sum(one) + other[0] > most for one, other in pairwise(cut))
    assert all(cut) == bool(sizes)
