"""What `distill status` tells of the ledger: read once, and held against nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from distill.errors import VerificationError
from distill.receipts import Workspace
from distill.receipts.ledger.log import Ledger

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that started and has no receipt: it was killed, or is under way."""

    stage: str
    started_at: str
    run: str


@dataclass(frozen=True)
class LedgerHealth:
    """How long the ledger is, what covers it, and which runs never ended.

    ``checkpoint_size`` is null where there is no checkpoint, ``signed_by`` (a key's id) where the
    newest is unsigned. ``torn`` bytes follow the last complete line. ``trouble`` says what can't
    be read; empty where all can.
    """

    lines: int = 0
    checkpoint_size: int | None = None
    signed_by: str | None = None
    torn: int = 0
    open_runs: Sequence[OpenRun] = ()
    trouble: str = ""

    def told(self) -> Iterator[str]:
        """Yield the lines of the screen."""
        if self.trouble:
            yield f"ledger: {self.trouble}"
        elif not self.lines:
            yield "ledger: none yet; the first run begins one"
        else:
            yield f"ledger: {self.lines:,} lines, {self._covered()}"
        if self.torn:
            yield f"  {self.torn} bytes after the last line: a killed run left them"
        for one in self.open_runs[-_SHOWN:]:
            yield (
                f"  a run of {one.stage} started at {one.started_at} and never ended, or is under"
                f" way ({one.run})"
            )
        if len(self.open_runs) > _SHOWN:
            yield f"  and {len(self.open_runs) - _SHOWN:,} older runs that never ended"

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {**asdict(self), "trouble": self.trouble or None}

    def _covered(self) -> str:
        if self.checkpoint_size is None:
            return "no checkpoint"
        signed = "unsigned" if self.signed_by is None else f"signed by {self.signed_by}"
        return f"newest checkpoint of {self.checkpoint_size:,}, {signed}"


def look_at_ledger(workspace: Workspace) -> LedgerHealth:
    """Read the log and its newest checkpoint; no signature, root or receipt is looked at."""
    ledger = Ledger(workspace)
    try:
        content, newest = ledger.content(), ledger.newest_checkpoint()
        open_runs = _open_runs(content.lines)
    except VerificationError as error:
        return LedgerHealth(trouble=error.message)
    signature = None if newest is None else newest.signature
    return LedgerHealth(
        lines=len(content.lines),
        checkpoint_size=None if newest is None else newest.checkpoint.size,
        signed_by=None if signature is None else signature.key_id,
        torn=len(content.torn),
        open_runs=open_runs,
    )


def _open_runs(lines: Sequence[bytes]) -> tuple[OpenRun, ...]:
    """Return the runs without a receipt, from old to new.

    Raises:
        VerificationError: a line is no object.
    """
    started: dict[str, OpenRun] = {}
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            kind, run = entry["entry"], str(entry.get("run"))
            if kind == "started":
                started[run] = OpenRun(str(entry["stage"]), str(entry["at"]), run)
            elif kind == "receipt":
                started.pop(run, None)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise VerificationError(
                f"line {number} can't be read: `distill verify` says more"
            ) from error
    return tuple(started.values())
