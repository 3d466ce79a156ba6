"""What the surfaces of all files tell together: names of relationships, files that make factories; parses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forge_doctor.lint.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Names that some class of the project gives a relationship, and the files with a call that may make a factory."""

    relationships: frozenset[str]
    makers: tuple[Path, ...]


@lru_cache(maxsize=4)
def survey_of(project: Project) -> Survey:
    """All files of the project joined."""
    return Survey(
        relationships=frozenset(name for one in project.surfaces.values() for name in one.relationships),
        makers=tuple(path for path, one in project.surfaces.items() if one.makes_factory),
    )
