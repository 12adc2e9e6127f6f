"""What a card counts while the rows go by, in memory that does not grow with them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from distill.records.compact import compact
from distill.records.evidence import EvidenceRecord
from distill.records.samples import PreferenceSample, RagSample, RowMessage, SftSample

Sample = RagSample | SftSample | PreferenceSample

#: Context lengths, in tokens, of which the card says what share of the rows fits.
LENGTHS: Final = tuple(1024 * 2**power for power in range(8))
CHARS_PER_TOKEN: Final = 4


_NUMBERS: Final = ("rows", "tokens", "trimmed", "tools_unknown", "paths_unchecked")


class CardTally:
    """Counts rows: by category, source and licence, and by length.

    ``set_digest`` is what `digest_of_shards` gives, ``splits`` the rows of each split; both are set
    when all shards are written.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.tokens = 0
        self.trimmed = 0
        self.tools_unknown = 0
        self.paths_unchecked = 0
        self.by_category: Counter[str] = Counter()
        self.by_source: Counter[tuple[str, str]] = Counter()
        self._fitting = [0] * (len(LENGTHS) + 1)
        self.redacted: Counter[str] = Counter()
        self.set_digest = ""
        self.splits: Mapping[str, int] = {"train": 0}

    def add(
        self,
        sample: Sample,
        *records: EvidenceRecord,
        redacted: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Count a row and the evidence that it was made of (for a pair: of chosen and rejected).

        ``redacted`` are the placeholders that were put into that evidence, by rule.
        """
        if redacted:
            self.redacted.update(redacted)
        self.rows += 1
        tokens = -(-_chars(sample) // CHARS_PER_TOKEN)
        self.tokens += tokens
        self._fitting[bisect_left(LENGTHS, tokens)] += 1
        self.by_category[_category(sample)] += 1
        for key in sorted({(record.source, record.licence) for record in records}):
            self.by_source[key] += 1
        self._count_evidence(sample, records)

    def as_json(self) -> dict[str, Any]:
        """Return everything counted, for `absorb`."""
        return {
            **{name: getattr(self, name) for name in _NUMBERS},
            "by_category": dict(self.by_category),
            "by_source": [[*key, number] for key, number in self.by_source.items()],
            "redacted": dict(self.redacted),
            "fitting": self._fitting,
        }

    def absorb(self, counted: Mapping[str, Any]) -> None:
        """Count what another tally counted."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + counted[name])
        self.by_category.update(counted["by_category"])
        self.redacted.update(counted["redacted"])
        for source, licence, number in counted["by_source"]:
            self.by_source[source, licence] += number
        for place, number in enumerate(counted["fitting"]):
            self._fitting[place] += number

    def fitting(self, length: int) -> int:
        """Return how many rows are no longer than one of `LENGTHS`."""
        return sum(self._fitting[: LENGTHS.index(length) + 1])

    def _count_evidence(self, sample: Sample, records: Sequence[EvidenceRecord]) -> None:
        self.tools_unknown += int(None in [record.tools for record in records])
        for record in records[:1]:
            self.paths_unchecked += int(record.facts.hallucinated_paths is None)
        for record, kept in zip(records, _kept(sample), strict=False):
            self.trimmed += len(record.messages or ()) - kept

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences of all rows, sorted."""
        return tuple(sorted({licence for _, licence in self.by_source}))


def digest_of_shards(shards: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 of a set, given the name and SHA-256 (hex) of each shard, in order.

    It is what ``sha256sum train-*.jsonl | sha256sum`` prints, or with the files of all splits.
    """
    lines = "".join(f"{digest}  {name}\n" for name, digest in shards)
    return sha256(lines.encode()).hexdigest()


def _kept(sample: Sample) -> tuple[int, ...]:
    if isinstance(sample, SftSample):
        return (len(sample.messages),)
    if isinstance(sample, PreferenceSample):
        return (
            len(sample.prompt) + len(sample.chosen),
            len(sample.prompt) + len(sample.rejected),
        )
    return ()


def _category(sample: Sample) -> str:
    if isinstance(sample, SftSample):
        return sample.quality_score
    if isinstance(sample, PreferenceSample):
        return f"{sample.chosen_category} over {sample.rejected_category}"
    return sample.category


def _chars(sample: Sample) -> int:
    """Return the characters that must fit at once; of a pair, those of its longer side."""
    if isinstance(sample, RagSample):
        return len(sample.text)
    if isinstance(sample, SftSample):
        return _message_chars(sample.messages)
    sides = (_message_chars(sample.chosen), _message_chars(sample.rejected))
    return _message_chars(sample.prompt) + max(sides)


def _message_chars(messages: Sequence[RowMessage]) -> int:
    texts = [message.content for message in messages]
    calls = [call.function for message in messages for call in message.tool_calls or ()]
    if not calls:
        return sum(map(len, texts))
    texts += [call.name for call in calls]
    brackets_and_commas = len(calls) + 1
    arguments = compact([call.arguments for call in calls])
    return sum(map(len, texts)) + len(arguments) - brackets_and_commas
