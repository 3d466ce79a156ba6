"""Every spelling of an address means what its writer meant."""

import traceback
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.errors import UsageProblem
from forge_doctor.probes.postgres.conninfo import Written, parse_conninfo

FULL = {"host": "db", "port": "5433", "user": "u", "password": "p", "dbname": "shop"}
WORDS = st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text)
SCHEMES = [
    "postgresql",
    "postgres",
    "postgresql+asyncpg",
    "postgresql+psycopg",
    "postgresql+psycopg2",
    "postgresql+psycopg_async",
    "postgresql+pg8000",
    "postgresql+psycopg2cffi",
    "asyncpg",
    "psql",
]


def parse(text: str) -> dict[str, str]:
    return dict(parse_conninfo(Written(text=text, source="--dsn")))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_of_postgresql_is_taken(scheme: str) -> None:
    assert parse(f"{scheme}://u:p@db:5433/shop") == FULL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://", {}),
        ("postgresql:///shop", {"dbname": "shop"}),
        ("postgresql://db", {"host": "db"}),
        ("postgresql://u@db/", {"user": "u", "host": "db"}),
        ("postgresql://[::1]:5433/shop", {"host": "::1", "port": "5433", "dbname": "shop"}),
        ("postgresql://[fe80::1%25eth0]/shop", {"host": "fe80::1%eth0", "dbname": "shop"}),
        ("postgresql://a:1,b:2/shop", {"host": "a,b", "port": "1,2", "dbname": "shop"}),
        ("postgresql://a,b/shop", {"host": "a,b", "dbname": "shop"}),
        ("postgresql://u@/shop?host=a:1&host=b:2", {"user": "u", "dbname": "shop", "host": "a,b", "port": "1,2"}),
        (
            "postgresql://u@/shop?host=/var/run/postgresql",
            {"user": "u", "dbname": "shop", "host": "/var/run/postgresql"},
        ),
        (
            "postgresql://u@%2Fvar%2Frun%2Fpostgresql/shop",
            {"user": "u", "dbname": "shop", "host": "/var/run/postgresql"},
        ),
        ("postgresql://u@/shop?host=/tmp&port=5433", {"user": "u", "dbname": "shop", "host": "/tmp", "port": "5433"}),
        ("postgresql://u@/shop?host=::1", {"user": "u", "dbname": "shop", "host": "::1"}),
        ("postgresql://db/?user=a@b&password=c@d", {"host": "db", "user": "a@b", "password": "c@d"}),
        ("postgresql://db/shop?database=other", {"host": "db", "dbname": "other"}),
        ("  postgresql://db/shop\n", {"host": "db", "dbname": "shop"}),
    ],
)
def test_urls_are_read_as_libpq_sqlalchemy_and_asyncpg_read_them(text: str, expected: dict[str, str]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("written", "mode"),
    [("sslmode=verify-full", "verify-full"), ("ssl=require", "require"), ("ssl=true", "require"), ("ssl=0", "disable")],
)
def test_the_tls_wish_is_read_in_libpqs_and_in_asyncpgs_words(written: str, mode: str) -> None:
    assert parse(f"postgresql+asyncpg://db/shop?{written}")["sslmode"] == mode


def test_parameters_of_sqlalchemy_and_drivers_are_passed_over() -> None:
    extras = "prepared_statement_cache_size=0&server_settings=x&async_fallback=true&connect_timeout=5"
    assert parse(f"postgresql+asyncpg://u:p@db:5433/shop?{extras}") == FULL


@pytest.mark.parametrize(
    "password",
    ["p@ss", "a/b", "a?b", "a#b", "12/34", "100%", "50%zz", "a:b", "@", "//", "x@y/z@", "[x]", "a&b=c", "%ff"],
)
def test_a_password_nobody_escaped_is_understood(password: str) -> None:
    assert parse(f"postgresql://u:{password}@db:5433/shop") == {**FULL, "password": password}


@given(password=st.text(alphabet="xyz@:/#%!&=+[]", min_size=1, max_size=12).map(lambda text: "x" + text))
@settings(deadline=None)
def test_unescaped_passwords_come_back_as_written(password: str) -> None:
    assert parse(f"postgresql://u:{password}@db.example:5433/shop")["password"] == password


@given(user=WORDS, password=WORDS, database=WORDS)
@settings(deadline=None)
def test_escaped_parts_come_back_exactly(user: str, password: str, database: str) -> None:
    parts = [quote(part, safe="") for part in (user, password, database)]
    found = parse("postgresql://{}:{}@db:5433/{}".format(*parts))
    assert found == {**FULL, "user": user, "password": password, "dbname": database}


@given(user=WORDS, password=WORDS)
@settings(deadline=None)
def test_quoted_keyword_values_come_back_exactly(user: str, password: str) -> None:
    quoted = ["'" + part.replace("\\", "\\\\").replace("'", "\\'") + "'" for part in (user, password)]
    found = parse("host = db port=5433 user={} password={} dbname=shop".format(*quoted))
    assert found == {**FULL, "user": user, "password": password}


def test_keyword_values_without_quotes_are_read_as_libpq_reads_them() -> None:
    assert parse(r"host=db  user=a\ b dbname='' password=a=b options='-c x=1'") == {
        "host": "db",
        "user": "a b",
        "password": "a=b",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mysql://root:Zq9secret@db/shop", "'mysql://root:***@db/shop' is an address of mysql"),
        ("mysql+aiomysql://root:Zq9secret@db/shop", "is an address of mysql"),
        ("sqlite+aiosqlite:///./shop.db", "is an address of sqlite"),
        ("jdbc:postgresql://db/shop?password=Zq9secret", "is a JDBC URL"),
        ("postgressql://u:Zq9secret@db/shop", "unknown scheme 'postgressql'"),
        ("postgres//u:Zq9secret@db/shop", "is not a PostgreSQL URL"),
        ("shop", "is not a PostgreSQL URL"),
        ("postgresql://u:Zq9secret", "cannot be read as a PostgreSQL URL"),
        ("postgresql://u:Zq9secret@db:port/shop", "cannot be read as a PostgreSQL URL"),
        ("postgresql://u:Zq9secret@db/shop/extra", "cannot be read as a PostgreSQL URL"),
        ("postgresql://u:Zq9secret@my host/shop", "cannot be read as a PostgreSQL URL"),
        ("hots=db password=Zq9secret", "unknown keyword 'hots'; did you mean 'host'?"),
        ("host=db password='Zq9secret", "write key=value pairs"),
        ("host=db password=Zq9secret nonsense", "write key=value pairs"),
    ],
)
def test_what_cannot_be_read_is_named_without_its_password(text: str, problem: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse(text)
    assert str(caught.value).startswith("--dsn: ")
    assert problem in str(caught.value)
    assert "Zq9secret" not in "".join(traceback.format_exception(caught.value))


@given(
    password=st.text(alphabet="ab1@:/#%!&=+?[] '\"\\", max_size=12).map(lambda text: f"Zq9{text}9qZ"),
    template=st.sampled_from(
        ["mysql://u:{}@db/shop", "postgres//u:{}@db", "postgresql://u:{}@db:port/shop", "postgresql://u:{}@d b/shop"]
    ),
)
@settings(deadline=None)
def test_no_unreadable_address_shows_its_password(password: str, template: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse(template.format(password))
    shown = "".join(traceback.format_exception(caught.value))
    assert "Zq9" not in shown
    assert "9qZ" not in shown
