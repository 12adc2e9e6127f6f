"""Messages through a pipe come out as they went in, however long, in however many pieces."""

import os
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from distill.receipts.incremental import messages
from distill.receipts.incremental.messages import Inbox, Message, send_end

LONG = 100_000  # bytes that are a piece by themselves


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """The ends of a pipe, to read from and to write to; a test may close one and take it out."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def _sent(pipe: list[int], values: list[Any]) -> list[Any]:
    """Return what comes of values that a thread sends: a pipe does not hold them all."""
    reading, writing = pipe

    def send() -> None:
        for value in values:
            Message(value).send(writing)
        send_end(writing)

    thread = threading.Thread(target=send)
    thread.start()
    inbox, found = Inbox(reading), []
    while message := inbox.receive():
        found.append(pickle.loads(message))  # noqa: S301 - ours
    thread.join()
    return found


def test_what_is_sent_is_received(pipe: list[int]) -> None:
    """Short ones and long ones, after each other, and one that needs more than the memory kept."""
    values = [
        None,
        b"",
        (1, "text"),
        b"a" * LONG,
        "ä" * LONG,
        [b"b" * LONG, {"c": b"c" * LONG}],
        b"d" * (3 << 20),
        b"e",
        bytearray(b"f" * LONG),
    ]
    assert _sent(pipe, values) == values


def test_more_pieces_than_the_system_takes_at_once(pipe: list[int]) -> None:
    """They are given to it in turns."""
    value = [bytes([number % 251]) * LONG for number in range(messages._AT_ONCE)]
    assert len(Message(value)._pieces) > messages._AT_ONCE
    assert _sent(pipe, [value, b"behind it"]) == [value, b"behind it"]


def test_a_write_that_a_signal_cuts_short_goes_on(
    pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says how many bytes it took, which may end within a piece."""
    monkeypatch.setattr(
        os, "writev", lambda pipe, pieces: os.write(pipe, b"".join(pieces)[:30_001])
    )
    values = [[b"a", b"b" * LONG, b"c" * LONG], b"d"]
    assert _sent(pipe, values) == values


def test_long_values_are_not_copied() -> None:
    """The message holds the same bytes."""
    long = b"a" * LONG
    message = Message([b"short", long])
    assert any(piece is long for piece in message._pieces)
    assert message.size == sum(map(len, message._pieces))


def test_a_message_that_ends_early_is_none(pipe: list[int]) -> None:
    """Its writer is gone; the end has not been said either."""
    os.write(pipe[1], (5).to_bytes(8, "little") + b"1234")
    os.close(pipe.pop())
    with pytest.raises(EOFError):
        Inbox(pipe[0]).receive()


def test_whoever_does_not_read_any_more_is_told_of(pipe: list[int]) -> None:
    """As an error of the system, and not by a signal."""
    os.close(pipe.pop(0))
    with pytest.raises(BrokenPipeError):
        Message(b"a").send(pipe[0])
