"""Makes the journey: a server of our own or the one named, the application's child, every revision; judges nothing.

Whatever was begun is ended and removed, also by Ctrl-C or SIGTERM: the child, the databases, the server, the folder.
"""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import UsageProblem
from forge_doctor.migrations.round_trip.handover import Application, migrations_of
from forge_doctor.migrations.round_trip.trial import Revision, RoundTrip
from forge_doctor.migrations.round_trip.trip import Progress, Traveller
from forge_doctor.probes.postgres.target import Target
from forge_doctor.probes.throw_away.databases import Address, databases
from forge_doctor.probes.throw_away.interruption import interrupted_by_signals
from forge_doctor.probes.throw_away.server import own_server

SETTINGS: Mapping[str, str] = {
    "max_connections": "40",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_prepared_transactions": "4",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TripRequest:
    """What to try.

    `only` are the ids of the revisions to try (None: all), the others are only upgraded on the way; `rows` a file of SQL
    with rows to put in; `server` another throw-away server than the wheel's; findings name files as seen from `here`.
    """

    application: Application
    only: frozenset[str] | None = None
    rows: Path | None = None
    server: Target | None = None
    here: Path = field(default_factory=Path.cwd)


def unwatched(_done: int, _total: int, _revision: str) -> None:
    """Progress nobody looks at."""


async def collect_round_trip(request: TripRequest, progress: Progress = unwatched) -> RoundTrip:
    """The whole journey.

    Raises `CannotInspect` where it could not begin: no server, no Alembic, an env.py that does not run.
    """
    with interrupted_by_signals():
        return await _collect(request, progress)


async def _collect(request: TripRequest, progress: Progress) -> RoundTrip:
    given = _read(request.rows)
    with tempfile.TemporaryDirectory(prefix="forge-doctor-round-trip-") as name:
        folder = Path(name)
        os.chmod(folder, 0o711)  # noqa: S103,PTH101 - PostgreSQL may run as another account
        async with _address(request.server, folder) as address, databases(address) as made:
            trial = await made.make("start")
            async with migrations_of(request.application, made, trial) as (child, facts):
                revisions = _revisions(facts["revisions"], request.here)
                traveller = Traveller(child, made, given=given, own_server=request.server is None)
                await traveller.travel(revisions, request.only, progress)
            return _round_trip(request, revisions, traveller)


def _read(rows: Path | None) -> str:
    try:
        return rows.read_text(encoding="utf-8") if rows else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"--rows {rows}: cannot be read: {error}") from error


@asynccontextmanager
async def _address(server: Target | None, folder: Path) -> AsyncIterator[Address]:
    if server is not None:
        host = server.hosts[0]
        password = host.password.reveal() if host.password else ""
        yield Address(host=host.name, port=host.port, user=server.user, password=password, database=server.database)
        return
    async with own_server(folder, SETTINGS, extra="round-trip") as own:
        yield Address(host=own.host, port=own.port, user=own.user, password=own.password)


def _revisions(told: Sequence[Mapping[str, Any]], here: Path) -> tuple[Revision, ...]:
    return tuple(
        Revision(
            id=one["id"],
            down=tuple(one["down"]),
            file=one["path"],
            path=_seen_from(Path(one["path"]), here),
            body=_body(Path(one["path"]), "downgrade" if one["undoes"] else "upgrade"),
            title=one["title"],
            undoes=one["undoes"],
            refusals=_refusals(Path(one["path"])),
        )
        for one in told
    )


def _seen_from(file: Path, here: Path) -> str:
    return file.relative_to(here).as_posix() if file.is_relative_to(here) else file.as_posix()


def _body(file: Path, function: str) -> int:
    """The line of the first statement in a function of the file."""
    node = _function(file, function)
    if node is None:
        return 1
    body = [one for one in node.body if not isinstance(getattr(one, "value", None), ast.Constant)]
    return (body or node.body)[0].lineno


def _refusals(file: Path) -> frozenset[int]:
    """The lines on which the downgrade raises an exception that stands under no condition."""
    node = _function(file, "downgrade")
    raised = [one for one in node.body if isinstance(one, ast.Raise)] if node is not None else []
    return frozenset(line for one in raised for line in range(one.lineno, (one.end_lineno or one.lineno) + 1))


def _function(file: Path, name: str) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    return next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name), None)


def _round_trip(request: TripRequest, revisions: tuple[Revision, ...], traveller: Traveller) -> RoundTrip:
    journey = traveller.journey
    unfit = request.rows is not None and not journey.notes
    return RoundTrip(
        subject=str(request.application.config),
        revisions=revisions,
        trials=tuple(journey.trials),
        stopped=journey.stopped,
        tried=journey.tried,
        refusing=tuple(journey.refusing),
        rows_made=journey.rows_made,
        without_rows=tuple(sorted(journey.without_rows.items())),
        notes=(
            *journey.notes,
            *([f"the rows of {request.rows} fit nowhere, and rows were made instead"] if unfit else []),
        ),
    )
