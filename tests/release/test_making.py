"""Making a release: what it holds, that it never changes, and when it is refused."""

import json
import shutil
import stat
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from distill.errors import (
    ConfigurationError,
    ContractError,
    DistillError,
    IncompleteError,
    VerificationError,
)
from distill.receipts.digest import digest_file
from distill.receipts.ledger.entries import Released
from distill.receipts.ledger.log import Ledger
from distill.receipts.release_manifest import WithheldClass
from distill.receipts.release_reader import read_manifest
from distill.release.making import make_release, plan_release
from distill.workspace.project import Project, open_workspace
from tests.release.conftest import move_away
from tests.workspaces import lines, row, run_all


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def released(project: Project) -> list[Released]:
    """Return the releases that the ledger records."""
    return [e for e in Ledger(project.workspace).entries() if isinstance(e, Released)]


def test_the_manifest_names_every_file_with_its_digests(signed: Project) -> None:
    """The folder holds just what release.json names, it and its signatures aside."""
    made = make_release(signed, "v1")
    assert read_manifest((made.folder / "release.json").read_bytes()) == made.manifest
    own = {"release.json", *(f"release.json.{s}" for s in ("ed25519", "p256", "sig"))}
    found = tree(made.folder)
    assert set(found) - {file.path for file in made.manifest.files} == own
    for file in made.manifest.files:
        content = found[file.path]
        assert (len(content), sha256(content).hexdigest()) == (file.bytes, file.sha256.hex)
        assert digest_file(made.folder / file.path) == file.blake3


def test_it_mirrors_the_workspace(signed: Project) -> None:
    """Exports, quarantine, data and logs lie at their recorded paths, a root's below roots/."""
    make_release(signed, "v1")
    found, work = tree(signed.root / "releases" / "v1"), tree(signed.root)
    for path in ("exports/sft/train-00000.jsonl", "exports/sft/README.md", "logs/a.jsonl"):
        assert found[path] == work[path]
    assert {p for p in found if p.startswith("quarantine/")} == {
        f"quarantine/{stage}.jsonl"
        for stage in ("build_evidence_index", "export_preference", "export_rag", "export_sft")
    }
    outside = signed.root.parent / "outside" / "2026" / "b.jsonl"
    assert found["roots/outside/2026/b.jsonl"] == outside.read_bytes()
    assert {p for p in found if p.startswith("data/")} == {
        p for p in work if p.startswith("data/") and not p.startswith("data/objects")
    }
    assert {"START-HERE.md", "RELEASE-NOTES.md", "QUARANTINE.md"} <= set(found)
    assert {"receipts/README.md", "receipts/verify.sh"} <= set(found)


def test_it_holds_the_ledger_up_to_its_checkpoint_and_every_receipt(signed: Project) -> None:
    """Without all objects and lines, nobody could check the ledger."""
    before = Ledger(signed.workspace).lines()
    made = make_release(signed, "v1")
    log = (made.folder / "receipts/ledger/log.jsonl").read_bytes()
    assert log == b"".join(line + b"\n" for line in before)
    assert made.manifest.checkpoint.size == len(before)
    for part in ("objects", "ledger/checkpoints", "keys"):
        work = tree(signed.root / "receipts" / part)
        if part == "ledger/checkpoints":
            work = {
                name: content for name, content in work.items() if int(name[:16]) <= len(before)
            }
        assert tree(made.folder / "receipts" / part) == work
    assert not (made.folder / "receipts/refs").exists()


@pytest.mark.parametrize(("tool", "sums"), [("b3sum", "B3SUMS"), ("sha256sum", "SHA256SUMS")])
def test_sums_are_those_of_the_tools(
    project: Project, require_tool: Callable[[str], str], tool: str, sums: str
) -> None:
    """`b3sum --check` and `sha256sum --check` read the lists, which name every other file."""
    made = make_release(project, "v1")
    done = subprocess.run([require_tool(tool), "--check", sums], cwd=made.folder, check=False)
    assert done.returncode == 0
    named = {line.split("  ", 1)[1] for line in (made.folder / sums).read_text().splitlines()}
    assert named == {file.path for file in made.manifest.files} - {"B3SUMS", "SHA256SUMS"}


