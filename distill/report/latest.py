"""Writes `reports/latest.md` from the newest receipt of each stage."""

from pathlib import Path
from typing import Final

from distill.receipts import Receipt, ReceiptStore
from distill.report.markdown import render
from distill.workspace.project import Project

REPORT_FILE: Final = "reports/latest.md"

#: The order in which a reader meets the stages; a user's own come after, by name.
_ORDER: Final = (
    "build_evidence_index",
    "score_runs",
    "export_rag",
    "export_sft",
    "export_preference",
)


def newest_receipts(store: ReceiptStore) -> list[Receipt]:
    """Return the newest receipt of every stage, the distillery's five first."""
    names = sorted(
        store.stages(), key=lambda name: (_ORDER.index(name) if name in _ORDER else 9, name)
    )
    newest = (store.newest(name) for name in names)
    return [receipt for receipt in newest if receipt is not None]


def write_report(project: Project) -> Path:
    """Write the report and return its path; the file is replaced whole or not at all.

    One that holds the same bytes already is left as it is.

    Law: byte-identical for the same receipts.
    """
    path = project.root / REPORT_FILE
    content = render(newest_receipts(project.receipts)).encode()
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".md.partial")
    partial.write_bytes(content)
    partial.replace(path)
    return path
