"""What one run of the linter is asked to look at, and what it leaves out; opens no source file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.code.files.project_folder import project_around
from forge_doctor.code.files.walk import Scope, shown
from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.finding import Finding
from forge_doctor.lint.cache.file_result import report_of
from forge_doctor.lint.checks import Checks
from forge_doctor.report import Report
from forge_doctor.suppression.baseline import Known
from forge_doctor.suppression.per_file_ignores import PerFileIgnores

if TYPE_CHECKING:
    from forge_doctor.lint.schedule import Looked
    from forge_doctor.suppression.changed_lines import ChangedLines

Overlay = Mapping[Path, bytes]


class Judged(NamedTuple):
    """What the rules say of files; `unmarked` are those known to have no comment that mutes anything; `looked` where results
    are kept."""

    report: Report
    unmarked: frozenset[Path] = frozenset()
    looked: Looked | None = None


Lint = Callable[[Sequence[Path], Overlay], Judged]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to look at and what to leave out.

    `lint` runs the rules on files, some with the content in the overlay instead of their own, and names the
    files in findings as `name` does. `overlay` holds what came on stdin.
    """

    paths: tuple[Path, ...]
    scope: Scope
    lint: Lint
    name: Callable[[Path], str]
    checks: Checks
    per_file: PerFileIgnores = field(default_factory=PerFileIgnores)
    baseline: Known | None = None
    changed: ChangedLines | None = None
    overlay: Overlay = field(default_factory=dict)


def default_path(here: Path) -> Path:
    """The project around a folder: the nearest folder with a mark of one, else the folder itself."""
    return project_around(here) or here


def file_name(path: Path, here: Path) -> str:
    """How findings name a file: from the current folder where it lies below, else in full."""
    prefix = f"{here}{os.sep}"
    return shown(str(path).removeprefix(prefix))


def lint_from(here: Path, checks: Checks, jobs: int | None = None, cache: Path | None = None) -> Lint:
    """Runs the rules chosen on files, by so many processes, and names the files as `file_name` does.

    `cache` is the folder where results are kept for the next run.
    """

    def lint(files: Sequence[Path], overlay: Overlay) -> Judged:
        from forge_doctor.lint.schedule import look, look_with_cache

        looked = (
            None
            if cache is None or overlay
            else look_with_cache(files, lambda: checks.rules, jobs, cache, _way(here, checks))
        )
        results = look(files, lambda: checks.rules, overlay, jobs) if looked is None else looked.results
        report = report_of(results, str(here))
        unmarked = frozenset(path for path, one in zip(files, results, strict=True) if one.is_unmarked)
        findings = tuple(_printable(finding) for finding in report.findings)
        return Judged(replace(report, findings=findings), unmarked, looked)

    return lint


def _way(here: Path, checks: Checks) -> tuple[str, ...]:
    """What results depend on beside the code that is linted."""
    from importlib.util import find_spec

    from forge_doctor import __version__
    from forge_doctor.kept_results.store import stamp

    parser = (find_spec(name) for name in ("tree_sitter", "tree_sitter_python"))
    folders = (Path(spec.origin).parent for spec in parser if spec is not None and spec.origin is not None)
    lint = Path(__file__).parent
    own = stamp(lint, lint.parent / "code", *folders)
    return (str(here), __version__, sys.version, own, repr(checks.entries))


def _printable(finding: Finding) -> Finding:
    """A path whose bytes are no text cannot be written to any format."""
    target = shown(finding.location.target)
    if target == finding.location.target:
        return finding
    return replace(finding, location=replace(finding.location, target=target))
