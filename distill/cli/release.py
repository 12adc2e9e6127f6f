"""`distill release`."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from distill.cli.console import Console
from distill.errors import EXIT_OK, ConfigurationError, nearest
from distill.receipts.release_manifest import RELEASES, Expectation, WithheldClass
from distill.release.figures import Figures
from distill.release.making import Plan, Release, make_release, plan_release
from distill.workspace.project import Project, open_workspace


def release(options: argparse.Namespace, console: Console) -> int:
    """Make a release, or with --dry-run say what it would hold."""
    project = open_workspace(options.workspace)
    withhold = _classes(options.withhold)
    if options.dry_run:
        plan = plan_release(project, options.name, withhold)
        _print_plan(plan, console)
        return EXIT_OK
    _print_release(project, make_release(project, options.name, withhold), console)
    return EXIT_OK


def _classes(texts: Sequence[str]) -> list[WithheldClass]:
    """Return the classes that --withhold names: ``raw,evidence``, or the flag twice."""
    known: tuple[WithheldClass, ...] = get_args(WithheldClass)
    named = [word.strip() for text in texts for word in text.split(",")]
    for word in named:
        if word not in known:
            raise ConfigurationError(f"--withhold: unknown class {word!r}", nearest(word, known))
    return [kind for kind in known if kind in named]


def _print_plan(plan: Plan, console: Console) -> None:
    size = sum(one.entry.bytes for one in plan.shipped)
    _print_common(plan.figures, plan.expect, console)
    console.line(
        f"{RELEASES}/{plan.name} would hold {len(plan.shipped):,} files of data of {size:,} bytes,"
        f" receipts and ledger; withheld: {len(plan.withheld):,}"
    )
    console.line(_signed(plan.signed_by))
    console.line("everything was checked, and nothing written")
    console.document(
        {
            "release": plan.name,
            "dry_run": True,
            "data_files": len(plan.shipped),
            "data_bytes": size,
            "withheld": len(plan.withheld),
            "signed_by": plan.signed_by,
            **_common(plan.figures, plan.expect),
        }
    )


def _print_release(project: Project, made: Release, console: Console) -> None:
    manifest = made.manifest
    figures = Figures.of(project.receipts.get(digest) for digest in manifest.receipts)
    size = sum(file.bytes for file in manifest.files)
    if made.was_left:
        console.line("this release was ready when its making was interrupted; it is finished now")
    _print_common(figures, manifest.expect, console)
    console.line(f"{made.folder}: {len(manifest.files):,} files, {size:,} bytes")
    console.line(f"withheld: {len(manifest.withheld):,}")
    console.line(_signed(made.signed_by))
    console.line(f"release.json: {manifest.digest}")
    console.document(
        {
            "release": manifest.name,
            "dry_run": False,
            "folder": str(made.folder),
            "blake3": manifest.digest.hex,
            "sha256": manifest.sha256.hex,
            "files": len(manifest.files),
            "bytes": size,
            "withheld": len(manifest.withheld),
            "signed_by": made.signed_by,
            "previous": None if manifest.previous is None else manifest.previous.name,
            **_common(figures, manifest.expect),
        }
    )


def _print_common(figures: Figures, expect: Sequence[Expectation], console: Console) -> None:
    rows = figures.all_rows()
    console.table(("set", "rows"), list(rows.items()))
    for one in expect:
        console.line(f"expected: {one.detail}")


def _common(figures: Figures, expect: Sequence[Expectation]) -> Mapping[str, Any]:
    return {
        "rows": figures.all_rows(),
        "expect": [{"name": one.name, "detail": one.detail} for one in expect],
    }


def _signed(key: str | None) -> str:
    if key is None:
        return "unsigned: there is no key; `distill keys init` makes one"
    return f"signed by the key {key}"
