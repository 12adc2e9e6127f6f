"""`distill benchmark-list hash`."""

import argparse
import json

from distill.cli.console import Console
from distill.stages.benchmarks import hashed_list


def hash_list(options: argparse.Namespace, console: Console) -> int:
    """Write the hashed list of a benchmark's items, beside it or where `--output` says."""
    target = options.output or options.items.with_suffix(".hashed.jsonl")
    rows = list(hashed_list(options.items))
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    console.line(f"{target}: {len(rows) - 1} items, without their texts")
    console.document({"file": str(target), "items": len(rows) - 1})
    return 0
