"""What a call of a stage gives back, and what a look at it would find."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from distill.receipts.digest import Digest
from distill.receipts.workspace import Workspace

if TYPE_CHECKING:
    from distill.receipts.receipt import FileEntry, Receipt


class Stored(NamedTuple):
    """A receipt that was not read: by what a workspace has it."""

    workspace: Workspace
    digest: Digest

    def read(self) -> "Receipt":
        """Return the receipt.

        Raises:
            VerificationError: it is missing or damaged.
        """
        from distill.receipts.store import ReceiptStore  # noqa: PLC0415 - few ask a skip for it

        return ReceiptStore(self.workspace).get(self.digest)


@dataclass(frozen=True)
class Outcome:
    """The end of a call that did not fail.

    ``reason`` is a sentence that says why the stage ran or was skipped. ``set_aside`` names files
    in place whose bytes no receipt knew; they now lie in ``data/objects``. ``left_alone`` names
    files of an earlier run that are produced no more and were not moved, because somebody changed
    them. ``held`` is the receipt, or where it is.
    """

    status: Literal["ran", "skipped"]
    reason: str
    held: "Receipt | Stored"
    digest: Digest
    set_aside: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    @cached_property
    def receipt(self) -> "Receipt":
        """The receipt of the run, or of the run whose outputs stand.

        Raises:
            VerificationError: it was damaged since the stage was skipped.
        """
        return self.held.read() if isinstance(self.held, Stored) else self.held

    @property
    def outputs(self) -> "tuple[FileEntry, ...]":
        """The files that the stage made, as its receipt names them."""
        return self.receipt.claim.outputs

    @property
    def skipped(self) -> bool:
        """Whether nothing had to be done."""
        return self.status == "skipped"


@dataclass(frozen=True, slots=True)
class Difference:
    """One part in which a call differs from the newest passing receipt; see `Plan.changed`.

    ``old`` and ``new`` are digests, versions or JSON; null where there was, or is, none. ``file``
    is where the code of a part ``code:…`` lies now.
    """

    part: str
    old: str | None
    new: str | None
    file: str | None = None


PlanStatus = Literal["fresh", "stale", "failing", "never built"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call would do, and why; ``fresh`` means that it would be skipped.

    ``changed`` names the parts that differ from the newest passing receipt, each as
    ``part:name``: ``code:pkg/mod.py``, ``environment:python``, ``parameter:settings.depth``,
    ``input:logs/a.jsonl``, ``output:exports/a.jsonl``, ``version``, ``function``. ``differences``
    say of the same parts from what to what.
    """

    status: PlanStatus
    reason: str
    changed: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
