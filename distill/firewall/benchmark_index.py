"""One benchmark list as an index: which share of each item stands in a text.

Every n-gram of the text is looked up; none is sampled. Tables of bits rule nearly all of them
out, so the cost is that of reading the text's words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from distill.firewall.benchmark_items import LENGTHS, PARTS, Item, keyed, short_of
from distill.firewall.words import Hashes, gram_hashes, words_of

#: N-grams that more items have are the frame of the list.
MOST_ITEMS: Final = 10
#: A part with fewer n-grams of its own is not compared.
LEAST_GRAMS: Final = 4

_SPARE: Final = 4  # a table of bits has 2^4 places for each n-gram, or more
#: Of the tables of bits; a hash's own upper bits are as good as any.
_FACTORS: Final = (1, 0x9E3779B1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which share, in per mille, of an item's part stands in a text, by n-grams of one length."""

    item: str
    part: str
    length: int
    share: int


class GramTable:
    """The n-grams of one length and one part of all items of a list."""

    def __init__(self, items: Sequence[Item], part: str, length: int) -> None:
        self.part, self.length = part, length
        found = [(number, one.parts.get((part, length))) for number, one in enumerate(items)]
        of = [(number, grams) for number, grams in found if grams is not None]
        keys = np.concatenate([np.empty(0, np.uint64), *(grams.key for _, grams in of)])
        short = np.concatenate([np.empty(0, np.uint32), *(grams.short for _, grams in of)])
        owner = np.repeat([number for number, _ in of], [len(grams.key) for _, grams in of])
        order = np.argsort(keys, kind="stable")
        keys, short, owner = keys[order], short[order], owner.astype(np.int64)[order]
        _, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
        is_own = counts[which] <= MOST_ITEMS
        self.keys, self.owner = keys[is_own], owner[is_own]
        self.sizes = np.bincount(self.owner, minlength=len(items))
        self.short = np.unique(short[is_own])

    @property
    def comparable(self) -> int:
        """The number of items that can be found by this table."""
        return int(np.count_nonzero(self.sizes >= LEAST_GRAMS))

    def holds(self, short: NDArray[Any]) -> NDArray[np.bool_]:
        """Say of the 32 bits of each n-gram whether one of an item has them too."""
        at = np.minimum(self.short.searchsorted(short), max(len(self.short) - 1, 0))
        found: NDArray[np.bool_] = self.short[at] == short
        return found

    def has(self, keys: Hashes) -> NDArray[np.bool_]:
        """Say of each key whether it is one of an item's."""
        at = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        found: NDArray[np.bool_] = self.keys[at] == keys
        return found

    def best(self, keys: Hashes) -> tuple[int, int]:
        """Return the item of which most is covered by these keys, and its share in per mille."""
        distinct = np.sort(keys)
        distinct = distinct[np.append(True, distinct[1:] != distinct[:-1])]
        begins = self.keys.searchsorted(distinct, "left")
        ends = self.keys.searchsorted(distinct, "right")
        if np.array_equal(begins, ends):
            return 0, 0
        owners = [self.owner[begin:end] for begin, end in zip(begins, ends, strict=True)]
        held = np.bincount(np.concatenate([self.owner[:0], *owners]), minlength=len(self.sizes))
        shares = np.where(self.sizes >= LEAST_GRAMS, held * 1000 // np.maximum(self.sizes, 1), 0)
        first = int(np.argmax(shares)) if len(shares) else 0
        return first, int(shares[first]) if len(shares) else 0


class BitTable:
    """Which of some numbers of 32 bits may be among those that it was made of: one in 16, or less.

    A number's place are the upper bits of its product with an odd factor.
    """

    def __init__(self, numbers: NDArray[Any], factor: int) -> None:
        bits = min(max(len(numbers), 1).bit_length() + _SPARE, 26)
        self._factor, self._shift = np.uint32(factor), np.uint32(32 - bits)
        is_there = np.zeros(1 << bits, np.bool_)
        is_there[self._places(numbers)] = True
        self._bits = np.packbits(is_there, bitorder="little")

    def may_hold(self, numbers: NDArray[Any]) -> NDArray[np.bool_]:
        """Say of each number whether it may be one of them."""
        places = self._places(numbers)
        in_byte = (places & np.uint32(7)).astype(np.uint8)
        bits: NDArray[Any] = self._bits[places >> np.uint32(3)] >> in_byte & np.uint8(1)
        return bits.view(np.bool_)

    def _places(self, numbers: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = numbers * self._factor >> self._shift
        return found


class GramFilter:
    """Which n-grams of one length none of some tables holds: nearly all of them."""

    def __init__(self, tables: Sequence[GramTable]) -> None:
        self.tables, self.length = tables, tables[0].length
        short = np.unique(np.concatenate([table.short for table in tables]))
        self._bits = [BitTable(short, factor) for factor in _FACTORS]

    def candidates(self, grams: Hashes) -> Iterator[tuple[GramTable, NDArray[Any]]]:
        """Yield tables with the places of the n-grams that may be those of an item, if any may."""
        short = short_of(grams)
        places = np.arange(len(short))
        for bits in self._bits:
            may_be = bits.may_hold(short)
            short, places = short[may_be], places[may_be]
        for table in self.tables if len(places) else ():
            found = places[table.holds(short)]
            if len(found):
                yield table, found


class BenchmarkIndex:
    """A named list with its version; items stand in the order of their ids."""

    def __init__(
        self, name: str, version: str, items: Sequence[Item], salt: bytes | None = None
    ) -> None:
        self.name, self.version, self.salt = name, version, salt
        self.items = sorted(items, key=lambda item: item.id)
        self.ids = {item.id for item in items if _is_telling(item.id)}
        self.commits: Mapping[str, Item] = {
            item.commit.lower(): item for item in reversed(self.items) if item.commit
        }
        tables = [GramTable(self.items, part, length) for part in PARTS for length in LENGTHS]
        self.tables = [table for table in tables if table.comparable]
        of_length = ([one for one in self.tables if one.length == length] for length in LENGTHS)
        self._filters = [GramFilter(tables) for tables in of_length if tables]

    def compared(self) -> dict[str, int]:
        """Return how many items there are, and how many can be found by what."""
        counts = {f"by_{one.length}_words_of_{one.part}": one.comparable for one in self.tables}
        return {
            "items": len(self.items),
            "by_id": len(self.ids),
            "by_commit": len(self.commits),
            **dict(sorted(counts.items())),
        }

    def may_cover(self, texts: Sequence[Hashes]) -> list[bool]:
        """Say of each text, by its words, whether an n-gram of an item may stand in it."""
        words, ends = np.concatenate(texts), np.cumsum([len(one) for one in texts])
        found = np.zeros(len(texts), np.bool_)
        for one in self._filters:
            hashes = gram_hashes(words, one.length)
            for table, places in one.candidates(hashes):
                held = places if self.salt is not None else places[table.has(hashes[places])]
                found[ends.searchsorted(held, "right")] = True
        told: list[bool] = found.tolist()
        return told

    def coverage(self, text: str, words: Hashes) -> Iterator[Coverage]:
        """Yield for each part and length the item of which most stands in a text, if any does."""
        plain: list[bytes] | None = None
        for one in self._filters:
            hashes = gram_hashes(words, one.length)
            for table, places in one.candidates(hashes):
                if self.salt is None:
                    keys = hashes[places]
                else:
                    plain = words_of(text) if plain is None else plain
                    keys = keyed(plain, places.tolist(), table.length, self.salt)
                item, share = table.best(keys)
                if share:
                    yield Coverage(
                        item=self.items[item].id, part=table.part, length=table.length, share=share
                    )


def _is_telling(text: str) -> bool:
    """Say whether an id names an item wherever it stands; "12" or "a" does not."""
    return len(text) > 3 and not text.isdigit()
