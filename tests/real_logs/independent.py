"""Reads the public logs with `json` and `gzip` alone, and counts what any reader would count.

Nothing of Distill is imported: this is the other reader that the accounting starts from. Each
SOURCE.md holds the counts of a third one, and the tests hold all three against each other.
"""

import gzip
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from pathlib import Path
from typing import Any

from tests.real_logs import langfuse
from tests.real_logs.aider import results

CAP = 5


@dataclass(frozen=True)
class Run:
    """One run as it stands in a log.

    `place` is file, line (null in an array) and pointer, as a provenance says it. `task` is what
    tells tasks apart, `bare_id` the log's name for it, if any. `is_full` is null where nobody judged
    the run, and where `is_partial` says that it was judged partly right. `output` is null where the log has null; `turns` are the messages of a conversation, () where the log holds texts alone.
    """

    place: tuple[str, int | None, str]
    task: str
    bare_id: str | None
    is_full: bool | None
    output: str | None
    turns: tuple[dict[str, Any], ...] = ()
    is_partial: bool = False

    @property
    def text(self) -> str:
        """The output, "" where it is null or blank."""
        return self.output if self.output is not None and self.output.strip() else ""


Pair = tuple[Run, Run]


def stated_counts(folder: Path) -> dict[str, Any]:
    """Return the JSON block of a dataset's SOURCE.md, or nothing where it has none.

    Null and blank outputs are one count.
    """
    block = re.search(r"```json\n(.*?)```", (folder / "SOURCE.md").read_text("utf-8"), re.DOTALL)
    if block is None:
        return {}
    counts: dict[str, Any] = json.loads(block[1])
    without = counts["output_null"] + counts["output_blank"]
    return {**counts, "runs_without_output": without}


def _text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_text_of(path).split("\n"), start=1):
        if line.strip():
            yield number, json.loads(line)


def _tau_bench(folder: Path) -> Iterator[Run]:
    for path in sorted(folder.glob("historical_trajectories/*.json.gz")):
        name = path.relative_to(folder.parent).as_posix()
        for index, row in enumerate(json.loads(_text_of(path))):
            spoken = [i for i, turn in enumerate(row["traj"]) if turn["role"] == "assistant"]
            yield Run(
                place=(name, None, f"/{index}"),
                task=str(row["task_id"]),
                bare_id=str(row["task_id"]),
                is_full=row["reward"] == 1,
                output=json.dumps(row["traj"][spoken[0] : spoken[-1] + 1]),
                turns=tuple(row["traj"]),
            )


def _reflexion(folder: Path) -> Iterator[Run]:
    for path in sorted(folder.glob("*/*.jsonl*")):
        name = path.relative_to(folder.parent).as_posix()
        for line, row in _rows(path):
            bare_id, solution = row.get("task_id") or row["name"], row["solution"]
            yield Run(
                place=(name, line, ""),
                task=json.dumps([bare_id, row["prompt"]]),
                bare_id=bare_id,
                is_full=row["is_solved"] is True,
                output="\n".join(solution) if isinstance(solution, list) else solution,
            )


def _gsm8k(folder: Path) -> Iterator[Run]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        name = path.relative_to(folder.parent).as_posix()
        for line, row in _rows(path):
            for key, answer in row.items():
                if isinstance(answer, dict):
                    yield Run(
                        place=(name, line, f"/{key}"),
                        task=row["question"],
                        bare_id=None,
                        is_full=answer["is_correct"] is True,
                        output=answer["solution"],
                    )


def _swe_bench(folder: Path) -> Iterator[Run]:
    """Yield predictions with the verdict of the report beside them; no patch resolves nothing."""
    for path in sorted(folder.glob("*/*pred*.jsonl.gz")):
        name = path.relative_to(folder.parent).as_posix()
        resolved = set(json.loads(_text_of(path.parent / "report.json"))["resolved"])
        for line, row in _rows(path):
            patch = row["model_patch"]
            yield Run(
                place=(name, line, ""),
                task=row["instance_id"],
                bare_id=row["instance_id"],
                is_full=row["instance_id"] in resolved and bool((patch or "").strip()),
                output=patch,
            )


