"""Source kind ``swe_bench_predictions``: the patches that a model handed in, one row an instance.

A row is ``{instance_id, model_name_or_path, model_patch}``; files are JSONL, an array, or an object
by instance id. The format holds no prompt and no verdict: a task table gives the one, the harness's
report (`swe_bench_report`) the other. A null or blank patch is a run without messages.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from distill.records.message import Message
from distill.sources.protocol import Answer, Framing, Recognition, RunDraft
from distill.sources.reader import FixedReader
from distill.sources.swe_bench_row import read_instance, read_patch


class SweBenchPredictions(FixedReader):
    """Reads SWE-bench's predictions."""

    kind: ClassVar[str] = "swe_bench_predictions"
    framing = Framing.AUTO

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files whose rows have an instance id and a model's patch, and no verdict."""
        rows = [row for row in records if isinstance(row, dict)]
        if not rows or not all({"instance_id", "model_patch"} <= row.keys() for row in rows):
            return None
        if any("resolved" in row for row in rows):
            return None
        notes = [
            "predictions hold no verdict: add the harness's report.json as swe_bench_report",
            "predictions hold no prompt: give a task table for SFT and preference rows",
        ]
        return Recognition(cls.kind, 90, {}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the row's one run."""
        return [_draft(row) for row in rows]


def _draft(row: Any) -> RunDraft:
    instance, patch = read_instance(row), read_patch(row)
    model = row.get("model_name_or_path")
    return RunDraft(
        task_id=instance,
        # The instance id says it all: digests of predictions and of runs with a prompt agree.
        task_fields=(),
        subject=instance,
        messages=None if patch is None else (Message(role="assistant", content=patch),),
        model=model if isinstance(model, str) else None,
    )
