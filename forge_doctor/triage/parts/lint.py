"""The part `lint`: the rules over the files an application is made of, from the cache where they are known."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from forge_doctor.code.files.walk import Scope
from forge_doctor.errors import CannotInspect
from forge_doctor.lint.checks import Checks
from forge_doctor.lint.request import Request, file_name, lint_from
from forge_doctor.lint.run import run_lint
from forge_doctor.report import Report
from forge_doctor.triage.discovery.sources import files_of
from forge_doctor.triage.looks import WantedSource


def look(wanted: WantedSource) -> Report:
    """What the rules say, files named as the linter does; raises `CannotInspect` where there is no source."""
    if wanted.source is None:
        raise CannotInspect("no source was found to read: pass --source DIR")
    here = wanted.source.here
    files = files_of(wanted.source, wanted.application)
    if not files:
        raise CannotInspect(f"{here}: no Python file of the application was found: pass --source DIR")
    checks = Checks((), ())
    request = Request(
        paths=files,
        scope=Scope(base=here),
        # Rules name files from the current folder; what is muted is looked up by that name.
        lint=lint_from(Path.cwd(), checks, 1, wanted.cache),
        name=partial(file_name, here=Path.cwd()),
        checks=checks,
    )
    return run_lint(request).report
