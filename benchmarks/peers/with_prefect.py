"""Prefect: the cache of a task is keyed by the digests that it is given, and by its source."""

from hashlib import file_digest
from pathlib import Path

import plain
from prefect import flow, task
from prefect.cache_policies import INPUTS, TASK_SOURCE

_POLICY = INPUTS + TASK_SOURCE


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


@task(cache_policy=_POLICY, persist_result=True)
def build_index(logs: list[str]) -> str:
    """See plain.build_index."""
    del logs
    plain.build_index(plain.logs(), plain.INDEX)
    return _digest(plain.INDEX)


@task(cache_policy=_POLICY, persist_result=True)
def score(index: str) -> str:
    """See plain.score."""
    del index
    plain.score(plain.INDEX, plain.SCORED)
    return _digest(plain.SCORED)


@task(cache_policy=_POLICY, persist_result=True)
def export(scored: str, number: int) -> str:
    """See the three exports of plain."""
    del scored
    function, out = plain.EXPORTS[number]
    function(plain.SCORED, out)
    return _digest(out)


@flow
def five() -> None:
    """Run all five."""
    scored = score(build_index([_digest(log) for log in plain.logs()]))
    for number in range(len(plain.EXPORTS)):
        export(scored, number)


if __name__ == "__main__":
    five()
