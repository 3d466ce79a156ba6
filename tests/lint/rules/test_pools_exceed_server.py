"""`pools-exceed-server`: what the pools of all processes may open, beside what PostgreSQL gives by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source

ENGINE = "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(url{settings}){mark}\n"
FOUND = "  # expect medium"


@pytest.mark.parametrize(
    ("settings", "mark"),
    [
        (", pool_size=100, max_overflow=100", FOUND),
        (", pool_size=90", FOUND),
        (", pool_size=87", ""),
        (", pool_size=5", ""),
        (", pool_size=100, max_overflow=0, **more", ""),
        (", pool_size=size, max_overflow=200", ""),
        (", pool_size=0, max_overflow=200", ""),
        ("", ""),
    ],
)
def test_one_process_counts_once(settings: str, mark: str, tmp_path: Path) -> None:
    check_source(ENGINE.format(settings=settings, mark=mark), "pools-exceed-server", tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("gunicorn.conf.py", "bind = 'x'\nworkers = 12\n", 12),
        ("Procfile", "web: gunicorn app:app --workers 8 -k uvicorn.workers.UvicornWorker\n", 8),
        ("Dockerfile", 'CMD ["uvicorn", "app:app", "--workers", "7"]\n', 7),
        ("Dockerfile", "ENV WEB_CONCURRENCY=9\n", 9),
    ],
)
def test_the_project_says_how_many_processes_there_are(name: str, text: str, count: int, tmp_path: Path) -> None:
    files = {"pyproject.toml": "", name: text, "app/db.py": ENGINE.format(settings="", mark="")}
    (found,) = lint_source(files, "pools-exceed-server", tmp_path)
    assert f"{count} x (5 + 10) = {count * 15} connections" in found.message
    assert found.evidence[2].source == name


@pytest.mark.parametrize(("option", "told"), [(', "--reload"', False), (', "--reload-dir", "app"', True)])
def test_uvicorn_that_reloads_starts_one_process(option: str, told: bool, tmp_path: Path) -> None:
    files = {"Dockerfile": f'CMD ["uvicorn", "app:app", "--workers", "7"{option}]\n', "pyproject.toml": ""}
    found = lint_source(files | {"app/db.py": ENGINE.format(settings="", mark="")}, "pools-exceed-server", tmp_path)
    assert len(found) == told


def test_a_number_of_workers_that_is_computed_is_not_guessed(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "gunicorn.conf.py": "workers = 2 * cores + 1\n",
        "db.py": ENGINE.format(settings="", mark=""),
    }
    assert lint_source(files, "pools-exceed-server", tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "text", "mark"),
    [
        ("compose.yml", "services:\n  db:\n    command: postgres -c max_connections=500\n", ""),
        ("compose.yml", 'services:\n  db:\n    command: ["postgres", "-c", "max_connections=300"]\n', ""),
        ("compose.yml", "services:\n  db:\n    command: postgres -c max_connections=150\n", FOUND),
        ("compose.yml", "services:\n  db:\n    # command: postgres -c max_connections=500\n", FOUND),
        ("postgresql.conf", "#max_connections = 500\n", FOUND),
        ("postgresql.conf", "max_connections = 500\n", ""),
        ("Dockerfile", '# CMD ["uvicorn", "app:app", "--workers", "7"]\n', FOUND),
    ],
)
def test_the_project_says_how_many_connections_the_server_takes(
    name: str, text: str, mark: str, tmp_path: Path
) -> None:
    code = ENGINE.format(settings=", pool_size=100, max_overflow=100", mark=mark)
    check_source({"pyproject.toml": "", name: text, "db.py": code}, "pools-exceed-server", tmp_path)


@pytest.mark.parametrize(
    ("url", "mark"),
    [
        ("'postgresql+asyncpg://app@pgbouncer/x'", ""),
        ("'postgresql+asyncpg://app@db/x'", FOUND),
        ("environ['URL']", ""),
    ],
)
def test_a_pooler_takes_more(url: str, mark: str, tmp_path: Path) -> None:
    compose = (
        "services:\n  pgbouncer:\n    environment:\n      URL: postgres://u@db/x\n"
        "  api:\n    environment:\n      URL: postgresql+asyncpg://u@pgbouncer/x\n"
    )
    code = f"from os import environ\n{ENGINE}".replace("(url", f"({url}").format(settings=", pool_size=200", mark=mark)
    check_source({"pyproject.toml": "", "compose.yml": compose, "db.py": code}, "pools-exceed-server", tmp_path)


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("size, more = 100, 5", True),
        ("other, (size, more) = 1, (100, 5)", True),
        ("more, size = 100, 5", False),
        ("more, *size = 5, 100", False),
        ("*size, more = 100, 5", False),
        ("size, more = given()", False),
        ("size, more = *given(), 100, 5", False),
    ],
)
def test_numbers_that_are_bound_side_by_side(bound: str, told: bool, tmp_path: Path) -> None:
    code = ENGINE.format(settings=", pool_size=size, max_overflow=1", mark=FOUND * told)
    check_source(f"{bound}\n{code}", "pools-exceed-server", tmp_path)
