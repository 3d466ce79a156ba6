"""SQL that a revision reads from a file of the project is judged where it is executed; other files are not opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_trees import MODELS, migrations, migrations_json, revision, shop, write

SQL = "CREATE INDEX ix_note ON orders (note);\n"
READS = (
    'op.execute((Path(__file__).parent.parent / "sql" / "up.sql").read_text())',
    'op.execute(sa.text(Path(__file__).resolve().parents[1].joinpath("sql", "up.sql").read_text(encoding="utf-8")))',
    'op.execute(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sql", "up.sql")).read())',
    'op.get_bind().exec_driver_sql((HERE / "../sql/up.sql").read_text())',
    'op.execute(Path("migrations/sql/up.sql").read_text())',
    'op.execute(Path.cwd().joinpath("migrations/sql/up.sql").read_text())',
    'op.execute(load("up"))',
    'with open(str(HERE.parent / "sql/up.sql")) as file:\n        op.execute(file.read())',
    'with (HERE.parent / "sql/up.sql").open() as file:\n        for line in file.readlines():\n            op.execute(line)',
    'for one in open(f"{HERE.parent}/sql/{\'up\'}.sql").read().split(";"):\n        op.execute(one)',
)
HEAD = """import os
from pathlib import Path

HERE = Path(__file__).parent


def load(name):
    return HERE.parent.joinpath("sql").joinpath(name).with_suffix(".sql").read_text()


"""


def tree(folder: Path, up: str, sql: str = SQL) -> Path:
    files = shop(a002=HEAD + revision("a002", "a001", up, 'op.drop_index("ix_note")'))
    return write(folder, files | {"migrations/sql/up.sql": sql})


@pytest.mark.parametrize("up", READS)
def test_it_is_found_where_it_is_executed(up: str, tmp_path: Path) -> None:
    (found,) = migrations_json(tree(tmp_path, up), "--select", "index-not-concurrent").findings
    line = (
        (tmp_path / "migrations/versions/a002.py")
        .read_text(encoding="utf-8")
        .splitlines()[found["location"]["line"] - 1]
    )
    assert "execute(" in line or "exec_driver_sql(" in line
    assert found["confidence"] == "high"


def test_several_statements_of_a_file_are_several_for_asyncpg(tmp_path: Path) -> None:
    folder = tree(tmp_path, READS[0], SQL + "CREATE INDEX ix_other ON orders (id);\n")
    write(folder, {"models.py": MODELS.replace("psycopg", "asyncpg")})
    assert len(migrations_json(folder, "--select", "multiple-statements").findings) == 1


@pytest.mark.parametrize(
    "up",
    [
        'op.execute(Path("/etc/hostname").read_text())',
        'op.execute(Path("../outside.sql").read_text())',
        'op.execute(Path("alembic.ini").read_text())',
        'op.execute(Path("nowhere.sql").read_text())',
        'op.execute(Path(os.environ["SQL"]).read_text())',
        'op.execute(Path(op.get_bind().scalar("SELECT 1")).read_text())',
    ],
)
def test_what_is_none_or_not_known_is_told_as_such(up: str, tmp_path: Path) -> None:
    write(tmp_path, {"outside.sql": SQL})
    ran = migrations_json(tree(tmp_path / "project", up))
    assert "index-not-concurrent" not in {one["check"] for one in ran.findings}
    assert " operations are only known when they run" in migrations(tmp_path / "project").out
