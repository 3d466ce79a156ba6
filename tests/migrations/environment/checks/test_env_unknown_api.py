"""`env-unknown-api`: names that no Alembic has."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from forge_doctor.migrations.environment.alembic_names import CONTEXT, MODULES, NAMES, is_unknown_module
from tests.support.env_scripts import expect

CHECK = "env-unknown-api"


@pytest.mark.parametrize(
    "line",
    [
        "from alembic.runtime.migration import AsyncMigrationContext  # expect high",
        "from alembic.asyncio import run_migrations  # expect high",
        "import alembic.aio  # expect high",
        "from alembic import asyncio_context as context  # expect high",
        "from alembic import context\ncontext.run_async_migrations()  # expect high",
        "from alembic import context as ctx_context\nctx_context.configure_async(url=1)  # expect high",
        "from alembic.command import upgrade_async  # expect high",
    ],
)
def test_a_name_that_is_in_no_version_is_found(line: str, tmp_path: Path) -> None:
    expect(line + "\n", CHECK, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "from alembic import context, op, command, config, util",
        "from alembic.runtime.migration import MigrationContext, MigrationInfo",
        "from alembic.operations.ops import MigrationScript, UpgradeOps",
        "from alembic.ddl.impl import DefaultImpl\nimport alembic.autogenerate.render as render",
        "try:\n    from alembic.asyncio import run\nexcept ImportError:\n    run = None",
        "from alembic import context\nmy = context.get_x_argument(as_dictionary=True)\nmy.whatever()",
        "from alembic_utils.pg_function import PGFunction\nfrom alembic_postgresql_enum import x",
        "from flask import context\ncontext.push_async()",
    ],
)
def test_what_some_version_has_is_not(line: str, tmp_path: Path) -> None:
    expect(line + "\n", CHECK, tmp_path)


def test_a_folder_of_the_project_may_be_called_alembic(tmp_path: Path) -> None:
    expect(
        {"alembic/__init__.py": "", "alembic/extra.py": "", "env.py": "from alembic.extra import thing\n"},
        CHECK,
        tmp_path,
    )


def test_the_names_are_those_of_the_alembic_that_is_installed() -> None:
    """All that its modules define can be used, so that a new version's names have to be added here."""
    pytest.importorskip("alembic")
    for name, known in NAMES.items() - {("alembic.context", CONTEXT)}:
        module = import_module(name)
        own = {key for key, value in vars(module).items() if getattr(value, "__module__", "").startswith("alembic")}
        assert {key for key in own if not key.startswith("_")} - known - {"not_none"} == set(), name
    from alembic.runtime.environment import EnvironmentContext

    assert {name for name in vars(EnvironmentContext) if not name.startswith("_")} <= CONTEXT
    assert not [one for one in MODULES if is_unknown_module(one)]
