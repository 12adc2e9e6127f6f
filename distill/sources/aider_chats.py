"""The chats of an aider transcript, a markdown file that holds one after another.

Source of the form: aider 0.35, `aider/io.py`. A chat begins with ``# aider chat started at TIME``.
Each line of what the person wrote is ``#### …`` and each line that aider itself printed (its
questions, the output of tests and of the linter) is ``> …``; aider ends both with two blanks, which
a model's own heading or quotation lacks. All else is the model. What aider sent beside that, its
system prompt, the map of the repository and the contents of files, is not in the log.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from distill.records.message import Message, Role

_BEGIN: Final = "# aider chat started at "
_END: Final = "  "
_PREFIXES: Final[tuple[tuple[str, Role], ...]] = (("#### ", "user"), ("> ", "tool"))
_EXHAUSTED: Final = re.compile(r"Model \S+ has hit a token limit!")
_MODEL: Final = re.compile(r"Models?: (\S+)")
#: Prices are printed with six digits, and may be rounded each.
_STEP: Final = 1e-5
#: US dollars; no chat costs more.
_MOST: Final = 1e9
_PRICE: Final = re.compile(
    r"[\d,]++ prompt tokens, [\d,]++ completion tokens, \$(\d++(?:\.\d++)?) cost"
)


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat: when it began as the log says it, whose it is, what it cost in US dollars.

    `cost` is the sum of the prices that aider printed. `messages` begin with what the person wrote.
    `is_exhausted`: after the model's last words aider said that these ended at a limit of tokens.
    """

    started_at: str
    model: str | None
    cost: float
    messages: tuple[Message, ...]
    is_exhausted: bool = False


class ChatsByPrice:
    """Chats to be taken, each once, by model and price; a chat costs constant time."""

    def __init__(self, chats: Sequence[Chat]) -> None:
        self.left = len(chats)
        self._chats = chats
        self._is_taken = [False] * len(chats)
        self._places: defaultdict[tuple[str | None, int], deque[int]] = defaultdict(deque)
        for place, chat in enumerate(chats):
            # A try may be logged without its model.
            for model in {chat.model, None}:
                self._places[model, _steps(chat.cost)].append(place)

    def take(self, model: Any, cost: Any) -> Chat | None:
        """Return the first chat that is left and has this model (null: any) and cost, else null."""
        if not isinstance(model, str | None) or isinstance(cost, bool):
            return None
        if not isinstance(cost, int | float) or not abs(cost) < _MOST:
            return None
        step = _steps(cost)
        found = [self._first((model, near)) for near in (step - 1, step, step + 1)]
        place = min((place for place in found if place is not None), default=None)
        if place is None:
            return None
        self._is_taken[place] = True
        self.left -= 1
        return self._chats[place]

    def _first(self, key: tuple[str | None, int]) -> int | None:
        places = self._places.get(key, deque())
        while places and self._is_taken[places[0]]:
            places.popleft()
        return places[0] if places else None


def _steps(cost: float) -> int:
    return round(cost / _STEP)


def read_chats(text: str) -> tuple[Chat, ...]:
    """Return the chats of a transcript, in its order; what stands before the first is left out."""
    chats: list[Chat] = []
    lines: list[str] = []
    started_at: str | None = None
    for line in text.split("\n"):
        if line.startswith(_BEGIN):
            if started_at is not None:
                chats.append(_read_chat(started_at, lines))
            started_at, lines = line.removeprefix(_BEGIN).strip(), []
        else:
            lines.append(line)
    if started_at is not None:
        chats.append(_read_chat(started_at, lines))
    return tuple(chats)


def _read_chat(started_at: str, lines: list[str]) -> Chat:
    model: str | None = None
    prices: list[float] = []
    turns: list[Message] = []
    is_exhausted = False
    for role, block in groupby(map(_told, lines), key=lambda told: told[0]):
        texts = [text for _, text in block]
        if role == "tool":
            model = model or _model_of(texts)
            prices += [price for text in texts if (price := _price_of(text)) is not None]
            texts = [text for text in texts if _price_of(text) is None]
            is_exhausted |= any(map(_EXHAUSTED.match, texts))
        elif any(map(str.strip, texts)):
            is_exhausted = False
        content = "\n".join(texts).strip("\n" if role == "user" else None)
        # What aider prints before the person speaks is about itself and the machine.
        if content.strip() and (turns or role == "user"):
            turns.append(Message(role=role, content=content))
    cost = round(min(sum(prices), _MOST), 6)
    return Chat(started_at, model, cost, tuple(_joined(turns)), is_exhausted)


def _told(line: str) -> tuple[Role, str]:
    if line.endswith(_END):
        for prefix, role in _PREFIXES:
            if line.startswith(prefix):
                return role, line.removeprefix(prefix).removesuffix(_END)
    return "assistant", line


def _joined(turns: list[Message]) -> Iterator[Message]:
    """Yield the turns; what the same one said with nothing between is one turn."""
    for role, group in groupby(turns, key=lambda turn: turn.role):
        yield Message(role=role, content="\n\n".join(turn.content or "" for turn in group))


def _model_of(texts: list[str]) -> str | None:
    found = (_MODEL.match(text) for text in texts)
    return next((match[1] for match in found if match), None)


def _price_of(text: str) -> float | None:
    found = _PRICE.match(text)
    return float(found[1]) if found else None
