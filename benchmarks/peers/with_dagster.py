"""Dagster: assets in one process; it materialises what it is asked to and skips nothing."""

import plain
from dagster import Definitions, asset, in_process_executor


@asset(code_version="1")
def index() -> None:
    """See plain.build_index."""
    plain.build_index(plain.logs(), plain.INDEX)


@asset(deps=[index], code_version="1")
def scored() -> None:
    """See plain.score."""
    plain.score(plain.INDEX, plain.SCORED)


@asset(deps=[scored], code_version="1")
def rag() -> None:
    """See plain.export_rag."""
    plain.export_rag(plain.SCORED, plain.RAG)


@asset(deps=[scored], code_version="1")
def sft() -> None:
    """See plain.export_sft."""
    plain.export_sft(plain.SCORED, plain.SFT)


@asset(deps=[scored], code_version="1")
def pairs() -> None:
    """See plain.export_pairs."""
    plain.export_pairs(plain.SCORED, plain.PAIRS)


defs = Definitions(assets=[index, scored, rag, sft, pairs], executor=in_process_executor)
