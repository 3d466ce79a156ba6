"""What the checks ask of a snapshot, worked out once: who holds which sessions, who blocks whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from forge_doctor.finding import Evidence, Location
from forge_doctor.pool.inference.capacity import Demand, Usable, demand, usable_slots
from forge_doctor.pool.inference.holders import Holder, client_name, process_holder
from forge_doctor.pool.inference.requests import may_be_pinged
from forge_doctor.pool.inference.session_facts import session_facts
from forge_doctor.pool.snapshot import Application, PoolSnapshot, Server
from forge_doctor.pool.topology import main_application, without_sizes
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, pileups
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.poolers import POOLERS
from forge_doctor.probes.processes.workers import Process, Role


class Situation:
    """A snapshot and the questions that several checks ask of it; judges nothing itself."""

    def __init__(self, snapshot: PoolSnapshot) -> None:
        self.snapshot = snapshot
        self.application = snapshot.application
        self.sessions = snapshot.sessions

    @property
    def server(self) -> Server | None:
        """The server, None where no session was to be had."""
        return self.snapshot.server

    @cached_property
    def hidden(self) -> tuple[Session, ...]:
        """Sessions of other roles of which nothing but the name may be seen."""
        return tuple(session for session in self.sessions if session.hidden)

    @cached_property
    def demand(self) -> Demand | None:
        """What the application may open, None where the workers are unknown."""
        return demand(self.application)

    @cached_property
    def workers(self) -> tuple[Process, ...]:
        """The worker processes found."""
        return tuple(one for one in self.snapshot.processes or () if one.role is Role.WORKER)

    @cached_property
    def behind_pooler(self) -> tuple[Process, ...]:
        """Workers and others that come to the server through a pooler of this host."""
        return tuple(one for one in self.snapshot.processes or () if one.pooler_sockets)

    @cached_property
    def application_user(self) -> str:
        """The role most of the workers' sessions have, else the one most sessions have, else ours."""
        users = [s.user for holder in self.holders if holder.is_worker for s in holder.sessions]
        users = users or [session.user for session in self.sessions]
        own = self.server.role if self.server else ""
        return max(sorted(set(users)), key=users.count, default=own)

    @property
    def seen_at(self) -> str:
        """The server's time of the look, empty where it is not known."""
        return self.server.clock if self.server else ""

    @cached_property
    def application_database(self) -> str:
        """The database most of the application's sessions are in, else the examined one."""
        names = [session.database for session in self.sessions if session.user == self.application_user]
        return max(sorted(set(names)), key=names.count, default=self.server.database if self.server else "")

    @cached_property
    def usable(self) -> Usable | None:
        """The slots the application's role may use in its database."""
        if self.server is None:
            return None
        return usable_slots(self.server, self.application_user, self.application_database)

    @cached_property
    def _process_of(self) -> Mapping[tuple[str, int], Process]:
        return {
            (socket.local.address, socket.local.port): process
            for process in self.snapshot.processes or ()
            for socket in process.database_sockets
        }

    @cached_property
    def _translated(self) -> Mapping[int, Process]:
        """Source ports of container processes that no session has under the container's own address:
        masquerading keeps the port and changes the address."""
        seen = {(session.client_addr, session.client_port) for session in self.sessions}
        owners: defaultdict[int, list[Process]] = defaultdict(list)
        for end, process in self._process_of.items():
            if process.container and end not in seen:
                owners[end[1]].append(process)
        return {port: found[0] for port, found in owners.items() if len(found) == 1}

    def process_of(self, session: Session) -> Process | None:
        """The process whose socket the session is, by (client_addr, client_port)."""
        if session.client_addr is None or session.client_port is None or session.client_port < 0:
            return None
        exact = self._process_of.get((session.client_addr, session.client_port))
        return exact or self._translated.get(session.client_port)

    def may_be_pinged(self, sessions: Iterable[Session]) -> bool:
        """Whether WebSockets may hold these, that look like connections kept alive since their last ping."""
        told = tuple(sessions)
        workers = {one.pid: one for one in map(self.process_of, told) if one is not None}
        return may_be_pinged(workers.values(), [one.state_age_s or 0 for one in told])

    @cached_property
    def holders(self) -> tuple[Holder, ...]:
        """Everybody who holds connections, the largest holder first."""
        owned: defaultdict[int, list[Session]] = defaultdict(list)
        others: defaultdict[str, list[Session]] = defaultdict(list)
        processes = {process.pid: process for process in self.snapshot.processes or ()}
        for session in self.sessions:
            process = self.process_of(session)
            if process is None:
                others[client_name(session)].append(session)
            else:
                owned[process.pid].append(session)
        found = [process_holder(processes[pid], sessions) for pid, sessions in owned.items()]
        found += [process_holder(one, ()) for one in processes.values() if one.pid not in owned and self._counts(one)]
        found += [
            Holder(name=name, process=None, sessions=tuple(sessions), connections=len(sessions))
            for name, sessions in others.items()
        ]
        return tuple(sorted(found, key=lambda holder: (-holder.connections, holder.name)))

    def _counts(self, process: Process) -> bool:
        """Whether a process without a matched session is a holder: a worker always; else where only
        sockets can be counted."""
        return process.role is Role.WORKER or (self.server is None and bool(process.database_sockets))

    @cached_property
    def worker_holders(self) -> tuple[Holder, ...]:
        """The holders that are workers."""
        return tuple(holder for holder in self.holders if holder.is_worker)

    @cached_property
    def _holder_name_of(self) -> Mapping[int, str]:
        return {session.pid: holder.short_name for holder in self.holders for session in holder.sessions}

    def holder_of(self, session: Session) -> str:
        """The short name of the session's holder."""
        return self._holder_name_of.get(session.pid, client_name(session))

    @cached_property
    def others(self) -> int:
        """Sessions in its slots that are not the application's: neither a worker's nor another replica's."""
        return sum(1 for session in self.counted if not self.is_application(session))

    @cached_property
    def counted(self) -> tuple[Session, ...]:
        """The sessions that take one of the usable slots."""
        usable = self.usable
        return tuple(one for one in self.sessions if usable is None or usable.counts(one))

    def is_application(self, session: Session) -> bool:
        """Whether a worker found here holds it (of the application with the most connections), or, where it may be
        a replica elsewhere or no worker was found, whether it has the application's role and a client nobody here owns."""
        process = self.process_of(session)
        if process is not None:
            own = self._main_application is None or process.application in (self._main_application, "")
            return (process.role is Role.WORKER and own) or self._is_bouncer(process)
        replicas = self.application.replicas
        if self.workers and replicas.value == 1:
            here = session.client_addr in self._addresses_here
            return replicas.assumed and not here and self._signature(session) in self._worker_signatures
        return session.user == self.application_user

    @cached_property
    def _main_application(self) -> str | None:
        return main_application(self.snapshot.processes or ())

    def application_of(self, holder: Holder) -> Application:
        """What is known of the pools of a worker: the numbers told are those of one application."""
        own = holder.process.application if holder.process is not None else ""
        known = self._main_application in (None, own) or not own
        return self.application if known else without_sizes(self.application)

    @cached_property
    def _worker_signatures(self) -> frozenset[tuple[str, str, str]]:
        """What other replicas of the workers' application look like, whose processes are elsewhere."""
        return frozenset(self._signature(one) for holder in self.worker_holders for one in holder.sessions)

    @cached_property
    def _addresses_here(self) -> frozenset[str | None]:
        """Client addresses whose processes can be looked at here, and what has none."""
        found = {end[0] for end in self._process_of}
        return frozenset({None, "127.0.0.1", "::1", *found})

    @staticmethod
    def _signature(session: Session) -> tuple[str, str, str]:
        return session.user, session.database, session.application_name

    @cached_property
    def elsewhere(self) -> Mapping[str, tuple[Session, ...]]:
        """The application's sessions of no process here, by client address: its pods and other hosts."""
        found: defaultdict[str, list[Session]] = defaultdict(list)
        for session in self.sessions:
            here = session.client_addr in self._addresses_here or self.process_of(session) is not None
            if session.client_addr and not here and self.is_application(session):
                found[session.client_addr].append(session)
        return {address: tuple(sessions) for address, sessions in sorted(found.items())}

    def is_pooled(self, session: Session) -> bool:
        """Whether a pooler of this host holds it."""
        process = self.process_of(session)
        return process is not None and process.name in POOLERS

    def _is_bouncer(self, process: Process) -> bool:
        """Whether the application comes through that process."""
        return process.name in POOLERS and (self.snapshot.bouncer is not None or bool(self.behind_pooler))

    @cached_property
    def pileups(self) -> tuple[Pileup, ...]:
        """Every root blocker with all it blocks, the largest first."""
        return pileups((*self.snapshot.background, *self.sessions), self.snapshot.locks)

    def blockers(self, wait_s: float) -> frozenset[int]:
        """The pids of the root blockers behind which somebody has waited for so long: a lock that changes hands
        in milliseconds blocks nobody."""
        return frozenset(pileup.root_pid for pileup in self.pileups if pileup.longest_wait_s >= wait_s)

    def location(self, session: Session) -> Location:
        """`pid 4711 shop_api@shop`."""
        return Location(target=f"pid {session.pid} {session.user}@{session.database}")

    @property
    def here(self) -> Location:
        """The examined server as a location."""
        return Location(target=self.snapshot.target)

    def about(self, session: Session) -> tuple[Evidence, ...]:
        """What a person looks at first: the statement without values (not with `--no-query`), who sent it and from
        where, what it waits for and holds, its ages, and its process."""
        return tuple(session_facts(session, self.process_of(session), self.snapshot))
