"""What a client that is no worker is there for, by its program, application_name and last statement; guesses no more."""

from __future__ import annotations

from forge_doctor.pool.inference.holders import Holder, is_listener
from forge_doctor.probes.postgres.backends.lock_queues import DUMPS

# The beginning of an application_name or a program's name -> what such clients are.
KINDS = {
    "psql": "consoles",
    "pgadmin": "consoles",
    "dbeaver": "consoles",
    "datagrip": "consoles",
    "pgcli": "consoles",
    "postgres_exporter": "exporters",
    "pg_exporter": "exporters",
    "pgwatch": "exporters",
    "datadog": "exporters",
    "telegraf": "exporters",
    "pganalyze": "exporters",
    "pg_activity": "exporters",
    "pg_cron": "cron jobs",
    "cron": "cron jobs",
    "alembic": "migrations",
    "flyway": "migrations",
    "liquibase": "migrations",
    "celery": "job runners",
    "arq": "job runners",
    "dramatiq": "job runners",
    "taskiq": "job runners",
    "rq": "job runners",
    "huey": "job runners",
    "procrastinate": "job runners",
    "[celeryd": "job runners",
    **dict.fromkeys(DUMPS, "dumps"),
}


def purpose(holder: Holder) -> str:
    """`consoles`, `job runners`, ...; empty where nothing tells."""
    if holder.sessions and all(is_listener(one) for one in holder.sessions):
        return "listeners"
    names = [one.application_name for one in holder.sessions]
    names += [holder.process.name] if holder.process else []
    found = {kind for name in names for start, kind in KINDS.items() if _begins(name, start)}
    return found.pop() if len(found) == 1 else ""


def _begins(name: str, start: str) -> bool:
    lowered = name.lower()
    rest = lowered[len(start) :]
    return lowered.startswith(start) and not rest[:1].isalpha()
