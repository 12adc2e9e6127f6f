"""Running a receipt again: the folder, the inputs, the code, the run, the comparison."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distill.errors import ConfigurationError, IncompleteError
from distill.receipts.canonical import Json, loads
from distill.receipts.durable import make_folder
from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.choosing import choose_receipt
from distill.receipts.reproduce.code_places import CodePlace, code_places
from distill.receipts.reproduce.comparing import compare_claims, compare_outputs
from distill.receipts.reproduce.endings import no_run
from distill.receipts.reproduce.environment_changes import changed, changed_here
from distill.receipts.reproduce.process import Answer, run_driver
from distill.receipts.reproduce.result import Reproduction
from distill.receipts.reproduce.scratch import Scratch
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace

# Lays out what a stage reads beside its inputs: receipt, the workspace, the scratch workspace.
Extra = Callable[[Receipt, Workspace, Workspace], None]


@dataclass(frozen=True)
class Options:
    """How to run again: where the code may be, where the folder is made, whether it stays.

    ``code`` is the folder that the stage's module is imported from, null: it is looked for.
    ``scratch`` is the folder to work in, null: the system's for temporary files.
    """

    code: Path | None = None
    scratch: Path | None = None
    keep: bool = False
    extras: tuple[Extra, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A receipt that is ready to be run again; nothing of the stage has run yet.

    ``environment`` are the differences between the recorded environment and this one.
    """

    receipt: Receipt
    environment: tuple[str, ...]
    _home: Workspace
    _scratch: Scratch
    _options: Options

    def run(self) -> Reproduction:
        """Run the stage and compare what it made with the receipt.

        Raises:
            IncompleteError: the recorded code is not here, or the stage could not be run.
        """
        place, answer = self._run_where_the_code_is()
        made = _claim_of(answer)
        receipt = self.receipt
        told = answer.told
        environment = changed(receipt.claim, told["python"], told["distributions"])
        return Reproduction(
            receipt.digest,
            receipt.claim.stage,
            str(place),
            environment,
            len(receipt.claim.outputs),
            tuple(compare_outputs(receipt, self._scratch, self._home)),
            tuple(compare_claims(receipt.claim, made)),
            self._scratch.folder if self._options.keep else None,
        )

    def _run_where_the_code_is(self) -> tuple[CodePlace, Answer]:
        """Return the first place that holds the recorded code, with how its run ended."""
        tried: list[tuple[CodePlace, Answer]] = []
        given = None if self._options.code is None else self._options.code.resolve()
        for place in code_places(self.receipt, self._home.root, given, self._scratch.code):
            answer = run_driver(self.receipt, place, self._scratch)
            if answer.end == "done":
                return place, answer
            tried.append((place, answer))
            if answer.end in {"arguments", "run"}:
                break
        raise no_run(self.receipt, tried)


@contextmanager
def prepare(workspace: Workspace, name: str, options: Options) -> Iterator[Prepared]:
    """Lay out what a receipt needs to be run again; the folder goes at the end unless it is kept.

    ``name`` is the digest of a receipt, a unique prefix of it, or a stage: its newest receipt.

    Raises:
        ConfigurationError: no such receipt, one of a failed run, or no room for the inputs.
        IncompleteError: recorded inputs are gone, or the code can't be found by its name.
        VerificationError: the receipt is damaged.
    """
    receipt = choose_receipt(ReceiptStore(workspace), name)
    _demand_importable(receipt)
    folder = _make_folder(options.scratch)
    try:
        scratch = Scratch.make(folder, receipt, workspace)
        scratch.lay_out(receipt, workspace)
        for extra in options.extras:
            extra(receipt, workspace, scratch.workspace)
        environment = changed_here(receipt.claim)
        yield Prepared(receipt, environment, workspace, scratch, options)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _demand_importable(receipt: Receipt) -> None:
    function = receipt.claim.code.function
    if "<" in function.rpartition(":")[2]:
        raise IncompleteError(
            f"the stage's function {function} is defined inside of another and can't be imported",
            "define stages at the top of a module",
        )


def _make_folder(given: Path | None) -> Path:
    try:
        if given is not None:
            make_folder(given.resolve())
        return Path(tempfile.mkdtemp(prefix="distill-reproduce-", dir=given)).resolve()
    except OSError as error:
        raise ConfigurationError(
            f"no folder to work in: {error.strerror}: {error.filename}", "name another: --scratch"
        ) from error


def _claim_of(answer: Answer) -> dict[str, Json]:
    """Return the claim of the run's own receipt as JSON: its format may be another than ours."""
    value = loads((answer.receipt or b"").removesuffix(b"\n"))
    claim = value.get("claim") if isinstance(value, dict) else None
    return dict(claim) if isinstance(claim, dict) else {}
