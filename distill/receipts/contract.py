"""What a stage promises, checked after it ran: what it returned, its laws, and determinism."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from distill.errors import ContractError
from distill.receipts.canonical import MAX_INTEGER, Json, dumps
from distill.receipts.parameters import record_parameters
from distill.receipts.receipt import FileEntry, Receipt, to_json
from distill.receipts.report import Check, Law, Report


@dataclass
class Evidence:
    """What is known of a run so far; a failed receipt keeps as much of it as there is."""

    report: Report = field(default_factory=Report)
    notes: Mapping[str, Json] = field(default_factory=dict)
    outputs: tuple[FileEntry, ...] = ()
    checks: list[Check] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record a step of the run as a check: passed, or failed by what ended it."""
        try:
            yield
        except BaseException as error:
            self.checks.append(Check(name, passed=False, detail=type(error).__name__))
            raise
        self.checks.append(Check(name, passed=True))

    def take(self, returned: object) -> None:
        """Take what the stage returned, if a receipt can hold it.

        Raises:
            ContractError: it is no `Report`, or holds what a receipt can't.
        """
        if returned is None:
            return
        if not isinstance(returned, Report):
            raise ContractError(
                f"the stage returned a {type(returned).__name__}", "return a Report or nothing"
            )
        _demand_counts(returned.counts, "counts")
        for law in returned.laws:
            _demand_counts(law.left, f"law {law.name}")
            _demand_counts(law.right, f"law {law.name}")
        dumps(to_json([returned.counts, list(returned.laws), list(returned.checks)]))
        notes = record_parameters({"notes": dict(returned.notes)})["notes"]
        self.notes = notes if isinstance(notes, Mapping) else {}
        self.report = returned
        self.checks += returned.checks

    def enforce(self) -> None:
        """Refuse a run whose checks or laws failed.

        Raises:
            ContractError: naming the first one.
        """
        for check in self.report.checks:
            if not check.passed:
                detail = f": {check.detail}" if check.detail else ""
                raise ContractError(
                    f"the check {check.name!r} failed{detail}",
                    "the former outputs are as they were; mend the stage or its inputs",
                )
        for law in self.report.laws:
            if not law.holds:
                raise ContractError(
                    f"the law {_name(law)} is broken: {law}",
                    "the former outputs are as they were; a record was lost or counted twice",
                )

    def compare(self, former: Receipt) -> None:
        """Refuse outputs that differ from those of a former run of the same key.

        Raises:
            ContractError: one key, two outputs.
        """
        before = {entry.path: entry.blake3 for entry in former.claim.outputs}
        after = {entry.path: entry.blake3 for entry in self.outputs}
        differing = sorted(p for p in {*before, *after} if before.get(p) != after.get(p))
        if differing:
            detail = f"{differing[0]} differs from receipt {former.digest.short}"
            self.checks.append(Check("deterministic", passed=False, detail=detail))
            raise ContractError(
                f"non-deterministic: one key, two outputs: {detail}",
                "a clock, a random number, a set's order or an undeclared input is at work: "
                "mend it, or raise the stage's version",
            )


def _demand_counts(counts: object, where: str) -> None:
    if not isinstance(counts, Mapping):
        raise ContractError(f"the {where} of the stage's report are no mapping", "give a dict")
    for name, value in counts.items():
        if isinstance(value, Mapping):
            _demand_counts(value, f"{where}.{name}")
        elif not _is_count(value):
            raise ContractError(
                f"{where}.{name} of the stage's report is {value!r}",
                f"give an integer from 0 to {MAX_INTEGER}",
            )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _name(law: Law) -> str:
    return repr(law.name) if law.source is None else f"{law.name!r} of source {law.source!r}"
