"""asyncpg's statement cache behind what looks like a pooler is found, unless it is off or may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import ENGINES

RULE = "statement-cache-behind-pgbouncer"
FOUND = (
    "create_async_engine('postgresql+asyncpg://a@db:6432/x')  # expect medium\n",
    "create_async_engine('postgresql+asyncpg://a@x.pooler.supabase.com:6543/x')  # expect medium\n",
    "create_async_engine(f'postgresql+asyncpg://a@pgbouncer/{A}')  # expect medium\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x?prepared_statement_cache_size=0')  # expect medium\n",
    (
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x',  # expect medium\n"
        " connect_args={'prepared_statement_cache_size': 0})\n"
    ),
    (
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x',  # expect medium\n"
        " connect_args={'prepared_statement_name_func': f})\n"
    ),
    (
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x',  # expect medium\n"
        " connect_args={'prepared_statement_name_func': f, 'statement_cache_size': 0})\n"
    ),
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args={'ssl': 1})  # expect medium\n",
    "create_async_engine(URL.create('postgresql+asyncpg', host='pgbouncer'))  # expect medium\n",
    "from sqlmodel import create_engine\ncreate_engine('postgresql+asyncpg://a@pgcat/x')  # expect medium\n",
    "create_async_engine('postgresql+asyncpg://a@pg-bouncer/x', pool_size=5)  # expect medium\n",
    "async_engine_from_config({'sqlalchemy.url': 'postgresql+asyncpg://app@pgbouncer:6432/shop'})  # expect medium\n",
    "def made(url):\n    return create_async_engine(url)  # expect medium\nmade('postgresql+asyncpg://a@pgbouncer/x')\n",
    (
        "def made(url, echo=False):\n    return create_async_engine(url)  # expect medium\n"
        "made(echo=True, url=os.environ.get('DB', 'postgresql+asyncpg://a@pgbouncer/x'))\n"
    ),
    "def made(url='postgresql+asyncpg://a@pgbouncer/x'):\n    return create_async_engine(url)  # expect medium\n",
    (
        "class A:\n    def made(self, url):\n        return create_async_engine(url)  # expect medium\n"
        "    def b(self):\n        self.made('postgresql+asyncpg://a@pgbouncer/x')\n"
    ),
    "import asyncpg\nasync def f():\n    await asyncpg.create_pool('postgresql://a@db:6432/x')  # expect medium\n",
    "import asyncpg\nasync def f():\n    await asyncpg.create_pool(dsn='postgresql://a@pgbouncer/x')  # expect medium\n",
    "import asyncpg\nasync def f():\n    await asyncpg.connect(host='pgbouncer', database='x')  # expect medium\n",
    "import asyncpg\nHOST = 'pg-bouncer'\nasync def f():\n    await asyncpg.connect(host=HOST)  # expect medium\n",
    "import asyncpg\nasync def f():\n    await asyncpg.create_pool(host='db', port=6432)  # expect medium\n",
)
SILENT = (
    "def made(url):\n    return create_async_engine(url)\nmade('postgresql+asyncpg://a@db/x')\n",
    (
        "def made(url):\n    return create_async_engine(url)\ndef other(url):\n    ...\n"
        "other('postgresql+asyncpg://a@pgbouncer/x')\n"
    ),
    "import asyncpg\nasync def f():\n    await asyncpg.create_pool('postgresql://a@db/x')\n",
    "import asyncpg\nasync def f():\n    await asyncpg.create_pool('postgresql://a@pgbouncer/x', statement_cache_size=0)\n",
    "import asyncpg\nasync def f(**more):\n    await asyncpg.create_pool('postgresql://a@pgbouncer/x', **more)\n",
    "import asyncpg\nasync def f(host):\n    await asyncpg.create_pool(host=host, port=5432)\n",
    "import other as asyncpg\nasync def f():\n    await asyncpg.create_pool('postgresql://a@pgbouncer/x')\n",
    "import asyncpg\nasync def f():\n    await asyncpg.connect('postgresql://a@x.pooler.supabase.com:5432/x')\n",
    "create_async_engine('postgresql+asyncpg://a@db:5432/x')\n",
    "create_async_engine('postgresql+psycopg://a@pgbouncer:6432/x')\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args={'statement_cache_size': 0})\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args=dict(statement_cache_size=0))\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x?statement_cache_size=0')\n",
    (
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', poolclass=NullPool,"
        " connect_args={'prepared_statement_name_func': f})\n"
    ),
    (
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x',"
        " connect_args={'prepared_statement_name_func': f, 'prepared_statement_cache_size': 0})\n"
    ),
    "create_async_engine('postgresql+asyncpg://a@x.pooler.supabase.com:5432/x')\n",
    "create_async_engine('postgresql+asyncpg://a@ep-x-pooler.eu.aws.neon.tech/x')\n",
    "create_async_engine('postgresql+asyncpg://a@spooler.example/x')\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args=made())\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', **settings)\n",
    "K = {'statement_cache_size': 0}\ncreate_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args=K)\n",
    "create_async_engine(os.environ['PGBOUNCER_URL'])\n",
    "create_async_engine('postgresql+asyncpg://pgbouncer@db/pooler')\n",
    "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', async_creator=made)\n",
    "def f(extra):\n    create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args={**extra})\n",
    "create_async_engine(f'postgresql+asyncpg://a@pgbouncer/x?{unknown}')\n",
    "async_engine_from_config(os.environ, prefix='shop_')\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_cache_behind_a_pooler_is_found(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_cache_that_is_off_or_without_a_pooler_is_silent(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ('"postgresql+asyncpg://u@" + HOST + ":" + str(PORT) + "/d"', True),
        ('f"postgresql+asyncpg://u@{HOST}:{PORT}/d"', True),
        ('f"postgresql+asyncpg://u@{HOST}:{OTHER}/d"', False),
        ('f"postgresql+asyncpg://u@{HOST}:{unknown}/d"', False),
    ],
)
def test_a_url_is_put_together_from_names(url: str, told: bool, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import create_async_engine\nHOST = 'db.local'\nPORT = 6543\nOTHER = 5432\n"
        f"engine = create_async_engine({url}){'  # expect' if told else ''}\n"
    )
    check_source(code, RULE, tmp_path)


SETTINGS = (
    "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
    "    url: str = 'postgresql+asyncpg://a@pgbouncer/x'\nsettings = Settings()\n"
)
FROM_SETTINGS = (
    "from sqlalchemy.ext.asyncio import create_async_engine as made\nfrom settings import settings\n"
    "engine = made(settings.url){mark}\n"
)


@pytest.mark.parametrize(
    ("name", "text", "mark"),
    [
        ("README", "", "  # expect medium"),
        (
            "compose.yml",
            "services:\n  pgbouncer:\n    environment:\n      POOL_MODE: transaction\n",
            "  # expect medium",
        ),
        ("compose.yml", "services:\n  pgbouncer:\n    environment:\n      POOL_MODE: session\n", ""),
        ("compose.yml", "services:\n  pgbouncer:\n    environment:\n      - PGBOUNCER_POOL_MODE=session\n", ""),
        ("pgbouncer.ini", "pool_mode = transaction\nmax_prepared_statements = 200\n", ""),
        ("pgbouncer.ini", "pool_mode = transaction\n;max_prepared_statements = 200\n", "  # expect medium"),
        ("pgbouncer.ini", "pool_mode = transaction\nmax_prepared_statements = 0\n", "  # expect medium"),
    ],
)
def test_the_settings_and_the_pooler_of_the_project_are_read(name: str, text: str, mark: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    check_source({"settings.py": SETTINGS, "db.py": FROM_SETTINGS.format(mark=mark)}, RULE, tmp_path)
