"""Writes a baseline: what was found now, and what is known of files that were not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from forge_doctor.cli.output import say, write_file
from forge_doctor.code.files.walk import Scope
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence, Finding
from forge_doctor.render.digest import counted
from forge_doctor.suppression.baseline import Fingerprint, Known, baseline_text, merged, read_baseline

OPTION = "--write-baseline"


def write_baseline(
    path: Path,
    found: Iterable[tuple[Finding, Fingerprint]],
    looked_at: Iterable[Path],
    scope: Scope,
    confidence: Confidence,
) -> None:
    """Write those of `found` that are shown; raises `UsageProblem` where the file holds something else or can't be written."""
    fresh = Counter(print_ for one, print_ in found if one.confidence >= confidence)
    names = frozenset(scope.relative(str(file)) for file in looked_at)
    known = merged(_before(path), fresh, names, lambda name: (scope.base / name).is_file())
    write_file(path, baseline_text(known), OPTION)
    say(f"{path}: {counted(sum(known.values()), 'findings')} written")


def _before(path: Path) -> Known:
    """What the file knows; nothing where there is none yet, or no more than its name."""
    if not path.is_file() or path.stat().st_size == 0:
        return {}
    try:
        return read_baseline(path)
    except UsageProblem as problem:
        raise UsageProblem(
            f"{OPTION} {path}: holds what is no baseline of this version, and would be lost; "
            "delete it, or name another file"
        ) from problem
