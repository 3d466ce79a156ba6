"""Compares an application's metadata with a database by Alembic's own autogenerate; runs in the child, changes nothing.

The comparison runs in a read-only transaction that is rolled back; what is not the application's to know is left out:
tables of extensions, partitions, and Alembic's version table.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import os
import re
import sys
from typing import Any

from . import child
from .defaults import differ
from .drivers import engine_url

OTHERS = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND (c.relispartition
  OR EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  OR (SELECT array_agg(a.attname::text) FROM pg_attribute AS a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) = ARRAY['version_num'])
"""
BEGIN = (
    "SET TRANSACTION READ ONLY",
    "SET LOCAL statement_timeout = '30s'",
    "SET LOCAL lock_timeout = '1s'",
    "SET LOCAL idle_in_transaction_session_timeout = '60s'",
)


class Comparison:
    """The one order: `compare`."""

    missing: tuple[str, ...] = ()
    redirect = None

    def compare(self, order: dict[str, Any]) -> dict[str, Any]:
        """Import the metadata and compare; the differences as plain data."""
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as `python -m` would
        metadata = _resolve(order["spec"])
        if not hasattr(metadata, "sorted_tables"):
            raise TypeError(f"{order['spec']} is a {type(metadata).__name__}, not a MetaData")
        places = _places()
        found = _connected(order["address"], lambda connection: _differences(connection, metadata))
        return {
            "tables": len(metadata.tables),
            "differences": [
                _told(one, places) for group in found for one in (group if isinstance(group, list) else [group])
            ],
        }


def _resolve(spec: str) -> Any:
    module, _, path = spec.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _connected(address: dict[str, Any], use: Any) -> Any:
    """Ask over the driver the application has."""
    from sqlalchemy import create_engine, pool
    from sqlalchemy.ext.asyncio import create_async_engine

    url, arguments = engine_url(address)
    if url.drivername != "postgresql+asyncpg":
        engine = create_engine(url, poolclass=pool.NullPool, connect_args=arguments)
        with engine.connect() as connection:
            return use(connection)

    async def ask() -> Any:
        engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=arguments)
        async with engine.connect() as connection:
            return await connection.run_sync(use)

    return asyncio.run(ask())


def _differences(connection: Any, metadata: Any) -> Any:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with connection.begin() as transaction:
        for statement in BEGIN:
            connection.exec_driver_sql(statement)
        default = connection.exec_driver_sql("SELECT current_schema()").scalar()
        others = {(schema, name) for schema, name in connection.exec_driver_sql(OTHERS)}
        schemas = {table.schema for table in metadata.tables.values()}

        def is_ours(name: Any, kind: str, parents: Any) -> bool:
            if kind == "schema":
                return name in schemas or (name is None and None in schemas)
            return kind != "table" or (parents.get("schema_name") or default, name) not in others

        options = {
            "compare_type": True,
            "compare_server_default": differ,
            "include_schemas": bool(schemas - {None}),
            "include_name": is_ours,
            "target_metadata": metadata,
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        transaction.rollback()
    return found


def _told(difference: Any, places: dict[str, Any]) -> dict[str, Any]:
    kind = difference[0]
    told: dict[str, Any] = {"kind": kind, "table": "", "name": "", "database": "", "model": "", "required": False}
    if kind in ("add_table", "remove_table"):
        told.update(table=_name(difference[1].schema, difference[1].name))
    elif kind in ("add_column", "remove_column"):
        column = difference[3]
        told.update(table=_name(difference[1], difference[2]), name=column.name, model=_text(column.type))
        told["required"] = not column.nullable and column.server_default is None and column.identity is None
    elif kind.startswith("modify_"):
        told.update(table=_name(difference[1], difference[2]), name=difference[3])
        told.update(database=_text(difference[5]), model=_text(difference[6]))
    elif kind.split("_", 1)[1] in ("index", "constraint", "fk"):
        thing = difference[1]
        told.update(table=_name(thing.table.schema, thing.table.name), name=str(thing.name or ""))
        told.update(model=", ".join(str(getattr(one, "name", one)) for one in getattr(thing, "columns", ())))
        told["required"] = bool(getattr(thing, "unique", kind.endswith("_constraint")))
    told["file"], told["line"] = _place(told["table"], told["name"], places)
    return told


def _name(schema: Any, name: str) -> str:
    return name if schema in (None, "public") else f"{schema}.{name}"


def _text(value: Any) -> str:
    """A type as PostgreSQL writes it, a default as SQL."""
    from sqlalchemy.dialects.postgresql import dialect
    from sqlalchemy.types import TypeEngine

    if isinstance(value, TypeEngine):
        return str(value.compile(dialect=dialect()))  # type: ignore[no-untyped-call]
    argument = getattr(value, "arg", value)
    return str(getattr(argument, "text", argument))


def _places() -> dict[str, Any]:
    """By table, where its model is written: file, first line, lines."""
    orm = sys.modules.get("sqlalchemy.orm")
    found: dict[str, Any] = {}
    for mapper in [one for one in gc.get_objects() if orm and isinstance(one, orm.Mapper)]:
        table = mapper.local_table
        try:
            lines, first = inspect.getsourcelines(mapper.class_)
            file = inspect.getsourcefile(mapper.class_)
        except (OSError, TypeError):
            continue
        found.setdefault(_name(getattr(table, "schema", None), str(getattr(table, "name", ""))), (file, first, lines))
    return found


def _place(table: str, column: str, places: dict[str, Any]) -> tuple[str, int]:
    if table not in places:
        return "", 0
    file, first, lines = places[table]
    pattern = re.compile(rf"\s*{re.escape(column)}\b\s*[:=]") if column else None
    inner = [number for number, line in enumerate(lines) if pattern and pattern.match(line)]
    return file, first + (inner[0] if inner else 0)


def main() -> None:
    """Answer the order."""
    child.answer(Comparison())
