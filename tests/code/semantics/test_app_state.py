"""What `app.state.database` holds is told by what the project sets it to: the application, where a test does so too."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute

SET = """from sqlalchemy.ext.asyncio import create_async_engine

def start(app):
    app.state.database = create_async_engine("postgresql+asyncpg://localhost/shop")
"""
MOCKED = """from unittest.mock import MagicMock

def test_it(app):
    app.state.database = MagicMock()
"""
ASKED = """def use(request):
    return request.app.state.database
"""


@pytest.mark.parametrize(
    ("setters", "asker", "kind", "opened"),
    [
        (("main.py",), "api.py", Kind.ASYNC_ENGINE, {"api.py", "main.py"}),
        (("main.py", "tests/test_api.py"), "api.py", Kind.ASYNC_ENGINE, {"api.py", "main.py"}),
        (("tests/conftest.py",), "api.py", Kind.ASYNC_ENGINE, {"api.py", "tests/conftest.py"}),
        (
            ("main.py", "tests/test_api.py"),
            "tests/test_use.py",
            Kind.UNKNOWN,
            {"tests/test_use.py", "main.py", "tests/test_api.py"},
        ),
    ],
)
def test_what_a_test_sets_counts_for_tests_alone_where_the_application_sets_it(
    tmp_path: Path, setters: tuple[str, ...], asker: str, kind: Kind, opened: set[str]
) -> None:
    (tmp_path / "tests").mkdir()
    for name in setters:
        (tmp_path / name).write_text(MOCKED if "test_" in name else SET)
    (tmp_path / asker).write_text(ASKED)
    project = Project(tmp_path)
    file = project.open(tmp_path / asker)
    assert file is not None
    node = next(one for one in file.query(Attribute) if one.attr == "database")
    assert project.value_of(node).kind is kind
    assert {path.relative_to(tmp_path).as_posix() for path in project._files} == opened
