"""Small pipelines of spaCy for tests, made here: no model is downloaded, and none is committed."""

import random
from collections.abc import Sequence
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, Final

VERSION: Final = "1.0.0"

GIVEN: Final = ("Aaliyah", "Marco", "Lena", "Priya", "Tomas", "Ingrid", "Yusuf", "Chloe")
FAMILY: Final = ("Brennan", "Okafor", "Lindqvist", "Moreau", "Petrov", "Iyer", "Novak", "Haddad")
_WITH_NAMES: Final = (
    "Dear {},",
    "Thanks, {} wrote to us.",
    "The order was placed by {} on Monday.",
    "Please ask {} about the build.",
)
_WITHOUT: Final = (
    "The tests of the parser pass in Python.",
    "Run the build and read the log.",
    "Django raises an error on Monday.",
)


def save_names(folder: Path, names: Sequence[str], version: str = VERSION) -> Path:
    """Save a pipeline that knows exactly these names, and takes `Paris` for a place."""
    nlp = import_module("spacy").blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": name} for name in names])
    ruler.add_patterns([{"label": "GPE", "pattern": "Paris"}])
    return _saved(nlp, folder, version)


def save_trained(folder: Path, version: str = VERSION) -> Path:
    """Save a pipeline whose `ner` learned names in a few rounds over generated sentences.

    It is a pipe as real models have it, with a `sentencizer` before it, and knows little.
    """
    spacy = import_module("spacy")
    import_module("spacy.util").fix_random_seed(7)
    chance = random.Random(7)  # noqa: S311 - no secret
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("ner").add_label("PERSON")
    examples = [_example(nlp, chance.choice(_WITHOUT), "") for _ in range(60)]
    examples += [
        _example(nlp, sentence, f"{given} {family}")
        for given, family in product(GIVEN, FAMILY)
        for sentence in chance.sample(_WITH_NAMES, 2)
    ]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(6):
        chance.shuffle(examples)
        for at in range(0, len(examples), 16):
            nlp.update(examples[at : at + 16], sgd=optimizer, drop=0.1)
    return _saved(nlp, folder, version)


def _example(nlp: Any, sentence: str, name: str) -> Any:
    start = sentence.find("{}")
    entities = [(start, start + len(name), "PERSON")] if name else []
    document = nlp.make_doc(sentence.format(name))
    return import_module("spacy.training").Example.from_dict(document, {"entities": entities})


def _saved(nlp: Any, folder: Path, version: str) -> Path:
    nlp.meta["name"], nlp.meta["version"] = "made_for_tests", version
    folder.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(folder)
    return folder
