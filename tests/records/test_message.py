"""Conversations: where the agent begins to speak."""

import pytest

from distill.records.message import Message, Role, first_turn


@pytest.mark.parametrize(
    ("roles", "number"),
    [
        ((), 0),
        (("assistant", "user"), 0),
        (("system", "user", "assistant", "user", "assistant"), 2),
        (("system", "user", "tool"), 3),
    ],
)
def test_the_first_turn_is_the_first_assistant_s(roles: tuple[Role, ...], number: int) -> None:
    """Where no assistant speaks all of it stands before the turn that is to come."""
    assert first_turn([Message(role=role, content="said") for role in roles]) == number
