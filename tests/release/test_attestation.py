"""Attestations: other tools verify them, and each way of bending one is refused."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError as OtherVerificationError
from securesystemslib.signer._key import SSlibKey

from distill.errors import ConfigurationError, VerificationError
from distill.receipts.canonical import Json, dumps
from distill.receipts.dsse import IN_TOTO, Envelope, key_id_of, pre_authentication_encoding
from distill.receipts.ledger.keys import init_keys, rotate_keys
from distill.receipts.ledger.signing import KeyPair, new_keys
from distill.receipts.release_manifest import ReleaseManifest
from distill.release.attested import demand_attested
from distill.release.attesting import attest
from distill.release.making import Release, make_release
from distill.release.received import receive
from distill.workspace.project import Project, open_workspace


@pytest.fixture(scope="module")
def attested(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, Release, Path]:
    """A signed workspace with a release and its attestation; these tests only read it."""
    base = tmp_path_factory.mktemp("attested") / "base"
    shutil.copytree(built, base)
    project = open_workspace(base / "work")
    init_keys(project.workspace)
    made = make_release(project, "v1", ["raw"])
    return project, made, attest(project.workspace, "v1").path


def statement_in(path: Path) -> dict[str, Any]:
    """Return the statement that an attestation holds."""
    payload = json.loads(path.read_bytes())["dsseEnvelope"]["payload"]
    found: dict[str, Any] = json.loads(base64.b64decode(payload))
    return found


def test_securesystemslib_verifies_it(attested: tuple[Project, Release, Path]) -> None:
    """The library of in-toto accepts the envelope with the public key, and not with another."""
    _, made, path = attested
    pem = (made.folder / f"receipts/keys/{made.signed_by}.attestation.pem").read_bytes()
    data = json.loads(path.read_bytes())["dsseEnvelope"]
    identity = data["signatures"][0]["keyid"]
    envelope = OtherEnvelope.from_dict(data)
    key = SSlibKey.from_crypto(load_pem_public_key(pem), keyid=identity)
    assert envelope.verify([key], 1) == {identity: key}
    other = SSlibKey.from_crypto(new_keys().attestation.public_key(), keyid=identity)
    with pytest.raises(OtherVerificationError):
        envelope.verify([other], 1)


def test_openssl_verifies_it(
    attested: tuple[Project, Release, Path], tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    """With the encoding built by hand from the specification, openssl accepts the signature."""
    _, made, path = attested
    data = json.loads(path.read_bytes())["dsseEnvelope"]
    payload, kind = base64.b64decode(data["payload"]), data["payloadType"].encode()
    signed = b"DSSEv1 " + str(len(kind)).encode() + b" " + kind + b" "
    signed += str(len(payload)).encode() + b" " + payload
    (tmp_path / "signed").write_bytes(signed)
    (tmp_path / "signature").write_bytes(base64.b64decode(data["signatures"][0]["sig"]))
    key = made.folder / f"receipts/keys/{made.signed_by}.attestation.pem"
    check = [require_tool("openssl"), "dgst", "-sha256", "-verify", str(key)]
    done = subprocess.run([*check, "-signature", "signature", "signed"], cwd=tmp_path, check=False)
    assert done.returncode == 0


def test_the_statement_says_how_the_release_was_made(
    attested: tuple[Project, Release, Path],
) -> None:
    """It has SLSA's form: subjects by SHA-256 alone, inputs and receipts by both digests."""
    _, made, path = attested
    statement = statement_in(path)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    subjects = {one["name"]: one["digest"] for one in statement["subject"]}
    assert subjects["release.json"] == {"sha256": made.manifest.sha256.hex}
    assert all(set(digest) == {"sha256"} for digest in subjects.values())
    exports = {f.path: f.sha256.hex for f in made.manifest.files if f.path.startswith("exports/")}
    assert {n: d["sha256"] for n, d in subjects.items() if n != "release.json"} == exports
    build = statement["predicate"]["buildDefinition"]
    assert build["externalParameters"]["release"] == "v1"
    assert build["externalParameters"]["withhold"] == ["raw"]
    stages = {one["stage"] for one in build["externalParameters"]["stages"]}
    assert stages == {
        *("build_evidence_index", "score_runs"),
        *("export_rag", "export_sft", "export_preference"),
    }
    inputs = {one["name"]: one["digest"] for one in build["resolvedDependencies"]}
    assert set(inputs["logs/a.jsonl"]) == set(inputs["outside:2026/b.jsonl"])
    assert set(inputs["logs/a.jsonl"]) == {"blake3", "sha256"}
    products = statement["predicate"]["runDetails"]["byproducts"]
    assert {one["digest"]["blake3"] for one in products} == {d.hex for d in made.manifest.receipts}


