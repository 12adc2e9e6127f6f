"""Asking Presidio which words of a text are names of persons.

Of Presidio only the recogniser is asked that reads what a spaCy pipeline found: what its patterns
know, the rules of `personal_data` know. Nothing is ever downloaded, and the CPU computes.

Presidio and spaCy are imported by names that the syntax does not tell, so that they are in no
environment of a stage: to install them makes no evidence stale where no model is named. Where one
is, their versions and those of what they compute with are in its job (`ListedNameModel.runtime`).
"""

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from distill.errors import ConfigurationError
from distill.stages.jobs import ListedNameModel
from distill.stages.name_models import EXTRA, PERSON, PERSON_LABELS, versions

if TYPE_CHECKING:
    from distill.firewall.person_names import FindNames

_PRESIDIO, _SPACY = EXTRA

_Found: TypeAlias = tuple[tuple[int, int], ...]

#: Pipes that mark no entity. A pipeline of these and `ner` alone needs none of them, unless
#: `ner` listens to it.
_BESIDE_NER: Final = frozenset(
    {
        *("tok2vec", "tagger", "parser", "senter", "sentencizer", "morphologizer"),
        *("attribute_ruler", "lemmatizer", "trainable_lemmatizer"),
    }
)
_NER: Final = "ner"
#: How many pieces are remembered: prompts and files stand in many runs.
_REMEMBERED: Final = 4_096


def name_finder(listed: ListedNameModel | None, files: Mapping[str, Path]) -> "FindNames | None":
    """Return what finds names with a model, null without one; ``files`` by recorded path.

    A process loads a model once.

    Raises:
        ConfigurationError: it runs on other versions than those that were named, or can't be
            loaded.
    """
    if listed is None:
        return None
    here = versions(listed.runtime)
    if here != listed.runtime:
        named, found = (_told(one) for one in (listed.runtime, here))
        raise ConfigurationError(
            f"names were looked for on {named}; here is {found}", "install those versions"
        )
    if not listed.files:
        return _loaded(listed.model, listed.version)
    folder = files[f"{listed.model}/meta.json"].parent
    return _loaded(os.fspath(folder), tuple(_identity(files[path]) for path in listed.files))


def _told(runtime: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in runtime.items()) or "none of it"


def _identity(file: Path) -> tuple[int, ...]:
    found = file.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@lru_cache(maxsize=1)
def _loaded(model: str, identity: object) -> "FindNames":
    """Return what finds names; another identity of the same model is loaded anew."""
    del identity
    spacy = import_module(_SPACY)
    spacy.require_cpu()
    try:
        pipeline = spacy.load(model)
    except (ImportError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"the model {model} can't be loaded: {' '.join(str(error).split())}",
            "install what it needs, or name another model",
        ) from error
    _take_out_needless(pipeline)
    return lru_cache(maxsize=_REMEMBERED)(_asking(pipeline))


def _take_out_needless(pipeline: Any) -> None:
    """Take out the pipes that only cost time."""
    if not {_NER} <= set(pipeline.pipe_factories.values()) <= {_NER, *_BESIDE_NER}:
        return
    heard = {
        name
        for name, pipe in pipeline.pipeline
        if any(_is_ner(pipeline, other) for other in getattr(pipe, "listening_components", ()))
    }
    for name in pipeline.pipe_names:
        if not _is_ner(pipeline, name) and name not in heard:
            pipeline.remove_pipe(name)


def _is_ner(pipeline: Any, name: str) -> bool:
    return bool(pipeline.get_pipe_meta(name).factory == _NER)


def _asking(pipeline: Any) -> Callable[[str], _Found]:
    presidio = import_module(_PRESIDIO)
    recognizers = import_module(f"{_PRESIDIO}.predefined_recognizers")
    language = pipeline.lang
    recognizer = recognizers.SpacyRecognizer(
        supported_language=language, supported_entities=[PERSON]
    )
    analyzer = presidio.AnalyzerEngine(
        registry=presidio.RecognizerRegistry(
            recognizers=[recognizer], supported_languages=[language]
        ),
        nlp_engine=_engine(pipeline),
        supported_languages=[language],
    )

    def ask(text: str) -> _Found:
        with pipeline.memory_zone():
            found = analyzer.analyze(text, language=language, entities=[PERSON])
            return tuple(sorted({(one.start, one.end) for one in found}))

    return ask


def _engine(pipeline: Any) -> Any:
    """Return Presidio's engine around a pipeline that is loaded: its own way may download one."""
    engines = import_module(f"{_PRESIDIO}.nlp_engine")
    labels = {label for found in pipeline.pipe_labels.values() for label in found}
    engine = engines.SpacyNlpEngine(
        models=[{"lang_code": pipeline.lang, "model_name": pipeline.meta["name"]}],
        ner_model_configuration=engines.NerModelConfiguration(
            model_to_presidio_entity_mapping=dict.fromkeys(PERSON_LABELS, PERSON),
            labels_to_ignore=sorted(labels.difference(PERSON_LABELS)),
        ),
    )
    engine.nlp = {pipeline.lang: pipeline}
    return engine
