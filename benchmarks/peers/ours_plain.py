"""The five plain stages, as they are, under `with_receipt`, side by side where they can be."""

import plain

from distill.receipts import InFile, InFiles, OutFile, side_by_side, with_receipt


@with_receipt(stage="build_index", version=1)
def build_index(sources: InFiles, out: OutFile) -> None:
    """See plain.build_index."""
    plain.build_index(sources, out)


@with_receipt(stage="score", version=1)
def score(index: InFile, out: OutFile) -> None:
    """See plain.score."""
    plain.score(index, out)


@with_receipt(stage="export_rag", version=1)
def export_rag(scored: InFile, out: OutFile) -> None:
    """See plain.export_rag."""
    plain.export_rag(scored, out)


@with_receipt(stage="export_sft", version=1)
def export_sft(scored: InFile, out: OutFile) -> None:
    """See plain.export_sft."""
    plain.export_sft(scored, out)


@with_receipt(stage="export_pairs", version=1)
def export_pairs(scored: InFile, out: OutFile) -> None:
    """See plain.export_pairs."""
    plain.export_pairs(scored, out)


if __name__ == "__main__":
    side_by_side(
        build_index.later(plain.logs(), plain.INDEX),
        score.later(plain.INDEX, plain.SCORED),
        export_pairs.later(plain.SCORED, plain.PAIRS),
        export_rag.later(plain.SCORED, plain.RAG),
        export_sft.later(plain.SCORED, plain.SFT),
    )
