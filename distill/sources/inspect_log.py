"""Source kind ``inspect``: the logs of Inspect AI, ``.eval`` archives and ``.json`` documents.

A run is one sample of one epoch. Its id is the sample's `uuid`, or for logs without one
``<run id>/<task id>/<sample id>/<epoch>``, so that a log in both forms, and a sample that an
`eval-retry` took over, is one run. The verdicts are its scores (`inspect_scores`). A sample with an
error or an invalidation, one that an operator ended, and all of an eval that did not end with
``success`` bear an instrument's failure. The target is an answer key.

Source of the form: inspect_ai's `log/_log.py`, log version 2 (and 1).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from distill.sources.conversation import read_keys, scalar_text
from distill.sources.finish_reasons import cutting_reason
from distill.sources.inspect_events import read_events
from distill.sources.inspect_messages import (
    attachments_of,
    read_conversation,
    resolve_attachments,
)
from distill.sources.inspect_scores import read_scores
from distill.sources.inspect_settings import InspectSettings
from distill.sources.messages import violation
from distill.sources.pointers import resolve
from distill.sources.protocol import Answer, Envelope, Recognition, RunDraft
from distill.sources.reader import Reader
from distill.sources.settings import read_settings

_HEADER: Final = "header.json"
#: What an eval wrote when it began: all that is there of one that was killed.
_START: Final = "_journal/start.json"
_NEWEST_VERSION: Final = 2
_SPEC_FIELDS: Final = {"run_id", "task", "model", "created"}


class InspectLog(Reader):
    """Reads the logs of Inspect AI."""

    kind: ClassVar[str] = "inspect"
    framing = Envelope(
        records="samples",
        context=((_HEADER, _START, "eval"), ("status",), ("version",)),
        nan_as_text=True,
    )

    def __init__(self, settings: InspectSettings) -> None:
        self.settings = settings

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader for a table of `distill.toml`; see `InspectSettings`."""
        return cls(read_settings(InspectSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim a document or an archive that has Inspect's header."""
        for record in records:
            spec = _header(record).get("eval") if isinstance(record, dict) else None
            if isinstance(spec, dict) and spec.keys() >= _SPEC_FIELDS:
                note = (
                    "verdicts: /scores: C accepted, P partially, I and N rejected, numbers 0 to 1"
                )
                return Recognition(cls.kind, 95, {}, [note])
        return None

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:  # noqa: ARG002
        """Return the sample's one run; `rows` are the sample and the log's header."""
        sample = rows[0]
        header = _header(rows[1]) if len(rows) > 1 else {}
        spec, version = header.get("eval"), header.get("version")
        if not isinstance(spec, dict):
            raise violation("no_header", "the log's eval is absent or no object")
        if isinstance(version, int) and version > _NEWEST_VERSION:
            raise violation(
                "log_version",
                f"log version {version} keeps samples in chunks: "
                "convert it with `inspect log convert`",
            )
        return [self._draft(sample, spec, header.get("status"))]

    def _draft(self, sample: Any, spec: Mapping[str, Any], status: Any) -> RunDraft:
        identity, epoch = scalar_text(sample.get("id")), scalar_text(sample.get("epoch"))
        if identity is None or epoch is None:
            raise violation("no_sample_id", "the sample's id or epoch is absent or no scalar")
        attachments = attachments_of(sample)
        told = read_events(sample, attachments)
        target = resolve_attachments(sample.get("target"), attachments, "the target")
        failure = _failure(sample) or ("" if self.settings.unfinished else _unfinished(status))
        scores = () if failure else tuple(read_scores(sample, spec, told, self.settings))
        task = scalar_text(spec.get("task"))
        model = spec.get("model")
        named_by_text = isinstance(sample.get("id"), str)
        return RunDraft(
            logged_run_id=_run_id(sample, spec, identity, epoch),
            task_id=f"{task}/{identity}" if task else identity,
            task_fields=(_asked(sample, attachments), sample.get("choices"), target),
            trial=epoch,
            subject=identity if named_by_text else None,
            messages=read_conversation(sample, attachments),
            tools=told.tools,
            model=model if isinstance(model, str) else None,
            verdicts=scores,
            instrument_failure=failure or None,
            cut_short=_cut_short(sample),
            recorded_at=next(filter(None, map(_time, _times(sample, spec))), None),
            answer_keys=read_keys(target),
        )


def _cut_short(sample: Mapping[str, Any]) -> str | None:
    """Return which limit of Inspect's ended the sample, such as ``message``, or its last answer."""
    limit = sample.get("limit")
    if isinstance(limit, Mapping):
        return f"{limit.get('type')} limit"
    return cutting_reason(resolve(sample, ("output", "choices", "0", "stop_reason")))


def _header(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the header among the members of an archive, or the document, which is its own."""
    found = row.get(_HEADER) or row.get(_START) or row
    return found if isinstance(found, Mapping) else {}


def _run_id(
    sample: Mapping[str, Any], spec: Mapping[str, Any], identity: str, epoch: str
) -> str | None:
    uuid = scalar_text(sample.get("uuid"))
    of_run, of_task = scalar_text(spec.get("run_id")), scalar_text(spec.get("task_id"))
    if uuid is not None or of_run is None:
        return uuid
    return "/".join([of_run, of_task or "", identity, epoch])


def _asked(sample: Mapping[str, Any], attachments: Mapping[str, Any]) -> Any:
    """Return the input without the ids that each run gives its messages anew."""
    asked = resolve_attachments(sample.get("input"), attachments, "the input")
    if not isinstance(asked, list):
        return asked
    return [
        [one.get("role"), one.get("content")] if isinstance(one, dict) else one for one in asked
    ]


def _failure(sample: Mapping[str, Any]) -> str:
    """Return what of the instrument failed in this sample, "" where nothing did."""
    if sample.get("error") is not None:
        return "the sample ended with an error (/error)"
    if sample.get("invalidation") is not None:
        return "the sample was invalidated (/invalidation)"
    limit = sample.get("limit")
    if isinstance(limit, dict) and limit.get("type") == "operator":
        return "an operator ended the sample (/limit)"
    return ""


def _unfinished(status: Any) -> str:
    if status == "success":
        return ""
    said = status if status in ("started", "cancelled", "error") else "of an unknown status"
    return f"the eval did not end: {said if status is not None else 'it never wrote a status'}"


def _times(sample: Mapping[str, Any], spec: Mapping[str, Any]) -> tuple[Any, ...]:
    return (sample.get("completed_at"), sample.get("started_at"), spec.get("created"))


def _time(value: Any) -> str | None:
    return value if isinstance(value, str) else None
