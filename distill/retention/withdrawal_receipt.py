"""The stage `withdraw`: a receipt that says what was withdrawn, and that nothing of it is left."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from distill.receipts import Check, InFile, InFiles, OutFile, Report, with_receipt
from distill.receipts.canonical import Json, dumps
from distill.records.withdrawal import Withdrawal
from distill.retention.matching import RUNS_TABLE, Matcher, Runs, Target
from distill.stages.lines import read_lines
from distill.stages.narrow import NarrowTables

STAGE: Final = "withdraw"
OUTCOME_FORMAT: Final = "distill.withdrawal/1"


@with_receipt(stage=STAGE, version=1)
def record_withdrawal(
    touched: InFile,
    kept: InFiles,
    *,
    withdrawal: Withdrawal,
    files: tuple[str, ...],
    outcome: OutFile,
) -> Report:
    """Write what a withdrawal touched, after reading every row that is kept.

    `touched` lists the rows, receipts and releases that it touched, found before anything was
    rebuilt; `kept` are the rows that stand after. `files` are the recorded paths of what is
    withdrawn, none for a run.

    Raises:
        ContractError: a kept row still names what is withdrawn.
    """
    found = list(_entries(touched))
    target = Target(withdrawal.kind, withdrawal.name, frozenset(files))
    left = list(_left(target, kept))
    rows = Counter(str(one["set"]) for one in found if one["entry"] == "row")
    receipts = [one["receipt"] for one in found if one["entry"] == "receipt"]
    releases = [one["name"] for one in found if one["entry"] == "release"]
    value: dict[str, Json] = {
        "format": OUTCOME_FORMAT,
        "withdrawal": withdrawal.as_json(),
        "rows": dict(sorted(rows.items())),
        "receipts": receipts,
        "releases": releases,
        "logs": [one["path"] for one in found if one["entry"] == "log"],
        "same_content": [one["run"] for one in found if one["entry"] == "same_content"],
        "gone": [one["blake3"] for one in found if one["entry"] == "gone"],
    }
    outcome.write_bytes(dumps(value) + b"\n")
    total = {"receipts": len(receipts), "releases": len(releases), "rows": sum(rows.values())}
    return Report(
        counts={"total": {**total, "left": len(left)}, "by_set": dict(sorted(rows.items()))},
        checks=[Check("nothing_withdrawn_is_left", not left, left[0] if left else "")],
    )


def _entries(touched: Path) -> Iterator[dict[str, Any]]:
    return (orjson.loads(line) for _, line in read_lines(touched))


def _left(target: Target, kept: Sequence[Path]) -> Iterator[str]:
    """Yield where a kept row names what is withdrawn; evidence is listed before what it made."""
    with NarrowTables(RUNS_TABLE) as tables:
        matcher = Matcher(target, Runs(tables))
        for path in kept:
            for number, (_, line) in enumerate(read_lines(path), start=1):
                if matcher.touched(line) is not None:
                    yield f"{path.parent.name}/{path.name}, line {number}"
