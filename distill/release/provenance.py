"""An in-toto Statement with SLSA provenance over a release. Pure: the same release, the same bytes.

Sources: in-toto Statement v1 (in-toto/attestation, statement.md) and slsa.dev/provenance/v1.
Subjects bear SHA-256 alone, because verifiers refuse digests that they don't know there; inputs and
receipts bear both.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from distill.receipts.canonical import Json, dumps
from distill.receipts.receipt import FileEntry, GitState, Receipt, to_json
from distill.receipts.release_manifest import MANIFEST, ReleasedFile, ReleaseManifest
from distill.workspace.places import EXPORTS_DIR

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:distill:build-type:release:1"
BUILDER: Final = "urn:distill:builder"


def statement_of(manifest: ReleaseManifest, receipts: Sequence[Receipt]) -> bytes:
    """Return the payload: how the release was made of its raw inputs, by the current receipts."""
    predicate: dict[str, Json] = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "release": manifest.name,
                "stages": [_stage(receipt) for receipt in receipts],
                "withhold": sorted({file.kind for file in manifest.withheld}),
            },
            "internalParameters": {
                "environments": [to_json(receipt.claim.environment) for receipt in receipts]
            },
            "resolvedDependencies": [*_commits(receipts), *_raw_inputs(receipts)],
        },
        "runDetails": {
            "builder": {"id": f"{BUILDER}:{manifest.origin}", "version": _versions(receipts)},
            "metadata": {
                "invocationId": f"{manifest.origin}/{manifest.name}",
                "startedOn": min(receipt.run.started_at for receipt in receipts),
                "finishedOn": max(receipt.run.ended_at for receipt in receipts),
            },
            "byproducts": list(_byproducts(manifest, receipts)),
        },
    }
    statement: dict[str, Json] = {
        "_type": STATEMENT_TYPE,
        "predicate": predicate,
        "predicateType": PREDICATE_TYPE,
        "subject": list(subjects_of(manifest)),
    }
    return dumps(statement)


def subjects_of(manifest: ReleaseManifest) -> Iterator[Json]:
    """Yield what is attested: ``release.json``, which names all the rest, and the sets' files."""
    yield {"digest": {"sha256": manifest.sha256.hex}, "name": MANIFEST}
    for file in manifest.files:
        if file.path.startswith(f"{EXPORTS_DIR}/"):
            yield {"digest": {"sha256": file.sha256.hex}, "name": file.path}


def _stage(receipt: Receipt) -> Json:
    claim = receipt.claim
    parameters = to_json(claim.parameters)
    return {"parameters": parameters, "stage": claim.stage, "version": claim.version}


def _commits(receipts: Sequence[Receipt]) -> Iterator[Json]:
    """Yield the checkouts of the code and of the workspace, each commit once."""
    found: dict[bytes, Json] = {}
    for receipt in receipts:
        for name, state in (("code", receipt.run.code), ("workspace", receipt.run.workspace)):
            if state.commit is not None:
                value = _commit(name, state, state.commit)
                found.setdefault(dumps(value), value)
    yield from found.values()


def _commit(name: str, state: GitState, commit: str) -> Json:
    return {
        "annotations": {"state": state.state, "tree": state.tree or ""},
        "digest": {"gitCommit": commit},
        "name": name,
    }


def _raw_inputs(receipts: Sequence[Receipt]) -> Iterator[Json]:
    """Yield the files that no receipt made, withheld ones too."""
    made = {entry.path for receipt in receipts for entry in receipt.claim.outputs}
    raw = {
        entry.path: entry
        for receipt in receipts
        for entry in receipt.claim.inputs
        if entry.path not in made
    }
    for path in sorted(raw):
        yield {"digest": _digests(raw[path]), "name": path}


def _versions(receipts: Sequence[Receipt]) -> Mapping[str, str]:
    """Return the versions of Distill that the stages ran with, as one text."""
    found = {receipt.claim.environment.distributions.get("distill", "") for receipt in receipts}
    return {"distill": ", ".join(sorted(found - {""}))}


def _byproducts(manifest: ReleaseManifest, receipts: Sequence[Receipt]) -> Iterator[Json]:
    files = {file.path: file for file in manifest.files}
    for receipt in receipts:
        name = receipt.digest.hex
        path = f"receipts/objects/{name[:2]}/{name}"
        yield {
            "annotations": {"stage": receipt.claim.stage},
            "digest": _digests(files[path]),
            "name": path,
        }


def _digests(file: FileEntry | ReleasedFile) -> Json:
    return {"blake3": file.blake3.hex, "sha256": file.sha256.hex}
