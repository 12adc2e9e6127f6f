"""What source files say, remembered by the bytes that it was read off."""

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from distill.errors import CodeStateError, ContractError
from distill.receipts.code import syntax
from distill.receipts.code.source import ImportName, Source
from distill.receipts.code.traces import Traces
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.identities import identity_text
from distill.receipts.kept import Kept


def source_of(file: Path, traces: Traces) -> Source:
    """Return what a source file says, from the stat cache where nobody wrote to it since.

    What other times give is parsed only if the bytes are others too.

    Raises:
        CodeStateError: the file can't be read.
    """
    name = f"code:{file}"
    traces.saw(file)
    try:
        status = os.stat(file)  # noqa: PTH116 - a tenth of Path.stat's time, for every file
        known = traces.cache.entry_of(name)
        if known is not None and traces.reread is None and known[0] == identity_text(status):
            found = _parsed(known[1], None)
            if found is not None:
                return found
        content = file.read_bytes()
    except OSError as error:
        raise CodeStateError(f"the code {file} can't be read: {error.strerror}") from error
    raw = digest_bytes(content)
    found = None if known is None else _parsed(known[1], raw)
    if found is None:
        found = syntax.read_source(content)
    if traces.cache.is_settled(max(status.st_mtime_ns, status.st_ctime_ns)):
        traces.cache.keep(name, identity_text(status), _written(found, raw))
    return found


def _written(source: Source, raw: Digest) -> str:
    names = [[one.level, one.module, one.name] for one in source.imports]
    facts = [source.digest.hex, names, source.resources, source.is_lazy, source.exports]
    return json.dumps([_reader(), raw.hex, *facts])


#: What this process has parsed, sized in characters: five stages ask for much the same files.
_kept: Final = Kept[str, tuple[Source, Digest]](room=16 * 1024 * 1024)


def _parsed(value: str, raw: Digest | None) -> Source | None:
    """Return what was remembered of bytes with this digest (null: any), by this very reader."""
    found = _kept.get(value)
    if found is None:
        found = _read(value)
        if found is None:
            return None
        _kept.keep(value, found, len(value))
    return found[0] if raw in {None, found[1]} else None


def _read(value: str) -> tuple[Source, Digest] | None:
    """Return what was remembered, and the digest of the bytes that it was read off."""
    try:
        reader, of_bytes, digest, names, resources, is_lazy, exports = json.loads(value)
        imports = tuple(_import(one) for one in names)
        source = Source(Digest(digest), imports, tuple(resources), is_lazy, tuple(exports))
    except (TypeError, ValueError, ContractError):  # another version of Distill wrote it
        return None
    return (source, Digest(of_bytes)) if reader == _reader() else None


def _import(parts: list[Any]) -> ImportName:
    level, module, name = parts
    return ImportName(level, module, name)


@cache
def _reader() -> str:
    """Return what tells one reader of syntax from another: Python, and the reader's own file."""
    own = Path(syntax.__file__).stat()
    return f"{sys.implementation.cache_tag} {identity_text(own)}"
