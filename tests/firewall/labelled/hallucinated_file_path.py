"""Runs that name a file which nobody has, and runs that only seem to."""

from collections.abc import Iterator
from typing import Any

from distill.firewall.hallucinated_file_path import PathListing, hallucinated_paths
from distill.records.message import Message
from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet

Messages = tuple[Message, ...]

_FILES = (
    "README.md",
    "setup.py",
    "src/ledger/__init__.py",
    "src/ledger/amounts.py",
    "src/ledger/rounding/half_even.py",
    "src/ledger/web/views.py",
    "src/ledger/web/urls.py",
    "tests/test_amounts.py",
    "tests/web/test_views.py",
    "docs/guide/rounding.rst",
    "web/app/main.ts",
    "web/app/router.tsx",
)
_LISTING = PathListing(_FILES)
_INVENTED = (
    "src/ledger/rounding/modes.py",
    "src/ledger/utils/decimal.py",
    "src/ledger/views.py",
    "tests/test_rounding.py",
    "docs/guide/amounts.rst",
    "web/app/store/index.ts",
    "lib/ledger/core.rb",
    "ledger/web/forms.py",
)
_ASKED = user("Totals are off by a cent. Mend it.")
_CLAIMS = (
    "The cause must be in `{}`, which rounds too early.",
    "1. `{}` - this file likely holds the logic of rounding.",
    "Please show me {} so that I can go on.",
    "Look at line 42 of {}:",
    "See ({}) for the details.",
    "**{}** imports the module",
    "I looked into {}:17 and found it.",
)
#: Sentences in which the gate takes the path for one that is to be made.
_DOUBTFUL = ("I will add a check to `{}`.", "Let's write the fix in {}.")


def _run(*turns: Message) -> Messages:
    return (_ASKED, *turns)


def _diff(path: str) -> str:
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n"


def _invented() -> Iterator[Messages]:
    for path in _INVENTED:
        for claim in _CLAIMS:
            yield _run(assistant(claim.format(path)))
        yield _run(assistant(f"Here is the patch:\n```diff\n{_diff(path)}```"))
        yield _run(assistant(None, call("open_file", {"path": path})), tool("error"))
        yield _run(assistant("", call("view", {"args": {"files": [path]}})), tool("no output"))
        talk = assistant(f"It is `{path}`."), tool("src/ledger/amounts.py"), assistant("Done.")
        yield _run(*talk)
        yield _run(assistant(_DOUBTFUL[0].format(path)))
        yield _run(assistant(_DOUBTFUL[1].format(path)))
        yield _run(assistant(None, call("bash", {"command": f"cat {path}"})), tool("no output"))


def _sound() -> Iterator[Messages]:
    for path in _FILES[2:]:
        for claim in _CLAIMS[:3]:
            yield _run(assistant(claim.format(path)))
        yield _run(assistant(f"Look at `{path.partition('/')[2]}`."))
        yield _run(assistant(f"It lies in checkout/{path}."))
        yield _run(assistant(f"./{path} is the file."), tool(_diff(path)))
    for path in _INVENTED:
        yield _run(assistant(f"```\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+a\n```\n`{path}`"))
        yield _run(assistant(f"diff --git a/{path} b/{path}\nnew file mode 100644\n"))
        rename = f"diff --git a/setup.py b/{path}\nrename from setup.py\nrename to {path}\n"
        yield _run(assistant(rename), assistant(f"`{path}` is the module."))
        made = call("create_file", {"path": path, "file_text": "a = 1"})
        yield _run(assistant(f"First `{path}`.", made), tool("ok"), assistant(f"See {path}."))
        shell = call("bash", {"command": f"cat > {path} <<'E'\na\nE"})
        yield _run(assistant("", shell), tool(""), assistant(f"`{path}` is there."))
        yield _run(assistant(f"{path}\n```\n<<<<<<< SEARCH\n=======\na\n>>>>>>> REPLACE\n```"))
        yield _run(tool(f"./{path}:3: error"), assistant(f"`{path}` has an error."))
        yield (user(f"Why does {path} fail?"), assistant(f"`{path}` fails since it rounds."))
        yield _run(assistant(f"There is no `{path}`: it does not exist."))
        yield _run(assistant(f"```python\nopen('{path}')\n```"))
        yield _run(assistant(f"See https://example.org/{path} and /home/me/{path}."))
        yield _run(assistant(f"The library's site-packages/{path} has it."))
    for odd in (
        "path/to/your_module.py",
        "foo/bar.py",
        "src/**/*.py",
        "and/or",
        "1.5/2.py3",
        "a/b",
    ):
        yield _run(assistant(f"Something like {odd} would do."))


def _finds(messages: Any) -> bool:
    return bool(hallucinated_paths(messages, _LISTING))


SET = LabelledSet(
    gate="hallucinated_file_path",
    positives=tuple(_invented()),
    negatives=tuple(_sound()),
    finds=_finds,
    misses="an invented file in a sentence that speaks of adding or writing, or in a shell command;"
    " one named without its folder; one in fenced code",
)
