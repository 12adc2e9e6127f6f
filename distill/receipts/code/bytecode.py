"""Holding bytecode against the source that it stands for, before a stage runs.

Python's bytecode files name the second in which their source was written, and its size. After an
edit that changes neither, Python goes on running the code of before, and a receipt would name code
that did not run. So bytecode that is not newer than its source is held against what the source
gives (https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation).
"""

import marshal
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from distill.errors import CodeStateError
from distill.receipts.digest import Digest

_HEADER: Final = 16  # magic number, flags, seconds, size: four bytes each


def demand_compiled(modules: Iterable[tuple[str, str, Digest]]) -> None:
    """Refuse modules (name, file, digest) that this process took from bytecode of another source.

    Raises:
        CodeStateError: naming the module.
    """
    for name, file, _ in modules:
        bytecode = getattr(getattr(sys.modules.get(name), "__spec__", None), "cached", None)
        if bytecode is not None and not _is_of(bytecode, file):
            raise CodeStateError(
                f"Python runs {name} as it was before its last edit: it was edited within a second "
                "and kept its size, so its bytecode is taken for that of the file",
                f"touch {os.path.basename(file)} and start the process again",  # noqa: PTH119 - a text
            )


def _is_of(bytecode: str, file: str) -> bool:
    """Whether a bytecode file is what its source gives, or Python would not take it anyway."""
    try:
        source, compiled = os.stat(file), os.stat(bytecode)  # noqa: PTH116 - for every module
        if compiled.st_mtime_ns > source.st_mtime_ns:
            return True
        content = Path(bytecode).read_bytes()
        head = (0).to_bytes(4, "little") + _low(int(source.st_mtime)) + _low(source.st_size)
        if content[4:_HEADER] != head:
            return True
        code = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
        return bool(marshal.loads(content[_HEADER:]) == code)  # noqa: S302 - Python ran it already
    except (OSError, ValueError, EOFError, TypeError, SyntaxError):
        return True  # there is none, or it is of another Python


def _low(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "little")
