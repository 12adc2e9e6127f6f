"""The laws on random logs: counted from the files again, not read from the receipts."""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workspaces import MAPPED, VERDICT, counts, make_workspace, read_jsonl, run_all

_CONFIGURATION = MAPPED + 'run_id = "/id"\n' + VERDICT
_VERDICTS = st.sampled_from([True, False, "partly", "timeout", "False", None, [1], 3])
_ROWS = st.builds(
    lambda run, task, answer, passed: {
        "id": run,
        "task": f"t{task}",
        "prompt": f"Do t{task}.",
        "answer": answer,
        "passed": passed,
    },
    st.one_of(st.none(), st.integers(0, 30).map("r{}".format)),
    st.integers(0, 4),
    st.sampled_from(["", " ", "one", "two", "three", "vier\u0000", "\U0001f600"]),
    _VERDICTS,
)
_JUNK = st.sampled_from([b"{", b"[]", b"null", b'{"id": 1, "id": 2}', b"\xff", b'{"id": NaN}'])
_LINES = st.lists(
    st.one_of(_ROWS.map(lambda r: json.dumps(r).encode()), _JUNK), min_size=1, max_size=40
)
#: A first line that no reader takes for the beginning of an array.
_FIRST = b'{"id": "first", "task": "t0", "prompt": "Do t0.", "answer": "x", "passed": true}'


def _sets(root: Path) -> dict[str, list[dict[str, Any]]]:
    return {name: read_jsonl(root / "exports" / name) for name in ("rag", "sft", "preference")}


@given(log=_LINES, include_partial=st.booleans(), include_review=st.booleans())
@settings(max_examples=settings().max_examples // 5)
def test_nothing_vanishes_and_nothing_leaks(
    log: list[bytes], include_partial: bool, include_review: bool
) -> None:
    """Every line is a run, merged or quarantined; every run is in each export or its quarantine."""
    flags = (
        f"[exports.sft]\ninclude_partial = {str(include_partial).lower()}\n"
        f"[exports.rag]\ninclude_review = {str(include_review).lower()}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        data = b"\n".join([_FIRST, *log]) + b"\n"
        outcomes = run_all(make_workspace(root, _CONFIGURATION + flags, {"logs/a.jsonl": data}))
        evidence = read_jsonl(root / "data/evidence/agents")
        scored = {run["run_id"]: run for run in read_jsonl(root / "data/scored")}
        refused = read_jsonl(root / "quarantine/build_evidence_index.jsonl")
        merged = counts(outcomes["build_evidence_index"]).get("runs_merged", 0)
        assert len(log) + 1 == len(evidence) + len(refused) + merged
        assert [record["run_id"] for record in evidence] == list(scored)
        sets = _sets(root)
        for name in ("rag", "sft"):
            rows = [row["source_run_id"] for row in sets[name]]
            kept_out = read_jsonl(root / f"quarantine/export_{name}.jsonl")
            ids = Counter(rows) + Counter(row["ids"][0] for row in kept_out)
            assert ids == Counter(scored.keys())
        _no_leak(sets, scored, include_partial=include_partial, include_review=include_review)


def _no_leak(
    sets: dict[str, list[dict[str, Any]]],
    scored: dict[str, dict[str, Any]],
    *,
    include_partial: bool,
    include_review: bool,
) -> None:
    allowed = {
        "sft": {"accepted", *(["partially_accepted"] if include_partial else [])},
        "rag": {
            *("accepted", "partially_accepted"),
            *(["needs_human_review"] if include_review else []),
        },
    }
    for name, categories in allowed.items():
        assert {scored[row["source_run_id"]]["category"] for row in sets[name]} <= categories
    for row in sets["preference"]:
        assert scored[row["chosen_run_id"]]["category"] == "accepted"
        assert scored[row["rejected_run_id"]]["category"] in ("rejected", "partially_accepted")
        assert row["chosen"] != row["rejected"]


@given(log=st.lists(_ROWS, min_size=2, max_size=20), cut=st.integers(1, 19))
@settings(max_examples=settings().max_examples // 10)
def test_how_a_log_is_split_into_files_changes_no_row(log: list[dict[str, Any]], cut: int) -> None:
    """The same records in one file or in two: the same rows, but for where they were found."""
    written = [json.dumps({**row, "id": f"{n}"}).encode() for n, row in enumerate(log)]
    told = []
    for files in (
        {"logs/a.jsonl": written},
        {"logs/a.jsonl": written[:cut], "logs/b.jsonl": written[cut:]},
    ):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            data = {name: b"".join(line + b"\n" for line in part) for name, part in files.items()}
            run_all(make_workspace(root, _CONFIGURATION, data))
            told.append(
                {
                    name: [{k: v for k, v in row.items() if k != "provenance"} for row in rows]
                    for name, rows in _sets(root).items()
                }
            )
    assert told[0] == told[1]
