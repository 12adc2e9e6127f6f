"""The distillation of a workspace, as a Prefect flow: add tasks of your own.

python flows/distillation.py                              run it now, nothing else to start
python flows/distillation.py --serve --cron "0 3 * * *"   run it every night at three
"""

from distill.prefect import launch, receipt_task
from distill.report import write_report
from distill.stages.pipeline import (
    build_evidence_index,
    export_preference,
    export_rag,
    export_sft,
    score_runs,
)
from distill.workspace.project import open_workspace
from prefect import allow_failure, flow, task
from prefect.futures import PrefectFuture

evidence_task = receipt_task(build_evidence_index)
score_task = receipt_task(score_runs)
export_tasks = [receipt_task(export) for export in (export_rag, export_sft, export_preference)]
report_task = task(write_report)


@flow(name="distillation")
def distillation(workspace: str | None = None) -> list[PrefectFuture[object]]:
    """Turn a workspace's logs into training sets; a stage whose receipt holds is Cached."""
    ws = open_workspace(workspace)
    evidence = evidence_task.submit(ws)
    scored = score_task.submit(ws, wait_for=[evidence])
    exports = [export.submit(ws, wait_for=[scored]) for export in export_tasks]
    report = report_task.submit(ws, wait_for=[allow_failure(export) for export in exports])
    return [evidence, scored, *exports, report]


if __name__ == "__main__":
    raise SystemExit(launch(distillation))
