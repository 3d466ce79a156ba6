"""Where below a folder engines are made, in code that runs a service; imports none of it, and tests are left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.files.discover import discover
from forge_doctor.code.files.walk import Scope
from forge_doctor.code.orm.engines import MAKERS, EngineCall, engine_calls
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Location


def engine_places(folder: Path) -> tuple[Location, ...]:
    """Every call that makes an engine, async ones first, then by path from `folder`; raises `UsageProblem`."""
    project = Project(folder)
    project.reading.here = folder
    found = sorted(_engines_in(folder, project), key=lambda one: (not one[1].is_async, one[0]))
    return tuple(Location(target=path, line=engine.call.line) for path, engine in found)


def _engines_in(folder: Path, project: Project) -> Iterator[tuple[str, EngineCall]]:
    for path in discover([folder], Scope(base=folder)).files:
        # To parse a file costs a thousand times what looking for two words in it does.
        data = project.reading.bytes_of(path) or b""
        if not any(maker.encode() in data for maker in MAKERS):
            continue
        file = project.open(path)
        if file is None:
            continue
        file.path = project.reading.name(path)
        if not is_test_file(file):
            yield from ((file.path, engine) for engine in engine_calls(file, project))
