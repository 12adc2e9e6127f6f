"""`distill status --explain`: which parts of a stage's key changed, from what to what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from distill.receipts.code.kept_code import changed_functions
from distill.receipts.outcome import Difference
from distill.stages.pipeline import Planned
from distill.workspace.project import Project

_SHOWN: Final = 19  # characters of a digest: its name and twelve digits


def explain_stages(project: Project, planned: Sequence[Planned]) -> list[dict[str, Any]]:
    """Return of each stage the smallest set of parts that changed, with old and new digests.

    A part of code names the functions that changed, where the code that ran is kept. A stage that
    waits for another one has no parts yet: what it will read is not known.
    """
    return [
        {
            "stage": one.stage,
            "waits_for": one.waits_for,
            "parts": [_part(project, difference) for difference in one.plan.differences],
        }
        for one in planned
    ]


def explained_lines(explained: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what changed for a person."""
    yield "what changed"
    for one in explained:
        waits = f"waits for {one['waits_for']}" if one["waits_for"] else "nothing"
        yield f"  {one['stage']}: {waits}" if not one["parts"] else f"  {one['stage']}"
        for part in one["parts"]:
            yield f"    {part['part']}  {_short(part['old'])} → {_short(part['new'])}"
            if part["functions"]:
                yield f"      in {', '.join(part['functions'])}"


def _part(project: Project, difference: Difference) -> dict[str, Any]:
    functions = changed_functions(project.workspace, difference)
    return {
        "part": difference.part,
        "old": difference.old,
        "new": difference.new,
        "functions": list(functions),
    }


def _short(value: str | None) -> str:
    if value is None:
        return "none"
    return f"{value[:_SHOWN]}…" if value.startswith("blake3:") else value
