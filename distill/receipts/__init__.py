"""The receipt engine: one content-addressed, checkable receipt for every stage that runs.

`with_receipt` wraps any function that reads and writes files. The names are imported when they are
first used, so that a look at a receipt pays for nothing that only a run needs.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distill.receipts.annotations import Ignored as Ignored
    from distill.receipts.annotations import InFile as InFile
    from distill.receipts.annotations import InFiles as InFiles
    from distill.receipts.annotations import OutDir as OutDir
    from distill.receipts.annotations import OutFile as OutFile
    from distill.receipts.digest import Digest as Digest
    from distill.receipts.incremental.functions import Place as Place
    from distill.receipts.incremental.group_stage import (
        with_receipt_per_group as with_receipt_per_group,
    )
    from distill.receipts.incremental.record_stage import (
        with_receipt_per_record as with_receipt_per_record,
    )
    from distill.receipts.outcome import Outcome as Outcome
    from distill.receipts.outcome import Plan as Plan
    from distill.receipts.processes.several_calls import side_by_side as side_by_side
    from distill.receipts.receipt import FileEntry as FileEntry
    from distill.receipts.receipt import Receipt as Receipt
    from distill.receipts.recording import Later as Later
    from distill.receipts.recording import Stage as Stage
    from distill.receipts.recording import with_receipt as with_receipt
    from distill.receipts.recording import withReceipt as withReceipt
    from distill.receipts.report import Check as Check
    from distill.receipts.report import Law as Law
    from distill.receipts.report import Report as Report
    from distill.receipts.scope import full_scope as full_scope
    from distill.receipts.scope import trigger_scope as trigger_scope
    from distill.receipts.scope import workspace_scope as workspace_scope
    from distill.receipts.store import ReceiptStore as ReceiptStore
    from distill.receipts.verify import Fault as Fault
    from distill.receipts.verify import VerificationReport as VerificationReport
    from distill.receipts.verify import VerificationRequest as VerificationRequest
    from distill.receipts.verify import verify_workspace as verify_workspace
    from distill.receipts.workspace import Workspace as Workspace

_HOMES = {
    "annotations": ("Ignored", "InFile", "InFiles", "OutDir", "OutFile"),
    "digest": ("Digest",),
    "incremental.functions": ("Place",),
    "incremental.group_stage": ("with_receipt_per_group",),
    "incremental.record_stage": ("with_receipt_per_record",),
    "outcome": ("Outcome", "Plan"),
    "receipt": ("FileEntry", "Receipt"),
    "recording": ("Later", "Stage", "with_receipt", "withReceipt"),
    "report": ("Check", "Law", "Report"),
    "processes.several_calls": ("side_by_side",),
    "scope": ("full_scope", "trigger_scope", "workspace_scope"),
    "store": ("ReceiptStore",),
    "verify": ("Fault", "VerificationReport", "VerificationRequest", "verify_workspace"),
    "workspace": ("Workspace",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - the names are those of the table
    *_HOME_OF,
]


def __getattr__(name: str) -> object:
    module = _HOME_OF.get(name)
    if module is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
