"""An engine made of a URL's text is found; the object itself, and texts that are whole, are silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.support.lint_cases import check_source
from tests.support.lint_heads import ENGINES

RULE = "url-password-masked"
URL_ = "url = URL.create('postgresql+asyncpg', username='a', password=os.environ['P'], host='h', database='b')\n"
FOUND = (
    URL_ + "create_async_engine(str(url))  # expect high\n",
    URL_ + "text = str(url)\ncreate_async_engine(text, echo=True)  # expect high\n",
    "url = make_url(os.environ['U'])\ncreate_engine(str(url))  # expect high\n",
    "engine = create_async_engine(os.environ['U'])\ncreate_engine(str(engine.url))  # expect high\n",
    "engine = create_async_engine('postgresql+asyncpg://a:b@h/d')\ncreate_engine(str(engine.url))  # expect high\n",
    URL_ + "create_async_engine(f'{url}?ssl=require')  # expect high\n",
    "url = make_url(os.environ['U'])\ncreate_engine(str(url).replace('+asyncpg', '+psycopg'))  # expect high\n",
    URL_ + "text = f'{url}'\ncreate_async_engine(text.strip(), echo=True)  # expect high\n",
    "import asyncpg\nurl = make_url(os.environ['U'])\nasyncpg.connect(str(url))  # expect high\n",
    URL_ + "config.set_main_option('sqlalchemy.url', str(url))  # expect high\n",
)
SILENT = (
    # None of these has a password, or it is put in again.
    "engine = create_async_engine(A)\ncreate_engine(str(engine.url))\n",
    "url = make_url('sqlite+aiosqlite:///shop.db')\ncreate_async_engine(str(url))\n",
    "url = make_url(A)\ncreate_async_engine(f'{url}')\n",
    "url = make_url(os.environ['U'])\ncreate_engine(str(url).replace('***', url.password))\n",
    # Nobody connects to a database with it.
    "def f(socket):\n    url = make_url(os.environ['U'])\n    socket.connect('label', str(url))\n    socket.connect(str(url))\n",
    "url = make_url(os.environ['U'])\nconfig.set_main_option('title', str(url))\n",
    URL_ + "create_async_engine(url)\n",
    URL_ + "create_async_engine(url.render_as_string(hide_password=False))\n",
    URL_ + "print(str(url))\n",
    "create_async_engine(str(os.environ['U']))\n",
    "def f(settings):\n    create_async_engine(str(settings.url))\n",
    "url = URL.create('postgresql+asyncpg', host='h', database='b')\ncreate_async_engine(str(url))\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_what_lost_its_password_is_found(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize(("asked", "masked"), [("^1.4.26", False), (">=1.4,<2.1", True), ("==2.0.30", True)])
def test_a_text_of_an_older_sqlalchemy_has_its_password(asked: str, masked: bool, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.poetry.dependencies]\nSQLAlchemy = "{asked}"\n')
    check_source(ENGINES + URL_ + f"create_async_engine(str(url)){'  # expect high' * masked}\n", RULE, tmp_path)


def test_sqlalchemy_writes_asterisks() -> None:
    assert str(URL.create("postgresql+asyncpg", "a", "secret", "h", database="b")) == "postgresql+asyncpg://a:***@h/b"


ONLINE = """\
from alembic import context
from sqlalchemy import create_engine, engine_from_config
from shop.db import engine
def run_migrations_offline():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"))
def run_migrations_online():
    {connects}
"""


@pytest.mark.parametrize(
    ("connects", "mark"),
    [
        ("with engine.connect() as connection: ...", ""),
        ("engine_from_config(context.config.get_section('alembic'), prefix='sqlalchemy.')", "  # expect high"),
        ("create_engine(context.config.get_main_option('sqlalchemy.url'))", "  # expect high"),
    ],
)
@pytest.mark.parametrize("environments", [1, 2])
def test_an_option_that_no_environment_connects_with_is_silent(
    connects: str, mark: str, environments: int, tmp_path: Path
) -> None:
    files = {"shop/migrate.py": ENGINES + URL_ + f"config.set_main_option('sqlalchemy.url', str(url)){mark}\n"}
    files |= {f"migrations{number}/env.py": ONLINE.format(connects=connects) for number in range(environments)}
    check_source(files, RULE, tmp_path)
