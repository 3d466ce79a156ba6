"""A database password written in the code is found and never shown; placeholders, tests and examples are not found."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.formats import OutputFormat
from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_command import lint
from tests.support.lint_heads import ENGINES

RULE = "credentials-in-code"
FOUND = (
    "create_async_engine('postgresql+asyncpg://app:k9-Fvq2x@db.shop.net/x')  # expect high\n",
    "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.shop.net/x'  # expect high\n",
    "DATABASE_URL = os.getenv('DATABASE_URL', 'postgresql://app:k9-Fvq2x@10.0.0.7/x')  # expect high\n",
    "class S:\n    db_url: str = 'mysql+aiomysql://app:k9-Fvq2x@db.shop.net/x'  # expect high\n",
    "create_engine(URL.create('postgresql', 'app', 'k9-Fvq2x', 'db.shop.net'))  # expect high\n",
    "DATABASE_URL = 'postgresql://app:k9-Fvq2x@localhost/x'  # expect low\n",
    "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db/x'  # expect low\n",
    "DSN = 'postgres://app:k9-Fvq2x@db.shop.net:5432/x'  # expect high\n",
    "def connect(dsn='postgresql://app:k9-Fvq2x@db.shop.net/x'):  # expect high\n    ...\n",
    "from sqlalchemy import make_url\nplace = make_url('postgresql://app:k9-Fvq2x@db.shop.net/x')  # expect high\n",
    "connect(database_url='postgresql://app:k9-Fvq2x@db.shop.net/x')  # expect high\n",
    "DATABASE_URL = 'postgresql://app:k9%40Fvq2x@db.shop.net/x'  # expect high\n",
    "class S:\n    db_url: str = Field(default='postgresql://app:k9-Fvq2x@db.shop.net/x')  # expect high\n",
    "class S:\n    db_url: str = Field('postgresql://app:k9-Fvq2x@db.shop.net/x', alias='url')  # expect high\n",
    "DATABASE_URL = ('postgresql://app:k9-Fvq2x@'  # expect high\n    'db.shop.net/x')\n",
    "with pytest.raises(OSError):\n    create_engine('postgresql://app:k9-Fvq2x@db.shop.net/x')  # expect high\n",
)
SILENT = (
    "DATABASE_URL = 'postgresql://user:password@localhost/x'\n",
    "DATABASE_URL = 'postgresql://postgres:postgres@db.shop.net/x'\n",
    "DATABASE_URL = 'postgresql://shop:shop@db.shop.net/x'\n",
    "DATABASE_URL = f'postgresql://app:{A}@db.shop.net/x'\n",
    "DATABASE_URL = 'postgresql://app:%s@db.shop.net/x' % A\n",
    "DATABASE_URL = 'postgresql://app:<password>@db.shop.net/x'\n",
    "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.example.com/x'\n",
    "DATABASE_URL = 'postgresql://app@db.shop.net/x'\n",
    "create_engine(URL.create('postgresql', 'app', os.environ['PASSWORD'], 'db.shop.net'))\n",
    "def f():\n    '''Connect with postgresql://app:k9-Fvq2x@db.shop.net/x.'''\n",
    "HOMEPAGE = 'https://app:k9-Fvq2x@shop.net/x'\n",
    "DATABASE_URL = 'postgresql://app:{}@db.shop.net/x'.format(A)\n",
    "DATABASE_URL = 'postgresql://app:' + A + '@db.shop.net/x'\n",
    "DATABASE_URL = 'postgresql://app:${PASSWORD}@db.shop.net/x'\n",
    "DATABASE_URL = 'postgresql://app:changeme@db.shop.net/x'\n",
    "# DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.shop.net/x'\n",
    "class S:\n    homepage: str = Field(default='postgresql://app:k9-Fvq2x@db.shop.net/x')\n",
    "class S:\n    db_url: str = Field(examples='postgresql://app:k9-Fvq2x@db.shop.net/x')\n",
    "print('postgresql://app:k9-Fvq2x@db.shop.net/x')\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_password_is_found(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_placeholder_or_what_is_filled_in_is_silent(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("folder", ["tests", "examples", "docs"])
def test_passwords_of_tests_and_examples_are_left_alone(folder: str, tmp_path: Path) -> None:
    code = "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.shop.net/x'\n"
    assert lint_source({f"{folder}/settings.py": code}, RULE, tmp_path) == ()


def test_no_part_of_a_finding_shows_the_password(tmp_path: Path) -> None:
    code = f"{ENGINES}create_async_engine('postgresql+asyncpg://app:k9-Fvq2x@db.shop.net:6432/x')\n"
    rules = (RULE, "statement-cache-behind-pgbouncer")
    findings = [found for rule in rules for found in lint_source(code, rule, tmp_path)]
    assert len(findings) == 2
    assert "k9-Fvq2x" not in repr(findings)


@pytest.mark.parametrize(("host", "shown"), [("db.shop.net", "db.shop.net"), ("", "a local socket")])
def test_a_finding_says_where_the_password_leads(host: str, shown: str, tmp_path: Path) -> None:
    (found,) = lint_source(f"DATABASE_URL = 'postgresql://app:k9-Fvq2x@{host}/x'\n", RULE, tmp_path)
    assert f"a database user on {shown} is" in found.message
    assert [one.value for one in found.evidence] == [shown]


QUOTED = """\
from fastapi import FastAPI
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
app = FastAPI()
DATABASE_URL = "postgresql+asyncpg://app:k9-Fvq2x@db.shop.net/x"
session = AsyncSession(create_async_engine("postgresql+asyncpg://app:k9-Fvq2x@db.shop.net/x"))
@app.get("/")
async def handler():
    engine = create_async_engine("postgresql+asyncpg://app:k9-Fvq2x@db.shop.net/x", pool_size=-1)
    other = create_async_engine("postgresql+asyncpg://db.shop.net/x", connect_args={"password": "k9-Fvq2x"})
    third = create_async_engine(URL.create("postgresql+asyncpg", "app", "k9-Fvq2x", "db.shop.net"))
    made = AsyncSession(create_async_engine("postgresql+asyncpg://app:k9-Fvq2x@db.shop.net/x"))
    await made.execute(None)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "settings.py").write_text(QUOTED)
    return tmp_path


