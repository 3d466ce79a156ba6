"""Runs the rules over files and gives one report; decides neither which files nor what is muted."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from forge_doctor.check import Check
from forge_doctor.code.files.modules import Roots
from forge_doctor.code.semantics.names.outline import Surfaces
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.prefilter import DATABASE_WORDS, Suspect
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_path
from forge_doctor.code.syntax.work import ANY_NUMBER, WORK
from forge_doctor.finding import Finding, NotRun
from forge_doctor.lint.cache.file_result import FileResult, report_of
from forge_doctor.lint.code_context import with_context
from forge_doctor.lint.dataflow.expected_failures import tells_of_expected_failure
from forge_doctor.report import Report, run_check, sort_outcomes
from forge_doctor.suppression.quoted_source import without_secrets

Rule = Check[[SourceFile, Project]]
# A tree takes 22 times the room of the source, with the nodes rules made of it about 40; most files opened get one.
MOST_OPEN_BYTES = 2_000_000
# Of files that others ask for: beyond that so much of it is kept, what is asked for most. Of less, trees are made again.
MOST_WANTED_BYTES = 4_000_000
# Of a smaller share more is parsed again than is spared by letting go less often.
KEPT_SHARE = 0.9
# By how much what is open must have grown, until every file is asked again whether it is done with.
WORTH_ASKING = 1.1

# What a rule may ask of syntax for one file, some seconds of work, whatever was asked for the sake of others: far more
# than any asks of code that people wrote.
MOST_QUESTIONS = 2_000_000


def all_rules() -> tuple[Rule, ...]:
    """Every rule of the folder."""
    from forge_doctor.check import load
    from forge_doctor.lint import rules

    return load(rules)


def judge_files(
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
    projects = Projects(root, overlay or {})
    with without_collector():
        results = tuple(lint_files(paths, tuple(rules), projects))
    return report_of(results, str(root or ", ".join(map(str, paths[:3]))))


def lint_files(paths: Iterable[Path], rules: tuple[Rule, ...], projects: Projects) -> Iterator[FileResult]:
    """One result a file, in the order given."""
    aimed = Aimed(rules)
    for path in paths:
        absolute = path if path.is_absolute() else projects.here / path
        project = projects.around(absolute)
        result = _judged(absolute, project.reading.name(absolute), project, aimed)
        yield result._replace(digests=project.foundations(absolute)) if projects.are_results_kept else result
        if is_test_path(result.path):
            project.forget_files_done_with(absolute)


class Projects:
    """The projects the files of one run belong to, by their roots; findings name files from `here`. Results that are kept
    for a later run say what they rest on. Of the files that others ask for they keep `most_wanted_bytes` open."""

    def __init__(
        self,
        root: Path | None,
        overlay: Mapping[Path, bytes],
        surfaces: Mapping[Path, Surfaces] | None = None,
        here: Path | None = None,
        *,
        are_results_kept: bool = False,
        most_wanted_bytes: int | None = None,
    ) -> None:
        self.overlay = overlay
        self.most_wanted_bytes = MOST_WANTED_BYTES if most_wanted_bytes is None else most_wanted_bytes
        self.surfaces = surfaces or {}
        self.are_results_kept = are_results_kept
        self.here = here or Path.cwd()
        self._root = None if root is None else root.absolute()
        self._roots = Roots()
        self._by_root: dict[Path, Project] = {}
        self._still_open_bytes = 0  # when files done with were last let go of

    def around(self, path: Path) -> Project:
        """The project of a file, with its trees let go of where they have become many, or answers were broken off."""
        root = self._root or Path(self._roots.of(str(path.parent)))
        project = self._by_root.get(root)
        if project is None:
            project = Project(root, self.overlay, self.surfaces.get(root))
            project.reading.here = self.here
            self._by_root[root] = project
        if self._opened_bytes > max(MOST_OPEN_BYTES, WORTH_ASKING * self._still_open_bytes):
            for one in self._by_root.values():
                one.forget_files_done_with()
            self._still_open_bytes = self._opened_bytes
        if any(one.is_broken_off for one in self._by_root.values()) or self._opened_bytes > self.most_wanted_bytes:
            kept = int(self.most_wanted_bytes * KEPT_SHARE)
            self._by_root = {known: one.renewed(kept) for known, one in self._by_root.items()}
        return self._by_root[root]

    @property
    def _opened_bytes(self) -> int:
        return sum(one.reading.opened_bytes for one in self._by_root.values())


def lint_file(path: Path, shown: str, project: Project, rules: tuple[Rule, ...]) -> FileResult:
    """What the rules say of one file."""
    return _judged(path, shown, project, Aimed(rules))


def _judged(path: Path, shown: str, project: Project, rules: Aimed) -> FileResult:
    reading = project.reading
    reading.start(path)
    file = project.open(path)
    if file is None:
        reason = NotRun(check="read", reason=f"{shown}: cannot be read")
        return FileResult(path=shown, not_run=(reason,))
    file.path = shown
    outcomes: list[Finding | NotRun] = []
    has_to_do_with_database = file.mentions(*DATABASE_WORDS)
    for rule, aim in rules.at_databases if has_to_do_with_database else rules.everywhere:
        if aim.takes(file):
            WORK.allow(MOST_QUESTIONS)
            said = run_check(rule, file, project)
            left = WORK.left
            WORK.allow(ANY_NUMBER)
            if left < 0:
                outcomes.append(broken_off(rule, shown))
                project.is_broken_off = True
                break
            told = [one for one in said if aim.is_even_if_expected or not is_expected(file, one)]
            if told and not aim.is_even_of_templates and file.is_template:
                continue
            outcomes.extend(
                with_context(one, file, project, aim.does) if isinstance(one, Finding) else one for one in told
            )
    findings, not_run = sort_outcomes(outcomes)
    fit = tuple(without_secrets(one) for one in findings)
    return FileResult(path=shown, findings=fit, not_run=not_run)


def broken_off(rule: Check[Any], shown: str) -> NotRun:
    """What is told of a file that asks for more work than any that people write."""
    return NotRun(
        check=rule.id,
        reason=f"{shown}: given up after {MOST_QUESTIONS:,} questions; the rules from this one on did not look at it",
        remedy="leave the file out (exclude), or split it",
    )


class Aim(NamedTuple):
    """What a rule's module says of the files that it looks at: the bytes they must have (`SUSPECT`), whether one
    without a word of a database may have its fault (`EVERYWHERE`), whether its faults are none of what a test may be
    there to see fail (`EVEN_IF_EXPECTED_TO_FAIL`), whether it speaks of templates too, which Python never runs as they
    stand (`EVEN_OF_TEMPLATES`), and of the lines that it finds: what they do (`LINE_DOES`)."""

    suspect: re.Pattern[bytes] | Suspect | None
    is_everywhere: bool
    is_even_if_expected: bool
    is_even_of_templates: bool
    does: tuple[str, ...]

    def takes(self, file: SourceFile) -> bool:
        """Whether the rule looks at the file, which has to do with a database if that is asked for."""
        if self.suspect is None or not file.is_decoded:
            return True
        if isinstance(self.suspect, Suspect):
            return self.suspect.is_in(file)
        return self.suspect.search(file.data) is not None


class Aimed:
    """Rules with where they aim: all of them, and those that look at files without a word of a database."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.at_databases = tuple((rule, aim_of(rule.run)) for rule in rules)
        self.everywhere = tuple(pair for pair in self.at_databases if pair[1].is_everywhere)


def aim_of(run: Callable[..., object]) -> Aim:
    """Where the rule aims that does this."""
    said = vars(sys.modules[run.__module__])
    return Aim(
        suspect=said.get("SUSPECT"),
        is_everywhere=said.get("EVERYWHERE", False),
        is_even_if_expected=said.get("EVEN_IF_EXPECTED_TO_FAIL", False),
        is_even_of_templates=said.get("EVEN_OF_TEMPLATES", False),
        does=said.get("LINE_DOES", ()),
    )


def is_expected(file: SourceFile, outcome: Finding | NotRun) -> bool:
    """Whether a test says that what is found fails, or is not run."""
    return isinstance(outcome, Finding) and tells_of_expected_failure(file, outcome)


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
