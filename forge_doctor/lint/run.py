"""Runs the rules over files and gives one report; decides neither which files nor what is muted."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forge_doctor.check import Check
from forge_doctor.finding import Finding, NotRun
from forge_doctor.lint.project import Project
from forge_doctor.lint.source import SourceFile
from forge_doctor.report import Report, run_check, sort_outcomes

Rule = Check[[SourceFile, Project]]
# What a file must mention, one at least, for any rule to have something to say.
# The databases' names are those of URLs: a settings file may have nothing else.
RELEVANT = (
    b"sqlalchemy", b"sqlmodel", b"ession", b"db", b"engine", b"conn", b"postgres", b"mysql", b"mssql", b"oracle",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What one file gave, and the other files of the project the answer rests on (to cache it by their content)."""

    path: str
    findings: tuple[Finding, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    rests_on: tuple[str, ...] = ()


def all_rules() -> tuple[Rule, ...]:
    """Every rule of the folder."""
    from forge_doctor.check import load
    from forge_doctor.lint import rules

    return load(rules)


def run_lint(
    paths: Sequence[Path],
    rules: Iterable[Rule],
    *,
    root: Path | None = None,
    overlay: Mapping[Path, bytes] | None = None,
) -> Report:
    """Lint these files with these rules.

    `overlay` gives the content of files that differ from the disk (stdin). The project is the one
    around the first file, unless `root` says.
    """
    with without_collector():
        results = tuple(lint_files(paths, tuple(rules), root=root, overlay=overlay))
    findings = sorted((found for one in results for found in one.findings), key=lambda found: found.rank)
    not_run = tuple(reason for one in results for reason in one.not_run)
    return Report(
        command="lint",
        subject=str(root or ", ".join(map(str, paths[:3]))),
        findings=tuple(findings),
        not_run=not_run,
        inspected={"files": len(results)},
    )


def lint_files(
    paths: Sequence[Path],
    rules: tuple[Rule, ...],
    *,
    root: Path | None = None,
    overlay: Mapping[Path, bytes] | None = None,
) -> Iterator[FileResult]:
    """One result a file, in the order given."""
    projects: dict[Path, Project] = {}
    for path in paths:
        absolute = path.absolute()
        folder = root or absolute.parent
        if folder not in projects:
            project = Project.around(absolute) if root is None else Project(root.absolute())
            known = next((one for one in projects.values() if one.root == project.root), project)
            known.overlay.update(overlay or {})
            projects[folder] = known
        yield lint_file(absolute, path.as_posix(), projects[folder], rules)


def lint_file(path: Path, shown: str, project: Project, rules: tuple[Rule, ...]) -> FileResult:
    """What the rules say of one file."""
    project.opened.clear()
    file = project.open(path)
    if file is None:
        return FileResult(path=shown, not_run=(NotRun(check="read", reason=f"{shown}: cannot be read"),))
    file.path = shown
    outcomes: list[Finding | NotRun] = []
    for rule in rules if file.mentions(*RELEVANT) else ():
        if is_suspect(rule, file):
            outcomes.extend(run_check(rule, file, project))
    findings, not_run = sort_outcomes(outcomes)
    rests_on = tuple(sorted(str(one) for one in project.opened if one != path))
    return FileResult(path=shown, findings=findings, not_run=not_run, rests_on=rests_on)


def is_suspect(rule: Check[Any], file: SourceFile) -> bool:
    """Whether the bytes of the file have what the rule's module says it needs (`SUSPECT`)."""
    pattern: re.Pattern[bytes] | None = getattr(sys.modules[rule.run.__module__], "SUSPECT", None)
    return pattern is None or pattern.search(file.data) is not None


@contextmanager
def without_collector() -> Iterator[None]:
    """Nodes and their files refer to each other and live as long as the run: looking for cycles finds none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
