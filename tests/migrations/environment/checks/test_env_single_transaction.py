"""`env-single-transaction`: one transaction around all revisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-single-transaction"
ENV = """\
from alembic import context

def run(connection):
    context.configure(connection=connection{settings})
    with context.begin_transaction():{mark}
        context.run_migrations()

run(connect())
"""


@pytest.mark.parametrize("settings", ["", ", transaction_per_migration=False", ", **{'compare_type': True}"])
def test_one_transaction_for_all_is_found(settings: str, tmp_path: Path) -> None:
    expect(ENV.format(settings=settings, mark="  # expect medium"), CHECK, tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        ", transaction_per_migration=True",
        ", transaction_per_migration=per_migration()",
        ", transactional_ddl=False",
        ", **settings()",
        ", **{'transaction_per_migration': True}",
    ],
)
def test_other_settings_are_not(settings: str, tmp_path: Path) -> None:
    expect(ENV.format(settings=settings, mark=""), CHECK, tmp_path)


def test_a_name_for_the_settings_is_followed(tmp_path: Path) -> None:
    env = "SETTINGS = dict(transaction_per_migration=True)\n" + ENV.format(settings=", **SETTINGS", mark="")
    expect(env, CHECK, tmp_path)


def test_without_a_transaction_each_revision_has_its_own(tmp_path: Path) -> None:
    env = ENV.format(settings="", mark="").replace("    with context.begin_transaction():\n    ", "")
    expect(env, CHECK, tmp_path)


@pytest.mark.parametrize("url", ["sqlite:///a.db", "mysql+asyncmy://db/shop"])
def test_another_database_is_not_judged(url: str, tmp_path: Path) -> None:
    ini = f"[alembic]\nsqlalchemy.url = {url}\n"
    expect({"alembic.ini": ini, "env.py": ENV.format(settings="", mark="")}, CHECK, tmp_path)
