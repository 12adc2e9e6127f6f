"""Whose a module's file is: what people edit, or what is installed."""

import os
import site
import sysconfig

import pytest

from distill.receipts.code.modules import is_installed


def test_what_python_calls_installed_is_told_without_asking_it() -> None:
    """The folders that `sysconfig` and `site` name, wherever this Python was put."""
    folders = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    assert [one for one in folders if not is_installed(one)] == []
    assert all(is_installed(os.path.realpath(one)) for one in folders)


@pytest.mark.parametrize("folder", ["/srv/site-packages-of-mine", "/srv/my/dist-packages.old", "/"])
def test_a_folder_that_is_called_alike_is_somebody_s_own(folder: str) -> None:
    """A name counts whole."""
    assert not is_installed(folder)
    assert is_installed(f"{folder}/site-packages")
