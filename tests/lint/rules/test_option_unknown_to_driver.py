"""Options of libpq given to asyncpg are found; its own, and those of other drivers, are silent."""

from __future__ import annotations

import inspect
from pathlib import Path

import asyncpg
import pytest

from forge_doctor.lint.rules.option_unknown_to_driver import INSTEAD
from tests.support.lint_cases import check_source
from tests.support.lint_heads import ENGINES

RULE = "option-unknown-to-driver"
FOUND = (
    "create_async_engine('postgresql+asyncpg://a@h/b?sslmode=require')  # expect high\n",
    "create_async_engine('postgresql+asyncpg://a@h/b?ssl=require&channel_binding=require')  # expect high\n",
    "create_async_engine(A, connect_args={'sslmode': 'require'})  # expect high\n",
    "create_async_engine(A, connect_args={'timeout': 5, 'options': '-c search_path=x'})  # expect high\n",
    "create_async_engine(f'postgresql+asyncpg://{os.environ[\"H\"]}/b?connect_timeout=5')  # expect high\n",
    "async_engine_from_config({'db.url': A + '?sslmode=require'}, 'db.')  # expect high\n",
)
SILENT = (
    "create_async_engine('postgresql+asyncpg://a@h/b?ssl=require')\n",
    "create_async_engine('postgresql+psycopg://a@h/b?sslmode=require')\n",
    "create_engine('postgresql+psycopg2://a@h/b?sslmode=require')\n",
    "create_async_engine(A, connect_args={'server_settings': {'application_name': 'x'}})\n",
    "create_async_engine('postgresql+asyncpg://a@h/b?sslmode=require'.replace('sslmode', 'ssl'))\n",
    "create_async_engine(os.environ['URL'])\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_options_that_asyncpg_lacks_are_found(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("name", sorted(INSTEAD))
def test_asyncpg_has_no_such_argument(name: str) -> None:
    assert name not in inspect.signature(asyncpg.connect).parameters
