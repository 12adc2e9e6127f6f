"""redun: files are known by their content, not by their times."""

from pathlib import Path

import plain
from redun import task
from redun.file import ContentFile

redun_namespace = "side_by_side"


def _written(out: Path) -> ContentFile:
    return ContentFile(str(out))


@task()
def build_index(logs: list[ContentFile]) -> ContentFile:
    """See plain.build_index."""
    plain.build_index([Path(log.path) for log in logs], plain.INDEX)
    return _written(plain.INDEX)


@task()
def score(index: ContentFile) -> ContentFile:
    """See plain.score."""
    plain.score(Path(index.path), plain.SCORED)
    return _written(plain.SCORED)


@task()
def export(scored: ContentFile, number: int) -> ContentFile:
    """See the three exports of plain."""
    function, out = plain.EXPORTS[number]
    function(Path(scored.path), out)
    return _written(out)


@task(cache=False)
def main() -> list[ContentFile]:
    """Run all five."""
    scored = score(build_index([ContentFile(str(log)) for log in plain.logs()]))
    return [export(scored, number) for number in range(len(plain.EXPORTS))]
