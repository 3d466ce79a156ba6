"""An async engine for a driver that is not async is found, and SQLAlchemy refuses it; async drivers are not found."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidRequestError, NoSuchModuleError
from sqlalchemy.ext.asyncio import create_async_engine

from forge_doctor.code.orm.drivers import ASYNC, SYNC
from tests.support.lint_cases import check_source
from tests.support.lint_heads import ENGINES

# Every driver the rule has an opinion of, as SQLAlchemy's URLs name it.
DRIVERS = (
    "postgresql+psycopg2", "postgresql+psycopg2cffi", "postgresql+pg8000", "mysql+pymysql", "mysql+mysqldb",
    "mysql+mysqlconnector", "mysql+mariadbconnector", "mysql+cymysql", "mssql+pyodbc", "mssql+pymssql",
    "oracle+cx_oracle", "sqlite+pysqlite", "sqlite+pysqlcipher", "postgresql+asyncpg", "postgresql+psycopg",
    "postgresql+psycopg_async", "sqlite+aiosqlite", "mysql+aiomysql", "mysql+asyncmy", "mssql+aioodbc",
    "oracle+oracledb", "oracle+oracledb_async",
)  # fmt: skip
RULE = "sync-driver-in-async-engine"
FOUND = (
    "create_async_engine(S)  # expect high\n",
    "create_async_engine('postgresql://app@db/shop')  # expect medium\n",
    "create_async_engine('postgres://app@db/shop')  # expect high\n",
    "create_async_engine('sqlite:///x.db')  # expect high\n",
    "create_async_engine(f'mysql+pymysql://{A}@db/shop')  # expect high\n",
    "create_async_engine(make_url(S))  # expect high\n",
    "create_async_engine(URL.create('postgresql+psycopg2', host='db'))  # expect high\n",
    "create_async_engine('mssql+pyodbc://app@db/shop')  # expect high\n",
    "create_async_engine('mysql://app@db/shop')  # expect high\n",
    "create_async_engine(url='postgresql+pg8000://app@db/shop')  # expect high\n",
    "async_engine_from_config({'sqlalchemy.url': S})  # expect high\n",
)
SILENT = (
    "create_async_engine(A)\n",
    "create_async_engine('postgresql+psycopg://app@db/shop')\n",
    "create_async_engine('sqlite+aiosqlite://')\n",
    "create_async_engine('oracle+oracledb://x')\n",
    "create_async_engine(S.replace('psycopg2', 'asyncpg'))\n",
    "create_async_engine(os.environ['DATABASE_URL'])\n",
    "create_async_engine(f'{A}://x')\n",
    "create_async_engine(f'postgresql+{A}://x')\n",
    "create_engine(S)\n",
    "def f(url):\n    return create_async_engine(url)\n",
    "URL_ = S\nif os.name:\n    URL_ = A\ncreate_async_engine(URL_)\n",
    "create_async_engine('mysql+asyncmy://app@db/shop')\n",
    "create_async_engine('cockroachdb://app@db/shop')\n",
    "def create_async_engine(url): ...\ncreate_async_engine(S)\n",
    "import pytest\nwith pytest.raises(Exception):\n    create_async_engine(S)\n",
    "async_engine_from_config({'sqlalchemy.url': A})\n",
    "engine_from_config({'sqlalchemy.url': S})\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_driver_that_is_not_async_is_found(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_driver_that_is_async_or_not_known_is_silent(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


def test_settings_are_followed_into_other_modules(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/settings.py": "DATABASE_URL = 'sqlite:///shop.db'\n",
        "app/db.py": "from sqlalchemy.ext.asyncio import create_async_engine\nfrom .settings import DATABASE_URL\n"
        "engine = create_async_engine(DATABASE_URL)  # expect high\n",
    }
    check_source(files, RULE, tmp_path)


@pytest.mark.parametrize(
    ("declared", "url", "found"),
    [
        ("url: str = 'postgresql+psycopg2://db/shop'", "settings.url", True),
        ("url: str = Field(default='sqlite:///shop.db')", "str(get_settings().url)", True),
        ("url: str = 'postgresql+asyncpg://db/shop'", "settings.url", False),
        ("url: str", "settings.url", False),
        ("url: str = 'sqlite://'\n    @field_validator('url')\n    def f(cls, v): ...", "settings.url", False),
        ("url: str = 'sqlite://'", "settings.url.replace('sqlite', 'sqlite+aiosqlite')", False),
    ],
)
def test_the_default_of_a_settings_class_is_what_holds_where_nothing_is_set(
    declared: str, url: str, found: bool, tmp_path: Path
) -> None:
    files = {
        "app/__init__.py": "",
        "app/settings.py": "from pydantic import Field, field_validator\nfrom pydantic_settings import BaseSettings\n"
        f"class Settings(BaseSettings):\n    {declared}\nsettings = Settings()\n"
        "def get_settings():\n    return Settings()\n",
        "app/db.py": "from sqlalchemy.ext.asyncio import create_async_engine\n"
        f"from app.settings import get_settings, settings\nengine = create_async_engine({url})"
        + ("  # expect medium\n" if found else "\n"),
    }
    check_source(files, RULE, tmp_path)


def test_sqlalchemy_refuses_a_driver_that_is_not_async() -> None:
    with pytest.raises(InvalidRequestError, match="requires an async driver"):
        create_async_engine("sqlite+pysqlite://")


def test_sqlalchemy_knows_no_dialect_postgres() -> None:
    with pytest.raises(NoSuchModuleError, match="postgres"):
        create_async_engine("postgres://app@db/shop")


@pytest.mark.parametrize("scheme", DRIVERS)
def test_the_dialect_says_whether_its_driver_is_async(scheme: str) -> None:
    url = make_url(f"{scheme}://app@db/shop")
    driver = scheme.partition("+")[2]
    assert url.get_dialect().get_async_dialect_cls(url).is_async == (driver in ASYNC)
    assert (driver in ASYNC) != (driver in SYNC)


def test_no_driver_is_left_untried() -> None:
    assert {one.partition("+")[2] for one in DRIVERS} == ASYNC | SYNC
