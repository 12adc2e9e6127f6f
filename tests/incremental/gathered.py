"""Logs whose rows are gathered into runs: small ones of four sources, made from numbers."""

import gzip
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.sources.samples import atif, otel
from tests.sources.samples.claude_code import assistant, text, user

_SOURCE: Final = """\
[sources.{name}]
kind = "{kind}"
paths = ["logs/*.{name}.*"]
optional = true
role = "train"
licence = "MIT"
"""
#: Two sources that are grouped by the paths of their files, and two by a value in their rows.
CONFIGURATION: Final = (
    _SOURCE.format(name="sessions", kind="claude_code")
    + _SOURCE.format(name="trials", kind="atif")
    + _SOURCE.format(name="requests", kind="otel_genai")
    + _SOURCE.format(name="rows", kind="mapped")
    + 'group_by = "/trace"\norder_by = "/at"\nmessages = "/messages"\n'
    + '[sources.rows.verdict]\npointer = "/passed"\norigin = "test_harness"\n'
    + "accepted = [true]\nrejected = [false]\n"
)


def row(trace: str, at: Any, words: str, **more: Any) -> dict[str, Any]:
    """Return a row of the source ``rows``."""
    role = "user" if at == 0 else "assistant"
    return {"trace": trace, "at": at, "messages": [{"role": role, "content": words}], **more}


def _session(number: int) -> bytes:
    """Return a turn that answers the one before, or begins anew; or no record at all."""
    if number % 11 == 7:
        return b"{"
    before = f"u{number - 1}" if number % 5 else None
    if number % 2:
        found = assistant(f"u{number}", before, f"m{number}", text(f"Answer {number}."))
    else:
        found = user(f"u{number}", before, f"Ask {number}.", sessionId=f"s{number % 3}")
    return json.dumps(found).encode()


def _trial(number: int) -> bytes:
    return json.dumps(atif.trajectory(session_id=f"s{number}") if number % 3 else {}).encode()


def _request(number: int) -> bytes:
    """Return a request that tells of one trace, of two, or of none."""
    if number % 11 == 7:
        return b'{"resourceMetrics": []}'
    spans = otel.agent_spans()
    told = [otel.of_trace(spans[number % 5], f"{number % 3:032x}")]
    if number % 2:
        told.append(otel.of_trace(spans[number % 4], f"{number % 7:032x}"))
    return json.dumps(otel.request(*told)).encode()


def _row(number: int) -> bytes:
    if number % 11 == 7:
        return b"null"
    rank: Any = None if number % 13 == 5 else number % 6 if number % 4 else f"t{number}"
    words = f"Say {number}. \N{SNOWMAN}"
    return json.dumps(row(f"g{number % 4}", rank, words, passed=number % 3 == 0)).encode()


_RECORDS: Final[Mapping[str, Callable[[int], bytes]]] = {
    "sessions": _session,
    "trials": _trial,
    "requests": _request,
    "rows": _row,
}


def put(root: Path, logs: Mapping[str, tuple[bytes, ...]]) -> None:
    """Write logs by their names, of which the second part is the source's, in place of others.

    Their records are numbers in decimal. Names that end in ``.json`` are arrays of the records that
    are JSON, and names that end in ``.gz`` are gzipped.
    """
    shutil.rmtree(root / "logs", ignore_errors=True)
    (root / "logs").mkdir(parents=True)
    for name, numbers in logs.items():
        source = next((part for part in name.split(".") if part in _RECORDS), "rows")
        records = [_RECORDS[source](int(number)) for number in numbers]
        if name.endswith(".json") and source in ("requests", "rows"):
            content = b"[" + b" ,\n".join(one for one in records if one != b"{") + b"]"
        else:
            content = b"\n".join(records)
        if name.endswith(".gz"):
            content = gzip.compress(content, mtime=0)
        (root / "logs" / name).write_bytes(content)
