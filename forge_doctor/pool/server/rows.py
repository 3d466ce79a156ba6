"""Turns rows of the queries into the snapshot's types; asks the server nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forge_doctor.pool.snapshot import (
    DatabaseCounters,
    PreparedTransaction,
    Replication,
    ReplicationSlot,
    Server,
    Setting,
)

Row = Mapping[str, Any]


def server_of(
    row: Row,
    *,
    counters: Sequence[Row],
    settings: Sequence[Row],
    prepared: Sequence[Row],
    replication: Row | str,
    app: tuple[str, str],
) -> Server:
    """The rows of server.sql and its companions; `app` is the (role, database) whose settings count, and
    `replication` a row, or why there is none."""
    return Server(
        version_num=row["version_num"],
        max_connections=row["max_connections"],
        superuser_reserved=row["superuser_reserved"],
        reserved=row["reserved"],
        role=row["role"],
        database=row["database"],
        sees_all=row["sees_all"],
        superusers=tuple(sorted(json.loads(row["superusers"]))),
        role_limits=json.loads(row["role_limits"]),
        database_limits=json.loads(row["database_limits"]),
        settings=tuple(setting_of(one, app, (row["role"], row["database"])) for one in settings),
        counters=DatabaseCounters(**counters[0]) if counters else None,
        prepared=tuple(PreparedTransaction(**one) for one in prepared),
        replication=None if isinstance(replication, str) else replication_of(replication),
        replication_unread=replication if isinstance(replication, str) else "",
        background_processes=row["background_processes"],
        in_recovery=row["in_recovery"],
        clock=row["clock"],
    )


def replication_of(row: Row) -> Replication:
    """The row of replication.sql."""
    slots = tuple(ReplicationSlot(**one) for one in json.loads(row["slots"]))
    return Replication(**{**row, "slots": slots})


def setting_of(row: Row, app: tuple[str, str], own: tuple[str, str]) -> Setting:
    """The value the application's role gets in its database.

    ALTER ROLE IN DATABASE wins over ALTER ROLE, that over ALTER DATABASE, that over the server's
    (documentation of pg_db_role_setting). The value the server shows us is our own role's; where
    something of ours overrides it and nothing does for the application, the server's is unknown
    and ours is given with its source.
    """
    overrides = [(role, database, entry.partition("=")[2]) for role, database, entry in json.loads(row["overrides"])]
    for_app, for_us = _override(overrides, app), _override(overrides, own)
    if for_app is not None:
        value, source = for_app
        return Setting(name=row["name"], value="0" if value in ("0", "0ms", "0s") else value, source=source)
    source = f"pg_settings, as overridden by {for_us[1]}" if for_us else "pg_settings"
    return Setting(name=row["name"], value=row["value"], unit=row["unit"], source=source)


def _override(overrides: Iterable[tuple[str | None, str | None, str]], who: tuple[str, str]) -> tuple[str, str] | None:
    role, database = who
    ranked = (
        (role, database, f"ALTER ROLE {role} IN DATABASE {database}"),
        (role, None, f"ALTER ROLE {role}"),
        (None, database, f"ALTER DATABASE {database}"),
    )
    found = {(named_role, named_database): value for named_role, named_database, value in overrides}
    return next(((found[key[:2]], key[2]) for key in ranked if key[:2] in found), None)
