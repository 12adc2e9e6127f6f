"""The items of a benchmark list, as what a run's words are compared with.

A part of an item (its prompt, its answer) is the set of its n-grams, of 13 and of 8 words
(`distill.firewall.words`). A part of fewer than 13 words has none: so few stand in texts by chance.
N-grams that more than ten items of a list share are its frame, and count for none of them.

A hashed list holds of each n-gram 32 bits of its hash, by which the few that may be meant are
found, and 64 bits of the keyed BLAKE2b of its words, by which they are known. Its salt, the key, is
the digest of the list that it was made of. From neither number are words computed back; who holds a
text, or guesses one word after another, can try whether it is meant.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from distill.firewall.words import Hashes, gram_hashes, word_hashes, words_of

LENGTHS: Final = (13, 8)
PARTS: Final = ("prompt", "answer")
LEAST_WORDS: Final = 13
HASHED_FORMAT: Final = "distill.benchmark-list/1"

_PAIR: Final = np.dtype([("short", "<u4"), ("key", "<u8")])
_SALT: Final = 32  # bytes
_HIGH: Final = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Grams:
    """The distinct n-grams of one length: 32 bits of each, and the key that it is known by."""

    short: NDArray[Any]
    key: Hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item. `parts` holds the n-grams by part and length, of parts that are long enough."""

    id: str
    repository: str | None = None
    commit: str | None = None
    parts: Mapping[tuple[str, int], Grams] = field(default_factory=dict)


def item_of(row: Any, salt: bytes | None = None) -> Item:
    """Return the item that a row tells of: id, prompt, answer, and maybe repository and commit.

    With a salt its n-grams are known by their BLAKE2b, as in a hashed list.

    Raises:
        ValueError: the row is no item.
    """
    texts = {name: _text(row, name) for name in ("id", *PARTS, "repository", "commit")}
    if not texts["id"]:
        message = "no id"
        raise ValueError(message)
    parts = {
        (part, length): grams
        for part in PARTS
        for length, grams in _grams(texts[part] or "", salt).items()
    }
    return Item(id=texts["id"], repository=texts["repository"], commit=texts["commit"], parts=parts)


def _text(row: Any, name: str) -> str | None:
    value = row.get(name) if isinstance(row, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None and not isinstance(value, str):
        message = f"{name} is no text"
        raise ValueError(message)
    return value


def _grams(text: str, salt: bytes | None) -> dict[int, Grams]:
    words = word_hashes(text)
    if len(words) < LEAST_WORDS:
        return {}
    found = {}
    for length in LENGTHS:
        hashes, places = np.unique(gram_hashes(words, length), return_index=True)
        keys = hashes if salt is None else keyed(words_of(text), places, length, salt)
        found[length] = Grams(short_of(hashes), keys)
    return found


def short_of(hashes: Hashes) -> NDArray[Any]:
    """Return the high 32 bits of each n-gram's hash."""
    return (hashes >> _HIGH).astype(np.uint32)


def keyed(words: Sequence[bytes], places: Iterable[int], length: int, salt: bytes) -> Hashes:
    """Return the first 64 bits of the keyed BLAKE2b of the n-grams that begin at some places."""
    texts = (b" ".join(words[place : place + length]) for place in places)
    digests = b"".join(blake2b(text, key=salt, digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def hashed_head(salt: bytes) -> dict[str, Any]:
    """Return the first row of a hashed list."""
    return {"format": HASHED_FORMAT, "salt": salt.hex()}


def hashed_row(item: Item) -> dict[str, Any]:
    """Return an item's row in a hashed list: its n-grams in base64, in the order of their keys."""
    row: dict[str, Any] = {"id": item.id}
    row |= {"repository": item.repository} if item.repository else {}
    row |= {"commit": item.commit} if item.commit else {}
    for (part, length), grams in item.parts.items():
        order = np.argsort(grams.key, kind="stable")
        pairs = np.empty(len(order), _PAIR)
        pairs["short"], pairs["key"] = grams.short[order], grams.key[order]
        row.setdefault(part, {})[str(length)] = b64encode(pairs.tobytes()).decode()
    return row


def salt_of(row: Any) -> bytes | None:
    """Return the salt where a row is the first of a hashed list, else null.

    Raises:
        ValueError: it is one of another format.
    """
    if not isinstance(row, dict) or "format" not in row:
        return None
    salt = bytes.fromhex(str(row.get("salt")))
    if row["format"] != HASHED_FORMAT or len(salt) != _SALT:
        message = f"no {HASHED_FORMAT} with a salt of {_SALT} bytes"
        raise ValueError(message)
    return salt


def hashed_item(row: Any) -> Item:
    """Return the item of a row of a hashed list.

    Raises:
        ValueError: the row is none.
    """
    plain = item_of({key: value for key, value in row.items() if key not in PARTS})
    parts: dict[tuple[str, int], Grams] = {}
    for part in PARTS:
        for length, text in row.get(part, {}).items():
            if int(length) not in LENGTHS:
                message = f"n-grams of {length} words"
                raise ValueError(message)
            pairs = np.frombuffer(b64decode(text, validate=True), _PAIR)
            short, key = pairs["short"].astype(np.uint32), pairs["key"].astype(np.uint64)
            parts[part, int(length)] = Grams(short, key)
    return Item(id=plain.id, repository=plain.repository, commit=plain.commit, parts=parts)
