"""What a user compares: a receipt, a release or a moment, resolved to receipts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.diff.moments import is_moment, moment_of
from distill.errors import ConfigurationError
from distill.receipts.clock import now
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt
from distill.receipts.refs import age
from distill.receipts.release_manifest import RELEASES
from distill.receipts.store import ReceiptStore
from distill.receipts.versions import (
    as_workspace,
    find_receipts,
    is_release,
    read_release,
    release_folders,
)
from distill.receipts.workspace import Workspace
from distill.stages.sets import STAGES

NOW: Final = "now"
SHORTEST_PREFIX: Final = 4
_PREFIX = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")
_SHOWN = 8


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    `label` says what the text was taken for. `receipts` has at most one passing receipt a stage.
    `home` is the release's folder, null where the side is no release. `single` says that the user
    named one receipt, so that only its stage is compared.
    """

    label: str
    receipts: Mapping[str, Receipt]
    stores: Sequence[ReceiptStore]
    home: Workspace | None = None
    single: bool = False

    def made_from(self, receipt: Receipt, stage: str) -> Receipt | None:
        """Return the receipt of `stage` that a receipt was built on, null where none was.

        Raises:
            VerificationError: a parent that it names is missing or damaged.
        """
        if receipt.claim.stage == stage:
            return receipt
        for digest in receipt.run.parents:
            found = self.made_from(self._get(digest), stage)
            if found is not None:
                return found
        return None

    def _get(self, digest: Digest) -> Receipt:
        for store in self.stores:
            if store.path_of(digest).exists():
                return store.get(digest)
        return self.stores[-1].get(digest)


def resolve_side(workspace: Workspace, text: str) -> Side:
    """Return what a text names: a release, a moment, `now`, or a receipt's digest or prefix.

    A release's name comes first, whatever it looks like.

    Raises:
        ConfigurationError: it names nothing, or several receipts, or one that failed.
        VerificationError: a release's manifest or a receipt is not what was written.
    """
    folder = workspace.root / RELEASES / text
    if "/" not in text and text not in {"", ".", ".."} and is_release(folder):
        return _release(workspace, folder)
    if text == NOW:
        return _moment(workspace, now(), "now")
    if is_moment(text):
        moment = moment_of(text)
        return _moment(workspace, moment, moment)
    if _PREFIX.fullmatch(text):
        return _receipt(workspace, text)
    names = ", ".join(folder.name for folder in release_folders(workspace)) or "none yet"
    raise ConfigurationError(
        f"{text!r} is no release, date, time or receipt of this workspace",
        f"give a release ({names}), 2026-11-24, 2026-11-24T08:00:00Z, {NOW}, or at least"
        f" {SHORTEST_PREFIX} digits of a receipt's digest",
    )


def demand_comparable(one: Side, other: Side) -> tuple[str, ...]:
    """Return the stages to compare, in their order.

    Raises:
        ConfigurationError: the sides have no stage in common; the hint says what can be compared.
    """
    common = tuple(s for s in STAGES if s in one.receipts and s in other.receipts)
    if one.single:
        common = tuple(stage for stage in common if stage in one.receipts)
    if common:
        return common
    found = [", ".join(side.receipts) for side in (one, other)]
    raise ConfigurationError(
        f"{one.label} is of {found[0]}, {other.label} of {found[1]}: their rows are not the same"
        " kind of thing",
        f"compare {one.label} with {_others(one)}a release, a date or a time",
    )


def _others(side: Side) -> str:
    """Return further receipts of a side's stage as words, the newest first."""
    mine = {receipt.digest for receipt in side.receipts.values()}
    found = sorted(
        (r for r in side.stores[-1].all() if r.passed and r.claim.stage in side.receipts),
        key=age,
        reverse=True,
    )
    shown = [receipt.digest.short for receipt in found if receipt.digest not in mine][:_SHOWN]
    return f"another receipt of its stage ({', '.join(shown)}), " if shown else ""


def _release(workspace: Workspace, folder: Path) -> Side:
    home = as_workspace(folder)
    own, store = ReceiptStore(home), ReceiptStore(workspace)
    receipts = [own.get(digest) for digest in read_release(workspace, folder).receipts]
    stages = _newest(receipt for receipt in receipts if receipt.passed)
    return Side(f"release {folder.name}", stages, (own, store), home)


def _moment(workspace: Workspace, moment: str, label: str) -> Side:
    store = ReceiptStore(workspace)
    passed = [r for r in store.all() if r.passed and r.claim.stage in STAGES]
    receipts = _newest(r for r in passed if r.run.ended_at <= moment)
    if not receipts:
        first = min((r.run.ended_at for r in passed), default=None)
        raise ConfigurationError(
            f"no stage had a passing receipt at {moment}",
            f"the first ended at {first}" if first else "run `distill run` first",
        )
    return Side(label, receipts, (store,))


def _newest(receipts: Iterator[Receipt]) -> dict[str, Receipt]:
    found: dict[str, Receipt] = {}
    for receipt in sorted(receipts, key=age):
        if receipt.claim.stage in STAGES:
            found[receipt.claim.stage] = receipt
    return found


def _receipt(workspace: Workspace, prefix: str) -> Side:
    store = ReceiptStore(workspace)
    digests = list(find_receipts(store, prefix))
    if not digests:
        raise ConfigurationError(
            f"no receipt's digest begins with {prefix}", "`distill report` lists the newest ones"
        )
    if len(digests) > 1:
        named = ", ".join(digest.short for digest in digests[:_SHOWN])
        raise ConfigurationError(
            f"{len(digests)} receipts' digests begin with {prefix}: {named}", "give more digits"
        )
    receipt = store.get(digests[0])
    stage, label = receipt.claim.stage, f"receipt {receipt.digest.short}"
    if not receipt.passed:
        raise ConfigurationError(
            f"{label} of {stage} failed: it published nothing", "compare receipts that passed"
        )
    if stage not in STAGES:
        raise ConfigurationError(
            f"{label} is of {stage}, whose rows have no key that could be compared",
            f"compare receipts of {', '.join(STAGES)}",
        )
    return Side(label, {stage: receipt}, (store,), single=True)
