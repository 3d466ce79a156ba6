"""What is known of a system when its causes are looked for: what was discovered, and what each part said; frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Finding, NotRun
from forge_doctor.report import Report
from forge_doctor.triage.code_map import CodeMap

if TYPE_CHECKING:
    from forge_doctor.pool.snapshot import PoolSnapshot
    from forge_doctor.probes.application.app_engine import EngineFacts
    from forge_doctor.probes.postgres.target import Target

APPLICATION, SERVER = "application", "postgresql"
# The evidence of a finding that may be about another database of the same server.
ANY_DATABASE = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of discovery: `found` in words and `source`, where that was learned; where nothing was found `missing`
    says why, and `remedy` what to type. `application` names the one it is about, empty where it is about all.
    """

    name: str  # workers, interpreter, database, server log, application log, source, pool
    found: str = ""
    source: str = ""
    missing: str = ""
    remedy: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process of an application server; `role` is `worker` or `master`, `container` its name or the beginning of its id."""

    pid: int
    parent_pid: int | None = None
    role: str = "worker"
    server: str = ""
    application: str = ""
    user: str = ""
    container: str = ""
    container_pid: int | None = None
    age_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """An application's source: `here` is where we read it, `seen` where its processes have it (`/app`), `others` further
    folders under which its files are named. `files` are those it is made of, None where nobody looked for them yet."""

    here: Path
    seen: str = ""
    others: tuple[str, ...] = ()
    files: tuple[Path, ...] | None = None

    def relative(self, path: str) -> str:
        """The path from the source root, however it was named; as it is where it lies elsewhere."""
        for root in (str(self.here), self.seen, *self.others):
            if root and path.startswith(root.rstrip("/") + "/"):
                return path[len(root.rstrip("/")) + 1 :]
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """A log: `word` is what `forge-doctor logs` takes for it (a file, a container), `kind` whose it is."""

    word: str
    kind: str  # APPLICATION or SERVER
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application and the processes that run it. `name` is its import string (`shop.main:app`), or the program's name.

    `engine` are the numbers of its pool, None where nothing told them; `project` and `service` are those of compose.
    """

    name: str
    server: str = ""
    workers: tuple[Worker, ...] = ()
    interpreter: str = ""
    directory: str = ""
    source: SourceTree | None = None
    logs: tuple[LogSource, ...] = ()
    engine: EngineFacts | None = None
    container: str = ""
    project: str = ""
    service: str = ""
    unit: str = ""

    @property
    def pids(self) -> frozenset[int]:
        """Its processes, the master among them."""
        return frozenset(one.pid for one in self.workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One database with the applications that use it: what one diagnosis is about. `target` is None where none was
    found; `target_source` says where it was read, never what the password is."""

    applications: tuple[Application, ...] = ()
    target: Target | None = None
    target_source: str = ""
    server_logs: tuple[LogSource, ...] = ()

    @property
    def name(self) -> str:
        """`shop.main:app on shop_api@db:5432/shop`."""
        names = ", ".join(dict.fromkeys(one.name for one in self.applications)) or "no application"
        return f"{names} on {self.target.label}" if self.target else names

    @property
    def logs(self) -> tuple[LogSource, ...]:
        """Every log, each once."""
        own = (log for one in self.applications for log in one.logs)
        return tuple({log.word: log for log in (*own, *self.server_logs)}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found, and the steps that found it."""

    cases: tuple[Case, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one of the commands said: `name` is `pool`, `logs`, `lint`, `slow` or `migrations`; `report` is None where it
    could not look, `why_not` then says why. `application` is the one whose source or log it read, empty for all."""

    name: str
    report: Report | None = None
    why_not: NotRun | None = None
    application: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was seen of one case, to be joined.

    `taken_at` is the moment by the server's clock where it answered, else ours, in ISO 8601; `server_ahead_s` how far
    its clock is ahead of ours. `code` are the functions of the source, none where it was not read.
    """

    case: Case
    taken_at: str
    parts: tuple[Part, ...] = ()
    pool: PoolSnapshot | None = None
    server_ahead_s: float | None = None
    since_s: float = 1800.0
    code: CodeMap = field(default_factory=CodeMap)

    @property
    def subject(self) -> str:
        """What the report is about, also where the sessions are a record's and no database was looked for."""
        if self.case.target is not None or self.pool is None:
            return self.case.name
        return f"{self.case.name} on {self.pool.target}, from a record"

    def report(self, part: str) -> Report | None:
        """What that part said first; None where it could not look."""
        return next((one.report for one in self.parts if one.name == part and one.report is not None), None)

    def findings(self, part: str) -> Iterator[Finding]:
        """What that part found, for every application."""
        for one in self.parts:
            if one.name == part and one.report is not None:
                yield from one.report.findings

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What could not be looked at, part by part."""
        failed = (one.why_not for one in self.parts if one.why_not is not None)
        within = (told for one in self.parts if one.report is not None for told in one.report.not_run)
        return tuple(dict.fromkeys((*failed, *within)))

    def application_of(self, pid: int | None) -> Application | None:
        """Whose process that is; the only application there is where the process is not known."""
        owned = next((one for one in self.case.applications if pid in one.pids), None)
        alone = self.case.applications[0] if len(self.case.applications) == 1 else None
        return owned or alone

    def relative(self, path: str, application: Application | None = None) -> str:
        """A path as a process, a log or a rule names it, from the source root of the application."""
        for one in (application,) if application else self.case.applications:
            if one.source is not None and (short := one.source.relative(path)) != path:
                return short
        return path
