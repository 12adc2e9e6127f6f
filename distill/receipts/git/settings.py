"""What git is told before it looks at a checkout: nothing that the repository names may run.

A repository's own configuration can run programs on a mere status: a file-system monitor, filters,
hooks, what fetches a missing object. Settings given by GIT_CONFIG_COUNT come after every file, so
they win over it and over what it includes.
"""

import os
import shutil
from collections.abc import Iterable, Mapping

_SETTINGS = {
    "core.askPass": "",
    "core.checkStat": "default",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "core.sshCommand": "false",
    "core.trustctime": "true",
    "core.untrackedCache": "false",
    "credential.helper": "",
    "diff.external": "",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "status.submoduleSummary": "false",
    "submodule.recurse": "false",
}
_VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "none",  # beats protocol.<name>.allow, which a repository may set
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # a commit's id stands for its own content
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# The person's own choice of configuration files, and where git itself is. All else that begins with
# GIT_ may lead to another repository or run a program: inside of a hook git sets half a dozen.
_KEPT = frozenset(
    [
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_EXEC_PATH",
    ]
)
_FILTER_VERBS = {"clean": "", "smudge": "", "process": "", "required": "false"}
_HOOK_VERBS = {"command": "", "event": "", "enabled": "false"}


def prefix(environment: Mapping[str, str], ours: Iterable[str]) -> list[str]:
    """Return what must stand before ``git`` so that only ``ours`` of its variables reach it.

    Raises:
        FileNotFoundError: there are others, and no program ``env`` to take them away.
    """
    allowed = {*_KEPT, *ours}
    unset = [n for n in sorted(environment) if n.startswith("GIT_") and n not in allowed]
    if not unset:
        return []
    env = shutil.which("env")
    if env is None:
        raise FileNotFoundError("env")
    return [env, *(word for name in unset for word in ("-u", name))]


def variables(environment: Mapping[str, str], configured: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables that harden git.

    ``configured`` are the names of all settings that git sees: filters and hooks among them are
    switched off one by one. What the environment itself configures (``safe.directory`` in a
    container) stays, below what is set here.
    """
    pairs = [*_given(environment), *_SETTINGS.items(), *_switched_off(configured)]
    made = {**_VARIABLES, "LC_ALL": "C", "GIT_CONFIG_COUNT": str(len(pairs))}
    for index, (name, value) in enumerate(pairs):
        made[f"GIT_CONFIG_KEY_{index}"] = name
        made[f"GIT_CONFIG_VALUE_{index}"] = value
    return made


def _given(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    count = environment.get("GIT_CONFIG_COUNT", "")
    if not count.isdecimal():
        return []
    names = [environment.get(f"GIT_CONFIG_KEY_{index}", "") for index in range(int(count))]
    return [
        (name, environment.get(f"GIT_CONFIG_VALUE_{index}", ""))
        for index, name in enumerate(names)
        if name
    ]


def _switched_off(configured: Iterable[str]) -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for name in configured:
        section, _, _ = name.rpartition(".")
        if name.startswith("filter."):
            found |= {(f"{section}.{verb}", value) for verb, value in _FILTER_VERBS.items()}
        elif name.startswith("hook."):
            found |= {(f"{section}.{verb}", value) for verb, value in _HOOK_VERBS.items()}
    return sorted(found)
