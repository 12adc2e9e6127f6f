"""Source kind ``swe_bench_report``: the SWE-bench harness's verdicts, one document a file.

Three shapes are read: the lists of ids by state of the first harnesses (``{no_generation, applied,
resolved, …}``), the report of a run with ``schema_version`` 2 (``{resolved_ids, …}``), and the
report of one instance (``{id: {resolved, tests_status, …}}``). What the harness could not test is
its own failure and no rejection. An id in ``no_generation`` speaks of runs without a patch, every
other state of runs with one: so an instance that was predicted twice, once with null, gets both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from distill.records.evidence import Verdict
from distill.records.frozen import FrozenModel
from distill.records.pointers import escape_token
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.messages import violation
from distill.sources.places import NameSetting
from distill.sources.protocol import Answer, Framing, LooseVerdict, Recognition
from distill.sources.reader import Reader
from distill.sources.settings import read_settings

_ACCEPTED, _REJECTED = VerdictOutcome.ACCEPTED, VerdictOutcome.REJECTED
_FAILED: Final = VerdictOutcome.INSTRUMENT_FAILURE

#: State → outcome, the state that decides first. Where two name one id, the first counts.
STATES: Final[Mapping[str, VerdictOutcome]] = {
    "resolved": _ACCEPTED,
    "resolved_ids": _ACCEPTED,
    "infra_failure_ids": _FAILED,
    "ambiguous_failure_ids": _FAILED,
    "error_ids": _FAILED,
    "install_fail": _FAILED,
    "reset_failed": _FAILED,
    "test_errored": _FAILED,
    "test_timeout": _FAILED,
    "no_apply": _REJECTED,
    "unresolved_ids": _REJECTED,
    "completed_ids": _REJECTED,
    "applied": _REJECTED,
    "with_logs": _REJECTED,
    "generated": _REJECTED,
}
#: States of instances for which the model handed in nothing.
NO_OUTPUT: Final = ("no_generation", "empty_patch_ids")


class SweBenchReportSettings(FrozenModel):
    """`model`: whose predictions are judged: a name, ``@folder`` or ``@file``; null is all."""

    model: str | None = None


class SweBenchReport(Reader):
    """Reads the reports of SWE-bench's harness."""

    kind: ClassVar[str] = "swe_bench_report"
    framing = Framing.DOCUMENT
    verdict_only = True

    def __init__(self, settings: SweBenchReportSettings) -> None:
        self.settings = settings
        self._model = NameSetting(settings.model)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; the only setting is `model`."""
        return cls(read_settings(SweBenchReportSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim a document that is a report of one of the three shapes."""
        if len(records) != 1 or not isinstance(records[0], dict):
            return None
        if not _is_run_report(records[0]) and not _is_instance_report(records[0]):
            return None
        notes = ["verdicts only: they attach to predictions by instance id"]
        return Recognition(cls.kind, 92, {"model": "@folder"}, notes)

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return one verdict for each instance (two where it was predicted with and without patch).

        Raises:
            RecordError: the document is of none of the three shapes.
        """
        return [verdict for row in rows for verdict in self._read(row, path)]

    def _read(self, report: Any, path: str) -> Iterator[LooseVerdict]:
        if _is_run_report(report):
            judged = _judge_run(report)
        elif _is_instance_report(report):
            judged = _judge_instances(report)
        else:
            raise violation("no_report", "not a report of SWE-bench's harness")
        model = self._model.of(path)
        for instance, state, outcome, pointer in judged:
            has_output = state not in (*NO_OUTPUT, "patch_is_None")
            match = {"task_id": instance, "has_output": "true" if has_output else "false"}
            if model:
                match["model"] = model
            verdict = Verdict(
                name="swe_bench",
                value=state,
                origin=VerdictOrigin.TEST_HARNESS,
                outcome=outcome,
                pointer=pointer,
                path=path,
                detail="" if has_output else "no_output",
            )
            yield LooseVerdict(match=match, verdict=verdict, pointer=pointer)


_Judged = tuple[str, str, VerdictOutcome, str]


def _is_run_report(report: Any) -> bool:
    return isinstance(report, dict) and any(
        isinstance(report.get(key), list) for key in ("resolved", "resolved_ids")
    )


def _is_instance_report(report: Any) -> bool:
    return (
        isinstance(report, dict)
        and bool(report)
        and all(isinstance(entry, dict) and "resolved" in entry for entry in report.values())
    )


def _judge_run(report: dict[str, Any]) -> Iterator[_Judged]:
    judged: set[str] = set()
    for state, outcome in STATES.items():
        for instance, pointer in _ids(report, state):
            if instance not in judged:
                judged.add(instance)
                yield instance, state, outcome, pointer
    silent: set[str] = set()
    for state in NO_OUTPUT:
        for instance, pointer in _ids(report, state):
            if instance not in silent:
                silent.add(instance)
                yield instance, state, VerdictOutcome.REJECTED, pointer


def _ids(report: dict[str, Any], state: str) -> Iterator[tuple[str, str]]:
    found = report.get(state) or []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise violation("no_ids", f"{state} is no list of instance ids")
    for index, instance in enumerate(found):
        yield instance, f"/{state}/{index}"


def _judge_instances(report: dict[str, Any]) -> Iterator[_Judged]:
    for instance, entry in report.items():
        state, outcome = _judge_instance(entry)
        yield instance, state, outcome, f"/{escape_token(instance)}/resolved"


def _judge_instance(entry: dict[str, Any]) -> tuple[str, VerdictOutcome]:
    """Apply the harness's own `grading.get_resolution_status` to the tests' results."""
    if entry["resolved"] is True:
        return "resolved", VerdictOutcome.ACCEPTED
    if entry["resolved"] is not False:
        return "resolved_no_boolean", VerdictOutcome.UNREADABLE
    if entry.get("patch_is_None") is True or entry.get("patch_exists") is False:
        return "patch_is_None", VerdictOutcome.REJECTED
    fixed, broken = _rates(entry.get("tests_status"))
    if 0 < fixed < 1 and broken == 0:
        return "resolved_partial", VerdictOutcome.PARTIALLY_ACCEPTED
    return "unresolved", VerdictOutcome.REJECTED


def _rates(status: Any) -> tuple[float, int]:
    """Return the share of the failing tests that pass now, and how many passing ones fail now."""
    counts = {}
    for group in ("FAIL_TO_PASS", "PASS_TO_PASS"):
        tests = status.get(group) if isinstance(status, dict) else None
        tests = tests if isinstance(tests, dict) else {}
        for result in ("success", "failure"):
            listed = tests.get(result)
            counts[group, result] = len(listed) if isinstance(listed, list) else 0
    good, bad = counts["FAIL_TO_PASS", "success"], counts["FAIL_TO_PASS", "failure"]
    return good / (good + bad) if good + bad else 0.0, counts["PASS_TO_PASS", "failure"]