def test_signatures_are_those_of_the_tools(
    signed: Project, require_tool: Callable[[str], str]
) -> None:
    """The tools openssl and ssh-keygen verify the three signatures with the folder's own keys."""
    made = make_release(signed, "v1")
    openssl, keygen = require_tool("openssl"), require_tool("ssh-keygen")
    key = f"receipts/keys/{made.signed_by}"
    p256 = ["dgst", "-sha256", "-verify", f"{key}.attestation.pem"]
    raw = ["pkeyutl", "-verify", "-pubin", "-inkey", f"{key}.checkpoint.pem", "-rawin"]
    ssh = ["-Y", "verify", "-f", "receipts/keys/allowed_signers", "-n", "distill"]
    commands = (
        [openssl, *p256, "-signature", "release.json.p256", "release.json"],
        [openssl, *raw, "-in", "release.json", "-sigfile", "release.json.ed25519"],
        [keygen, *ssh, "-I", made.manifest.origin, "-s", "release.json.sig"],
    )
    for command in commands:
        with (made.folder / "release.json").open("rb") as content:
            done = subprocess.run(command, cwd=made.folder, stdin=content, check=False)
        assert done.returncode == 0, command


def test_without_a_key_it_says_so(project: Project) -> None:
    """An unsigned release has no signature, and its first page says that it is not signed."""
    made = make_release(project, "v1")
    assert made.signed_by is None
    assert not list(made.folder.glob("release.json.*"))
    assert "**not signed**" in (made.folder / "START-HERE.md").read_text()


def test_it_is_read_only_and_shares_nothing_with_the_workspace(project: Project) -> None:
    """No mode lets anybody write, and no file is a link to a working copy."""
    made = make_release(project, "v1")
    for path in [made.folder, *made.folder.rglob("*")]:
        status = path.lstat()
        assert stat.S_IMODE(status.st_mode) & 0o222 == 0, path
        assert path.is_dir() or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1), path


def test_editing_the_workspace_in_place_leaves_it_as_it_was(project: Project) -> None:
    """Neither an edit in place nor a new run touches a byte of a release."""
    made = make_release(project, "v1")
    before = tree(made.folder)
    rows = project.root / "exports/sft/train-00000.jsonl"
    with rows.open("r+b") as file:
        file.write(b"XXXX")
    with (project.root / "logs/a.jsonl").open("ab") as log:
        log.write(lines([row("more", "And more.")]))
    run_all(project)
    assert tree(made.folder) == before
    assert rows.read_bytes() != before["exports/sft/train-00000.jsonl"]


def test_the_ledger_pins_it(project: Project) -> None:
    """The release's manifest is entered in the ledger by both digests."""
    made = make_release(project, "v1")
    (entry,) = released(project)
    assert (entry.name, entry.blake3, entry.sha256) == (
        "v1",
        made.manifest.digest,
        made.manifest.sha256,
    )
    assert made.manifest.previous is None
    second = make_release(project, "v2")
    assert second.manifest.previous is not None
    assert second.manifest.previous.blake3 == made.manifest.digest


def test_two_releases_of_one_state_differ_in_name_and_time_alone(project: Project) -> None:
    """The same workspace gives the same bytes, created_at aside."""
    twin = project.root.parent.parent / "twin"
    shutil.copytree(project.root.parent, twin)
    first = make_release(project, "v1").folder
    second = make_release(open_workspace(twin / "work"), "v1").folder
    one, two = tree(first), tree(second)
    manifests = [json.loads(found.pop("release.json")) for found in (one, two)]
    assert one == two
    assert all(manifest.pop("created_at") for manifest in manifests)
    assert manifests[0] == manifests[1]


DATA = {
    "raw": {"logs/a.jsonl", "roots/outside/2026/b.jsonl"},
    "evidence": {
        "data/evidence/unattached.jsonl",
        *(
            f"data/{kind}/{source}/part-00000.jsonl"
            for kind in ("evidence", "scored")
            for source in ("agents", "others")
        ),
    },
}


@pytest.mark.parametrize("classes", [("raw",), ("evidence",), ("raw", "evidence")])
def test_what_is_withheld_is_listed_and_absent(
    project: Project, classes: tuple[WithheldClass, ...]
) -> None:
    """The withheld files, and they alone, are missing, and stand in the list by class."""
    made = make_release(project, "v1", classes)
    listed = {(file.kind, file.path) for file in made.manifest.withheld}
    assert listed == {(kind, path) for kind in classes for path in DATA[kind]}
    found = set(tree(made.folder))
    for kind, paths in DATA.items():
        assert paths.isdisjoint(found) if kind in classes else paths <= found
    opening = (made.folder / "START-HERE.md").read_text()
    assert "Left out on purpose" in opening


