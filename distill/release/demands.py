"""What must hold before anything is released; each refusal says what to do."""

from collections.abc import Sequence

from distill.errors import ConfigurationError, ContractError, IncompleteError, VerificationError
from distill.receipts.ledger.entries import NAME, Released
from distill.receipts.ledger.key_files import load_signer
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.log import Ledger
from distill.receipts.release_manifest import RELEASES, Expectation
from distill.receipts.verify import verify_workspace
from distill.release.figures import Figures
from distill.release.snapshot import Snapshot
from distill.stages.pipeline import plan_all
from distill.workspace.expectations import Expectations
from distill.workspace.project import Project


def demand_name(project: Project, name: str) -> None:
    """Refuse a name that is none, or that a release has.

    Raises:
        ConfigurationError: it is no good.
    """
    try:
        NAME(name, "the name")
    except VerificationError:
        raise ConfigurationError(
            f"{name[:120]!r} can't be the name of a release",
            "use letters, digits, '.', '_' and '-', at most 100, such as 2026-01 or v1.2",
        ) from None
    if (project.root / RELEASES / name).exists():
        raise ConfigurationError(
            f"the release {name} exists already, and a release is never changed",
            "choose another name",
        )


def demand_possible(project: Project, name: str) -> None:
    """Refuse early what would be refused late: a name of the ledger, a key that is not here.

    Raises:
        ContractError: nothing was ever run here.
        ConfigurationError: the ledger records a release of this name, or the active private keys
            are not here.
    """
    entries = tuple(Ledger(project.workspace).entries())
    if not entries:
        raise ContractError(
            f"{project.root} has no ledger, so there is nothing to release",
            "run `distill run` first",
        )
    if any(isinstance(entry, Released) and entry.name == name for entry in entries):
        raise ConfigurationError(
            f"the ledger records a release {name} already, though its folder is not here",
            "choose another name: two releases of one name could not be told apart",
        )
    load_signer(project.workspace, Keyring.of(entries))


def demand_sound(project: Project) -> None:
    """Refuse a workspace in which anything is changed, missing, or can't be checked.

    Raises:
        VerificationError: something is wrong; the first fault is named.
        IncompleteError: nothing is known to be wrong, but something can't be checked.
    """
    report = verify_workspace(project.workspace)
    if report.faults:
        first = next((one for one in report.faults if not one.is_uncheckable), report.faults[0])
        more = f", and {len(report.faults) - 1} more" if len(report.faults) > 1 else ""
        error = IncompleteError if first.is_uncheckable else VerificationError
        raise error(
            f"the workspace is not sound, so it is not released: {first}{more}",
            "`distill verify` names every fault, and what to do",
        )


def demand_current(project: Project) -> None:
    """Refuse a workspace whose sets are not what a run would make now.

    Raises:
        ContractError: naming the stages and why.
    """
    old = [planned for planned in plan_all(project) if planned.plan.status != "fresh"]
    if old:
        said = "; ".join(f"{one.stage}: {one.plan.status}: {one.plan.reason}" for one in old)
        raise ContractError(
            f"the sets are not what `distill run` would make now: {said}",
            "run `distill run`, and set in distill.toml the flags that you run with",
        )


def demand_rows(figures: Figures) -> None:
    """Refuse a release in which no set has a row.

    Raises:
        ContractError: none has.
    """
    if not any(figures.all_rows().values()):
        raise ContractError(
            "no set has a single row, so there is nothing to release",
            "`distill report` says what kept the runs out",
        )


def demand_comparable(expect: Expectations, snapshot: Snapshot, former: object | None) -> None:
    """Refuse an expectation against the previous release where that is not here.

    Raises:
        ConfigurationError: `[expect.rows_of_source]` is set, and its folder is gone.
    """
    moves = expect.rows_of_source
    is_asked = moves.most_fall is not None or moves.most_growth is not None
    if is_asked and former is None and snapshot.previous is not None:
        name = snapshot.previous.name
        raise ConfigurationError(
            f"[expect.rows_of_source] compares with {name}, which is not in {RELEASES}/ any more",
            f"put its folder back into {RELEASES}/, or take the table out of distill.toml",
        )


def demand_expected(results: Sequence[Expectation]) -> None:
    """Refuse a release that breaks an expectation of `[expect]`.

    Raises:
        ContractError: naming all that are broken.
    """
    broken = [one.detail for one in results if not one.passed]
    if broken:
        raise ContractError(
            f"[expect] is not met: {'; '.join(broken)}",
            "find out why; if it is meant, change [expect] in distill.toml and release again",
        )