def _aider(folder: Path) -> Iterator[Run]:
    """Yield every try; the verdict is on the one that the row repeats."""
    same = ("model", "try", "model_patch", "edit_outcome", "lint_outcome", "test_outcome")
    for path in results(folder):
        name = path.relative_to(folder.parent).as_posix()
        row = json.loads(_text_of(path))
        tries = row["all_results"]
        chosen = next(
            number
            for number, each in enumerate(tries)
            if all(each.get(key) == row.get(key) for key in same)
        )
        for number, each in enumerate(tries):
            yield Run(
                place=(name, None, f"/all_results/{number}"),
                task=row["instance_id"],
                bare_id=row["instance_id"],
                is_full=row["resolved"] is True if number == chosen else None,
                output=each["model_patch"],
            )


def _langfuse(folder: Path) -> Iterator[Run]:
    """Yield a run a trace; every trace is a task of its own."""
    for trace in langfuse.read_traces(folder.parent):
        yield Run(
            place=(f"{folder.name}/{trace.name}", None, ""),
            task=trace.identity,
            bare_id=None,
            is_full=trace.is_full,
            output=max(trace.texts, key=len),
        )


def _intercode(folder: Path) -> Iterator[Run]:
    """Yield the runs of every file; an action and what it led to follow each other."""
    for path in sorted(folder.glob("*/*/*.json*")):
        name = path.relative_to(folder.parent).as_posix()
        rows = json.loads(_text_of(path))
        above = "/logs" if "logs" in rows else ""
        for key, row in rows.get("logs", rows).items():
            bare_id = str(row["task_id"] if "task_id" in row else row["query_idx"])
            if "trajectory" in row:
                steps = [(one["action"], one["observation"]) for one in row["trajectory"]]
                reward = row["reward"]
            else:
                history = row["turn_history"]
                steps = list(zip_longest(history["actions"], history["observations"]))
                reward = row["summary"]["max_reward"]
            spoken = [text for step in steps for text in step][: 2 * len(steps) - 1]
            yield Run(
                place=(name, None, f"{above}/{key}"),
                task=json.dumps([row["environment"], row.get("dataset"), bare_id, row["query"]]),
                bare_id=bare_id,
                is_full=None if 0 < reward < 1 else reward == 1,
                output=json.dumps(spoken),
                is_partial=0 < reward < 1,
            )


def _inspect(folder: Path) -> Iterator[Run]:
    """Yield every sample once, though its eval may be logged in both forms.

    A conversation that begins with a tool's result is none.
    """
    seen: set[tuple[Any, ...]] = set()
    for path in sorted([*folder.glob("*/*/*.eval"), *folder.glob("*/*/*.json*")]):
        name = path.relative_to(folder.parent).as_posix()
        header, samples = _inspect_log(path)
        spec = header["eval"]
        for pointer, sample in samples:
            named = (spec["run_id"], spec["task_id"], sample["id"], sample["epoch"])
            if named in seen or sample["messages"][0]["role"] == "tool":
                continue
            seen.add(named)
            turns = tuple(_inspect_turn(turn) for turn in sample["messages"])
            spoken = [i for i, turn in enumerate(turns) if turn["role"] == "assistant"]
            (score,) = sample["scores"].values()
            is_full = score["value"] == "C" if header["status"] == "success" else None
            asked = [
                [one["role"], one["content"]] if isinstance(one, dict) else one
                for one in sample["input"]
            ]
            yield Run(
                place=(name, None, pointer),
                task=json.dumps([spec["task"], sample["id"], asked, sample["target"]]),
                bare_id=f"{spec['task']}/{sample['id']}",
                is_full=is_full,
                output=json.dumps(turns[spoken[0] : spoken[-1] + 1]),
                turns=turns,
            )


def _inspect_log(path: Path) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """Return the header of a log, and its samples by their pointers."""
    if path.suffix != ".eval":
        log = json.loads(_text_of(path))
        return log, [(f"/samples/{i}", one) for i, one in enumerate(log["samples"] or ())]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("samples/")]
        samples = [
            ("/" + name.replace("/", "~1"), json.loads(archive.read(name))) for name in names
        ]
        return json.loads(archive.read("header.json")), samples


