"""A call that nothing is remembered of: looked at, then skipped or run."""

from collections.abc import Callable

from distill.receipts.clock import Stopwatch
from distill.receipts.decisions import Decisions
from distill.receipts.drafting import Draft
from distill.receipts.durable import new_token
from distill.receipts.execution import Execution
from distill.receipts.outcome import Outcome
from distill.receipts.publish import recover
from distill.receipts.survey import survey
from distill.receipts.traces import Traces


def run_or_skip(
    decisions: Decisions,
    run: Callable[[Execution], Outcome],
    lock: str,
    *,
    is_full: bool = False,
) -> Outcome:
    """Finish what a killed run began, decide, and run the stage or not.

    ``lock`` is the name of the lock that the caller holds.

    Raises:
        DistillError: an input or the stage's contract is at fault.
    """
    workspace, call, who = decisions.workspace, decisions.call, decisions.who
    recover(workspace, lock)
    watch = Stopwatch()
    traces = Traces(decisions.cache, is_full)
    found = survey(workspace, call, who, traces)
    decisions.remember(found, traces)
    decisions.cache.write(workspace)
    if found.plan.status == "fresh" and found.passed is not None:
        return Outcome("skipped", found.plan.reason, found.passed, found.passed.digest)
    draft = Draft(workspace, who.module, call, found, new_token(), watch)
    return run(Execution(draft, lock))
