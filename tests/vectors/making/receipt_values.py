"""Values that a field of a receipt refuses, each by the rule that it breaks."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from tests.vectors.making.sample import RECEIPT

HEX = "ab" * 32
Cases: TypeAlias = Mapping[str, tuple[Any, str, str]]


def cases() -> Mapping[str, Cases]:
    """Return, by the place in the receipt, names with the value, the refusal and the reason."""
    return {**_texts(), **_numbers(), **_lists()}


def _texts() -> dict[str, Cases]:
    path, digest, time = "claim|inputs|0|path", "claim|key", "run|started_at"
    hexadecimal = "no digest of 64 lower-case hexadecimal digits"
    moment = "no UTC time"
    return {
        path: {
            "path-absolute": ("/etc/passwd", "absolute", "An absolute path."),
            "path-absolute-below-a-root": ("logs:/etc/passwd", "absolute", "The same, in a root."),
            "path-parent": ("../x", "'..'", "A way out."),
            "path-parent-inside": ("a/../../x", "'..'", "A way out."),
            "path-parent-below-a-root": ("logs:../x", "'..'", "A way out of a root."),
            "path-dot": ("./x", "'.'", "A part that is a dot."),
            "path-empty": ("", "empty part", "No path."),
            "path-empty-part": ("a//x", "empty part", "A part without a name."),
            "path-slash-at-the-end": ("a/", "empty part", "A folder is no file."),
            "path-root-alone": ("logs:", "empty part", "A root without a path."),
            "path-backslash": ("a\\x", "backslash", "A separator elsewhere."),
            "path-newline": ("a\nx", "control character", "A control character."),
            "path-null-character": ("a\0x", "control character", "A control character."),
            "path-escape-character": ("a\x1b[2Jx", "control character", "A terminal's command."),
            "path-c1-control": ("a\x9bx", "control character", "A terminal's command in one."),
            "path-drive": (
                "C:/x",
                "absolute",
                "A drive reads as a root, and its path as absolute.",
            ),
            "path-odd-root": ("-:x", "names no root", "A root's name begins with no hyphen."),
            "path-empty-root": (":x", "names no root", "A root has a name."),
            "path-root-with-dots": ("..:x", "names no root", "A root's name has no dots."),
            "path-url": ("https://example.org/x", "absolute", "A URL."),
            "path-reversed-text": ("a\u202etxt.sh", "reverses", "A name that looks like another."),
            "path-line-separator": ("a\u2028x", "breaks lines", "A line ends inside the name."),
            "path-replacement-character": ("a\ufffdx", "stands for", "b3sum can't check it."),
            "path-too-long": ("a/" * 2048 + "x", "longer than 4096", "4097 characters."),
            "path-part-too-long": ("é" * 128, "longer than 255 bytes", "A part of 256 bytes."),
        },
        digest: {
            "digest-upper-case": (HEX.upper(), hexadecimal, "Upper-case digits."),
            "digest-short": (HEX[:-1], hexadecimal, "63 digits."),
            "digest-long": (HEX + "a", hexadecimal, "65 digits."),
            "digest-newline": (HEX + "\n", hexadecimal, "64 digits and a newline."),
            "digest-with-algorithm": (f"blake3:{HEX}", hexadecimal, "Its text form."),
            "digest-no-hex": ("g" * 64, hexadecimal, "64 letters."),
            "digest-other-digits": ("\u0661" * 64, hexadecimal, "64 digits of another script."),
        },
        time: {
            "time-with-space": ("2026-01-31 08:00:00.000Z", moment, "A space for the T."),
            "time-without-milliseconds": ("2026-01-31T08:00:00Z", moment, "Milliseconds lack."),
            "time-with-microseconds": ("2026-01-31T08:00:00.000000Z", moment, "Six decimals."),
            "time-with-offset": ("2026-01-31T08:00:00.000+00:00", moment, "UTC has one name."),
            "time-without-zone": ("2026-01-31T08:00:00.000", moment, "No zone."),
            "time-lower-case": ("2026-01-31t08:00:00.000z", moment, "Lower-case letters."),
            "time-month-13": ("2026-13-31T08:00:00.000Z", moment, "No month."),
            "time-february-30": ("2026-02-30T08:00:00.000Z", moment, "No day."),
            "time-hour-24": ("2026-01-31T24:00:00.000Z", moment, "No hour."),
            "time-leap-second": ("2026-06-30T23:59:60.000Z", moment, "No second of the form."),
        },
        "claim|stage": {
            "stage-with-slash": ("../x", "no name of a stage", "A name that is a path."),
            "stage-empty": ("", "no name of a stage", "No name."),
            "stage-too-long": ("a" * 101, "no name of a stage", "101 characters."),
            "stage-hidden": (".stages", "no name of a stage", "A name that begins with a dot."),
        },
        "claim|code|function": {
            "function-without-module": ("keep", "no function", "No colon."),
            "function-newline": ("pkg:keep\n", "no function", "A newline at the end."),
        },
        "claim|targets|0|path": {
            "target-absolute": ("/out", "absolute", "An absolute target."),
            "target-parent": ("../out", "'..'", "A target outside."),
        },
        "claim|targets|0|kind": {"kind-unknown": ("link", "is none of file, tree", "No kind.")},
        "claim|validation|status": {
            "status-unknown": ("fine", "is none of passed, failed", "No status."),
            "status-other-case": ("Passed", "is none of passed, failed", "Case counts."),
        },
        "run|id": {
            "run-id-empty": ("", "no name of a run", "No name."),
            "run-id-with-space": ("a run", "no name of a run", "A space."),
            "run-id-too-long": ("a" * 101, "no name of a run", "101 characters."),
        },
        "run|trigger|kind": {"trigger-unknown": ("cron", "is none of python", "No such starter.")},
        "run|code|state": {"git-state-unknown": ("tidy", "is none of clean", "No such state.")},
        "run|code|commit": {
            "commit-name": ("HEAD", "no git object id", "A name for an object id."),
            "commit-short": ("1" * 39, "no git object id", "39 digits."),
            "commit-upper-case": ("A" * 40, "no git object id", "Upper-case digits."),
        },
    }


def _numbers() -> dict[str, Cases]:
    beyond = "is not between 0 and 9007199254740991"
    return {
        "claim|inputs|0|bytes": {
            "count-negative": (-1, beyond, "A size below zero."),
            "count-true": (True, "is no integer", "True is no one."),
            "count-text": ("57", "is no integer", "A number in quotes."),
        },
        "claim|version": {"version-negative": (-1, beyond, "A version below zero.")},
        "claim|counts|total|read": {
            "counts-negative": (-1, beyond, "A count below zero."),
            "counts-true": (True, "is no integer", "True is no one."),
            "counts-text": ("2", "is no integer", "A number in quotes."),
            "counts-null": (None, "is no integer", "No count."),
            "counts-list": ([2], "is no integer", "Counts nest by name alone."),
        },
        "claim|laws|0|left|read": {
            "law-negative": (-2, beyond, "A term below zero."),
            "law-nested": ({"read": 2}, "is no integer", "The terms of a law don't nest."),
        },
        "claim|validation|checks|0|passed": {
            "truth-number": (1, "neither true nor false", "One is no true."),
            "truth-text": ("true", "neither true nor false", "A truth in quotes."),
        },
        "run|duration_ms": {"duration-negative": (-1, beyond, "A run of negative length.")},
    }


def _lists() -> dict[str, Cases]:
    output = RECEIPT["claim"]["outputs"][0]
    return {
        "claim|inputs|0|root": {
            "records-without-root": (None, "only one of records and root", "The root lacks."),
        },
        "claim|inputs|0|records": {
            "root-without-records": (None, "only one of records and root", "The count lacks."),
        },
        "claim|outputs": {
            "two-outputs-at-one-path": (
                [output, {**output, "role": "card"}],
                "name one path twice",
                "One path is given out by two roles.",
            ),
            "outputs-by-name": ({"rows": output}, "is no list", "An object for a list."),
        },
        "claim|code|files": {
            "code-file-absolute": ({"/x.py": HEX}, "absolute", "Code at an absolute path."),
            "code-file-parent": ({"../x.py": HEX}, "'..'", "Code outside of its root."),
            "code-file-short-digest": ({"x.py": "ab"}, "no digest", "A digest of two digits."),
        },
        "claim|environment|distributions": {
            "distribution-number": ({"distill": 1}, "is no string", "A version that is a number."),
        },
        "claim|parents|0": {"parent-text": (HEX, "is no object", "A parent is stage and claim.")},
        "run|parents|0": {"parent-short-digest": ("ab", "no digest", "A digest of two digits.")},
    }
