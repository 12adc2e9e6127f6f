"""What is installed is what importlib.metadata says of it, in a tenth of the time."""

import sys
from importlib import metadata
from pathlib import Path

import pytest

from distill.receipts.code.installed import installed
from distill.receipts.stat_cache import StatCache


def test_names_and_versions_are_those_of_importlib() -> None:
    """Every name that the standard library finds, with the same distributions and versions."""
    found = installed(StatCache())
    expected = metadata.packages_distributions()
    assert len(expected) > 10
    assert {top: found.names.get(top) for top in expected} == {
        top: sorted(set(names)) for top, names in expected.items()
    }
    for name in {one for names in expected.values() for one in names}:
        assert found.versions[name] == metadata.version(name)


def test_the_first_on_the_path_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two distributions with one name; names come of RECORD where nothing else says them."""
    for folder, version in (("first", "1.0"), ("second", "2.0")):
        place = tmp_path / folder / f"two-{version}.dist-info"
        place.mkdir(parents=True)
        (place / "METADATA").write_text(f"Name: Two\nVersion: {version}\n\nName: Three\n")
        (place / "RECORD").write_text(
            'two/__init__.py,,\n"odd,name/x.py",,\nsingle.py,,\n../../bin/two,,\n'
            f"two-{version}.dist-info/METADATA,,\n"
        )
        monkeypatch.syspath_prepend(tmp_path / folder)
    sys.path[:2] = sys.path[1::-1]  # the first stands first
    found = installed(StatCache())
    assert found.versions["Two"] == "1.0"
    mine = {top for top, names in found.names.items() if names == ["Two"]}
    assert mine == {"two", "odd,name", "single"}
