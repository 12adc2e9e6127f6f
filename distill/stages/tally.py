"""Counts of a stage, in total and per source, and the laws over them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from distill.receipts import Law
from distill.receipts.report import Counts

#: The group that counts placeholders, by the rule whose finding they stand for.
REDACTED: Final = "redacted"


class Tally:
    """Counts named things per source; groups (reasons, categories, …) are counted beside them."""

    def __init__(self) -> None:
        self._by_source: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._groups: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, source: str, name: str, number: int = 1) -> None:
        """Count `number` more of `name` for `source`."""
        self._by_source[source][name] += number

    def group(self, group: str, member: str, number: int = 1) -> None:
        """Count `number` more of `member` in a group, such as ``by_reason``."""
        self._groups[group][member] += number

    def group_all(self, group: str, members: Mapping[str, int]) -> None:
        """Count more of several members of a group."""
        for member, number in members.items():
            self.group(group, member, number)

    def as_json(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return everything counted, for `absorb`."""
        return {
            "by_source": {name: dict(counter) for name, counter in self._by_source.items()},
            "groups": {name: dict(counter) for name, counter in self._groups.items()},
        }

    def absorb(self, counted: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
        """Count what another tally counted."""
        for source, numbers in counted["by_source"].items():
            for name, number in numbers.items():
                self.add(source, name, number)
        for group, members in counted["groups"].items():
            for member, number in members.items():
                self.group(group, member, number)

    def total(self, name: str) -> int:
        """Return the sum over all sources."""
        return sum(counter[name] for counter in self._by_source.values())

    def in_group(self, group: str, member: str) -> int:
        """Return the count of one member of a group."""
        return self._groups.get(group, Counter())[member]

    def of(self, source: str, name: str) -> int:
        """Return what one source has."""
        return self._by_source.get(source, Counter())[name]

    def counts(self, names: Sequence[str]) -> dict[str, Counts]:
        """Return the counts as a receipt holds them: every name, zeros included, and the groups."""
        return {
            "total": {name: self.total(name) for name in names},
            "by_source": {
                source: {name: counter[name] for name in names}
                for source, counter in sorted(self._by_source.items())
            },
            **{group: dict(sorted(members.items())) for group, members in self._groups.items()},
        }

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that something was counted for, sorted."""
        return tuple(sorted(self._by_source))

    def members(self, group: str) -> dict[str, int]:
        """Return the counts of a group, by name."""
        return dict(sorted(self._groups.get(group, Counter()).items()))

    def laws(self, name: str, unit: str, left: Iterable[str], right: Iterable[str]) -> list[Law]:
        """Return the law that the left names sum to the right ones, in total and per source."""
        left, right = tuple(left), tuple(right)
        laws = [Law(name, unit, self._totals(left), self._totals(right))]
        for source in sorted(self._by_source):
            of: Mapping[str, int] = self._by_source[source]
            laws.append(
                Law(name, unit, {k: of[k] for k in left}, {k: of[k] for k in right}, source)
            )
        return laws

    def reasons_law(self, unit: str, quarantined: str) -> Law:
        """Return the law that everything quarantined has a reason."""
        reasons = self._groups.get("by_reason", Counter())
        return Law(
            "every quarantined unit has a reason",
            unit,
            {quarantined: self.total(quarantined)},
            dict(sorted(reasons.items())),
        )

    def _totals(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self.total(name) for name in names}
