"""`distill release`: checks first, then a folder under a temporary name, then its name for good."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from distill.errors import ConfigurationError
from distill.receipts import durable
from distill.receipts.auditors import auditors_files
from distill.receipts.clock import now
from distill.receipts.ledger.key_files import load_signer
from distill.receipts.ledger.keyring import Keyring
from distill.receipts.ledger.log import Ledger
from distill.receipts.ledger.signing import KeyPair
from distill.receipts.locks import hold
from distill.receipts.manifest_file import manifest_in
from distill.receipts.release_manifest import (
    RELEASES,
    Expectation,
    ReleaseManifest,
    WithheldClass,
    WithheldFile,
)
from distill.receipts.workspace import Workspace
from distill.release.assemble import Contents, assemble
from distill.release.demands import (
    demand_comparable,
    demand_current,
    demand_expected,
    demand_name,
    demand_possible,
    demand_rows,
    demand_sound,
)
from distill.release.expectations import hold_against
from distill.release.figures import Figures
from distill.release.folder import ReleaseFolder, remove_folder
from distill.release.interrupted import Intent, publish, settle
from distill.release.notes import Change, release_notes
from distill.release.previous import Former, find_former, pin_of
from distill.release.row_changes import all_moved
from distill.release.selection import (
    NOTES,
    QUARANTINE_SUMMARY,
    START_HERE,
    Chosen,
    choose,
)
from distill.release.snapshot import Snapshot, take_snapshot
from distill.release.start_here import Opening, quarantine_summary, start_here
from distill.workspace.project import Project


@dataclass(frozen=True)
class Plan:
    """A release that may be made: everything was checked, nothing is written yet."""

    name: str
    project: Project
    snapshot: Snapshot
    figures: Figures
    former: Former | None
    expect: tuple[Expectation, ...]
    shipped: tuple[Chosen, ...]
    withheld: tuple[WithheldFile, ...]
    classes: tuple[WithheldClass, ...]
    signer: KeyPair | None

    @property
    def signed_by(self) -> str | None:
        """The id of the key that signs; null where none does."""
        active = self.snapshot.ring.active
        return None if active is None else active.id


@dataclass(frozen=True)
class Release:
    """A release that lies in ``releases/``.

    ``signed_by`` is the id of its key, null where it is unsigned. ``was_left``: a crash left it
    ready, and this call finished it.
    """

    folder: Path
    manifest: ReleaseManifest
    signed_by: str | None
    was_left: bool = False


def plan_release(project: Project, name: str, withhold: Iterable[WithheldClass]) -> Plan:
    """Check everything that must hold, and return what would be released.

    Raises:
        ConfigurationError: the name is no good or taken, or a key is not here.
        ContractError: the sets are not current, have no row, or break `[expect]`.
        VerificationError: the workspace, or the previous release, is not sound.
    """
    demand_name(project, name)
    demand_possible(project, name)
    demand_sound(project)
    demand_current(project)
    snapshot = take_snapshot(project.workspace)
    figures = Figures.of(snapshot.current)
    demand_rows(figures)
    former = find_former(snapshot)
    demand_comparable(project.configuration.expect, snapshot, former)
    before = None if former is None else former.figures
    expect = hold_against(project.configuration.expect, figures, before)
    demand_expected(expect)
    classes = tuple(sorted(set(withhold)))
    chosen = choose(snapshot.current)
    return Plan(
        name=name,
        project=project,
        snapshot=snapshot,
        figures=figures,
        former=former,
        expect=expect,
        shipped=tuple(one for one in chosen if one.kind not in classes),
        withheld=tuple(_withheld(one, kind) for one in chosen if (kind := one.kind) in classes),
        classes=classes,
        signer=load_signer(project.workspace, snapshot.ring),
    )


def make_release(project: Project, name: str, withhold: Iterable[WithheldClass] = ()) -> Release:
    """Make a release; if this fails, nothing of it is left.

    Raises:
        DistillError: as `plan_release`; or a file changed while it was copied.
    """
    workspace = project.workspace
    place = workspace.root / RELEASES / name
    with hold(workspace, "release"):
        if settle(workspace) == name:
            return _left(workspace, place)
        plan = plan_release(project, name, withhold)
        partial = durable.partial_of(place, durable.new_token())
        try:
            manifest = _build(partial, plan)
        except OSError as error:
            remove_folder(partial)
            raise ConfigurationError(
                f"the release can't be written: {error.strerror}: {error.filename or partial}",
                "make room, or mend the permissions, and release again; nothing is left of it",
            ) from error
        except BaseException:
            remove_folder(partial)
            raise
        publish(workspace, partial, Intent(name, manifest.digest, manifest.sha256))
    return Release(place, manifest, plan.signed_by)


def _left(workspace: Workspace, place: Path) -> Release:
    manifest = manifest_in(place)
    keys = Keyring.of_lines(Ledger(workspace).lines()).active_at(manifest.checkpoint.size)
    return Release(place, manifest, None if keys is None else keys.id, was_left=True)


def _build(partial: Path, plan: Plan) -> ReleaseManifest:
    contents = Contents(
        name=plan.name,
        created_at=now(),
        snapshot=plan.snapshot,
        shipped=plan.shipped,
        withheld=plan.withheld,
        pages={**auditors_files(), **_pages(plan)},
        expect=plan.expect,
        previous=pin_of(plan.snapshot),
    )
    return assemble(ReleaseFolder(partial), contents, plan.signer)


def _pages(plan: Plan) -> dict[str, bytes]:
    name = plan.project.configuration.name
    opening = Opening(plan.name, name, plan.snapshot, plan.figures, plan.classes)
    return {
        START_HERE: start_here(opening),
        NOTES: release_notes(_change(plan)),
        QUARANTINE_SUMMARY: quarantine_summary(plan.figures),
    }


def _change(plan: Plan) -> Change:
    former, pin, root = plan.former, pin_of(plan.snapshot), plan.project.root
    return Change(
        name=plan.name,
        now=plan.figures,
        before_name=None if pin is None else pin.name,
        before=None if former is None else former.figures,
        moved={} if former is None else all_moved(former.folder, root),
        entries=() if former is None else plan.snapshot.entries[former.manifest.checkpoint.size :],
    )


def _withheld(one: Chosen, kind: WithheldClass) -> WithheldFile:
    entry = one.entry
    return WithheldFile(entry.blake3, entry.bytes, kind, one.path, entry.sha256)
