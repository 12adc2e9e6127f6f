"""datatrove's n-gram filter over a file of texts: prints the CPU seconds, for `gates.py`.

Its index is of as many hashes as the 13-grams of our list; none of them is met, which is the usual
case, and the one that takes longest: it stops at the first that it meets.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter

HASHES = 500_000

texts = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="ascii").splitlines()]
with tempfile.TemporaryDirectory() as folder:
    drawn = np.random.default_rng(1).integers(0, 2**63, HASHES, dtype=np.uint64)
    drawn.tofile(Path(folder) / "list.index.hashes")
    keep = NGramsDecontFilter(folder, NGramsDecontConfig(n_grams=13))
    keep.filter(Document(text="warm up", id="0"))
    began = time.process_time()
    for number, text in enumerate(texts):
        keep.filter(Document(text=text, id=str(number)))
    print(time.process_time() - began)
