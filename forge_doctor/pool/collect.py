"""Takes snapshots: asks the server on one connection and looks at processes meanwhile; judges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.inference.stacks_wanted import stacks_wanted
from forge_doctor.pool.looks import compare
from forge_doctor.pool.server.answers import Answers, ask_server
from forge_doctor.pool.server.bouncer import find_bouncer
from forge_doctor.pool.snapshot import PoolSnapshot, Refusal
from forge_doctor.pool.topology import Engine, Told, application_of, worker_to_ask
from forge_doctor.probes.clock import utc_now
from forge_doctor.probes.postgres.backends.lock_queues import unsettled_s
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.errors import NoSlotLeft
from forge_doctor.probes.postgres.look import Connection, connect, understood
from forge_doctor.probes.postgres.target import Target
from forge_doctor.probes.processes.network.half_open import Proof
from forge_doctor.probes.processes.scan import find_processes
from forge_doctor.probes.processes.table import ProcessTable, read_process_table
from forge_doctor.probes.processes.workers import Endpoint, Process, ProcessScan

if TYPE_CHECKING:
    from forge_doctor.pool.source.engine import SourceEngine
    from forge_doctor.pool.source.trace import Tracer
    from forge_doctor.probes.docker.containers import ContainerProcesses

LOOK_EVERY_S = 0.5
# Where a database is full and the server is not, this one still lets us in.
MAINTENANCE_DATABASE = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to examine and how.

    `source` is the application's source; without it, it is found from the processes, unless `trace` is False.

    `scan` is False where no process is to be looked for; `bouncer` is the address of a pgbouncer's
    console, if told; `web_concurrency` the variable in our own environment.
    """

    target: Target
    told: Told
    engine: Engine | None = None
    containers: tuple[ContainerProcesses, ...] = ()
    bouncer: Target | None = None
    scan: bool = True
    connect_timeout_s: float = 3.0
    show_query: bool = True
    web_concurrency: str | None = None
    source: Path | None = None
    trace: bool = True