@pytest.mark.parametrize("name", OutputFormat)
def test_no_format_shows_the_password_whichever_rule_quotes_the_code(name: OutputFormat, shop: Path) -> None:
    ran = lint(shop, "--no-cache", "--min-confidence", "low", "--output-format", name, "settings.py")
    assert ran.status == (2 if name is OutputFormat.NAGIOS else 1)
    assert ran.out
    assert "k9-Fvq2x" not in ran.out + ran.err


def test_the_rules_that_quote_calls_are_among_them(shop: Path) -> None:
    found = {one["check"] for one in lint(shop, "--no-cache", "--output-format", "json", "settings.py").findings}
    assert {RULE, "engine-per-request", "unclosed-session", "global-session"} <= found


def test_low_confidence_is_kept_for_passwords_of_local_hosts(tmp_path: Path) -> None:
    code = f"{ENGINES}DATABASE_URL = 'postgresql://app:k9-Fvq2x@localhost/x'\n"
    assert lint_source(code, RULE, tmp_path, least=Confidence.MEDIUM) == ()


@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgres", "mysql", "mssql+pyodbc", "oracle", "mariadb", "cockroachdb"]
)
def test_a_settings_file_that_has_nothing_but_the_url_is_looked_at(scheme: str, tmp_path: Path) -> None:
    check_source(f"DATABASE_URL = '{scheme}://app:k9-Fvq2x@10.0.0.7/x'  # expect high\n", RULE, tmp_path)
