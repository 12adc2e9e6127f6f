"""Source kind ``claude_code``: the sessions that Claude Code keeps, one JSONL file each.

A run is the live path of a session's main agent, and that of each subagent (`isSidechain`, in the
same file or in ``subagents/agent-ID.jsonl``); what a compaction cut off is a run of its own. Its id
is the session's, for a subagent with its own behind it. There is no verdict. The system prompt and
the tools are not in the log.

The format is the program's own and undocumented; it is read as versions 1.0 to 2.1 wrote it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final

from distill.sources.claude_tree import (
    TURNS,
    Row,
    Tree,
    blocks_of,
    is_synthetic,
    message_id,
    message_of,
)
from distill.sources.conversation import scalar_text
from distill.sources.finish_reasons import cutting_reason
from distill.sources.messages import read_messages
from distill.sources.protocol import (
    Answer,
    Framing,
    NoRun,
    Recognition,
    RunDraft,
)
from distill.sources.reader import FixedReader

_FIELDS: Final = {"type", "uuid", "parentUuid", "sessionId"}


class ClaudeCode(FixedReader):
    """Reads Claude Code's sessions."""

    kind: ClassVar[str] = "claude_code"
    framing = Framing.LINES
    group_by: str | None = "@path"

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim files with a turn in the envelope of a session."""
        rows = [row for row in records if isinstance(row, dict)]
        if not any(row.keys() >= _FIELDS and row["type"] in TURNS for row in rows):
            return None
        notes = [
            "a session holds no verdict: write decisions to reviews/*.jsonl",
            "a session holds neither the system prompt nor the tools that were offered",
        ]
        return Recognition(cls.kind, 95, {}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the runs of a file's records."""
        turns = [row for row in rows if isinstance(row.get("uuid"), str)]
        runs = [run for agent, own in _agents(turns) for run in _runs(Tree(own), agent)]
        return runs or [NoRun("no_turns")]


def _agents(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the records of the main agent ("") and of each subagent, by the order of the file.

    Where a record does not name its agent, it is that of its parent; a side chain's root names one.
    """
    agents: dict[str, list[Row]] = {}
    of_record: dict[str, str] = {}
    for row in rows:
        agent = ""
        if row.get("isSidechain") is True:
            parent = of_record.get(str(row.get("parentUuid")), "")
            agent = scalar_text(row.get("agentId")) or parent or row["uuid"]
        of_record[row["uuid"]] = agent
        agents.setdefault(agent, []).append(row)
    return list(agents.items())


def _runs(tree: Tree, agent: str) -> Iterator[RunDraft]:
    lives = tree.lives()
    for number, path in enumerate(lives, start=1):
        leaf = path[-1]
        said = [row for row in path if row.get("type") == "assistant" and not is_synthetic(row)]
        is_last = number == len(lives)
        names = [scalar_text(leaf.get("sessionId")), agent, "" if is_last else f"before-{number}"]
        session = names[0]
        time = leaf.get("timestamp")
        model = next((message_of(row).get("model") for row in reversed(said)), None)
        ended = message_of(leaf).get("stop_reason") if said and said[-1] is leaf else None
        yield RunDraft(
            logged_run_id="/".join(filter(None, names)) if session else None,
            messages=read_messages(list(_items(tree, path))) or None,
            model=scalar_text(model),
            instrument_failure=_failure(path) if is_last else None,
            cut_short=cutting_reason(ended),
            recorded_at=time if isinstance(time, str) else None,
        )


def _items(tree: Tree, path: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield the messages of a path, the blocks of one message joined, its calls answered."""
    told: set[str] = set()
    for row in path:
        if row.get("type") == "user":
            blocks = [one for one in blocks_of(row) if one.get("type") != "tool_result"]
            if blocks:
                yield {"role": "user", "content": blocks}
        elif row.get("type") == "assistant" and not is_synthetic(row):
            if message_id(row) in told:
                continue
            told.add(message_id(row))
            blocks = [one for record in tree.same_message(row) for one in blocks_of(record)]
            yield {"role": "assistant", "content": blocks}
            calls = [str(one.get("id")) for one in blocks if one.get("type") == "tool_use"]
            results = [one for call in calls if (one := tree.result(call)) is not None]
            if results:
                yield {"role": "user", "content": results}


def _failure(path: Sequence[Row]) -> str | None:
    turns = [row for row in path if row.get("type") in TURNS]
    if turns and turns[-1].get("isApiErrorMessage") is True:
        return "the session ended with an error of the model's API"
    return None
