"""Two plain stages. A module of their own, so that their receipts name little code."""

from distill.receipts import InFile, OutFile, with_receipt


@with_receipt(stage="upper", version=1)
def upper(text: InFile, *, target: OutFile) -> None:
    """Write in capitals."""
    target.write_text(text.read_text().upper())


@with_receipt(stage="count", version=1)
def count(text: InFile, *, target: OutFile) -> None:
    """Count lines."""
    target.write_text(f"{len(text.read_text().splitlines())}\n")
