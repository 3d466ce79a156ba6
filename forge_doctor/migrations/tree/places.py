"""Finds migration trees in a folder: by alembic.ini, by `[tool.alembic]`, by env.py beside version folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from forge_doctor.code.files.contents import regular_bytes
from forge_doctor.code.files.modules import is_foreign
from forge_doctor.code.files.walk import shown
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.migrations.tree.configuration import PYPROJECT, Configuration, configurations
from forge_doctor.migrations.tree.tree import Place

VERSIONS = "versions"
DEEPEST = 8


def places(path: Path) -> tuple[Place, ...]:
    """The trees at or below a folder, or of one alembic.ini, by path.

    Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no tree.
    """
    if not path.exists():
        raise UsageProblem(
            f"{shown(path)}: no such file or folder: name a folder with alembic.ini or a versions folder"
        )
    path = path.resolve()
    found = _of_files([path]) if path.is_file() else _below(path)
    if not found:
        raise CannotInspect(
            f"{shown(path)}: no migrations there: no alembic.ini, no [tool.alembic] in pyproject.toml, no env.py beside"
            " a versions folder; name the folder that holds one of them"
        )
    return found


def _below(top: Path) -> tuple[Place, ...]:
    if top.name == VERSIONS or (_has_revisions(top) and not (top / "env.py").is_file()):
        return (_of_folder(top.parent, (top,)),)
    configs, envs = _walked(top)
    found = {(one.folder, one.versions): one for one in _of_files(configs)}
    told = {one.folder for one in found.values()}
    for folder in envs:
        if folder not in told:
            found.update({(one.folder, one.versions): one for one in _of_env(folder, None)})
    return tuple(sorted(found.values(), key=lambda one: (one.folder, one.versions)))


def _walked(top: Path) -> tuple[list[Path], list[Path]]:
    """Configuration files, and folders with an env.py."""
    configs: list[Path] = []
    envs: list[Path] = []
    for folder, folders, names in os.walk(top):
        at = Path(folder)
        deep = len(at.parts) - len(top.parts) >= DEEPEST
        folders[:] = [] if deep else sorted(one for one in folders if _is_entered(one, folder))
        configs += [at / name for name in sorted(names) if name.endswith(".ini") or name == PYPROJECT]
        if "env.py" in names and (VERSIONS in folders or "script.py.mako" in names):
            envs.append(at)
    return configs, envs


def _is_entered(name: str, folder: str) -> bool:
    """Not what is hidden, installed, or a template whose names are filled in later."""
    return name[0] != "." and "{{" not in name and not is_foreign(name, folder)


def _of_files(files: Iterable[Path]) -> tuple[Place, ...]:
    found: dict[tuple[Path, tuple[Path, ...]], Place] = {}
    for file in files:
        for configuration in configurations(file):
            for place in _of_configuration(configuration):
                found.setdefault((place.folder, place.versions), place)
    return tuple(found.values())


def _of_configuration(configuration: Configuration) -> Iterator[Place]:
    folder = _resolved(configuration.script_location, configuration.file.parent)
    if folder is None:
        return
    named = (_resolved(one, configuration.file.parent) for one in configuration.version_locations)
    versions = tuple(one for one in named if one is not None)
    if versions:
        yield Place(
            folder=folder, versions=versions, is_recursive=configuration.is_recursive, configuration=configuration
        )
    else:
        yield from _of_env(folder, configuration)


def _resolved(written: str, base: Path) -> Path | None:
    """A folder, or `package:folder` below the base; None where it is not there."""
    package, colon, inner = written.partition(":")
    if colon and not Path(written).is_absolute() and not (base / written).is_dir():
        parts = package.split(".")
        for root in (base, base / "src", base.parent):
            if (root.joinpath(*parts) / inner).is_dir():
                return (root.joinpath(*parts) / inner).resolve()
        return None
    folder = base / written
    return folder.resolve() if folder.is_dir() else None


def _of_env(folder: Path, configuration: Configuration | None) -> Iterator[Place]:
    """The versions folder beside env.py; where revisions lie in folders of it, one for each dialect, each is a tree."""
    top = folder / VERSIONS
    recursive = configuration is not None and configuration.is_recursive
    inner = [] if _has_revisions(top) or recursive else [one for one in _folders(top) if _has_revisions(one)]
    for versions in inner or [top]:
        if versions.is_dir():
            yield Place(folder=folder, versions=(versions,), is_recursive=recursive, configuration=configuration)


def _of_folder(folder: Path, versions: tuple[Path, ...]) -> Place:
    above = (folder, folder.parent)
    known = [one for base in above for one in _of_files(base.glob("*.ini")) if versions[0] in one.versions]
    return known[0] if known else Place(folder=folder, versions=versions)


def _folders(top: Path) -> list[Path]:
    return sorted(one for one in top.iterdir() if one.is_dir()) if top.is_dir() else []


def _has_revisions(folder: Path) -> bool:
    """Whether a file right in the folder says it follows another revision."""
    return folder.is_dir() and any(
        b"down_revision" in (regular_bytes(one) or b"") for one in sorted(folder.glob("*.py"))
    )
