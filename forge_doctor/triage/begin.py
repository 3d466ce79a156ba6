"""Begins every part of a case as soon as it may be; waits for none."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from functools import partial
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.server.answers import Answers
from forge_doctor.pool.snapshot import Server
from forge_doctor.probes.clock import ticking_s
from forge_doctor.probes.deployment.time_zone import offset_s
from forge_doctor.probes.deployment.variables import read_variables
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.settings import Settings
from forge_doctor.triage.facts import Application, Case
from forge_doctor.triage.looks import Looks, WantedLogs, WantedSource
from forge_doctor.triage.parts import sessions
from forge_doctor.triage.readers import Readers

# Long enough to see what runs now, and shorter than what reads the source.
SLOW_LOOK_S = 0.8
# So many slots the parts take together, and one more is left to the application.
ENOUGH = 4
NOT_RECORDED = "a record holds sessions and locks: what statements cost and where migrations stood is not in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A part that is being looked at: it comes to what it says, and seconds."""

    name: str
    future: Future[tuple[Any, float]]
    application: str = ""


def begin(
    case: Case, looks: Looks, settings: Settings, readers: Readers, beside: ThreadPoolExecutor
) -> Iterator[Begun]:
    """The parts of a case: those that read files in processes of their own, at the server one after the other has room."""
    yield from _of_the_server(case, looks, settings, readers, beside)
    for one in case.applications:
        wanted = WantedSource(source=one.source, application=one.name, cache=looks.cache)
        yield Begun(name="lint", future=beside.submit(readers.ask, "lint", wanted), application=one.name)
        yield Begun(name="functions", future=beside.submit(readers.ask, "functions", wanted), application=one.name)
    for name, wanted_logs in _wanted_logs(case, looks):
        yield Begun(name="logs", future=beside.submit(readers.ask, "logs", wanted_logs), application=name)


def _of_the_server(
    case: Case, looks: Looks, settings: Settings, readers: Readers, beside: ThreadPoolExecutor
) -> Iterator[Begun]:
    if looks.recorded is not None:
        snapshot = looks.recorded.snapshot
        yield Begun(name="pool", future=beside.submit(lambda: (snapshot, 0.0)))
        for name in ("slow", "migrations"):
            yield Begun(name=name, future=beside.submit(_not_recorded))
        return
    timeout_s, shown = looks.connect_timeout_s, looks.show_query
    answered: Future[Answers] = Future()
    look = partial(sessions.look, duration_s=looks.duration_s, connect_timeout_s=timeout_s, show_query=shown)
    pool = beside.submit(_timed, lambda: look(case, answered=answered.set_result))
    yield Begun(name="pool", future=pool)
    room = _Room(answered, pool, is_kept=bool(looks.duration_s))
    costs_s = looks.duration_s or SLOW_LOOK_S
    costs = partial(readers.ask, "statements", case, settings, duration_s=costs_s, show_query=shown)
    yield Begun(name="slow", future=beside.submit(room.used_by, costs, connect_timeout_s=timeout_s))
    stands = partial(readers.ask, "schema", case, settings)
    yield Begun(name="migrations", future=beside.submit(room.used_by, stands, connect_timeout_s=timeout_s))


class _Room:
    """The server's slots: looks that take one wait until the sessions are seen and, where few are left, for each other:
    then there is one connection of ours at a time."""

    def __init__(self, answered: Future[Answers], pool: Future[Any], is_kept: bool) -> None:
        self._answered = answered
        self._pool = pool
        self._is_kept = is_kept
        self._turn = threading.Lock()

    def used_by(self, look: Any, **named: Any) -> tuple[Any, float]:
        """What the look gives; raises `CannotInspect` where it may not take a slot."""
        wait((self._answered, self._pool), return_when="FIRST_COMPLETED")
        if not self._answered.done():
            raise CannotInspect(f"not asked after the look at the sessions failed: {self._pool.exception()}")
        answers = self._answered.result()
        if answers.server is None:
            raise CannotInspect("not asked: the server had no slot left, and gave no session")
        is_scarce = _left(answers.server, answers.sessions) < ENOUGH
        if is_scarce and self._is_kept:
            wait((self._pool,))
        with self._turn if is_scarce else nullcontext():
            result: tuple[Any, float] = look(**named)
            return result


def _left(server: Server, sessions: Sequence[Session]) -> int:
    """Slots that the role may still take."""
    left = server.max_connections - server.superuser_reserved - server.reserved - len(sessions)
    database = server.database_limits.get(server.database)
    role = server.role_limits.get(server.role)
    own = [] if database is None else [database - sum(one.database == server.database for one in sessions)]
    own += [] if role is None else [role - sum(one.user == server.role for one in sessions)]
    return min((left, *own))


def _not_recorded() -> tuple[Any, float]:
    raise CannotInspect(NOT_RECORDED)


def _timed(run: Any) -> tuple[Any, float]:
    began = ticking_s()
    return run(), ticking_s() - began


def _wanted_logs(case: Case, looks: Looks) -> Iterator[tuple[str, WantedLogs]]:
    """All logs at once where they tell the time in one zone: then what followed what is known across them."""
    zones: dict[float, list[Application]] = {}
    for one in case.applications:
        zones.setdefault(_zone_s(one), []).append(one)
    first = min(zones, default=0.0)
    for zone_s, applications in zones.items() or ((0.0, []),):
        own = [log for one in applications for log in one.logs]
        own += case.server_logs if zone_s == first else ()
        name = applications[0].name if len(zones) > 1 else ""
        yield (
            name,
            WantedLogs(
                logs=tuple({log.word: log for log in own}.values()),
                app_roots=tuple(root for one in applications for root in _app_roots(one)),
                zone_s=zone_s,
                since=looks.until - looks.since_s,
                until=looks.recorded.at + 1.0 if looks.recorded else None,
                now=looks.now,
                tail=looks.lines,
                database=(case.target.database or "") if case.target else "",
            ),
        )


def _zone_s(one: Application) -> float:
    pid = next(iter(sorted(one.pids)), None)
    return offset_s(pid, read_variables(pid) or {}) if pid is not None else 0.0


def _app_roots(one: Application) -> Iterator[str]:
    """Folders whose lines are the application's own, also where it is installed among its libraries."""
    if one.source is None:
        return
    package = one.name.partition(":")[0].partition(".")[0]
    for root in (one.source.seen, str(one.source.here), *one.source.others):
        installed = "site-packages" in root or "dist-packages" in root
        yield f"{root.rstrip('/')}/{package}" if installed and package else root
