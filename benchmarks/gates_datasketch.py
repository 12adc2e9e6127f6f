"""datasketch over a file of texts: prints the CPU seconds. `benchmarks/gates.py` calls this.

Signatures of 64 permutations over sets of five words, as our observer makes them.
"""

import json
import re
import sys
import time
from pathlib import Path

from datasketch import MinHash

texts = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="ascii").splitlines()]
began = time.process_time()
for text in texts:
    words = re.findall(r"\w+", text.lower())
    shingles = {" ".join(words[n : n + 5]).encode() for n in range(max(len(words) - 4, 0))}
    MinHash(num_perm=64).update_batch(shingles)
print(time.process_time() - began)