class Examination:
    """Looks at one server, as often as asked, always over the same one connection.

    `answered` is told once what the server said first, when nothing of that look needs the connection any more.
    """

    def __init__(self, request: Request, answered: Callable[[Answers], None] | None = None) -> None:
        self._request = request
        self._answered = answered
        self._connection: Connection | None = None
        self._tracer: Tracer | None = None
        self._source_engines: dict[str, SourceEngine] = {}

    async def look(self, *, is_only: bool = False) -> PoolSnapshot:
        """A snapshot of now, with the stacks its findings need; an only one waits until it can tell of a lock queue
        that has just moved on. Raises `CannotInspect` where the server can't be reached or asked."""
        return await self._with_stacks(await self._look(self._ask_settled if is_only else self._ask))

    async def _with_stacks(self, snapshot: PoolSnapshot) -> PoolSnapshot:
        wanted = stacks_wanted(snapshot) if self._request.trace else ()
        if not wanted:
            return snapshot
        from forge_doctor.probes.application.process_stacks import read_stacks

        return replace(snapshot, stacks=await asyncio.to_thread(read_stacks, wanted))

    async def _look(self, ask: Callable[[], Awaitable[Answers]] | None = None) -> PoolSnapshot:
        request = self._request
        # The process table is read while the connection is made. Each is waited for whatever becomes of the other: a
        # connection that opens after a failure would be nobody's to close.
        asked, read = (ask or self._ask)(), self._process_table()
        answers, table = await asyncio.gather(asked, read, return_exceptions=True)
        if isinstance(answers, BaseException):
            raise answers
        if isinstance(table, BaseException):
            raise table
        scan = await asyncio.to_thread(self._scan, table, answers) if table else None
        if self._answered is not None:
            self._answered(answers)
            self._answered = None
        processes = scan.processes if scan else None
        engine, untold = await self._engine(processes or ())
        snapshot = PoolSnapshot(
            taken_at=utc_now(),
            target=request.target.label,
            application=application_of(request.told, engine, processes or (), request.web_concurrency, untold),
            server=answers.server,
            refusal=answers.refusal,
            sessions=answers.sessions,
            background=answers.background,
            locks=answers.locks,
            progress=answers.progress,
            processes=processes,
            unmatched_servers=len(scan.unmatched) if scan else 0,
            blind_spots=scan.blind_spots if scan else (),
            local_networks=_networks(scan, answers.sessions),
            half_open=scan.half_open if scan else (),
            closed_by_client=scan.closed_by_client if scan else (),
            bouncer=await find_bouncer(
                request.target,
                request.bouncer,
                seen=(answers.address, answers.port),
                processes=processes or (),
                connect_timeout_s=request.connect_timeout_s,
            ),
            show_query=request.show_query,
        )
        traces = request.source is not None or (request.trace and bool(processes))
        return await asyncio.to_thread(self._traced, snapshot) if traces else snapshot

    async def _engine(self, processes: Sequence[Process]) -> tuple[Engine | None, str]:
        """(the engine that was read or that the source makes, why its source does not tell)."""
        request = self._request
        if request.engine is not None or request.told.sizes_told:
            return request.engine, ""
        worker = worker_to_ask(processes) if request.trace else None
        if worker is None and request.source is None:
            return None, ""
        application = worker.application if worker is not None else ""
        if application not in self._source_engines:
            from forge_doctor.pool.source.engine import source_engine

            self._source_engines[application] = await asyncio.to_thread(source_engine, worker, request.source)
        found = self._source_engines[application]
        return found.engine, found.why_not

    def _traced(self, snapshot: PoolSnapshot) -> PoolSnapshot:
        from forge_doctor.pool.source.trace import Tracer

        self._tracer = self._tracer or Tracer(self._request.source)
        return self._tracer.traced(snapshot)

    async def looks(self, duration_s: float) -> PoolSnapshot:
        """The last of several looks within `duration_s` seconds, with what they showed together."""
        loop = asyncio.get_running_loop()
        taken = [await self._look()]
        began = loop.time()
        while (left := began + duration_s - loop.time()) > 0:
            await asyncio.sleep(min(LOOK_EVERY_S, left))
            taken.append(await self._look())
        return await self._with_stacks(replace(taken[-1], looks=compare(taken, loop.time() - began)))

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _ask_settled(self) -> Answers:
        """What the server says; of queues that have just moved on, once their new root has had time to end."""
        answers = await self._ask()
        pause_s = unsettled_s((*answers.sessions, *answers.background), answers.locks)
        if not pause_s:
            return answers
        await asyncio.sleep(pause_s)
        again = await self._ask()
        return again if again.server is not None else answers

    async def _ask(self) -> Answers:
        try:
            connection = await self._connected()
            with understood(connection):
                return await ask_server(connection, self._request.target.database)
        except NoSlotLeft as refused:
            return Answers(refusal=Refusal(sqlstate=refused.sqlstate, message=refused.server_message))
        except CannotInspect:
            self.close()  # the next look begins anew
            raise

    async def _process_table(self) -> ProcessTable | None:
        return await asyncio.to_thread(read_process_table) if self._request.scan else None

    async def _connected(self) -> Connection:
        """The connection; through the maintenance database where only the examined one is full."""
        if self._connection is None:
            target, timeout_s = self._request.target, self._request.connect_timeout_s
            try:
                self._connection = await connect(target, connect_timeout_s=timeout_s)
            except NoSlotLeft as refused:
                if refused.limit != "database" or target.database == MAINTENANCE_DATABASE:
                    raise
                self._connection = await connect(
                    target.with_database(MAINTENANCE_DATABASE), connect_timeout_s=timeout_s
                )
        return self._connection

    def _scan(self, table: ProcessTable, answers: Answers) -> ProcessScan:
        # Of several hosts the one that answered; all of them where none gave a session.
        hosts = (self._connection.target if self._connection else self._request.target).hosts
        return find_processes(
            [host.name for host in hosts],
            hosts[0].port,
            containers=self._request.containers,
            clients=_clients(answers.sessions),
            proof=Proof(server=Endpoint(address=answers.address, port=answers.port), client=answers.client)
            if answers.address and answers.port and answers.client
            else None,
            table=table,
        )


def _clients(sessions: Iterable[Session]) -> frozenset[Endpoint]:
    """The other ends of the sessions that came over TCP."""
    ends = ((session.client_addr, session.client_port) for session in sessions)
    return frozenset(Endpoint(address=address, port=port) for address, port in ends if address and port and port > 0)


def _networks(scan: ProcessScan | None, sessions: Iterable[Session]) -> tuple[str, ...]:
    """The networks of this host, asked for only where no process of it has the other end of some session."""
    if scan is None or scan.blind_spots:
        return ()
    held = {socket.local for process in scan.processes for socket in process.database_sockets}
    if _clients(sessions) <= held:
        return ()
    from forge_doctor.probes.processes.network.networks import local_networks

    return local_networks()
