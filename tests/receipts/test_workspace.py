"""A workspace's paths: recorded below it or below a root, resolved nowhere else."""

import os
from pathlib import Path

import pytest

from distill.errors import ConfigurationError, VerificationError
from distill.receipts.real_paths import RealPaths
from distill.receipts.workspace import Workspace


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a root beside it."""
    monkeypatch.delenv("DISTILL_WORKSPACE", raising=False)
    for name in ("here/logs", "outside", "elsewhere/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "here/distill.toml").write_text('[roots]\nlogs = "../elsewhere"\n[other]\nx = 1\n')
    return Workspace.find(tmp_path / "here/logs")


def test_it_is_found_from_below(here: Workspace, tmp_path: Path) -> None:
    """The nearest distill.toml upward makes the workspace, with its roots."""
    assert here == Workspace(tmp_path / "here", {"logs": tmp_path / "elsewhere"})


def test_the_variable_wins_over_the_current_folder(
    here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DISTILL_WORKSPACE names the workspace when no folder is given."""
    monkeypatch.chdir(tmp_path / "outside")
    with pytest.raises(ConfigurationError, match=r"no distill\.toml"):
        Workspace.find()
    monkeypatch.setenv("DISTILL_WORKSPACE", str(here.root))
    assert Workspace.find() == here


@pytest.mark.parametrize(
    "toml",
    ["[roots", "roots = 1", '[roots]\n"a b" = "/x"', "[roots]\na = 1", '[roots]\na = "s3://b"'],
)
def test_bad_roots_are_named(tmp_path: Path, toml: str) -> None:
    """What [roots] can't be is an error with a hint."""
    (tmp_path / "distill.toml").write_text(toml)
    with pytest.raises(ConfigurationError) as caught:
        Workspace.find(tmp_path)
    assert caught.value.hint


def test_paths_are_recorded_relative(here: Workspace, tmp_path: Path) -> None:
    """Below the workspace or below a root, however the caller writes it; resolve is the inverse."""
    wanted = {
        Path("logs/a.jsonl"): "logs/a.jsonl",
        here.root / "logs" / "a.jsonl": "logs/a.jsonl",
        Path("logs/../logs/a.jsonl"): "logs/a.jsonl",
        tmp_path / "elsewhere/deep/b.jsonl": "logs:deep/b.jsonl",
        Path("../elsewhere/c"): "logs:c",
    }
    for path, recorded in wanted.items():
        assert here.record_path(path) == recorded
        assert here.resolve(recorded) == here.place(path)


def test_a_workspace_behind_a_link(here: Workspace, tmp_path: Path) -> None:
    """A workspace that is reached through a link records the same paths."""
    (tmp_path / "link").symlink_to(here.root)
    linked = Workspace(tmp_path / "link")
    assert linked.record_path(here.root / "logs/a") == "logs/a"
    assert linked.record_path(tmp_path / "link/logs/a") == "logs/a"
    assert here.record_path(tmp_path / "link/logs/a") == "logs/a"


@pytest.mark.parametrize("path", ["../outside/x", "/etc/passwd", "logs/../../outside/x", "out/x"])
def test_outside_is_refused(here: Workspace, tmp_path: Path, path: str) -> None:
    """A path outside, by name or through a link, is refused with a hint."""
    (here.root / "out").symlink_to(tmp_path / "outside")
    with pytest.raises(ConfigurationError, match="outside") as caught:
        here.record_path(path)
    assert "[roots]" in caught.value.hint


@pytest.mark.parametrize("url", ["s3://bucket/key", "https://host/x", Path("s3://bucket/key")])
def test_a_url_is_refused(here: Workspace, url: str | Path) -> None:
    """A URL is refused with a hint, as text and as the Path that it becomes."""
    with pytest.raises(ConfigurationError, match="URL") as caught:
        here.record_path(url)
    assert "copy" in caught.value.hint


@pytest.mark.parametrize("name", ["a:b", "a\nb", "a\\b", os.fsdecode(b"a\xff")])
def test_names_that_a_receipt_cant_hold(here: Workspace, name: str) -> None:
    """A name that could be read in two ways, or is no text, is refused."""
    with pytest.raises(ConfigurationError, match="can't be recorded"):
        here.record_path(here.root / name)


@pytest.mark.parametrize(
    "recorded", ["/etc/passwd", "../x", "a/../../x", "logs:../x", "nowhere:x", "out/x", "x\0y", ""]
)
def test_recorded_paths_that_are_not_followed(
    here: Workspace, tmp_path: Path, recorded: str
) -> None:
    """A receipt can't make anybody read a file outside."""
    (here.root / "out").symlink_to(tmp_path / "outside")
    with pytest.raises(VerificationError):
        here.resolve(recorded)


def test_real_places_are_those_of_the_system(tmp_path: Path) -> None:
    """Through links in every part, whatever was asked before; a missing place too."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").touch()
    (tmp_path / "to_a").symlink_to("a")
    (tmp_path / "a/to_file").symlink_to("b/file")
    (tmp_path / "a/b/up").symlink_to("../../to_a")
    (tmp_path / "round").symlink_to("round")
    real = RealPaths()
    names = ("a", "a/b/file", "to_a", "to_a/b/file", "a/to_file", "to_a/to_file", "a/b/up")
    for name in (*names, "a/b/up/b/up/b/file", "no/file", "to_a/no", "round", "round/x", "."):
        place = str(tmp_path / name)
        assert real.of(place) == os.path.realpath(place)
    assert real.of("/") == "/"
    assert real.of("/no") == "/no"


def test_many_paths_are_recorded_as_each_alone(tmp_path: Path) -> None:
    """What is known of a folder tells nothing else of the next file there: links, roots, colons."""
    root, outer = tmp_path / "here", tmp_path / "outer"
    inner = outer / "deep" / "inner"
    for folder in (root / "logs" / "x", inner):
        folder.mkdir(parents=True)
    (root / "way").symlink_to(outer / "deep")
    workspace = Workspace(root, {"outer": outer, "inner": inner})
    places = [
        *(root / "logs" / name for name in ("a.jsonl", "b.jsonl", "c:d", "x", ".hidden")),
        *(root / "logs" / "x" / name for name in ("a.jsonl", "b.jsonl")),
        *(outer / "deep" / name for name in ("a.jsonl", "b.jsonl", "inner")),
        *(inner / name for name in ("a.jsonl", "c:d")),
        *(root / "logs" / name for name in ("leads", "astray", "b\n")),
        *(root / "way" / name for name in ("a.jsonl", "inner", "b.jsonl")),
        root / "c:d",
        root / "top.jsonl",
        root / "logs" / ".." / "top.jsonl",
    ]
    (root / "logs" / "leads").symlink_to(root / "top.jsonl")
    (root / "logs" / "astray").symlink_to(tmp_path / "elsewhere")

    def told(place: Path, real: RealPaths) -> str:
        try:
            return workspace.record_path(place, real)
        except ConfigurationError as error:
            return f"refused: {error.message}"

    real = RealPaths()
    alone = [told(place, RealPaths()) for place in places]
    assert [told(place, real) for place in places] == alone
    assert [told(place, real) for place in reversed(places)] == alone[::-1]
    assert alone[places.index(inner)].startswith("refused")
    assert len([one for one in alone if one.startswith("refused")]) >= 2


@pytest.mark.parametrize("text", ["/a/./b", "/a//b", "/a/../b", "/a/b/", "/a/.b", "/", "/a.b/c.d"])
def test_a_place_is_normalised(here: Workspace, text: str) -> None:
    """What is passed by untouched is what would come out the same."""
    assert str(here.place(text)) == os.path.normpath(text)
