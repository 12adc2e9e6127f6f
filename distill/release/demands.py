"""What must hold before anything is released; each refusal says what to do."""

from collections.abc import Sequence

from distill.errors import ConfigurationError, ContractError, VerificationError
from distill.receipts.ledger.entries import NAME, Released
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


def demand_unused(snapshot: Snapshot, name: str) -> None:
    """Refuse a name that the ledger gave to a release whose folder is gone.

    Raises:
        ConfigurationError: it did.
    """
    if any(isinstance(entry, Released) and entry.name == name for entry in snapshot.entries):
        raise ConfigurationError(
            f"the ledger records a release {name} already, though its folder is not here",
            "choose another name: two releases of one name could not be told apart",
        )


def demand_sound(project: Project) -> None:
    """Refuse a workspace in which anything is changed, missing, or can't be checked.

    Raises:
        VerificationError: naming the first fault.
    """
    report = verify_workspace(project.workspace)
    if report.faults:
        more = f", and {len(report.faults) - 1} more" if len(report.faults) > 1 else ""
        raise VerificationError(
            f"the workspace is not sound, so it is not released: {report.faults[0]}{more}",
            "`distill verify` names every fault",
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
