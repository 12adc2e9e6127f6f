"""`distill attest` and `distill verify-attestation`."""

import argparse
from pathlib import Path

from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError
from distill.receipts import Workspace
from distill.receipts.dsse import MAX_BUNDLE_BYTES, key_id_of
from distill.receipts.ledger.signing import read_public
from distill.receipts.plain_files import Unread, read_plain
from distill.release.attested import demand_attested
from distill.release.attesting import SUFFIX, attest
from distill.release.received import find_release, receive


def make(options: argparse.Namespace, console: Console) -> int:
    """Write the attestation of a release."""
    workspace = Workspace.named(options.workspace)
    made = attest(workspace, options.release, options.output)
    console.line(f"{made.path}: {made.subjects} subjects, signed by the key {made.key_id}")
    console.document(
        {
            "attestation": str(made.path),
            "release": made.manifest.name,
            "subjects": made.subjects,
            "signed_by": made.key_id,
        }
    )
    return EXIT_OK


def verify(options: argparse.Namespace, console: Console) -> int:
    """Hold an attestation against a release."""
    file: Path = options.file
    named = options.release or str(file).removesuffix(SUFFIX)
    folder = find_release(named, options.workspace)
    release = receive(folder)
    content = read_plain(file, MAX_BUNDLE_BYTES)
    if isinstance(content, Unread):
        raise ConfigurationError(f"{file} can't be read: {content.told}", "mend the path")
    given = [read_public(path) for path in options.key]
    signer = demand_attested(content, release.manifest, given or release.keys)
    console.line(f"sound: {file} attests the release {release.manifest.name}")
    if not given:
        console.line("note: the key is the folder's own word; name one kept elsewhere with --key")
    console.line(f"the release's other files: `distill verify {folder}`")
    console.document(
        {
            "result": "sound",
            "release": release.manifest.name,
            "release_json_sha256": release.manifest.sha256.hex,
            "key_sha256": key_id_of(signer),
            "key_given": bool(given),
        }
    )
    return EXIT_OK
