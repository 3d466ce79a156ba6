"""Which database a set of variables names: URLs by their value, whatever the name, and addresses told in parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex

URL = regex(r"(?:postgres|postgresql|postgis|asyncpg|psycopg)(?:\+\w{1,20})?://\S{3,2000}", re.IGNORECASE)
KEYWORDS = regex(r"(?=.*\bhost=)(?=.*\b(?:dbname|user)=)(?:\s*\w{2,30}=(?:'[^']*'|\S*)\s*){2,20}")
HOST = regex(r"(.*?)(?:HOSTNAME|HOSTADDR|HOST|SERVER|ADDRESS|ADDR)")
# What the prefix of an address must have for it to be one of PostgreSQL, and what it must not.
OURS = regex(r"(?:^|_)(?:PG|DB|DATABASE|POSTGRES|POSTGRESQL|PSQL|SQL|SQLALCHEMY|RDS|PGBOUNCER)(?:$|_|[A-Z]*$)|^PG")
OTHERS = regex(
    r"REDIS|MYSQL|MARIADB|MONGO|RABBIT|AMQP|SMTP|MAIL|KAFKA|ELASTIC|SERVICE_$|CLICKHOUSE|MSSQL|COUCH|NEO4J|CELERY|S3"
)
USERS = ("USER", "USERNAME", "LOGIN", "ROLE")
PASSWORDS = ("PASSWORD", "PASS", "PWD", "PASSWD")
NAMES = ("NAME", "DB", "DATABASE", "DBNAME", "DATABASE_NAME", "DB_NAME")
PORTS = ("PORT",)
# Names of what another program than the service uses: it is taken only where there is nothing else.
ASIDE = regex(r"TEST|MIGRAT|ALEMBIC|ADMIN|SHADOW|SUPERUSER|ROOT|BACKUP|REPLICA|READ_?ONLY|_RO(?:_|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseVariable:
    """A database that variables name. `text` is the connection string, never shown; `names` are the variables."""

    names: tuple[str, ...]
    text: str = field(repr=False)

    @property
    def is_aside(self) -> bool:
        """Whether its name says that something else than the service uses it: tests, migrations, a replica."""
        return any(ASIDE.search(name) for name in self.names[:1])


def database_variables(
    variables: Mapping[str, str], read_secret: Callable[[str], str | None] = lambda _path: None
) -> tuple[DatabaseVariable, ...]:
    """The databases the variables name, those for the service itself first.

    `read_secret` gives what a file named by a variable (`DB_PASSWORD_FILE`) holds, None where it may not be read.
    """
    found = [*_urls(variables, read_secret)]
    if not found:
        found += _assembled(variables, read_secret)
    return tuple(sorted(found, key=lambda one: one.is_aside))


def _urls(variables: Mapping[str, str], read_secret: Callable[[str], str | None]) -> Iterator[DatabaseVariable]:
    for name, value in variables.items():
        text = value.strip().strip("'\"")
        if name.upper().endswith("_FILE") and text.startswith("/"):
            text = (read_secret(text) or "").strip()
        if URL.fullmatch(text) or KEYWORDS.fullmatch(text):
            yield DatabaseVariable(names=(name,), text=text)


def _assembled(variables: Mapping[str, str], read_secret: Callable[[str], str | None]) -> Iterator[DatabaseVariable]:
    """`DB_HOST`, `DB_USER`, ... and `POSTGRES_SERVER`, `POSTGRES_DB`, ..., each set with any beginning."""
    upper = {name.upper(): name for name in variables}
    for key in sorted(upper):
        match = HOST.fullmatch(key)
        if match is None or not _is_ours(match[1], variables, upper):
            continue
        parts = {"host": (upper[key], variables[upper[key]])}
        for part, words in (("user", USERS), ("password", PASSWORDS), ("dbname", NAMES), ("port", PORTS)):
            given = _part(match[1], words, variables, upper, read_secret)
            if given is not None:
                parts[part] = given
        if parts["host"][1].strip() and ("dbname" in parts or "user" in parts):
            yield DatabaseVariable(names=tuple(name for name, _ in parts.values()), text=_url(parts))


def _is_ours(prefix: str, variables: Mapping[str, str], upper: Mapping[str, str]) -> bool:
    if OTHERS.search(prefix):
        return False
    port = variables.get(upper.get(f"{prefix}PORT", ""), "")
    return bool(OURS.search(prefix.rstrip("_"))) or port in ("5432", "6432")


def _part(
    prefix: str,
    words: tuple[str, ...],
    variables: Mapping[str, str],
    upper: Mapping[str, str],
    read_secret: Callable[[str], str | None],
) -> tuple[str, str] | None:
    """(the variable, what it says); of a file's name what the file holds."""
    for word in words:
        name = upper.get(prefix + word)
        if name is not None and variables[name].strip():
            return name, variables[name].strip()
        file = upper.get(f"{prefix}{word}_FILE")
        if file is not None and (text := read_secret(variables[file])):
            return file, text.strip()
    return None


def _url(parts: Mapping[str, tuple[str, str]]) -> str:
    said = {part: value.strip() for part, (_, value) in parts.items()}
    login = quote(said.get("user", ""), safe="")
    if "password" in said:
        login += ":" + quote(said["password"], safe="")
    host, database = said["host"], quote(said.get("dbname", ""), safe="")
    port = f":{said['port']}" if said.get("port", "").isdigit() else ""
    if host.startswith("/"):
        query = f"?host={quote(host, safe='/')}" + (f"&port={port[1:]}" if port else "")
        return f"postgresql://{login}@/{database}{query}"
    shown = f"[{host}]" if ":" in host and not host.startswith("[") and not host.rpartition(":")[2].isdigit() else host
    return f"postgresql://{login}@{shown}{port}/{database}"
