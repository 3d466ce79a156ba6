"""`env-metadata-none`: nothing to compare the database with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-metadata-none"
MODELS = {"shop/models.py": "class Order(Base):\n    __tablename__ = 'orders'\n", "pyproject.toml": ""}
HEAD = "from alembic import context\n"
END = "context.configure(connection=connection, target_metadata=target_metadata)\ncontext.run_migrations()\n"


def test_none_in_a_project_with_models_is_found_where_it_is_written(tmp_path: Path) -> None:
    expect({**MODELS, "env.py": HEAD + "target_metadata = None  # expect high\n" + END}, CHECK, tmp_path)


def test_no_metadata_at_all_is_found_at_the_call(tmp_path: Path) -> None:
    expect({**MODELS, "env.py": HEAD + "context.configure(connection=c)  # expect high\n"}, CHECK, tmp_path)


def test_a_project_without_models_has_nothing_to_give(tmp_path: Path) -> None:
    expect(HEAD + "target_metadata = None  # expect low\n" + END, CHECK, tmp_path)


@pytest.mark.parametrize(
    "env",
    [
        "from shop.models import Base\ntarget_metadata = Base.metadata\n" + END,
        "target_metadata = None\ncontext.configure(url='x', target_metadata=target_metadata)\n",
        "target_metadata = None\nif True:\n    target_metadata = load()\n" + END,
        "context.configure(connection=connection, **settings())\n",
        "context.configure(connection=connection, **{'target_metadata': metadata})\n",
        "def run(target_metadata):\n    context.configure(connection=c, target_metadata=target_metadata)\n",
    ],
)
def test_what_is_given_or_out_of_sight_is_not(env: str, tmp_path: Path) -> None:
    expect({**MODELS, "env.py": HEAD + env}, CHECK, tmp_path)
