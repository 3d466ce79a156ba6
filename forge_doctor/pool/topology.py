"""The application's numbers, each from the surest source that tells it; never guesses a worker count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.errors import UsageProblem
from forge_doctor.pool.inference.holders import uses_sqlalchemy
from forge_doctor.pool.snapshot import Application, Number
from forge_doctor.probes.processes.workers import Process, Role

# SQLAlchemy 2.0 and 2.1, create_async_engine(): pool_size=5, max_overflow=10, pool_timeout=30.
DEFAULT_POOL_SIZE = 5
DEFAULT_MAX_OVERFLOW = 10
ASSUMED = "SQLAlchemy's default"


class Engine(Protocol):
    """What is read off a real engine, or told by the source that makes it (`probes.app_engine.EngineFacts`)."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def pool_class(self) -> str: ...  # noqa: D102

    @property
    def pool_size(self) -> int | None: ...  # noqa: D102

    @property
    def max_overflow(self) -> int | None: ...  # noqa: D102

    @property
    def pool_timeout_s(self) -> float | None: ...  # noqa: D102

    @property
    def pool_recycle_s(self) -> float | None: ...  # noqa: D102

    @property
    def pre_ping(self) -> bool | None: ...  # noqa: D102

    @property
    def defaults(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def doubts(self) -> Mapping[str, str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the user said, by flag or configuration, None where nothing; `sources` names the flag or file."""

    pool_size: int | None = None
    max_overflow: int | None = None
    workers: int | None = None
    replicas: int | None = None
    surge: float | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def sizes_told(self) -> bool:
        """Whether nobody needs to be asked how large the pool is."""
        return self.pool_size is not None and self.max_overflow is not None

    def number(self, key: str) -> Number | None:
        """The number with its source, None where nobody told it."""
        value: int | None = getattr(self, key)
        return (
            None if value is None else Number(value=value, source=self.sources.get(key, "--" + key.replace("_", "-")))
        )


def application_of(
    told: Told, engine: Engine | None, processes: Sequence[Process], web_concurrency: str | None, untold: str = ""
) -> Application:
    """Join the sources: flags, then the engine, then processes and environment, then defaults.

    `web_concurrency` is the variable in our own environment; `untold` says why no engine was to be had, where one was
    looked for and found. Raises `UsageProblem` where the variable is no number.
    """
    return Application(
        pool_size=told.number("pool_size") or _from_engine(engine, "pool_size") or _assumed(DEFAULT_POOL_SIZE, untold),
        max_overflow=told.number("max_overflow")
        or _from_engine(engine, "max_overflow")
        or _assumed(DEFAULT_MAX_OVERFLOW, untold),
        workers=told.number("workers") or _from_processes(processes) or _from_environment(web_concurrency),
        replicas=told.number("replicas") or Number(value=1, source="not told", assumed=True),
        surge=told.surge if told.surge is not None else 1.25,
        pool_class=engine.pool_class if engine else "AsyncAdaptedQueuePool",
        pool_timeout_s=engine.pool_timeout_s if engine else None,
        pool_recycle_s=engine.pool_recycle_s if engine else None,
        pool_pre_ping=engine.pre_ping if engine else None,
        source=f"engine {engine.name}" if engine else "",
    )


def without_sizes(application: Application) -> Application:
    """The same with nothing known of its pools: for the workers of another application than the one that was told."""
    size, overflow = (_assumed(each, "") for each in (DEFAULT_POOL_SIZE, DEFAULT_MAX_OVERFLOW))
    return replace(application, pool_size=size, max_overflow=overflow, pool_class="AsyncAdaptedQueuePool", source="")


def _from_engine(engine: Engine | None, key: str) -> Number | None:
    value: int | None = getattr(engine, key) if engine else None
    if engine is None or value is None:
        return None
    own = f"{ASSUMED}, not given at the " if key in engine.defaults else ""
    setting = engine.doubts.get(key)
    doubt = f"the default of {setting} in the source, if nothing that was not read sets it" if setting else ""
    return Number(value=value, source=f"{own}engine {engine.name}", doubt=doubt)


def _assumed(value: int, untold: str) -> Number:
    return Number(value=value, source=f"{ASSUMED}: {untold}" if untold else ASSUMED, assumed=True)


def main_application(processes: Sequence[Process]) -> str | None:
    """Of several applications here, whose pools are of different sizes, that with the most connections; None where there
    is but one. Workers whose application is not to be seen count as its."""
    workers = [one for one in processes if one.role is Role.WORKER and one.application]
    names = Counter(one.application for one in workers)
    connections = Counter(one.application for one in workers for _ in (*one.database_sockets, *one.pooler_sockets))
    return max(sorted(names), key=lambda name: (connections[name], names[name])) if len(names) > 1 else None


def worker_to_ask(processes: Sequence[Process]) -> Process | None:
    """The worker whose engine counts: of the application with the most connections, with SQLAlchemy in it."""
    main = main_application(processes)
    return next(
        (
            one
            for one in processes
            if one.role is Role.WORKER and one.application and main in (None, one.application)
            if (one.database_sockets or one.pooler_sockets) and uses_sqlalchemy(one)
        ),
        None,
    )


def _from_processes(every: Sequence[Process]) -> Number | None:
    """The workers that run; where a master says how many it keeps, its own word counts the missing ones too."""
    main = main_application(every)
    processes = [one for one in every if main is None or one.application in (main, "")]
    workers = [process for process in processes if process.role is Role.WORKER]
    configured = [number for process in processes if (number := _configured(process))]
    if not workers and not configured:
        return None
    kinds = Counter(worker.server or "unknown server" for worker in workers)
    source = "processes found: " + ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    source += f" of {main}" if main is not None else ""
    planned = sum(number.value for number in configured)
    if planned > len(workers):
        return Number(value=planned, source=configured[0].source)
    return Number(value=len(workers), source=source)


def _configured(process: Process) -> Number | None:
    """What a master's command line or environment asks for: a flag wins over WEB_CONCURRENCY, as in uvicorn and gunicorn."""
    if process.role is not Role.MASTER:
        return None
    if process.workers_flag is not None:
        return Number(value=process.workers_flag, source=f"--workers of pid {process.pid}")
    if process.web_concurrency is not None:
        return Number(value=process.web_concurrency, source=f"env WEB_CONCURRENCY of pid {process.pid}")
    return None


def _from_environment(web_concurrency: str | None) -> Number | None:
    if not web_concurrency:
        return None
    if not web_concurrency.isdigit() or int(web_concurrency) < 1:
        raise UsageProblem(
            f"WEB_CONCURRENCY={web_concurrency!r} is not a number of workers; unset it or pass --workers"
        )
    return Number(value=int(web_concurrency), source="env WEB_CONCURRENCY")