def refused(project: Project, error: type[DistillError], words: str, name: str = "v1") -> None:
    """Demand that a release is refused in these words, and that nothing of it is left."""
    releases = project.root / "releases"
    before = sorted(releases.iterdir()) if releases.exists() else []
    with pytest.raises(error) as refusal:
        make_release(project, name)
    assert words in refusal.value.message
    assert refusal.value.hint
    assert before == (sorted(releases.iterdir()) if releases.exists() else [])


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", ".x", "x" * 101, "ä", "a b"])
def test_no_good_name_is_refused(project: Project, name: str) -> None:
    """A name is one folder's name, and never leads out of releases/."""
    refused(project, ConfigurationError, "can't be the name of a release", name)


def test_a_name_that_exists_is_refused(project: Project) -> None:
    """A release is never made anew."""
    made = make_release(project, "v1")
    before = tree(made.folder)
    refused(project, ConfigurationError, "exists already")
    assert tree(made.folder) == before


def test_a_name_of_the_ledger_is_refused_where_its_folder_is_gone(project: Project) -> None:
    """Two releases of one name could not be told apart."""
    made = make_release(project, "v1")
    move_away(made.folder)
    refused(project, ConfigurationError, "the ledger records a release v1")


def test_a_workspace_that_never_ran_is_refused(tmp_path: Path) -> None:
    """There is nothing to release."""
    (tmp_path / "distill.toml").touch()
    refused(open_workspace(tmp_path), ContractError, "has no ledger")


def test_a_changed_row_is_refused(project: Project) -> None:
    """A workspace that is not sound is not released, and the file is named."""
    with (project.root / "exports/sft/train-00000.jsonl").open("ab") as rows:
        rows.write(b"{}\n")
    refused(project, VerificationError, "exports/sft/train-00000.jsonl")


def test_a_log_that_is_gone_is_refused(project: Project) -> None:
    """What can't be checked is not released, and the refusal says that nothing worse is known."""
    (project.root / "logs/a.jsonl").unlink()
    refused(project, IncompleteError, "logs/a.jsonl")


def test_a_damaged_receipt_is_refused(project: Project) -> None:
    """The receipts go along, so they must be sound, old ones too."""
    path = next((project.root / "receipts/objects").glob("*/*"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"passed", b"Passed", 1))
    refused(project, VerificationError, "")


def test_a_stale_workspace_is_refused(configure: Callable[[str], Project]) -> None:
    """What `distill run` would make otherwise now is not released."""
    project = configure("\n[exports.sft]\ninclude_partial = true\n")
    refused(project, ContractError, "export_sft: stale")


def test_no_rows_at_all_is_refused(project: Project) -> None:
    """An empty release helps nobody, whatever [expect] says."""
    for log in (project.root / "logs/a.jsonl", project.root.parent / "outside/2026/b.jsonl"):
        log.write_bytes(lines([row("x", "", passed=False)]))
    run_all(project)
    refused(project, ContractError, "no set has a single row")


def test_a_missing_private_key_is_refused(signed: Project) -> None:
    """A signed ledger never gets an unsigned release."""
    for key in (signed.root / ".distill/keys").iterdir():
        key.unlink()
    refused(signed, ConfigurationError, "is not here")


def test_a_log_with_a_name_of_the_release_is_refused(project: Project) -> None:
    """A raw file can't take the place of a page of the release."""
    text = (project.root / "distill.toml").read_text()
    (project.root / "distill.toml").write_text(text.replace("logs/*.jsonl", "START-HERE.md"))
    (project.root / "START-HERE.md").write_bytes((project.root / "logs/a.jsonl").read_bytes())
    moved = open_workspace(project.root)
    run_all(moved)
    refused(moved, ConfigurationError, "the name START-HERE.md is taken")


def test_a_broken_previous_release_is_refused(project: Project) -> None:
    """What changed since is told only of a release that is what the ledger pins."""
    made = make_release(project, "v1")
    for name in ("exports/rag/train-00000.jsonl", "release.json"):
        path = made.folder / name
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b"\n")
        refused(project, VerificationError, f"releases/v1/{name}", "v2")


def test_a_plan_writes_nothing(project: Project) -> None:
    """The dry run checks everything, and changes no byte of the workspace."""
    before = tree(project.root)
    plan = plan_release(project, "v1", ["raw"])
    assert {one.path for one in plan.withheld} == DATA["raw"]
    after = tree(project.root)
    assert {k: v for k, v in after.items() if not k.startswith(".distill/locks")} == {
        k: v for k, v in before.items() if not k.startswith(".distill/locks")
    }
