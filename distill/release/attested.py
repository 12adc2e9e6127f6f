"""Checking an attestation: a valid signature alone binds it to nothing. Pure: bytes in.

What must hold, each refused by its own words:

1. The bundle is one of the form that `distill attest` writes, with the payload type of in-toto.
2. Its one signature is by a key that the caller gives, over exactly this payload and this type.
3. The payload is a statement of the expected type, with the expected predicate and build type.
4. Its subjects are this release's ``release.json`` and sets, with their digests, and no others.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from distill.errors import VerificationError
from distill.receipts.canonical import loads
from distill.receipts.dsse import IN_TOTO, Envelope, key_id_of, read_envelope
from distill.receipts.ledger.signing import verify_p256
from distill.receipts.release_manifest import ReleaseManifest
from distill.release.provenance import (
    BUILD_TYPE,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    subjects_of,
)


def demand_attested(content: bytes, manifest: ReleaseManifest, keys: Sequence[bytes]) -> bytes:
    """Return the key (DER) whose signature makes this bundle an attestation of this release.

    Raises:
        VerificationError: it is none; the message says in which respect.
    """
    envelope = read_envelope(content)
    if envelope.payload_type != IN_TOTO:
        _refuse(f"its payload type is {envelope.payload_type[:80]!r}, not {IN_TOTO!r}")
    signer = _signer(envelope, keys)
    statement = loads(envelope.payload)
    if not isinstance(statement, Mapping):
        _refuse("its payload is no statement")
    _demand_types(statement)
    _demand_subjects(statement, manifest)
    return signer


def _signer(envelope: Envelope, keys: Sequence[bytes]) -> bytes:
    named = [key for key in keys if key_id_of(key) == envelope.key_id]
    if not named:
        _refuse(
            "it is signed by a key that is none of the expected ones",
            "where the maker's key is newer than the release, name it with --key",
        )
    if not verify_p256(named[0], envelope.signature, envelope.signed):
        _refuse("its signature is not one over this payload and payload type")
    return named[0]


def _demand_types(statement: Mapping[str, Any]) -> None:
    predicate = statement.get("predicate")
    build = predicate.get("buildDefinition") if isinstance(predicate, Mapping) else None
    found = (
        ("statement", statement.get("_type"), STATEMENT_TYPE),
        ("predicate", statement.get("predicateType"), PREDICATE_TYPE),
        ("build", build.get("buildType") if isinstance(build, Mapping) else None, BUILD_TYPE),
    )
    for name, value, expected in found:
        if value != expected:
            _refuse(f"its {name} type is {str(value)[:80]!r}, not {expected!r}")


def _demand_subjects(statement: Mapping[str, Any], manifest: ReleaseManifest) -> None:
    expected, subjects = list(subjects_of(manifest)), statement.get("subject")
    if subjects == expected:
        return
    for subject in expected:
        if not isinstance(subjects, list) or subject not in subjects:
            name = subject["name"] if isinstance(subject, Mapping) else ""
            _refuse(f"it is not about this release: {name} has another digest, or is not in it")
    _refuse("it is about more than this release")


def _refuse(what: str, hint: str = "take the file and the release from their maker") -> NoReturn:
    raise VerificationError(f"the attestation does not hold: {what}", hint)