Bend = Callable[[dict[str, Any]], object]

BENT: dict[str, tuple[Bend, str]] = {
    "of another statement type": (lambda s: s.update(_type="x"), "statement type"),
    "of another predicate type": (
        lambda s: s.update(predicateType="https://slsa.dev/provenance/v0.2"),
        "predicate type",
    ),
    "of another build type": (
        lambda s: s["predicate"]["buildDefinition"].update(buildType="urn:x"),
        "build type",
    ),
    "without a predicate": (lambda s: s.pop("predicate"), "build type"),
    "about another release.json": (
        lambda s: s["subject"][0]["digest"].update(sha256="0" * 64),
        "release.json has another digest",
    ),
    "about another row file": (
        lambda s: s["subject"][1]["digest"].update(sha256="0" * 64),
        "exports/",
    ),
    "about less": (lambda s: s["subject"].pop(), "or is not in it"),
    "about more": (lambda s: s["subject"].append(s["subject"][0]), "more than this release"),
    "about nothing": (lambda s: s.update(subject=None), "release.json has another digest"),
}


def sign(statement: Json, pair: KeyPair, kind: str = IN_TOTO) -> bytes:
    """Return the bundle of a statement, well signed."""
    payload = dumps(statement)
    signature = pair.sign_p256(pre_authentication_encoding(kind, payload))
    return Envelope(payload, kind, key_id_of(pair.attestation_public), signature).content


@pytest.mark.parametrize("bend", BENT)
def test_a_well_signed_bundle_is_refused(
    attested: tuple[Project, Release, Path], bend: str
) -> None:
    """A valid signature binds nothing: types and subjects are matched too."""
    _, made, path = attested
    pair, (edit, words) = new_keys(), BENT[bend]
    statement = statement_in(path)
    keys = [pair.attestation_public]
    assert demand_attested(sign(statement, pair), made.manifest, keys) == keys[0]
    edit(statement)
    with pytest.raises(VerificationError, match=words):
        demand_attested(sign(statement, pair), made.manifest, keys)


def test_another_payload_type_is_refused(attested: tuple[Project, Release, Path]) -> None:
    """A statement that was signed as something else is none."""
    _, made, path = attested
    pair = new_keys()
    bundle = sign(statement_in(path), pair, "application/json")
    with pytest.raises(VerificationError, match="payload type"):
        demand_attested(bundle, made.manifest, [pair.attestation_public])


def replaced(content: bytes, **changes: Any) -> bytes:
    """Return a bundle with other values in its envelope."""
    value = json.loads(content)
    value["dsseEnvelope"].update(changes)
    return dumps(value) + b"\n"


def test_a_changed_payload_or_type_is_refused(attested: tuple[Project, Release, Path]) -> None:
    """The signature is over payload and type together."""
    _, made, path = attested
    content, keys = path.read_bytes(), receive(made.folder).keys
    statement = statement_in(path)
    statement["predicate"]["runDetails"]["metadata"]["startedOn"] = "2000-01-01T00:00:00.000Z"
    payload = base64.b64encode(dumps(statement)).decode()
    with pytest.raises(VerificationError, match="not one over this payload"):
        demand_attested(replaced(content, payload=payload), made.manifest, keys)
    bent = replaced(content, payloadType="application/vnd.in-toto+jsoN")
    with pytest.raises(VerificationError, match="payload type"):
        demand_attested(bent, made.manifest, keys)


