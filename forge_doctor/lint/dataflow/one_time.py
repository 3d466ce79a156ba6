"""Which files run once, by hand or before the service starts: told by their paths alone."""

from __future__ import annotations

from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

PATH = regex(r"(?:^|/)(?:migrations?|alembic|versions|seeds?|scripts|cli)/|(?:^|/)cli\.py$")


def runs_once(file: SourceFile) -> bool:
    """Whether it is a migration, seed, script or command line: nobody else waits while it runs."""
    return is_run_once(file.path)


def is_run_once(path: str) -> bool:
    """The same of a path."""
    return PATH.search(path) is not None
