"""What the state of a whole workspace rests on: what its stages read, and how that was found."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import distill
from distill.receipts import Receipt
from distill.receipts.code.modules import is_installed
from distill.receipts.decisions import Decision, decision_name
from distill.receipts.grounds import Grounds
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.places import CHECKPOINTS, LOG
from distill.receipts.refs import STAGES as LIST_OF_STAGES
from distill.receipts.stat_cache import StatCache
from distill.receipts.workspace import CONFIGURATION
from distill.stages.name_models import name_model_patterns
from distill.stages.pipeline import STAGES
from distill.stages.source_jobs import source_jobs
from distill.workspace.logs import walked
from distill.workspace.places import REVIEWS_GLOB, WITHDRAWALS_FILE
from distill.workspace.project import Project

_REPORTS: Final = "reports/latest.md"


def workspace_grounds(project: Project, cache: StatCache) -> Grounds | None:
    """Return what the skip of all five stages rests on; null unless each is remembered.

    Beside what the decisions of the stages rest on: the configuration, the withdrawals, the folders
    that its patterns walk, the newest receipts of all stages, the ledger, the report, and the code
    of Distill and of whatever else was loaded and is no installed distribution.
    """
    store = project.receipts
    receipts = [store.newest_passed(stage.name) for stage in STAGES]
    passed = [receipt for receipt in receipts if receipt is not None]
    decisions = [one for one in (_decision(cache, receipt) for receipt in passed) if one]
    if len(decisions) != len(STAGES):
        return None
    present, absent = _sorted_out(_places(project))
    return Grounds(
        inputs=sorted({path for one in decisions for path in one.grounds.inputs}),
        outputs=sorted({path for one in decisions for path in one.grounds.outputs}),
        plain=sorted({path for one in decisions for path in one.grounds.plain}),
        present=sorted({*present, *(path for one in decisions for path in one.grounds.present)}),
        absent=sorted({*absent, *(path for one in decisions for path in one.grounds.absent)}),
        tops=sorted({top for one in decisions for top in one.grounds.tops}),
    )


def _decision(cache: StatCache, receipt: Receipt) -> Decision | None:
    entry = cache.entry_of(decision_name(receipt.claim.stage, receipt.slot))
    decision = None if entry is None else Decision.of(entry[1])
    return decision if decision is not None and decision.receipt == receipt.digest else None


def _places(project: Project) -> Iterator[Path]:
    """Yield what decides and is no file of a stage; what is not there decides too."""
    root, store = project.root, project.receipts
    yield from (root / name for name in (CONFIGURATION, WITHDRAWALS_FILE, _REPORTS, LOG))
    yield root / CHECKPOINTS
    yield from (place for _, place in Ledger(project.workspace).checkpoint_files()[-1:])
    yield store.refs
    yield store.refs / LIST_OF_STAGES
    for stage in store.stages():
        yield store.refs / stage
        for head in store.heads(stage).values():
            yield from (store.path_of(one) for one in (head.newest, head.passed) if one)
    yield from _walked_folders(project)
    yield from _code()


def _walked_folders(project: Project) -> Iterator[Path]:
    """Yield the folders that the sources' patterns and checkouts walk."""
    patterns = [REVIEWS_GLOB]
    for job in source_jobs(project):
        table = job.table
        patterns += table.paths
        patterns += table.task_table.paths if table.task_table else ()
        patterns += table.repository.listings if table.repository else ()
        if table.repository is not None and table.repository.checkout is not None:
            folder = project.workspace.place(table.repository.checkout)
            yield from (Path(above) for above, _, _ in os.walk(folder))
    patterns += name_model_patterns(project)
    yield from walked(patterns, root=project.root, roots=project.workspace.roots)


def _code() -> Iterator[Path]:
    """Yield Distill's files and folders, and the files of modules that no distribution brings."""
    for above, folders, names in os.walk(Path(distill.__file__).parent):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield Path(above)
        yield from (Path(above, name) for name in names if not name.endswith(".pyc"))
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file is not None and not is_installed(Path(file).parent):
            yield Path(file)


def _sorted_out(places: Iterable[Path]) -> tuple[set[str], set[str]]:
    there: set[str] = set()
    gone: set[str] = set()
    for place in places:
        text = os.fspath(place)
        (there if os.path.exists(text) else gone).add(text)  # noqa: PTH110 - texts, for every file
    return there, gone
