"""Hamilton: a node's value is the digest of the file that it wrote: the cache follows it."""

import sys
from hashlib import file_digest
from pathlib import Path

import plain


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def index(logs: list[str]) -> str:
    """See plain.build_index."""
    del logs
    plain.build_index(plain.logs(), plain.INDEX)
    return _digest(plain.INDEX)


def scored(index: str) -> str:
    """See plain.score."""
    del index
    plain.score(plain.INDEX, plain.SCORED)
    return _digest(plain.SCORED)


def rag(scored: str) -> str:
    """See plain.export_rag."""
    del scored
    plain.export_rag(plain.SCORED, plain.RAG)
    return _digest(plain.RAG)


def sft(scored: str) -> str:
    """See plain.export_sft."""
    del scored
    plain.export_sft(plain.SCORED, plain.SFT)
    return _digest(plain.SFT)


def pairs(scored: str) -> str:
    """See plain.export_pairs."""
    del scored
    plain.export_pairs(plain.SCORED, plain.PAIRS)
    return _digest(plain.PAIRS)


if __name__ == "__main__":
    from hamilton import driver

    made = driver.Builder().with_modules(sys.modules["__main__"]).with_cache(path=".cache").build()
    digests = [_digest(log) for log in plain.logs()]
    made.execute(["rag", "sft", "pairs"], inputs={"logs": digests})
