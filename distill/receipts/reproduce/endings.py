"""Why a stage could not be run again, said so that somebody can do something about it."""

from collections.abc import Iterable, Mapping, Sequence

from distill.errors import IncompleteError
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.code_places import CodePlace, module_files
from distill.receipts.reproduce.process import Answer

_SHOWN = 12
_SEE = "`--keep` leaves the folder for a look"


def no_run(receipt: Receipt, tried: Sequence[tuple[CodePlace, Answer]]) -> IncompleteError:
    """Return the error that says why no place gave a run, by the one that came farthest."""
    if not tried:
        return _no_code(receipt)
    place, answer = max(tried, key=lambda one: _STEPS.index(one[1].end))
    if answer.end == "code":
        return _other_code(receipt, tried)
    function = receipt.claim.code.function
    said = {
        "start": "Python did not start",
        "import": f"the module of {function} can't be imported ({answer.ending})",
        "no stage": f"{function} is no stage {receipt.claim.stage}",
        "engine": "its engine has no distill.receipts.reproduce.surface: it is too old to be asked",
        "arguments": str(answer.told.get("message", "")),
        "run": f"the stage {receipt.claim.stage} failed ({answer.ending})",
    }
    printed = f":\n{answer.printed}" if answer.printed else ""
    return IncompleteError(f"{place}: {said[answer.end]}{printed}", f"nothing was compared; {_SEE}")


_STEPS = ("start", "import", "no stage", "engine", "code", "arguments", "run")


def _no_code(receipt: Receipt) -> IncompleteError:
    names = " or ".join(module_files(receipt)) or receipt.claim.code.function
    commit = receipt.run.code.commit
    where = f" and no checkout here holds the commit {commit[:12]}" if commit else ""
    return IncompleteError(
        f"the code of {receipt.claim.stage} is not here: no {names} among the folders that modules "
        f"are imported from{where}",
        "name the folder that the module is imported from: --code DIR",
    )


def _other_code(receipt: Receipt, tried: Iterable[tuple[CodePlace, Answer]]) -> IncompleteError:
    lines: list[str] = []
    for place, answer in tried:
        if answer.end == "code":
            ignored = set(place.ignored)
            lines.append(f"{place} differs from the recorded code:")
            lines += [f"  {one}" for one in _differing(receipt, answer.files, ignored)]
    state = receipt.run.code
    dirty = " (the receipt was made from a dirty checkout)" if state.state == "dirty" else ""
    commit = f"check out {state.commit[:12]}" if state.commit else "bring the recorded files back"
    return IncompleteError(
        f"the recorded code of {receipt.claim.stage} is not here{dirty}\n" + "\n".join(lines),
        f"{commit}, or name the folder that holds it: --code DIR",
    )


def _differing(receipt: Receipt, found: Mapping[str, str], ignored: set[str]) -> list[str]:
    recorded: Mapping[str, Digest] = receipt.claim.code.files
    names = [
        f"{name} ({'missing' if name not in found else 'changed' if name in recorded else 'added'})"
        for name in sorted({*recorded, *found} - ignored)
        if name not in recorded or found.get(name) != recorded[name].hex
    ]
    rest = len(names) - _SHOWN
    return [*names[:_SHOWN], *([f"… and {rest} more"] if rest > 0 else [])]
