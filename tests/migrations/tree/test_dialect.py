"""A tree for another database than PostgreSQL is told as such, and only its graph is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.migrations.judge import read
from forge_doctor.migrations.tree.places import places
from tests.support.migration_cases import report_of, revision_files, write_tree

INDEX = 'def upgrade():\n    op.create_index("ix", "orders", ["note"])\n'


def dialect(folder: Path) -> str:
    (place,) = places(folder)
    return read(place, folder).dialect


@pytest.mark.parametrize(
    ("url", "env", "expected"),
    [
        ("sqlite:///shop.db", "", "sqlite"),
        ("sqlite+aiosqlite:///shop.db", "", "sqlite"),
        ("mysql+pymysql://root@localhost/shop", "", "mysql"),
        ("postgresql+asyncpg://shop@localhost/shop", "", "postgresql"),
        ("driver://user:pass@localhost/dbname", "", "postgresql"),
        ("driver://user:pass@localhost/dbname", "URL = 'sqlite:///./shop.db'", "sqlite"),
        ("", "URL = 'mysql+aiomysql://localhost/shop'", "mysql"),
        ("", "", "postgresql"),
        ("sqlite:///shop.db", "TESTS = 'sqlite://'; URL = 'postgresql+asyncpg://localhost/shop'", "postgresql"),
    ],
)
def test_configuration_and_env_tell_it(url: str, env: str, expected: str, tmp_path: Path) -> None:
    write_tree(tmp_path, INDEX, env)
    with (tmp_path / "alembic.ini").open("a", encoding="utf-8") as file:
        file.write(f"sqlalchemy.url = {url}\n" if url else "")
    assert dialect(tmp_path) == expected


def test_a_revision_that_uses_postgresql_tells_it(tmp_path: Path) -> None:
    write_tree(tmp_path, f"from sqlalchemy.dialects import postgresql\n{INDEX}", "URL = 'sqlite:///'")
    assert dialect(tmp_path) == "postgresql"


def test_only_the_graph_of_another_is_judged(tmp_path: Path) -> None:
    case = f"# revision b002 after a001\n{INDEX}\n# revision b003 after a001\n{INDEX}"
    found = report_of(write_tree(tmp_path, case, "URL = 'sqlite:///shop.db'")).findings
    assert {one.check for one in found} == {"multiple-heads"}


def test_a_folder_for_each_dialect_names_it(tmp_path: Path) -> None:
    write_tree(tmp_path, "# revision a001\n")
    versions = tmp_path / "migrations" / "versions"
    for path in versions.glob("*.py"):
        path.unlink()
    for name in ("postgresql", "sqlite"):
        (versions / name).mkdir()
        (versions / name / "b.py").write_text(revision_files(INDEX)["01_b002.py"], encoding="utf-8")
    assert [read(place, tmp_path).dialect for place in places(tmp_path)] == ["postgresql", "sqlite"]
