"""`env-no-lock-timeout`: wherever it could be set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-no-lock-timeout"
ENV = """\
from alembic import context
from shop.db import engine

def run():
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations(){mark}

run()
"""
FOUND = ENV.format(mark="  # expect medium")
SILENT = ENV.format(mark="")
SHOP = {"shop/__init__.py": "", "shop/db.py": "engine = create_engine(url)\n"}
REVISION = "revision = '{0}'\ndef upgrade():\n    op.execute(\"SET lock_timeout = '4s'\")\n"


def test_nothing_that_sets_it_is_found_at_the_call(tmp_path: Path) -> None:
    expect({**SHOP, "env.py": FOUND}, CHECK, tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {"env.py": SILENT.replace("context.run", "connection.execute(text('SET lock_timeout = 4000'))\n            context.run")},
        {"env.py": SILENT, "shop/db.py": "engine = create_engine(url, connect_args={'options': '-c lock_timeout=4000'})\n"},
        {"env.py": SILENT, "alembic.ini": "[alembic]\nsqlalchemy.url = postgresql://db/shop?options=-clock_timeout%%3D4000\n"},
        {"env.py": SILENT, "alembic.ini": "[alembic]\nsqlalchemy.url = sqlite:///shop.db\n"},
        {"env.py": SILENT, **{f"versions/{one}.py": REVISION.format(one) for one in ("a", "b")}},
        {"env.py": SILENT.replace("\nrun()", "")},
    ],
)  # fmt: skip
def test_where_it_is_set_or_does_not_matter_nothing_is_found(files: dict[str, str], tmp_path: Path) -> None:
    expect({**SHOP, **files}, CHECK, tmp_path)


def test_one_revision_of_many_that_sets_it_is_no_habit(tmp_path: Path) -> None:
    others = {f"versions/{one}.py": f"revision = '{one}'\n" for one in ("b", "c")}
    expect({**SHOP, **others, "versions/a.py": REVISION.format("a"), "env.py": FOUND}, CHECK, tmp_path)
