"""A stage that reads any number of files and writes little.

A module of its own, so that its receipt names little code.
"""

from distill.receipts import InFiles, OutFile, with_receipt


@with_receipt(stage="listing", version=1)
def listing(logs: InFiles, *, target: OutFile) -> None:
    """List names and sizes."""
    target.write_text("".join(f"{log.name} {log.stat().st_size}\n" for log in logs))
