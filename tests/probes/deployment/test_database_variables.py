"""Databases in an environment: by value whatever the name, in parts with any beginning, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.probes.deployment.database_variables import database_variables
from forge_doctor.probes.postgres.dsn import resolve_written

PREFIXES = ("DB_", "POSTGRES_", "PG", "DATABASE_", "SHOP_DB_", "APP__DB__", "PG_", "SHOP_POSTGRES_", "postgres_")
WORD = st.text(st.characters(codec="ascii", exclude_characters="\0\n"), min_size=1, max_size=20).filter(str.strip)


def labels(variables: Mapping[str, str], files: Mapping[str, str] | None = None) -> list[str]:
    found = database_variables(variables, (files or {}).get)
    return [resolve_written(one.text, one.names[0], {}).label for one in found]


@pytest.mark.parametrize("name", ["DATABASE_URL", "SHOP_DATABASE_URL", "whatever", "SQLALCHEMY_DATABASE_URI", "X"])
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_a_url_is_known_by_its_value(name: str, scheme: str) -> None:
    assert labels({name: f"{scheme}://eve:pw@db:5433/shop", "HOME": "/", "REDIS_URL": "redis://r:6379/0"}) == [
        "eve@db:5433/shop"
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    "words",
    [("HOST", "USER", "PASSWORD", "NAME", "PORT"), ("SERVER", "USERNAME", "PASS", "DB", "PORT")],
)
def test_parts_are_put_together_whatever_their_beginning(prefix: str, words: tuple[str, ...]) -> None:
    values = ("db.local", "eve", "p@ss/w:rd?", "shop", "5433")
    variables = {prefix + word: value for word, value in zip(words, values, strict=True)}
    (found,) = database_variables(variables)
    target = resolve_written(found.text, "x", {})
    assert target.label == "eve@db.local:5433/shop"
    assert target.hosts[0].password is not None
    assert target.hosts[0].password.reveal() == "p@ss/w:rd?"


@given(host=st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True), user=WORD, password=WORD, name=WORD)
def test_any_part_comes_back_as_it_was(host: str, user: str, password: str, name: str) -> None:
    variables = {"DB_HOST": host, "DB_USER": user, "DB_PASSWORD": password, "DB_NAME": name}
    (found,) = database_variables(variables)
    login, _, database = found.text.removeprefix("postgresql://").partition(f"@{host}/")
    assert [unquote(part) for part in (*login.split(":"), database)] == [
        user.strip(), password.strip(), name.strip(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "variables",
    [
        {"REDIS_HOST": "r", "REDIS_PORT": "6379", "REDIS_USER": "u", "REDIS_DB": "0"},
        {"MYSQL_HOST": "m", "MYSQL_USER": "u", "MYSQL_DATABASE": "d"},
        {"RABBITMQ_HOST": "q", "RABBITMQ_USER": "u"},
        {"SMTP_HOST": "m", "SMTP_USER": "u", "SMTP_PASSWORD": "p"},
        {"DB_HOST": "db"},
        {"DATABASE_URL": "sqlite+aiosqlite:///x.db"},
        {"DATABASE_URL": "mysql://u:p@h/d"},
        {"SHOP_DB_SERVICE_HOST": "10.0.0.1", "SHOP_DB_SERVICE_PORT": "5432"},
        {"DB_HOST": " ", "DB_NAME": "x"},
        {},
    ],
)
def test_other_servers_are_none_of_ours(variables: Mapping[str, str]) -> None:
    assert labels(variables) == []


def test_a_secret_in_a_file_is_read_where_its_name_is_given() -> None:
    variables = {"POSTGRES_HOST": "db", "POSTGRES_USER": "eve", "POSTGRES_PASSWORD_FILE": "/run/secrets/pw"}
    (found,) = database_variables(variables, {"/run/secrets/pw": "secret\n"}.get)
    assert found.text == "postgresql://eve:secret@db/"
    url = database_variables({"DATABASE_URL_FILE": "/run/secrets/u"}, {"/run/secrets/u": "postgres://u@h/d\n"}.get)
    assert [one.text for one in url] == ["postgres://u@h/d"]


def test_a_database_for_tests_or_migrations_comes_last_and_says_so() -> None:
    variables = {"TEST_DATABASE_URL": "postgres://u@h/test", "DATABASE_URL": "postgres://u@h/shop"}
    assert [(one.names, one.is_aside) for one in database_variables(variables)] == [
        (("DATABASE_URL",), False),
        (("TEST_DATABASE_URL",), True),
    ]


def test_a_socket_folder_is_a_host() -> None:
    assert labels({"DB_HOST": "/run/postgresql", "DB_USER": "eve", "DB_NAME": "shop", "DB_PORT": "5433"}) == [
        "eve@/run/postgresql:5433/shop"
    ]


def test_nothing_of_a_url_is_shown_by_accident() -> None:
    (found,) = database_variables({"DATABASE_URL": "postgres://eve:topsecret@db/shop"})
    assert "topsecret" not in repr(found)
