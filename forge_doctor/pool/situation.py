"""What the checks ask of a snapshot, worked out once: who holds which sessions, who blocks whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from forge_doctor.finding import Evidence, Location
from forge_doctor.pool.capacity import Demand, Usable, demand, usable_slots
from forge_doctor.pool.snapshot import PoolSnapshot, Server, Session
from forge_doctor.probes.processes import Process, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A client of the server and the sessions it holds.

    `process` is the process whose sockets they are, None where none was found; then the sessions
    of one (application_name, role, client address) are taken together. `connections` counts
    sessions, or sockets where the server could not be asked.
    """

    name: str
    process: Process | None
    sessions: tuple[Session, ...]
    connections: int

    @property
    def short_name(self) -> str:
        """`worker pid 4211 in api-1`: for lists, where the application's name would only be repeated."""
        if self.process is None or not self.is_worker:
            return self.name
        return f"worker pid {self.process.pid}" + (f" in {self.process.container}" if self.process.container else "")

    @property
    def is_worker(self) -> bool:
        """Whether it is a worker process of an application server."""
        return self.process is not None and self.process.role is Role.WORKER

    def in_state(self, *states: str) -> tuple[Session, ...]:
        """Its sessions in one of the states of pg_stat_activity."""
        return tuple(session for session in self.sessions if session.state in states)

    @property
    def idle_in_transaction(self) -> tuple[Session, ...]:
        """Its sessions with a transaction open in which nothing runs, aborted ones included."""
        return tuple(session for session in self.sessions if session.idle_in_transaction)

    def pools(self) -> Iterator[tuple[str, tuple[Session, ...]]]:
        """Its sessions by (role, database): an engine has one URL, hence one pool for each."""
        by_pool: defaultdict[str, list[Session]] = defaultdict(list)
        for session in self.sessions:
            by_pool[f"{session.user}@{session.database}"].append(session)
        for name, sessions in sorted(by_pool.items()):
            yield name, tuple(sessions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pileup:
    """A session (or a prepared transaction, `root` None) that waits for nobody, and those it blocks,
    directly or through others."""

    root_pid: int
    root: Session | None
    blocked: tuple[Session, ...]

    @property
    def longest_wait_s(self) -> float:
        """Of the blocked ones, seconds."""
        return max((self.waited_s(session) for session in self.blocked), default=0.0)

    def waited_s(self, session: Session) -> float:
        """Seconds a blocked session has waited.

        pg_locks.waitstart (14+) begins anew each time a queue for a row moves on. Behind a root that
        sits idle, which has taken no lock since, the wait is as long as both the statement runs and
        the root sits; before 14 there is only the statement's age, an upper bound.
        """
        running_s = session.query_age_s or 0.0
        if session.lock_wait_s is None:
            return running_s
        if self.root is not None and self.root.idle_in_transaction:
            return max(session.lock_wait_s, min(running_s, self.root.state_age_s or 0.0))
        return session.lock_wait_s


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
    def application_user(self) -> str:
        """The role most of the workers' sessions have, else the one most sessions have, else ours."""
        users = [s.user for holder in self.holders if holder.is_worker for s in holder.sessions]
        users = users or [session.user for session in self.sessions]
        own = self.server.role if self.server else ""
        return max(sorted(set(users)), key=users.count, default=own)

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
        found = [_holder(processes[pid], sessions) for pid, sessions in owned.items()]
        found += [_holder(one, ()) for one in processes.values() if one.pid not in owned and self._counts(one)]
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
        """Sessions that are not the application's: neither a worker's nor another replica's."""
        return sum(1 for session in self.sessions if not self.is_application(session))

    def is_application(self, session: Session) -> bool:
        """Whether a worker found here holds it, or, where it may be a replica elsewhere or no worker
        was found, whether it has the application's role and a client nobody here owns."""
        process = self.process_of(session)
        if process is not None:
            return process.role is Role.WORKER or self._is_bouncer(process)
        if self.workers and self.application.replicas.value == 1:
            return False
        return session.user == self.application_user

    def _is_bouncer(self, process: Process) -> bool:
        """Whether the application comes through that process."""
        return self.snapshot.bouncer is not None and process.name == "pgbouncer"

    @cached_property
    def pileups(self) -> tuple[Pileup, ...]:
        """Every root blocker with all it blocks, the largest first.

        pg_blocking_pids() names the sessions ahead in the queue as well as the lock's owner, so a
        root is a blocker that is not blocked itself.
        """
        by_pid = {session.pid: session for session in self.sessions}
        waiting = {session.pid: session.blocked_by for session in self.sessions if session.blocked_by}
        blocked = _blocked_by_root(waiting)
        found = (
            Pileup(
                root_pid=root,
                root=by_pid.get(root),
                blocked=tuple(by_pid[pid] for pid in sorted(pids)),
            )
            for root, pids in blocked.items()
        )
        return tuple(sorted(found, key=lambda pileup: (-len(pileup.blocked), pileup.root_pid)))

    @cached_property
    def blockers(self) -> frozenset[int]:
        """The pids of the root blockers."""
        return frozenset(pileup.root_pid for pileup in self.pileups)

    def location(self, session: Session) -> Location:
        """`pid 4711 shop_api@shop`."""
        return Location(target=f"pid {session.pid} {session.user}@{session.database}")

    @property
    def here(self) -> Location:
        """The examined server as a location."""
        return Location(target=self.snapshot.target)

    def statement(self, session: Session) -> tuple[Evidence, ...]:
        """The last statement, where `--show-query` asks for it, and its sqlcommenter tags, which hold no values."""
        told = [
            Evidence(label=tag, value=value, source="sqlcommenter tag")
            for tag, value in sorted(session.tags.items())
            if tag in ("route", "controller", "action", "framework")
        ]
        if self.snapshot.show_query and session.statement:
            told.append(Evidence(label="last statement", value=session.statement, source="pg_stat_activity.query"))
        return tuple(told)


def client_name(session: Session) -> str:
    """How to call a client of which no process was found: its application_name, role and address."""
    where = "a Unix socket" if session.client_port == -1 else session.client_addr or "an address hidden from this role"
    return f"{session.application_name or 'unnamed client'} ({session.user} from {where})"


def process_name(process: Process) -> str:
    """`worker pid 4211 (gunicorn shop.main:app in api-1)`."""
    what = " ".join(part for part in (process.server, process.application) if part) or process.name or "unknown"
    place = f" in {process.container}" if process.container else ""
    return f"{'worker ' if process.role is Role.WORKER else ''}pid {process.pid} ({what}{place})"


def _holder(process: Process, sessions: Iterable[Session]) -> Holder:
    held = tuple(sessions)
    return Holder(
        name=process_name(process),
        process=process,
        sessions=held,
        connections=len(held) or len(process.database_sockets),
    )


def _blocked_by_root(waiting: Mapping[int, tuple[int, ...]]) -> Mapping[int, frozenset[int]]:
    """Everybody behind each blocker that waits for nobody; a deadlock has no such root.

    Walks from the roots outwards, so that a pile-up of n costs its n * n / 2 edges once.
    """
    behind: defaultdict[int, list[int]] = defaultdict(list)
    for pid, blockers in waiting.items():
        for blocker in blockers:
            behind[blocker].append(pid)
    blocked: dict[int, frozenset[int]] = {}
    for root in behind.keys() - waiting.keys():
        seen: set[int] = set()
        pending = list(behind[root])
        while pending:
            pid = pending.pop()
            if pid not in seen:
                seen.add(pid)
                pending += behind.get(pid, ())
        blocked[root] = frozenset(seen)
    return blocked
