"""What looking for names of persons costs with a model, and how many it finds.

    python benchmarks/names.py FOLDER [--text FILE …]

FOLDER is that of a spaCy pipeline. Two sets made here: texts as agents
and their customers write them, each with one full name, and texts of the same kinds that hold none
and look as if. Then rates over text files of yours (each is one run), in characters for a second of
CPU, the better of two rounds, and how many places are marked there.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final

from distill.firewall.observing import observe
from distill.firewall.person_names import RULE, FindNames
from distill.records.run_texts import RunTexts
from distill.stages.jobs import ListedNameModel
from distill.stages.name_finder import name_finder

NAMES: Final = (
    *("Aaliyah Brennan", "Marco Okafor", "Ingrid Lindqvist", "Priya Iyer", "Tomasz Nowak"),
    *("Yusuf Haddad", "Chloe Moreau", "Dmitri Petrov", "Mei Chen", "Haruto Tanaka"),
    *("Sean O'Brien", "María Fernández", "Kwame Mensah", "Fatima al-Sayed", "John Smith"),
    *("Jean-Luc Dubois", "Nguyen Van An", "Olga Ivanova", "Lars Sørensen", "Grace Kim"),
)
WITH_NAME: Final = (
    "Dear {},\nthank you for your order.",
    "Hi, my name is {} and my parcel has not come.",
    "The reservation was made by {} on Monday, for two people.",
    '{{"order": "W2378156", "customer": "{}", "status": "delivered"}}',
    "commit 1f0c9a2\nAuthor: {}\nDate: Mon Feb 2\n\n    Mend the parser",
    "I have transferred the call to {}, who will help you with the refund.",
    "Please ask {} whether the build may be stopped.",
    "From: {}\nSubject: the invoice of March",
    "Best regards,\n{}\nHead of Support",
    "- [ ] {} reviews the pull request before Friday",
)
THINGS: Final = (
    *("Docker Compose", "Visual Studio Code", "React Native", "Final Answer", "Apache Kafka"),
    *("GitHub Actions", "Spring Boot", "Ruby on Rails", "Azure Functions", "Unit Test"),
    *("Value Error", "Task Manager", "Golden Gate", "Amazon Web Services", "Black Friday"),
    *("Return None", "Jupyter Notebook", "Root Cause", "Windows Server", "Celery Beat"),
)
WITHOUT: Final = (
    "{} fails with an error in the second step.",
    "## {}\n\nRun the tests, then read the log.",
    "Thought: I should look at {} first.\nAction: search",
    '{{"tool": "{}", "status": "ok", "items": 3}}',
    "def load():\n    # see {} for the format\n    return None",
    "Please install {} and try again.",
    "| {} | 12 | passed |",
    "The page of {} was last changed on Monday.",
    "ERROR {}: the connection was refused",
    "1. Open {}\n2. Press Enter",
)


def filled(templates: tuple[str, ...], values: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield ten texts for each value, and the value."""
    pairs = zip(cycle(templates), (one for one in values for _ in templates), strict=False)
    yield from ((template.format(value), value) for template, value in pairs)


def marked(text: str, find: FindNames) -> list[str]:
    """Return what is marked as a name."""
    told = observe(RunTexts(text=text), find_names=find).get("personal_data")
    marks = () if told is None else told.marks
    return [text[mark.start : mark.end] for mark in marks if mark.rule == RULE]


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--text", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    files = {str(path): path for path in options.folder.rglob("*") if path.is_file()}
    model = ListedNameModel(
        model=str(options.folder), version="", files=tuple(sorted(files)), runtime={}
    )
    begun = time.process_time()
    find = name_finder(model, files)
    if find is None:
        parser.error("no model was given")
    print(f"imported and loaded in {time.process_time() - begun:.2f} s of CPU")

    texts = list(filled(WITH_NAME, NAMES))
    exact = sum(name in marked(text, find) for text, name in texts)
    others = sum(any(one != name for one in marked(text, find)) for text, name in texts)
    alarms = [one for text, _ in filled(WITHOUT, THINGS) for one in marked(text, find)]
    print(f"{len(texts)} texts with a name: {exact} found exactly, {others} with another mark")
    print(f"{len(THINGS) * len(WITHOUT)} texts without: {len(alarms)} marks")
    for path in options.text:
        text = path.read_text(encoding="utf-8", errors="replace")
        spent = []
        for _ in range(2):
            find.cache_clear()  # type: ignore[attr-defined]
            begun = time.process_time()
            found = marked(text, find)
            spent.append(time.process_time() - begun)
        rate = len(text) / min(spent) / 1e3
        print(f"{path.name}: {rate:.1f} thousand characters/s, {len(found)} marks")


if __name__ == "__main__":
    main()
