"""Why a stage could not be run again, said so that somebody can do something about it."""

from collections.abc import Iterable, Mapping, Sequence

from distill.errors import IncompleteError
from distill.receipts.digest import Digest
from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.code_places import CodePlace, module_files
from distill.receipts.reproduce.process import Answer

_SHOWN = 12
_ENGINE = "distill/"
_PACKAGE = "distill."
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
    recorded = receipt.claim.code.files
    lines: list[str] = []
    differing: set[str] = set()
    for place, answer in tried:
        if answer.end == "code":
            names = sorted(_differing(recorded, answer.files) - set(place.ignored))
            differing |= set(names)
            lines.append(f"{place} differs from the recorded code:")
            lines += [f"  {name} ({_how(name, recorded, answer.files)})" for name in names[:_SHOWN]]
            rest = len(names) - _SHOWN
            lines += [f"  … and {rest} more"] if rest > 0 else []
    dirty = receipt.run.code.state == "dirty"
    which = " (the receipt was made from a dirty checkout)" if dirty else ""
    return IncompleteError(
        f"the recorded code of {receipt.claim.stage} is not here{which}\n" + "\n".join(lines),
        _where_to_look(receipt, differing),
    )


def _where_to_look(receipt: Receipt, differing: Iterable[str]) -> str:
    is_engine = all(name.startswith(_ENGINE) for name in differing)
    if is_engine and not receipt.claim.code.function.startswith(_PACKAGE):
        return "Distill itself is another: run this with the Distill that made the receipt"
    commit = receipt.run.code.commit
    first = f"check out {commit[:12]}" if commit else "bring the recorded files back"
    return f"{first}, or name the folder that holds it: --code DIR"


def _differing(recorded: Mapping[str, Digest], found: Mapping[str, str]) -> set[str]:
    before = {name: digest.hex for name, digest in recorded.items()}
    return {name for name in {*before, *found} if before.get(name) != found.get(name)}


def _how(name: str, recorded: Mapping[str, Digest], found: Mapping[str, str]) -> str:
    if name not in found:
        return "missing"
    return "changed" if name in recorded else "added"
