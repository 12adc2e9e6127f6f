"""A proposal of `mapped` settings for rows that no source knows, guessed from names and values."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from distill.sources.columns import Column, find_runs_at, observe, unread
from distill.sources.conversation import scalar_text
from distill.sources.guess_verdict import guess_verdict, is_verdict_like
from distill.sources.pointers import parse_pointer
from distill.sources.protocol import Recognition
from distill.sources.timestamps import to_utc
from distill.sources.verdict_names import VERDICT_NAMES

NO_PROMPT: Final = (
    "no prompt found: set prompt (or messages) to its pointer, or give a task_table; without one"
    " the runs reach neither SFT nor preference (empty_content)"
)
NO_VERDICT: Final = (
    "no verdict found: without one nothing reaches SFT or preference. Point verdict at a field, "
    "join a file with verdicts = {paths, key, value, origin}, or write decisions to "
    "reviews/*.jsonl (source kind reviews)"
)
#: A pointer that fewer rows fill is not proposed.
MIN_SHARE: Final = 0.5
_MOST_TOLD: Final = 8
_Test = Callable[[Column], bool]


def _is_text(column: Column) -> bool:
    is_list = column.types == {"array"} and all(
        isinstance(item, str) for value in column.values for item in value
    )
    return column.types == {"string"} or is_list or column.types == {"string", "array"}


def _is_id(column: Column) -> bool:
    return all(scalar_text(value) is not None for value in column.values)


def _is_unique_id(column: Column) -> bool:
    return _is_id(column) and column.share == 1 and column.is_unique


def _is_list(column: Column) -> bool:
    return column.types == {"array"} and all(
        isinstance(item, dict) for value in column.values for item in value
    )


def _is_conversation(column: Column) -> bool:
    return _is_list(column) and all(
        "role" in item or "from" in item for value in column.values for item in value
    )


def _is_word(column: Column) -> bool:
    return column.types == {"string"}


def _is_time(column: Column) -> bool:
    return column.types <= {"string", "number"} and all(to_utc(v) for v in column.values)


#: Setting → names that mean it, the likeliest first, and what the values must be.
FIELDS: Final[dict[str, tuple[tuple[str, ...], _Test]]] = {
    "run_id": (
        (
            *("run_id", "trace_id", "trajectory_id", "session_id", "conversation_id", "sample_id"),
            *("record_id", "uuid", "uid", "id"),
        ),
        _is_unique_id,
    ),
    "task_id": (
        (
            *("task_id", "instance_id", "problem_id", "question_id", "qid", "task_name", "task"),
            *("name", "example_id"),
        ),
        _is_id,
    ),
    "messages": (
        (
            *("messages", "conversations", "conversation", "trajectory", "traj", "chat", "dialog"),
            *("dialogue", "turns", "history"),
        ),
        _is_conversation,
    ),
    "prompt": (
        (
            *("prompt", "question", "query", "instruction", "problem_statement", "problem"),
            *("request", "user_input", "user_message", "input", "ask"),
        ),
        _is_text,
    ),
    "response": (
        (
            *("response", "completion", "model_response", "model_output", "generation", "reply"),
            *(
                "solution",
                "prediction",
                "model_patch",
                "output",
                "generated_text",
                "answer",
                "actions",
            ),
        ),
        _is_text,
    ),
    "system": (("system", "system_prompt"), _is_text),
    "tools": (("tools", "tool_definitions", "functions"), _is_list),
    "model": (("model", "model_name", "model_id", "model_name_or_path", "engine"), _is_id),
    "timestamp": (
        (
            *("timestamp", "created_at", "recorded_at", "finished_at", "completed_at", "created"),
            *("started_at", "start_time", "time", "date", "datetime", "ts", "at"),
        ),
        _is_time,
    ),
    "finish_reason": (
        ("finish_reason", "stop_reason", "finishReason", "done_reason"),
        _is_word,
    ),
}
ANSWER_KEYS: Final = {
    *("canonical_solution", "ground_truth", "gold", "gold_answer", "gold_patch", "gold_files"),
    *("reference", "reference_solution", "reference_answer", "expected", "expected_output"),
    *("expected_answer", "answer_key", "correct_answer", "ideal", "answer", "target", "label"),
    *("test", "tests", "test_patch", "unit_tests", "test_list", "solution", "test_cases"),
}


def propose(rows: Sequence[dict[str, Any]], shape: dict[str, Any]) -> Recognition:
    """Return `mapped` settings for the rows; `shape` says how the file falls into them.

    The notes name each pointer with the share of rows that it fills and a sample value.
    """
    columns = observe(rows)
    runs_at = find_runs_at(rows)
    inner = observe(_run_objects(rows, runs_at)) if runs_at else []
    own = {key: c for key, c in _match(inner).items() if key not in ("prompt", "system")}
    # A verdict on the row speaks of its chosen run alone, so objects without one are no runs.
    if not own.keys() & {"response", "messages"} or _find_verdict(inner) is None:
        own, inner = {}, []
    columns = [c for c in columns if not (own and _is_below(c, runs_at))]
    taken = _match(columns)
    settings: dict[str, Any] = dict(shape)
    notes: list[str] = []
    if own:
        settings["runs_at"] = list(runs_at)
        notes.append(f"one row holds several runs, at {', '.join(runs_at)}")
    for key in FIELDS:
        column = own.get(key) or taken.get(key)
        if column is None:
            continue
        settings[key] = ("." if key in own else "") + column.pointer
        notes.append(f"{key}: {settings[key]} {column.describe()}")
    _add_observations(inner if "response" in own else columns, settings, notes)
    _fall_back_on_text(columns, settings, notes)
    if own and "model" not in settings:
        settings["model"] = "@key"
    if not settings.keys() & {"prompt", "messages", "text"}:
        notes.append(NO_PROMPT)
    has_verdict = _add_verdict(inner if own else [], columns, settings, notes)
    _add_answer_keys(columns, settings, notes)
    _tell_unread(columns, "", settings, notes)
    _tell_unread(inner, ".", settings, notes)
    has_text = not settings.keys().isdisjoint(("messages", "response", "text"))
    confidence = (50 if has_verdict else 30) if has_text else 10
    return Recognition("mapped", confidence, settings, notes)


def _match(columns: Sequence[Column]) -> dict[str, Column]:
    """Return the column that each setting most likely means; no column is taken twice."""
    taken: dict[str, Column] = {}
    for key, (names, fits) in FIELDS.items():
        for name in names:
            found = next((c for c in columns if c.name == name and _is_usable(c) and fits(c)), None)
            if found is not None and all(found is not other for other in taken.values()):
                taken[key] = found
                break
    return taken


def _is_usable(column: Column) -> bool:
    return column.share >= MIN_SHARE


def _run_objects(rows: Sequence[dict[str, Any]], runs_at: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in rows:
        for pointer in runs_at:
            first, *rest = parse_pointer(pointer)
            value = row.get(first)
            found += [item for item in (value or [] if rest else [value]) if isinstance(item, dict)]
    return found


def _is_below(column: Column, runs_at: Sequence[str]) -> bool:
    return any(column.tokens[0] == parse_pointer(pointer)[0] for pointer in runs_at)


def _add_observations(
    columns: Sequence[Column], settings: dict[str, Any], notes: list[str]
) -> None:
    """Take the list beside a list of actions that says what they led to."""
    above, _, name = settings.get("response", "").rpartition("/")
    if name != "actions":
        return
    wanted = f"{above.removeprefix('.')}/observations"
    column = next((c for c in columns if c.pointer == wanted and _is_usable(c)), None)
    if column is not None:
        settings["observations"] = f"{above}/observations"
        notes.append(f"observations: {settings['observations']} {column.describe()}")


def _fall_back_on_text(
    columns: Sequence[Column], settings: dict[str, Any], notes: list[str]
) -> None:
    if "messages" in settings or "response" in settings:
        return
    for name in ("text", "content", "body", "summary"):
        column = next((c for c in columns if c.name == name and _is_text(c)), None)
        if column is not None and "prompt" not in settings:
            settings["text"] = column.pointer
            notes.append(f"text: {column.pointer} {column.describe()}")
            return
    notes.append("no response found: set response, messages or text to the pointer of the output")


def _find_verdict(columns: Sequence[Column]) -> Column | None:
    for name in VERDICT_NAMES:
        for column in columns:
            if column.name == name and _is_usable(column) and is_verdict_like(column):
                return column
    return None


def _add_verdict(
    inner: Sequence[Column],
    columns: Sequence[Column],
    settings: dict[str, Any],
    notes: list[str],
) -> bool:
    column = _find_verdict(inner)
    prefix = "" if column is None else "."
    column = column or _find_verdict([c for c in columns if c.pointer not in settings.values()])
    if column is None:
        notes.append(NO_VERDICT)
        return False
    settings["verdict"], told = guess_verdict(column, prefix + column.pointer)
    notes += told
    return True


def _add_answer_keys(columns: Sequence[Column], settings: dict[str, Any], notes: list[str]) -> None:
    used = [v for v in settings.values() if isinstance(v, str)]
    used.append(settings.get("verdict", {}).get("pointer", ""))
    keys = [c for c in columns if c.name in ANSWER_KEYS and c.pointer not in used]
    if keys:
        settings["answer_keys"] = [column.pointer for column in keys]
        notes.append(f"answer keys, kept out of every prompt: {', '.join(settings['answer_keys'])}")


def _tell_unread(
    columns: Sequence[Column], prefix: str, settings: dict[str, Any], notes: list[str]
) -> None:
    """Name the fields that nothing was made of: the task's or the run's id may be among them."""
    used = [v for v in settings.values() if isinstance(v, str)]
    used += [one for v in settings.values() if isinstance(v, list) for one in v]
    used.append(settings.get("verdict", {}).get("pointer", ""))
    own = [one.removeprefix(prefix) for one in used if one.startswith(f"{prefix}/")]
    found = [prefix + pointer for pointer in unread(columns, own)]
    if found:
        more = f" and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
        shown = ", ".join(found[:_MOST_TOLD])
        notes.append(f"not read: {shown}{more}; docs/sources.md says which settings take a field")
