"""`distill init`: look at logs, recognise what is known, and write a `distill.toml` that runs."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from distill.errors import ConfigurationError
from distill.sources.protocol import Recognition
from distill.sources.recognise import recognise, recognise_archive
from distill.sources.registry import source_for
from distill.sources.rows import text_suffixes
from distill.workspace.closed_table import CONFIGURATION_FILE
from distill.workspace.reading import is_archive, read_blocks
from distill.workspace.toml_text import as_toml, source_name

_SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".traj", ".eval")
_HEAD_BYTES: Final = 2**20
_ROOT: Final = "logs"

_HEADER: Final = """\
# Written by `distill init`. Every line may be changed; `distill run` says what is wrong with it.
# What each key means: docs/sources.md, docs/scoring.md, docs/exports.md.
"""
_NO_LOGS: Final = """
# No logs were given. A source looks like this:
#
# [sources.my-agent]
# kind = "mapped"
# paths = ["logs/*.jsonl"]
# role = "train"            # or "evaluation": a benchmark that you report on never reaches SFT
# licence = "proprietary"   # or an SPDX name such as "MIT"
# prompt = "/prompt"
# response = "/response"
# verdict = { pointer = "/passed", origin = "test_harness", accepted = [true], rejected = [false] }
"""
_FOOTER: Final = """
[exports.sft]
include_partial = false   # true: partially accepted runs too

[exports.rag]
include_review = false    # true: runs that need human review too

[exports.preference]
cross_source = false      # true: pair across sources by subject where the prompt is the same
"""


@dataclass(frozen=True)
class Found:
    """Log files that one source would read: how they were recognised, and the files.

    `why_not` says why no run can be read of them under these settings; null where runs can.
    """

    name: str
    recognition: Recognition
    files: tuple[Path, ...]
    why_not: str | None


@dataclass(frozen=True)
class Made:
    """What `initialise` wrote, and what it says of the logs."""

    path: Path
    lines: list[str]
    sources: list[dict[str, Any]]


def initialise(root: Path, logs: Sequence[Path]) -> Made:
    """Write ``distill.toml`` in `root` for these log files and folders.

    Raises:
        ConfigurationError: there is a `distill.toml` already, or a path does not exist.
        SourceError: a log can't be read.
    """
    path = root / CONFIGURATION_FILE
    if path.exists():
        raise ConfigurationError(
            f"{path} exists already", "edit it, or move it away and run `distill init` again"
        )
    found = _group(list(_files(logs)))
    root.mkdir(parents=True, exist_ok=True)
    outside = _outside(root, found)
    text = _HEADER
    if outside is not None:
        text += f"\n[roots]\n{_ROOT} = {as_toml(str(outside))}\n"
    text += "".join(_source_text(source, root, outside) for source in found) or _NO_LOGS
    with path.open("x", encoding="utf-8") as file:
        file.write(text + _FOOTER)
    return Made(path, list(_said(path, found)), [_as_json(source) for source in found])


def _files(logs: Sequence[Path]) -> Iterator[Path]:
    for path in logs:
        if path.is_dir():
            yield from (p for p in sorted(path.rglob("*")) if p.is_file() and _is_log(p))
        elif path.is_file():
            yield path
        else:
            raise ConfigurationError(f"no such file or folder: {path}", "mend the path")


def _is_log(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(_SUFFIXES)


def _group(files: Sequence[Path]) -> list[Found]:
    """Put files that were recognised alike into one source, in the order of the first file."""
    groups: dict[str, tuple[Recognition, list[Path]]] = {}
    for path in files:
        recognition = _recognise(path)
        key = f"{recognition.kind}{as_toml(dict(recognition.settings))}"
        if recognition.confidence == 0:
            key += recognition.notes[0]
        place = path.resolve()
        groups.setdefault(key, (recognition, []))[1].extend([place, *_texts(place, recognition)])
    names: set[str] = set()
    found = []
    for recognition, paths in groups.values():
        name, why_not = source_name(paths, names), _why_not(recognition)
        found.append(Found(name, recognition, tuple(paths), why_not))
        names.add(found[-1].name)
    return found


def _why_not(recognition: Recognition) -> str | None:
    if recognition.confidence == 0:
        return recognition.notes[0]
    try:
        source_for(recognition.kind).from_settings(recognition.settings)
    except ConfigurationError as error:
        return f"{error.message}: {error.hint}"
    return None


def _recognise(path: Path) -> Recognition:
    if not is_archive(path):
        return recognise(str(path), _head(path))
    with path.open("rb") as file:
        return recognise_archive(str(path), file)


def _texts(path: Path, recognition: Recognition) -> Iterator[Path]:
    """Yield the texts beside a log that its source reads with it, such as a transcript."""
    stem = path.name.removesuffix(".gz").rpartition(".")[0]
    for suffix in text_suffixes(source_for(recognition.kind)):
        names = (f"{stem}{suffix}", f"{stem}{suffix}.gz")
        yield from (path.with_name(name) for name in names if path.with_name(name).is_file())


def _head(path: Path) -> bytes:
    return b"".join(islice(read_blocks(path), 1))[:_HEAD_BYTES]


def _outside(root: Path, found: Sequence[Found]) -> Path | None:
    """Return the folder above all logs that lie outside of the workspace, null where none does."""
    folders = [
        path.parent for source in found for path in source.files if not path.is_relative_to(root)
    ]
    return Path(os.path.commonpath(folders)) if folders else None


def _source_text(source: Found, root: Path, outside: Path | None) -> str:
    lines = ["", f"[sources.{source.name}]"]
    lines += [f"# {note}" for note in source.recognition.notes if note != source.why_not]
    table: dict[str, Any] = {
        "kind": source.recognition.kind,
        "paths": [_written(path, root, outside) for path in source.files],
    }
    lines += [f"{key} = {as_toml(value)}" for key, value in table.items()]
    lines += [
        'role = "train"            # CHECK: "evaluation" for a benchmark that you report on',
        'licence = "proprietary"   # CHECK: an SPDX name such as "MIT" where the texts have one',
    ]
    lines += [f"{key} = {as_toml(value)}" for key, value in source.recognition.settings.items()]
    if source.why_not is not None:
        why = f"# Left out, since nothing can be read of it yet: {source.why_not}"
        lines = ["", why, *(line if line.startswith("#") else f"# {line}" for line in lines[1:])]
    return "\n".join(lines) + "\n"


def _written(path: Path, root: Path, outside: Path | None) -> str:
    """Return a file's path as `distill.toml` writes it: below the workspace, or below the root."""
    if outside is None or path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return f"{_ROOT}:{path.relative_to(outside).as_posix()}"


def _said(path: Path, found: Sequence[Found]) -> Iterator[str]:
    for source in found:
        files = f"{len(source.files)} file" + ("s" if len(source.files) > 1 else "")
        if source.why_not is None:
            yield f"{source.name}: {files}, read as {source.recognition.kind}"
        else:
            yield f"{source.name}: {files}, left out: {source.why_not}"
        notes = (note for note in source.recognition.notes if note != source.why_not)
        yield from (f"  {note}" for note in notes)
    yield f"wrote {path}"
    if not found:
        yield "no logs were given: write a source there, or remove it and name your logs"
        return
    if all(source.why_not is not None for source in found):
        yield "next: mend what was left out there, or remove it and name other logs"
        return
    yield "next: check role and licence there, then `distill preview SOURCE`, then `distill run`"


def _as_json(source: Found) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.recognition.kind,
        "files": [str(path) for path in source.files],
        "settings": dict(source.recognition.settings),
        "notes": list(source.recognition.notes),
        "left_out": source.why_not,
    }
