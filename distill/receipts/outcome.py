"""What a call of a stage gives back, and what a look at it would find."""

from dataclasses import dataclass
from typing import Literal

from distill.receipts.digest import Digest
from distill.receipts.receipt import FileEntry, Receipt


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a call that did not fail.

    ``reason`` is a sentence that says why the stage ran or was skipped. ``set_aside`` names files
    in place whose bytes no receipt knew; they now lie in ``data/objects``. ``left_alone`` names
    files of an earlier run that are produced no more and were not moved, because somebody changed
    them.
    """

    status: Literal["ran", "skipped"]
    reason: str
    receipt: Receipt
    digest: Digest
    set_aside: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    @property
    def outputs(self) -> tuple[FileEntry, ...]:
        """The files that the stage made, as its receipt names them."""
        return self.receipt.claim.outputs

    @property
    def skipped(self) -> bool:
        """Whether nothing had to be done."""
        return self.status == "skipped"


PlanStatus = Literal["fresh", "stale", "failing", "never built"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call would do, and why; ``fresh`` means that it would be skipped.

    ``changed`` names the parts that differ from the newest passing receipt, each as
    ``part:name``: ``code:pkg/mod.py``, ``environment:python``, ``parameter:settings.depth``,
    ``input:logs/a.jsonl``, ``output:exports/a.jsonl``, ``version``, ``function``.
    """

    status: PlanStatus
    reason: str
    changed: tuple[str, ...] = ()
