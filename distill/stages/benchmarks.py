"""Lists of benchmarks' items, read for the runs to be compared with."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill.errors import SourceError
from distill.receipts.digest import digest_file
from distill.stages.jobs import ListedBenchmark
from distill.stages.table_rows import table_rows

if TYPE_CHECKING:
    from distill.firewall.benchmark_index import BenchmarkIndex


def read_benchmarks(
    lists: Sequence[ListedBenchmark], files: Mapping[str, Path]
) -> "tuple[BenchmarkIndex, ...]":
    """Return the index of each list; ``files`` are their places by recorded path.

    Raises:
        SourceError: a row is no item; file and line are named.
    """
    if not lists:
        return ()
    from distill.firewall.benchmark_index import BenchmarkIndex  # noqa: PLC0415 - brings numpy
    from distill.firewall.benchmark_items import hashed_item, item_of, salt_of  # noqa: PLC0415

    found = []
    for listed in lists:
        rows = list(table_rows(listed.path, files[listed.path]))
        salt = _told(rows[0], salt_of) if rows else None
        read = item_of if salt is None else hashed_item
        items = [_told(row, read) for row in rows[0 if salt is None else 1 :]]
        found.append(BenchmarkIndex(listed.name, listed.version, items, salt))
    return tuple(found)


def hashed_list(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of the hashed list of a plain one.

    Raises:
        SourceError: a row is no item, or the list is hashed already.
    """
    from distill.firewall.benchmark_items import (  # noqa: PLC0415 - brings numpy
        hashed_head,
        hashed_row,
        item_of,
        salt_of,
    )

    salt = bytes.fromhex(digest_file(path).hex)
    yield hashed_head(salt)
    for number, place in enumerate(table_rows(path.name, path)):
        if number == 0 and _told(place, salt_of) is not None:
            raise SourceError(f"{path} is hashed already", "name the list that it was made of")
        yield hashed_row(_told(place, lambda row: item_of(row, salt)))


def _told(place: tuple[str, Any], read: Any) -> Any:
    """Return what is read of a row; its error names the place."""
    name, row = place
    try:
        return read(row)
    except (ValueError, AttributeError) as error:
        raise SourceError(
            f"{name}: {error}",
            'an item is {"id": …, "prompt": …, "answer": …}, maybe with repository and commit',
        ) from None
