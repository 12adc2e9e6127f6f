"""`distill run` and `status` where nothing changed: what was said the last time is said again.

What a command printed is remembered with everything that it rests on (`distill.receipts.answers`).
Where all of that is as it was, nothing else is imported: no configuration is read, no receipt, and
neither pydantic nor a stage. Where it is not, the command itself is run.
"""

import argparse
import importlib
from typing import Any, Final, TypeAlias

from distill.cli.console import Console
from distill.receipts import Workspace
from distill.receipts.answers import Answer, Answers
from distill.receipts.locks import is_recovered
from distill.receipts.look import Look
from distill.receipts.scope import current_reread
from distill.receipts.scrub import SHARE, scrub

Said: TypeAlias = dict[str, Any]

_STAGES: Final = 5
_FLAGS: Final = ("include_partial", "include_review")


def run(options: argparse.Namespace, console: Console) -> int:
    """Say that there is nothing to do, or run all stages."""
    is_asked_for_more = options.full or options.dry_run or options.limit or options.source
    answers = None if is_asked_for_more else _answers(options)
    answer = None if answers is None else _recall(answers)
    if answers is None or answer is None:
        return _ask("run:run", options, console)
    is_sound = scrub(answers.look.cache, answer.grounds.places(answers.workspace), _STAGES * SHARE)
    answers.look.cache.write(answers.workspace)
    return _say(answer.said, console) if is_sound else _ask("run:run", options, console)


def status(options: argparse.Namespace, console: Console) -> int:
    """Say what was said of the workspace, or look at it."""
    answer = None if options.explain else _recall(_answers(options))
    return _ask("look:status", options, console) if answer is None else _say(answer.said, console)


def question(options: argparse.Namespace) -> list[object]:
    """Return what an answer depends on besides the workspace: the command and its flags."""
    command = "status" if options.command == "health" else options.command
    return [command, *(getattr(options, flag, None) for flag in _FLAGS)]


def _answers(options: argparse.Namespace) -> Answers:
    workspace = Workspace.named(options.workspace)
    return Answers(workspace, Look.at(workspace), question(options))


def _recall(answers: Answers) -> Answer | None:
    if current_reread() is not None or not is_recovered(answers.workspace):
        return None
    return answers.recall()


def _say(said: Said, console: Console) -> int:
    console.repeat(said["printed"])
    code: int = said["exit_code"]
    return code


def _ask(runs: str, options: argparse.Namespace, console: Console) -> int:
    console.record()
    module, _, function = runs.partition(":")
    code: int = getattr(importlib.import_module(f"distill.cli.{module}"), function)(
        options, console
    )
    return code
