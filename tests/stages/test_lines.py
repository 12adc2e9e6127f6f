"""Rows fetched by position: the bytes are those of the file that was asked for."""

from pathlib import Path

from distill.stages.lines import RandomReader

FILES, KEPT = 5, 2


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_each_file_gives_its_own_bytes_however_few_are_kept_open(tmp_path: Path) -> None:
    """In any order, the same file again, and after all were closed; none is left open."""
    paths = [tmp_path / f"{number}.jsonl" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_bytes(b"%d" % number * 9)
    before = _open_files()
    with RandomReader(KEPT) as reader:
        for number in (0, 0, 1, 0, 2, 3, 2, 4, 4, 1, 0):
            assert reader.read(paths[number], 2, 5) == b"%d" % number * 3
            assert reader.read(Path(paths[number]), 7, 99) == b"%d" % number * 2
            assert _open_files() <= before + KEPT
        assert reader.read(paths[0], 0, 1) == b"0"
        reader.close()
        assert reader.read(paths[0], 0, 1) == b"0"
        assert reader.read(paths[0], 1, 2) == b"0"
    assert _open_files() == before
