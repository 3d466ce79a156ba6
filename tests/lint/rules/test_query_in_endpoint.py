"""`query-in-endpoint`: advice, off by default, and quiet where the project has no layer for queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.check import select_checks
from forge_doctor.lint.judge import all_rules
from tests.support.lint_cases import check_source
from tests.support.lint_models import project

ADVICE = ("query-in-endpoint", "mapped-class-as-schema", "tests-share-database")
ROUTE = "@router.get('/'{more})\nasync def f(db: AsyncSession = Depends(get_db)):\n"
QUERY = "    return await db.scalar(select(User)){mark}\n"


def test_a_query_beside_a_layer_of_repositories(tmp_path: Path) -> None:
    files = project(ROUTE.format(more="") + QUERY.format(mark="  # expect medium"))
    files["app/repositories/users.py"] = ""
    check_source(files, "query-in-endpoint", tmp_path)


def test_no_layer_no_advice(tmp_path: Path) -> None:
    check_source(project(ROUTE.format(more="") + QUERY.format(mark="")), "query-in-endpoint", tmp_path)


def test_they_run_only_when_selected() -> None:
    assert not {one.id for one in select_checks(all_rules())} & set(ADVICE)
    assert {one.id for one in select_checks(all_rules(), ADVICE)} == set(ADVICE)


@pytest.mark.parametrize(
    ("before", "query", "mark"),
    [
        ("repositories = {}\n", "select(User)", "  # expect medium"),
        ("# see the repository for more\n", "select(User)", ""),
        ("repositories = {}\n", "text('SELECT 1')", ""),
        ("repositories = {}\n", "text('SELECT 1 FROM users')", "  # expect medium"),
    ],
)
def test_a_layer_is_told_by_code_and_a_sign_of_life_is_no_query(
    before: str, query: str, mark: str, tmp_path: Path
) -> None:
    code = ROUTE.format(more="") + QUERY.format(mark=mark).replace("select(User)", query)
    check_source(project(before + code), "query-in-endpoint", tmp_path)


def test_a_folder_of_tests_is_no_layer(tmp_path: Path) -> None:
    files = project(ROUTE.format(more="") + QUERY.format(mark=""))
    files["tests/repositories/users.py"] = ""
    check_source(files, "query-in-endpoint", tmp_path)
