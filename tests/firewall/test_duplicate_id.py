"""A run id is exported once: what was seen before is found, wherever it stood."""

from hypothesis import given
from hypothesis import strategies as st

from distill.firewall.duplicate_id import SeenRunIds, key_of


@given(parts=st.lists(st.lists(st.sampled_from(["a", "b", "c", "é", "r00000001"]), max_size=6)))
def test_all_but_the_first_of_an_id_are_repeated(parts: list[list[str]]) -> None:
    """Within a part and over all of them, as a plain list of all ids has it."""
    seen, before = SeenRunIds(), list[str]()
    for part in parts:
        told = seen.repeated(bytes.fromhex("".join(map(key_of, part))))
        expected = []
        for number, run_id in enumerate(part):
            if run_id in before:
                expected.append(number)
            before.append(run_id)
        assert told == expected