def test_a_wrong_key_is_refused(attested: tuple[Project, Release, Path]) -> None:
    """A bundle by a key that nobody expects is refused, also where it claims an expected one."""
    _, made, path = attested
    content, pair = path.read_bytes(), new_keys()
    with pytest.raises(VerificationError, match="none of the expected"):
        demand_attested(content, made.manifest, [pair.attestation_public])
    (key,) = receive(made.folder).keys
    signed = json.loads(sign(statement_in(path), pair))["dsseEnvelope"]["signatures"][0]["sig"]
    forged = [{"keyid": key_id_of(key), "sig": signed}]
    with pytest.raises(VerificationError, match="not one over this payload"):
        demand_attested(replaced(content, signatures=forged), made.manifest, [key])


@pytest.mark.parametrize(
    "edit",
    [
        lambda v: v.update(mediaType="application/json"),
        lambda v: v["verificationMaterial"]["publicKey"].update(hint="AA=="),
        lambda v: v["verificationMaterial"].update(tlogEntries=[]),
        lambda v: v["dsseEnvelope"].update(signatures=[]),
        lambda v: v["dsseEnvelope"]["signatures"].append(v["dsseEnvelope"]["signatures"][0]),
        lambda v: v.pop("dsseEnvelope"),
    ],
)
def test_a_bundle_of_another_form_is_refused(
    attested: tuple[Project, Release, Path], edit: Callable[[Any], object]
) -> None:
    """What is read is exactly what is written."""
    _, made, path = attested
    value = json.loads(path.read_bytes())
    edit(value)
    with pytest.raises(VerificationError):
        demand_attested(dumps(value) + b"\n", made.manifest, receive(made.folder).keys)


def test_no_flipped_byte_survives(attested: tuple[Project, Release, Path]) -> None:
    """Every changed byte of the bundle is refused (every 7th is tried)."""
    _, made, path = attested
    content, keys = path.read_bytes(), receive(made.folder).keys
    for place in range(0, len(content), 7):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(VerificationError):
            demand_attested(changed, made.manifest, keys)


def test_another_release_is_refused(signed: Project) -> None:
    """The attestation of one release does not hold for the next one."""
    make_release(signed, "v1")
    path = attest(signed.workspace, "v1").path
    other = make_release(signed, "v2")
    with pytest.raises(VerificationError, match=r"release\.json has another digest"):
        demand_attested(path.read_bytes(), other.manifest, receive(other.folder).keys)


def test_a_key_that_came_later_is_the_callers_to_name(signed: Project) -> None:
    """The folder can't know a key of a later rotation; given by hand, it is believed."""
    made = make_release(signed, "v1")
    later = rotate_keys(signed.workspace)
    content = attest(signed.workspace, "v1").path.read_bytes()
    with pytest.raises(VerificationError, match="none of the expected"):
        demand_attested(content, made.manifest, receive(made.folder).keys)
    assert demand_attested(content, made.manifest, [later.attestation]) == later.attestation


def test_what_can_not_be_attested_is_refused(signed: Project) -> None:
    """No such release, a changed one, one that is gone, and a second attestation."""
    with pytest.raises(ConfigurationError, match="knows no release 'v1'"):
        attest(signed.workspace, "v1")
    made = make_release(signed, "v1")
    path = attest(signed.workspace, "v1").path
    with pytest.raises(ConfigurationError, match="exists already"):
        attest(signed.workspace, "v1")
    path.unlink()
    manifest = made.folder / "release.json"
    manifest.chmod(0o644)
    manifest.write_bytes(_other_name(made.manifest))
    with pytest.raises(VerificationError, match="not what the ledger pins"):
        attest(signed.workspace, "v1")
    made.folder.chmod(0o755)
    manifest.unlink()
    with pytest.raises(ConfigurationError, match="is not here"):
        attest(signed.workspace, "v1")
    assert not path.exists()


def _other_name(manifest: ReleaseManifest) -> bytes:
    value: Mapping[str, Json] = {**json.loads(manifest.content), "name": "v2"}
    return dumps(value) + b"\n"


def test_without_a_key_nothing_is_attested(project: Project) -> None:
    """An attestation is a signature, so it needs a key."""
    make_release(project, "v1")
    with pytest.raises(ConfigurationError, match="no key to sign with"):
        attest(project.workspace, "v1")
