"""The model that names of persons are looked for with: where it is, and what finding rests on.

Nothing of it is loaded here: what it is stands in its meta.json
(https://spacy.io/api/data-formats#meta).
"""

import glob
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from distill.errors import ConfigurationError
from distill.firewall.settings import NameModel
from distill.stages.jobs import ListedNameModel
from distill.stages.source_files import SourceFiles
from distill.workspace.project import Project

#: The labels that models give to persons, and what Presidio calls them.
PERSON: Final = "PERSON"
PERSON_LABELS: Final = ("PERSON", "PER", "PRS", "PS", "persName")

#: What the extra `ner` brings, as it is imported.
EXTRA: Final = ("presidio_analyzer", "spacy")

_PLACE: Final = "[firewall.personal_data.names]"
_META: Final = "meta.json"
_PARTS: Final = (_META, "config.cfg")
#: What computes: a new version may see other names.
_RUNTIME: Final = ("blis", "numpy", "presidio-analyzer", "spacy", "thinc")
_TRANSFORMERS: Final = ("tokenizers", "torch", "transformers")
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9._-]+")
_INSTALLED_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def listed_name_model(project: Project, found: SourceFiles) -> ListedNameModel | None:
    """Return the model that a workspace names, null where it names none.

    Raises:
        ConfigurationError: the extra `ner` is not installed; the model is not there, has another
            version, or knows no persons.
    """
    asked = project.configuration.firewall.personal_data.names
    if asked is None:
        return None
    if not all(find_spec(name) for name in EXTRA):
        raise ConfigurationError(
            f"{_PLACE}: names are looked for with Presidio and spaCy, which are not installed",
            "pip install 'distill[ner]', or take names out of [firewall.personal_data]",
        )
    if _is_folder(asked):
        folder, model = _folder(asked, project, found)
    else:
        folder, model = _installed_folder(asked.model), asked.model
    if folder is None:
        raise ConfigurationError(
            f"{_PLACE}: {asked.model!r} is no folder of a spaCy pipeline and no installed one",
            f"name a folder, with a / in its path, that holds {' and '.join(_PARTS)}, or install"
            " the model",
        )
    meta = _meta(folder, asked)
    files = found.files(_patterns(asked), _PLACE, optional=True).read
    return ListedNameModel(
        model=model, version=asked.version, files=files, runtime=versions(_runs_on(meta))
    )


def name_model_patterns(project: Project) -> tuple[str, ...]:
    """Return the patterns of the files of the model that a workspace names."""
    asked = project.configuration.firewall.personal_data.names
    return () if asked is None else _patterns(asked)


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Return the versions of those of some distributions that are installed."""
    return dict(_versions(distributions))


def _versions(distributions: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(distributions):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _is_folder(asked: NameModel) -> bool:
    return "/" in asked.model


def _patterns(asked: NameModel) -> tuple[str, ...]:
    return (f"{glob.escape(asked.model.rstrip('/'))}/**/*",) if _is_folder(asked) else ()


def _folder(asked: NameModel, project: Project, found: SourceFiles) -> tuple[Path | None, str]:
    """Return where a model's folder is, null where there is none, and its recorded path."""
    path = glob.escape(asked.model.rstrip("/"))
    patterns = tuple(f"{path}/{name}" for name in _PARTS)
    parts = found.files(patterns, _PLACE, optional=True).read
    if len(parts) != len(_PARTS):
        return None, asked.model
    return project.workspace.resolve(parts[0]).parent, parts[0].rpartition("/")[0]


def _installed_folder(name: str) -> Path | None:
    is_installed = _INSTALLED_NAME.fullmatch(name) and versions([name])
    spec = find_spec(name) if is_installed else None
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent
    return folder if folder is not None and (folder / _META).is_file() else None


def _meta(folder: Path, asked: NameModel) -> Mapping[str, Any]:
    try:
        meta = json.loads((folder / _META).read_bytes())
        labels = {label for found in meta["labels"].values() for label in found}
        found = meta["version"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{_PLACE}: the {_META} of {asked.model} tells no version and labels",
            "spaCy writes both when it saves a pipeline",
        ) from None
    if found != asked.version:
        raise ConfigurationError(
            f"{_PLACE}: {asked.model} has version {found}, not {asked.version}",
            f'set version = "{found}", or put the other one there',
        )
    if labels.isdisjoint(PERSON_LABELS):
        raise ConfigurationError(
            f"{_PLACE}: {asked.model} marks no persons",
            f"its labels must hold one of {', '.join(PERSON_LABELS)}",
        )
    return dict(meta)


def _runs_on(meta: Mapping[str, Any]) -> set[str]:
    """Return the distributions that a model runs on: spaCy's, its own, those of transformers."""
    own = {found[0] for one in meta.get("requirements", ()) if (found := _REQUIREMENT.match(one))}
    has_transformer = any("transformer" in name for name in meta.get("pipeline", ()))
    return {*_RUNTIME, *own, *(_TRANSFORMERS if has_transformer else ())}
