"""The distillery's own stages: after any edits of the logs, what a full rebuild gives."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from distill.receipts.incremental.shards import ShardWriter
from distill.receipts.incremental.worker_count import WORKERS
from tests.workspaces import MAPPED, VERDICT

from .edits import Edit, Logs
from .small import made, make_small

EXAMPLES = 400 if settings.default and settings.default.max_examples > 1000 else 6
CONFIGURATION = (
    MAPPED
    + VERDICT
    + (MAPPED + VERDICT).replace("agents", "arrays").replace("logs/*.jsonl", "logs/*.json")
    + '[sources.reviews]\nkind = "reviews"\npaths = ["reviews/*.jsonl"]\noptional = true\n'
    + 'verdicts_for = "agents"\n'
    + "[exports.preference]\ncross_source = true\n"
).replace('paths = ["logs/*.json', 'optional = true\npaths = ["logs/*.json')

#: Alike in a chain: the first and the last are not.
_LONG = [
    " ".join(f"w{number + 3 * step}" for number in range(80)) + " and so it goes on and on."
    for step in range(3)
]
_ROWS = st.builds(
    lambda task, answer, passed, run: {
        "task": f"t{task}",
        "prompt": f"Do t{task}.",
        "answer": answer,
        "passed": passed,
        **({} if run is None else {"id": run}),
    },
    st.integers(0, 3),
    st.sampled_from(["one", "two", "three", "", "f\u0000ve", "s\U0001f600x" * 9, *_LONG]),
    st.sampled_from([True, False, "partly", "timeout", None, 7]),
    st.none(),
)
_RECORDS = st.one_of(
    _ROWS.map(lambda row: json.dumps(row, ensure_ascii=False).encode()),
    st.sampled_from([b"{", b"[]", b"null", b"\xff", b""]),
)
_NAMES = st.sampled_from(["a.jsonl", "b.jsonl", "c.json", "d.json"])
_LOGS = st.dictionaries(_NAMES, st.lists(_RECORDS, max_size=12).map(tuple), max_size=3)
_EDITS = st.builds(
    Edit,
    kind=st.sampled_from(["append", "insert", "delete", "modify", "rotate", "remove"]),
    where=st.integers(0, 3),
    other=st.integers(0, 12),
    records=st.lists(_RECORDS, min_size=1, max_size=2).map(tuple),
)


def _put(root: Path, logs: Logs, reviewed: list[int]) -> None:
    """Write the logs, and reviews of some of the runs that are there."""
    shutil.rmtree(root / "logs", ignore_errors=True)
    (root / "logs").mkdir(parents=True)
    for name, records in logs.items():
        whole = [one for one in records if name.endswith("l") or one.startswith((b'{"', b"null"))]
        text = b"\n".join(whole) if name.endswith("l") else b"[" + b",".join(whole) + b"]"
        (root / "logs" / name).write_bytes(text)
    runs = _runs(root)
    decisions = [
        {
            "run": runs[number % len(runs)],
            "decision": "accepted" if number % 2 else "rejected",
            "reviewer": "r",
            "time": "2026-11-01T00:00:00Z",
        }
        for number in reviewed
        if runs
    ]
    (root / "reviews").mkdir(exist_ok=True)
    lines = "".join(json.dumps(one) + "\n" for one in decisions)
    (root / "reviews" / "r.jsonl").write_text(lines)


def _runs(root: Path) -> list[str]:
    found = sorted((root / "data" / "evidence").glob("*/*.jsonl"))
    return [json.loads(line)["run_id"] for one in found for line in one.read_bytes().splitlines()]


@given(
    logs=_LOGS,
    edits=st.lists(_EDITS, min_size=1, max_size=3),
    reviewed=st.lists(st.integers(0, 40), max_size=4),
    number=st.integers(1, 3),
    splits=st.sampled_from(["", "splits = { validation = 30, test = 30 }\n"]),
)
@settings(max_examples=EXAMPLES, phases=[Phase.generate])  # a smaller one takes minutes to find
def test_incremental_is_full(
    logs: Logs, edits: list[Edit], reviewed: list[int], number: int, splits: str
) -> None:
    """Every file of every stage, and its counts and laws, after every edit."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        make_small(patch)
        patch.setenv(WORKERS, str(number))
        kept = Path(folder) / "kept"
        _put(kept, logs, [])
        configuration = CONFIGURATION.replace("[exports.pref", f"[exports]\n{splits}[exports.pref")
        made(kept, configuration)
        for step, edit in enumerate(edits):
            logs = edit(logs)
            _put(kept, logs, reviewed)
            full = Path(folder) / f"full{step}"
            shutil.copytree(kept / "logs", full / "logs")
            shutil.copytree(kept / "reviews", full / "reviews")
            assert made(kept, configuration) == made(full, configuration)


def test_lines_are_written_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A first run takes the shards of evidence and sets from the first pass."""
    make_small(monkeypatch)
    monkeypatch.setenv(WORKERS, "1")  # in a worker nobody could count
    written = list[str]()
    write_one = ShardWriter._write_one

    def count(self: ShardWriter, *given: Any) -> int:
        written.append(self.target)
        return write_one(self, *given)

    monkeypatch.setattr(ShardWriter, "_write_one", count)
    rows = [
        {"task": f"t{n // 4}", "prompt": f"Do t{n // 4}.", "answer": f"a{n} " * 20, "passed": n % 2}
        for n in range(200)
    ]
    _put(tmp_path, {"a.jsonl": tuple(json.dumps(row).encode() for row in rows)}, [])
    files = made(tmp_path, MAPPED + VERDICT)
    assert sum("train-" in name or "evidence/agents" in name for name in files) > 12
    assert set(written) == {"data/scored"}
