"""Which version of a library a project asks for, by every kind of file that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.orm.library_version import FASTAPI, Asked, asked_for, is_before_two
from forge_doctor.code.semantics.project import Project

LOCK = '[[package]]\nname = "sqlalchemy"\nversion = "{}"\n'
BEFORE = {
    "requirements.txt": (
        "SQLAlchemy==1.4.41",
        "sqlalchemy[asyncio]~=1.4.0  # why",
        "sqlalchemy>=1.4,<2.0",
        "sqlalchemy<2",
    ),
    "requirements/base.txt": ("sqlalchemy [asyncio] == 1.4.*",),
    "requirements-dev.txt": ("SQLAlchemy<=1.4.54",),
    "pyproject.toml": (
        'dependencies = ["fastapi", "sqlalchemy[asyncio] (>=1.4,<2)"]',
        'sqlalchemy = "^1.4.36"',
        '[tool.poetry.dependencies.sqlalchemy]\nversion = "^1.4"',
        'SQLAlchemy = {extras = ["asyncio"], version = "~1.4"}',
        'SQLAlchemy = { version = "1.4.46", extras = ["asyncio"] }',
    ),
    "setup.cfg": ("install_requires =\n    sqlalchemy<1.5",),
    "poetry.lock": (LOCK.format("1.4.54"),),
    "Pipfile.lock": ('{"default": {"sqlalchemy": {"hashes": ["sha256:0"], "version": "==1.4.41"}}}',),
}
NOT = {
    "requirements.txt": ("SQLAlchemy>=1.4", "sqlalchemy", "sqlalchemy\n1to2==1.0", "SQLAlchemy==2.0.30", "sqlalchemy>1.4,<3",
                         "sqlalchemy!=1.4.1",
                         "sqlalchemy-utils==0.41", "flask-sqlalchemy<1.0", "sqlalchemy~=2.0"),
    "pyproject.toml": ('sqlalchemy = ">=1.4.36"', 'sqlalchemy = {version = "^2.0"}', ""),
    "uv.lock": (LOCK.format("2.0.44"),),
}  # fmt: skip


def asked(folder: Path, files: dict[str, str], importer: str = "app.py") -> bool:
    for name, text in {"app.py": "", "pyproject.toml": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    project = Project(folder)
    file = project.open(folder / importer)
    assert file is not None
    return is_before_two(project, file)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BEFORE.items() for text in texts])
def test_an_older_version_is_told_by_any_file_that_lets_in_no_other(name: str, text: str, tmp_path: Path) -> None:
    assert asked(tmp_path, {name: text})


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NOT.items() for text in texts])
def test_anything_else_may_be_two(name: str, text: str, tmp_path: Path) -> None:
    assert not asked(tmp_path, {name: text})


def test_what_is_locked_outweighs_what_may_be(tmp_path: Path) -> None:
    assert asked(tmp_path, {"pyproject.toml": 'sqlalchemy = ">=1.4"', "poetry.lock": LOCK.format("1.4.54")})


def test_the_nearest_folder_that_says_something_is_believed(tmp_path: Path) -> None:
    files = {"requirements.txt": "sqlalchemy<2", "api/requirements.txt": "sqlalchemy==2.0.1", "api/app.py": ""}
    assert asked(tmp_path, files)
    assert not asked(tmp_path, files, "api/app.py")


def test_findings_rest_on_those_files_also_where_they_are_not_there_yet(tmp_path: Path) -> None:
    assert asked(tmp_path, {"requirements.txt": "sqlalchemy<2"})
    project = Project(tmp_path)
    file = project.open(tmp_path / "app.py")
    assert file is not None
    is_before_two(project, file)
    names = {name for name, _ in project.foundations(tmp_path / "app.py")}
    assert {str(tmp_path / "requirements.txt"), str(tmp_path / "poetry.lock")} <= names


SPECS = {
    "==0.110.0": ((0, 110, 0), (0, 110, 0, 0)),
    "==0.110.*": ((0, 110), (0, 111)),
    "[standard]~=0.110.2": ((0, 110, 2), (0, 111)),
    "~=0.110": ((0, 110), (1,)),
    ">=0.106,<0.118": ((0, 106), (0, 118)),
    ">=0.106,!=0.107.0": ((0, 106), Asked().before),
    "<=0.105.0": ((), (0, 105, 0, 0)),
    ">=0.100\nfastapi<0.110": ((0, 100), (0, 110)),
}
POETRY = {
    "^0.110.1": ((0, 110, 1), (0, 111)),
    "^1.2.3": ((1, 2, 3), (2,)),
    "~0.110.1": ((0, 110, 1), (0, 111)),
    "~1": ((1,), (2,)),
    "0.115.6": ((0, 115, 6), (0, 115, 6, 0)),
}
FILES = [("requirements.txt", f"fastapi{spec}\nfastapi-users==9\n", bounds) for spec, bounds in SPECS.items()]
FILES += [("pyproject.toml", f'fastapi = "{spec}"\n', bounds) for spec, bounds in POETRY.items()]


@pytest.mark.parametrize(("name", "text", "bounds"), FILES)
def test_a_specifier_is_read_as_the_versions_it_lets_in(
    name: str, text: str, bounds: tuple[tuple[int, ...], tuple[int, ...]], tmp_path: Path
) -> None:
    for path, content in (("app.py", ""), (name, text)):
        (tmp_path / path).write_text(content, encoding="utf-8")
    project = Project(tmp_path)
    file = project.open(tmp_path / "app.py")
    assert file is not None
    asked = asked_for(project, file, FASTAPI)
    assert asked is not None
    assert (asked.since, asked.before) == bounds
