"""Writes the evidence of a workspace as ATIF trajectories, for tools that read those."""

import json
from collections import Counter
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError
from distill.exports.atif import trajectory_of
from distill.receipts.digest import digest_bytes
from distill.records.evidence import EvidenceRecord
from distill.stages.lines import read_lines
from distill.stages.parents import shards_below
from distill.stages.record_reader import EVIDENCE_STAGE
from distill.workspace.places import EVIDENCE_DIR
from distill.workspace.project import Project

WRITTEN: Final = "written"
WITHOUT_CONVERSATION: Final = "without_conversation"


def write_trajectories(project: Project, folder: Path, source: str | None) -> dict[str, int]:
    """Write a trajectory for each run of a source, or of all, and count those without one.

    The file is ``<folder>/<32 hex digits of the run id's BLAKE3>/trajectory.json``. It is no
    training set: no gate was asked, and runs of every category are there.

    Raises:
        ConfigurationError: the folder is there and holds something, or there is no such source.
        ContractError: the evidence was never built.
    """
    if source is not None:
        project.configuration.source(source)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not empty", "name a new folder, or empty this one")
    counts: Counter[str] = Counter({WRITTEN: 0, WITHOUT_CONVERSATION: 0})
    for shard in shards_below(project, EVIDENCE_STAGE, EVIDENCE_DIR):
        for _, line in read_lines(shard):
            record = EvidenceRecord.from_line(line)
            if source not in (None, record.source):
                continue
            trajectory = trajectory_of(record)
            if trajectory is None:
                counts[WITHOUT_CONVERSATION] += 1
                continue
            place = folder / digest_bytes(record.run_id.encode()).hex[:32] / "trajectory.json"
            place.parent.mkdir(parents=True)
            text = json.dumps(trajectory, ensure_ascii=False, indent=2)
            place.write_text(text + "\n", encoding="utf-8")
            counts[WRITTEN] += 1
    return dict(counts)
