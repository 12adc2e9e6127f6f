"""The reasons of quarantine are a closed vocabulary: whoever adds one raises its version."""

from hashlib import sha256
from pathlib import Path

from distill.records.taxonomy import QUARANTINE_TAXONOMY_VERSION, QuarantineReason

#: Of each version, the SHA-256 of its reasons, sorted and joined by newlines.
_VERSIONS = {5: "8ab596e2ab53aa5e461e7656550cce1aa78e35444533618bd5ad6b9d4db8445b"}


def test_the_reasons_are_those_of_their_version() -> None:
    """A reason more, or one less, is another version, whose digest is put beside the former."""
    reasons = "\n".join(sorted(QuarantineReason))
    found = sha256(reasons.encode()).hexdigest()
    assert found == _VERSIONS[QUARANTINE_TAXONOMY_VERSION]


def test_the_page_of_the_firewall_names_their_version() -> None:
    """Whoever reads the page sees of which reasons it speaks."""
    page = Path(__file__).parents[2] / "docs" / "firewall.md"
    assert f"(taxonomy version {QUARANTINE_TAXONOMY_VERSION})" in page.read_text(encoding="utf-8")
