"""Drafting the receipt of a run from what is known of it."""

from typing import NamedTuple

from distill.errors import ContractError
from distill.receipts.binding import Call
from distill.receipts.clock import Stopwatch, now
from distill.receipts.code.modules import Module
from distill.receipts.contract import Evidence
from distill.receipts.credentials import redact
from distill.receipts.git.code_state import code_state, git_state
from distill.receipts.inputs import parents_of
from distill.receipts.receipt import (
    MAX_RECEIPT_BYTES,
    Claim,
    Receipt,
    Run,
    RunError,
    Validation,
)
from distill.receipts.scope import current_trigger
from distill.receipts.store import parsed
from distill.receipts.survey import Survey
from distill.receipts.workspace import Workspace

_GENERATED = ("receipts", "reports", "data", "exports", "quarantine", "releases", ".distill")
_MAX_MESSAGE = 2000


class ReceiptDraft(NamedTuple):
    """All of a receipt that stands before the stage ends."""

    workspace: Workspace
    module: Module
    call: Call
    survey: Survey
    token: str
    watch: Stopwatch

    def receipt(self, evidence: Evidence, error: BaseException | None = None) -> Receipt:
        """Return the receipt of the run, passed or failed.

        Raises:
            ContractError: it would be too large.
        """
        receipt = Receipt(self._claim(evidence, has_failed=error is not None), self._run(error))
        if len(receipt.content) > MAX_RECEIPT_BYTES:
            raise ContractError(
                f"the receipt would be larger than {MAX_RECEIPT_BYTES} bytes",
                "write fewer and larger files, or note less",
            )
        parsed(receipt.digest, receipt.content)  # what nobody could read is not written
        return receipt

    def _claim(self, evidence: Evidence, *, has_failed: bool) -> Claim:
        key = self.survey.key
        return Claim(
            stage=key.stage,
            version=key.version,
            key=self.survey.key_digest,
            code=key.code,
            environment=key.environment,
            parameters=key.parameters,
            targets=self.call.targets,
            inputs=tuple(one.entry for one in self.survey.inputs),
            outputs=evidence.outputs,
            parents=parents_of(self.survey.parents),
            counts=evidence.report.counts,
            laws=tuple(evidence.report.laws),
            validation=Validation("failed" if has_failed else "passed", tuple(evidence.checks)),
            notes=evidence.notes,
        )

    def _run(self, error: BaseException | None) -> Run:
        names = tuple(self.survey.key.code.files)
        return Run(
            id=self.token,
            started_at=self.watch.started_at,
            ended_at=now(),
            duration_ms=self.watch.elapsed_ms(),
            trigger=current_trigger(),
            parents=tuple(receipt.digest for receipt in self.survey.parents),
            code=code_state(self.module.file, self.module.root, names),
            workspace=git_state(self.workspace.root, _GENERATED),
            error=None if error is None else RunError(type(error).__name__, self._told(error)),
        )

    def _told(self, error: BaseException) -> str:
        """Return an error's message without credentials and without this machine's paths."""
        message = redact(str(error))
        for folder in (self.workspace.root, *self.workspace.roots.values()):
            message = message.replace(f"{folder}/", "")
        message = message.replace("\x7f", "?")[:_MAX_MESSAGE]
        return message.encode("utf-8", "replace").decode("utf-8")
