"""The build: pyproject.toml says all of it, but for the commit that a wheel or an sdist is made of.

That is written into what is built, never into the sources, as ``distill/_commit.txt``: one line,
``COMMIT clean|dirty SHA256``. ``clean``: every file of the package is the commit's, by its bytes.
The SHA-256 is over the package's files, so that an sdist that was edited does not pass for the
commit's. Where the commit can't be told the file is left away, and nothing is claimed.
"""

import os
import re
import subprocess
from hashlib import new, sha256
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
PACKAGE = "distill"
COMMIT = f"{PACKAGE}/_commit.txt"
# What decides what is built, beside the package itself.
RECIPE = ("pyproject.toml", "setup.py")
LINE = re.compile(r"([0-9a-f]{40,64}) (clean|dirty) ([0-9a-f]{64})\n")


def git(*arguments: str) -> bytes | None:
    """Return what git prints in the sources, null where it can't; variables lead it nowhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept["GIT_NO_REPLACE_OBJECTS"] = "1"
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, env=kept, capture_output=True, check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def committed() -> tuple[str, dict[str, str]] | None:
    """Return HEAD and its blobs by path; null where the sources are not the top of a checkout."""
    top = git("rev-parse", "--show-toplevel")
    if top is None or Path(os.fsdecode(top.strip())).resolve() != ROOT:
        return None
    head = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    listed = git("ls-tree", "-r", "-z", "HEAD")
    if head is None or listed is None:
        return None
    entries: dict[str, str] = {}
    links: list[str] = []
    for record in filter(None, listed.split(b"\0")):
        told, _, path = record.partition(b"\t")
        mode, _, name = told.decode().split()
        entries[os.fsdecode(path)] = name
        links += [os.fsdecode(path)] if mode == "120000" else []
    followed = {link: entries.get(target_of(link, entries[link]), "") for link in links}
    wanted = {name: one for name, one in (entries | followed).items() if is_ours(name)}
    return head.decode().strip(), wanted


def is_ours(name: str) -> bool:
    """Whether a file of the commit is of the package, or decides how it is built."""
    return name.startswith(f"{PACKAGE}/") or name in RECIPE


def target_of(link: str, committed_as: str) -> str:
    """Return the path that a link of the commit leads to: a build packs what it leads to."""
    try:
        target = str((ROOT / link).readlink())
    except OSError:
        return ""
    if blob(os.fsencode(target), len(committed_as)) != committed_as:
        return ""
    return os.path.normpath(os.path.join(os.path.dirname(link), target))  # noqa: PTH118, PTH120


def blob(content: bytes, length: int) -> str:
    """Return the id that git gives to a file's bytes, in hexadecimal digits of this length."""
    name = "sha1" if length == 40 else "sha256"
    return new(name, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def package_files(folder: Path) -> dict[str, bytes]:
    """Return the files of the package below a folder, by path, without the commit's."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / PACKAGE).rglob("*"))
        if path.is_file() and path.suffix != ".pyc" and path != folder / COMMIT
    }


def is_commits(files: dict[str, bytes], blobs: dict[str, str]) -> bool:
    """Whether files are the commit's, none is missing, and it says how they are chosen."""
    found = {**files, **{name: (ROOT / name).read_bytes() for name in RECIPE}}
    modules = {name for name in blobs if name.endswith(".py")}
    return modules <= found.keys() and all(
        name in blobs and blob(content, len(blobs[name])) == blobs[name]
        for name, content in found.items()
    )


def digest(files: dict[str, bytes]) -> str:
    """Return one digest of all files."""
    lines = (f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return sha256("".join(lines).encode()).hexdigest()


def commit_line(files: dict[str, bytes]) -> str | None:
    """Return what the built files are of, null where nobody can tell."""
    head = committed()
    if head is not None:
        commit, blobs = head
        state = "clean" if is_commits(files, blobs) else "dirty"
        return f"{commit} {state} {digest(files)}\n"
    told = ROOT / COMMIT  # an sdist brings it
    match = LINE.fullmatch(told.read_text(encoding="ascii")) if told.is_file() else None
    if match is None:
        return None
    is_whole = match[2] == "clean" and match[3] == digest(files)
    return f"{match[1]} {'clean' if is_whole else 'dirty'} {digest(files)}\n"


def write_commit(folder: Path) -> None:
    """Write the commit beside what was built below a folder."""
    place = folder / COMMIT
    line = commit_line(package_files(folder))
    place.unlink(missing_ok=True)
    if line is not None:
        place.write_text(line, encoding="ascii")


class BuildWithCommit(build_py):
    """Builds the package; an editable install stays without: there git itself is asked."""

    def run(self) -> None:
        """Build, then write the commit."""
        super().run()
        if not self.editable_mode:
            write_commit(Path(self.build_lib))


class SdistWithCommit(sdist):
    """Packs the sources with the commit, for a wheel that is built where there is no git."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Copy the sources, then write the commit."""
        super().make_release_tree(base_dir, files)
        write_commit(Path(base_dir))


if __name__ == "__main__":  # as setuptools runs it; tests import it
    setup(cmdclass={"build_py": BuildWithCommit, "sdist": SdistWithCommit})