def _inspect_turn(turn: dict[str, Any]) -> dict[str, Any]:
    """Return what is said in a turn, without the ids that each run gives anew."""
    calls = [[one["function"], one["arguments"]] for one in turn.get("tool_calls") or ()]
    return {"role": turn["role"], "content": turn["content"], "calls": calls}


#: The folder of each dataset and its reader, by the dataset's name in the configuration.
DATASETS: Mapping[str, tuple[str, Callable[[Path], Iterator[Run]]]] = {
    "tau-bench": ("tau-bench", _tau_bench),
    "reflexion": ("reflexion", _reflexion),
    "gsm8k": ("gsm8k-model-solutions", _gsm8k),
    "swe-bench-lite": ("swe-bench-docker", _swe_bench),
    "aider-swe-bench": ("aider-swe-bench", _aider),
    "langfuse-traces": (langfuse.FOLDER, _langfuse),
    "intercode": ("intercode", _intercode),
    "inspect-logs": ("inspect-logs", _inspect),
}


def read_runs(logs: Path, dataset: str) -> list[Run]:
    """Return all runs of a dataset, in the order of files and rows."""
    folder, reader = DATASETS[dataset]
    return list(reader(logs / folder))


def pairs_by_task(runs: Iterable[Run], *, by_bare_id: bool = False) -> list[list[Pair]]:
    """Return every pair of a full and a zero run, task by task, with or without outputs."""
    tasks: defaultdict[str, tuple[list[Run], list[Run]]] = defaultdict(lambda: ([], []))
    for run in runs:
        name = run.bare_id if by_bare_id and run.bare_id else run.task
        if run.is_full is not None:
            tasks[name][not run.is_full].append(run)
    return [list(product(full, zero)) for full, zero in tasks.values()]


def spoken(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs whose sides both have an output: those that SOURCE.md counts."""
    return [(full, zero) for full, zero in pairs if full.text and zero.text]


def capped(tasks: Iterable[Sequence[object] | set[Any]]) -> int:
    """Return how many pairs remain where no task gives more than five."""
    return sum(min(CAP, len(pairs)) for pairs in tasks)


def derived_counts(runs: Sequence[Run]) -> dict[str, Any]:
    """Return our own counts of the judged raw runs, under the names of SOURCE.md."""
    runs = [run for run in runs if run.is_full is not None or run.is_partial]
    partial = sum(run.is_partial for run in runs)
    tasks = [spoken(pairs) for pairs in pairs_by_task(runs)]
    texts = [{(full.text, zero.text) for full, zero in pairs} for pairs in tasks]
    names: defaultdict[str, set[str]] = defaultdict(set)
    for run in runs:
        if run.bare_id is not None:
            names[run.bare_id].add(run.task)
    is_full = Counter(run.is_full for run in runs)
    return {
        "runs": len(runs),
        "tasks": len({run.task for run in runs}),
        "verdict_score": {
            "full": is_full[True],
            "zero": is_full[False],
            **({"partial": partial} if partial else {}),
        },
        "runs_without_output": sum(not run.text for run in runs),
        "tasks_with_full_and_zero": sum(bool(pairs) for pairs in tasks),
        "pairs_full_x_zero": sum(map(len, tasks)),
        "pairs_capped_5_per_task": capped(tasks),
        "pairs_with_identical_text": sum(a.text == b.text for pairs in tasks for a, b in pairs),
        "distinct_text_pairs_capped_5": capped({t for t in task if t[0] != t[1]} for task in texts),
        "same_task_same_text_conflicting_score": sum(a == b for task in texts for a, b in task),
        "bare_ids_shared_by_different_prompts": sum(len(tasks) > 1 for tasks in names.values()),
    }


def partings(pairs: Iterable[Pair]) -> Counter[str]:
    """Return at which turn of whom the two conversations of each pair part."""
    found: Counter[str] = Counter()
    for sides in pairs:
        both = list(zip(*(run.turns for run in sides), strict=False))
        place = next(number for number, (one, other) in enumerate(both) if one != other)
        role = " and ".join(sorted({turn["role"] for turn in both[place]}))
        nth = 1 + sum(turn["role"] == role for turn, _ in both[:place])
        found[f"turn {nth} of the {role}"] += 1
    return found
