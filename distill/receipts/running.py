"""A call that nothing is remembered of: looked at, then skipped or run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from distill.receipts.clock import Stopwatch, moment_ns
from distill.receipts.code.traces import Traces
from distill.receipts.decisions import Decisions
from distill.receipts.durable import new_token
from distill.receipts.grounds import Grounds
from distill.receipts.incremental.growth import Growth
from distill.receipts.outcome import Outcome
from distill.receipts.publish import recover
from distill.receipts.rereading import Rereading
from distill.receipts.scrub import scrub
from distill.receipts.survey import survey

if TYPE_CHECKING:
    from distill.receipts.execution import Execution


def run_or_skip(
    decisions: Decisions,
    run: "Callable[[Execution], Outcome]",
    lock: str,
    reread: dict[str, str] | None = None,
) -> Outcome:
    """Finish what a killed run began, decide, and run the stage or not.

    ``lock`` is the name of the lock that the caller holds. Unless ``reread`` is null, every byte is
    read.

    Raises:
        DistillError: an input, the code or the stage's contract is at fault.
    """
    workspace, call, who = decisions.workspace, decisions.call, decisions.who
    recover(workspace, lock)
    watch, began_ns = Stopwatch(), moment_ns()
    traces = Traces(decisions.cache, reread)
    growth = Growth(workspace, lock)
    found = survey(workspace, call, who, traces, growth.sums, _import_rest)
    if found.passed is not None and found.plan.status == "fresh" and reread is None:
        claim = found.passed.claim
        grounds = Grounds([one.path for one in claim.inputs], [one.path for one in claim.outputs])
        if not scrub(decisions.cache, grounds.places(workspace)):
            found = survey(workspace, call, who, traces, growth.sums)
    decisions.remember(found, traces)
    decisions.cache.write(workspace)
    if found.plan.status == "fresh" and found.passed is not None:
        return Outcome("skipped", found.plan.reason, found.passed, found.passed.digest)
    from distill.receipts.code.bytecode import demand_compiled  # noqa: PLC0415 - see `_import_rest`
    from distill.receipts.code.kept_code import keep_code  # noqa: PLC0415
    from distill.receipts.code.late_code import LateCode  # noqa: PLC0415
    from distill.receipts.drafting import ReceiptDraft  # noqa: PLC0415
    from distill.receipts.execution import Execution  # noqa: PLC0415

    demand_compiled(traces.modules)
    keep_code(workspace, traces.modules)
    draft = ReceiptDraft(workspace, who.module, call, found, new_token(), watch)
    try:
        late = LateCode.of(traces.modules, began_ns)
        rereading = Rereading(decisions.cache, reread)
        return run(Execution(draft, lock, growth, rereading, late.demand_unchanged))
    finally:
        decisions.cache.write(workspace)


def _import_rest() -> None:
    """Import what a run needs beside a look, which is free while worker processes read inputs."""
    import distill.receipts.drafting  # noqa: PLC0415
    import distill.receipts.execution  # noqa: F401, PLC0415
