"""detect-secrets over a file of texts: prints the CPU seconds. `benchmarks/gates.py` calls this."""

import json
import sys
import time
from pathlib import Path

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import default_settings

lines = [
    line
    for text in Path(sys.argv[1]).read_text(encoding="ascii").splitlines()
    for line in json.loads(text).splitlines()
]
with default_settings():
    list(scan_line("warm = up"))
    began = time.process_time()
    for line in lines:
        list(scan_line(line))
    print(time.process_time() - began)
