"""The files that a page tells its reader to write: blocks after ``<!-- file: NAME -->``."""

import re


def page_files(page: str) -> dict[str, str]:
    """Return the files of a page by name."""
    blocks = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", page, re.DOTALL)
    return dict(blocks)
