"""Where below a folder engines are made, in code that runs a service; imports none of it, and tests are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forge_doctor.code.files.discover import discover
from forge_doctor.code.files.walk import Scope
from forge_doctor.code.orm.engines import MAKERS, EngineCall, engine_calls
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Location
from forge_doctor.regex import regex

# What Alembic runs has an engine of its own, whose pool is not the application's.
MIGRATION_ENVIRONMENT = regex(rb"(?m)^[ \t]*from alembic import [^\n]*\bcontext\b")


def engine_places(folder: Path) -> tuple[Location, ...]:
    """Every call that makes an engine, async ones first, those of migrations last, then by path from `folder`; raises
    `UsageProblem`."""
    found = engines_in(folder, discover([folder], Scope(base=folder)).files, with_migrations=True)
    return tuple(Location(target=engine.call.file.path, line=engine.call.line) for engine in found)


def engines_in(root: Path, files: Sequence[Path], *, with_migrations: bool = False) -> tuple[EngineCall, ...]:
    """The same of these files below `root`, as calls; those of migrations only where they are asked for."""
    project = Project(root)
    project.reading.here = root
    found = [one for one in _engines_in(project, files) if with_migrations or not _is_migrations(one)]
    return tuple(
        sorted(found, key=lambda one: (_is_migrations(one), not one.is_async, one.call.file.path, one.call.line))
    )


def _is_migrations(engine: EngineCall) -> bool:
    return MIGRATION_ENVIRONMENT.search(engine.call.file.data) is not None


def _engines_in(project: Project, files: Sequence[Path]) -> Iterator[EngineCall]:
    for path in files:
        # To parse a file costs a thousand times what looking for two words in it does.
        data = project.reading.bytes_of(path) or b""
        if not any(maker.encode() in data for maker in MAKERS):
            continue
        file = project.open(path)
        if file is None:
            continue
        file.path = project.reading.name(path)
        if not is_test_file(file):
            yield from engine_calls(file, project)
