"""How a stage function says which of its parameters are files.

`InFile`, `InFiles`, `OutFile` and `OutDir` stand in the signature in place of a type; to a type
checker they are ``Path`` or ``Sequence[Path]``. A parameter that must not count (a progress
callback, a number of workers) is marked by hand: ``progress: Annotated[Callable[[int], None],
Ignored]``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias


class Input:
    """Marks a parameter that names a file, or files, that the stage reads."""


class Output:
    """Marks a parameter that names a file that the stage writes."""


class OutputTree:
    """Marks a parameter that names a folder in which the stage writes files."""


class Ignored:
    """Marks a parameter that changes nothing in the outputs: it is no part of the claim."""


InFile: TypeAlias = Annotated[Path, Input]
InFiles: TypeAlias = Annotated[Sequence[Path], Input]
OutFile: TypeAlias = Annotated[Path, Output]
OutDir: TypeAlias = Annotated[Path, OutputTree]
