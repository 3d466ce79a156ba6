"""Files that start a service (compose files, Dockerfiles, configurations of servers), as bytes, by their names; reads none of
their grammars."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile

COMPOSE = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")


def files_above(project: Project, file: SourceFile, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Those of these names in the folders from a file up to the root of its project, the nearest first, in the order of the
    names; empty bytes for one that is not there."""
    for folder in file.absolute.parents:
        if folder != project.root and project.root not in folder.parents:
            return
        for name in names:
            yield name, project.reading.read_for(file.absolute, folder / name)
