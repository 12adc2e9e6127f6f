"""A withdrawal: somebody's word that a run, a source or a file is to be used no more.

A workspace keeps its withdrawals in one file of canonical JSON lines, oldest first. A line is never
changed: what it took away stays away as long as it stands there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from distill.errors import ConfigurationError, DistillError
from distill.receipts.canonical import dumps, loads
from distill.receipts.strict import INSTANT


class WithdrawalKind(StrEnum):
    """What is withdrawn: one run by its run id, a source by its name, a file by its path."""

    RUN = "run"
    SOURCE = "source"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One line of the file. `name` is a run id, a source's name or a recorded path.

    `by` is null where nobody gave a name. `time` is UTC with milliseconds and Z.
    """

    kind: WithdrawalKind
    name: str
    reason: str
    time: str
    by: str | None = None

    def to_line(self) -> bytes:
        """Return the withdrawal as canonical JSON and a newline.

        Raises:
            ContractError: a text holds what canonical JSON can't.
        """
        return dumps(self.as_json()) + b"\n"

    def as_json(self) -> dict[str, str | None]:
        """Return the withdrawal as a JSON object."""
        return {
            "by": self.by,
            "kind": self.kind.value,
            "name": self.name,
            "reason": self.reason,
            "time": self.time,
        }


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """All withdrawals of a workspace, in their order."""

    all: tuple[Withdrawal, ...] = ()

    def names(self, kind: WithdrawalKind) -> frozenset[str]:
        """Return what is withdrawn of one kind."""
        return frozenset(one.name for one in self.all if one.kind is kind)

    @property
    def runs(self) -> frozenset[str]:
        """The ids of the withdrawn runs."""
        return self.names(WithdrawalKind.RUN)

    @property
    def sources(self) -> frozenset[str]:
        """The names of the withdrawn sources."""
        return self.names(WithdrawalKind.SOURCE)

    @property
    def files(self) -> frozenset[str]:
        """The recorded paths of the withdrawn files."""
        return self.names(WithdrawalKind.FILE)

    def find(self, kind: WithdrawalKind, name: str) -> Withdrawal | None:
        """Return the first withdrawal of this, null where there is none."""
        return next((one for one in self.all if (one.kind, one.name) == (kind, name)), None)


def read_withdrawals(content: bytes) -> Withdrawals:
    """Return the withdrawals that a file holds.

    Law: ``b"".join(w.to_line() for w in read_withdrawals(content).all) == content``.

    Raises:
        ConfigurationError: a line is no withdrawal; its number is named.
    """
    *lines, rest = content.split(b"\n")
    if rest:
        raise ConfigurationError(
            "withdrawals.jsonl does not end in a newline", "take its last line out, or end it"
        )
    return Withdrawals(tuple(_withdrawal(line, at) for at, line in enumerate(lines, start=1)))


def _withdrawal(line: bytes, number: int) -> Withdrawal:
    try:
        value = loads(line)
        if not isinstance(value, Mapping) or set(value) != _FIELDS:
            raise _refused(number, f"it has not exactly the fields {', '.join(sorted(_FIELDS))}")
        texts = [value[name] for name in ("name", "reason", "time")]
        if not all(isinstance(text, str) and text for text in texts):
            raise _refused(number, "name, reason and time are texts that are not empty")
        if not INSTANT.fullmatch(str(value["time"])):
            raise _refused(number, "its time is not like 2026-01-31T08:00:00.000Z")
        if not isinstance(value["by"], str | None):
            raise _refused(number, "by is a text or null")
        kind = WithdrawalKind(str(value["kind"]))
    except ConfigurationError:
        raise
    except (DistillError, ValueError) as error:
        raise _refused(number, str(error)) from None
    by = value["by"]
    return Withdrawal(
        kind=kind,
        name=str(value["name"]),
        reason=str(value["reason"]),
        time=str(value["time"]),
        by=None if by is None else str(by),
    )


_FIELDS = {"by", "kind", "name", "reason", "time"}


def _refused(number: int, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"withdrawals.jsonl, line {number}, is no withdrawal: {why}",
        "mend the line; `distill recall X --withdraw` writes them in the right form",
    )
