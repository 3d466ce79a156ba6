"""For which database a tree is, told by its configuration, its folders and what its files speak of; connects to none."""

from __future__ import annotations

from forge_doctor.migrations.tree.tree import Tree
from forge_doctor.regex import regex

POSTGRESQL = "postgresql"
# What a URL, an import or a folder begins with, by the name SQLAlchemy has for it.
OTHERS = {
    "sqlite": "sqlite",
    "aiosqlite": "sqlite",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mssql": "mssql",
    "oracle": "oracle",
}
SCHEME = regex(r"\s*([a-z]+)\d*(?:\+\w+)?:/")
PLACEHOLDER = "driver://"
OF_POSTGRESQL = (b"postgres", b"psycopg", b"asyncpg")


def dialect_of(tree: Tree) -> str:
    """SQLAlchemy's name of the dialect; `postgresql` where nothing speaks of another."""
    folders = {folder.name.lower() for folder in tree.place.versions}
    if len(folders) == 1 and (named := folders & (OTHERS.keys() | {POSTGRESQL})):
        return OTHERS.get(named.pop(), POSTGRESQL)
    configured = "" if tree.place.configuration is None else tree.place.configuration.url
    scheme = SCHEME.match(configured)
    if scheme is not None and not configured.startswith(PLACEHOLDER) and scheme[1] not in OTHERS:
        return POSTGRESQL
    if any(one.file.mentions(*OF_POSTGRESQL) for one in tree.revisions) or tree.nearby.mentions(*OF_POSTGRESQL):
        return POSTGRESQL
    if scheme is not None and scheme[1] in OTHERS:
        return OTHERS[scheme[1]]
    spoken = [
        name
        for name in ("sqlite", "mysql", "mariadb", "mssql")
        if tree.nearby.mentions(f"{name}:".encode(), f"{name}+".encode())
    ]
    return OTHERS[spoken[0]] if len(spoken) == 1 else POSTGRESQL
