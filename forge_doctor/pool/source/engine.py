"""The engine of the application whose processes are here, as its source makes it; reads files, imports and judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.application.app_engine import EngineFacts
from forge_doctor.probes.application.runtime import Runtime, find_source, read_runtime
from forge_doctor.probes.deployment.variables import read_env_file, read_variables
from forge_doctor.probes.processes.workers import Process

if TYPE_CHECKING:
    from forge_doctor.code.orm.engines import EngineCall


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEngine:
    """`engine` is None where its numbers are not to be told; `why_not` then says why, or is empty where no engine was found."""

    engine: EngineFacts | None = None
    why_not: str = ""


def source_engine(worker: Process | None, source: Path | None) -> SourceEngine:
    """What `source`, or the source found from the worker, says of its engine."""
    runtime = read_runtime(worker.pid, worker.parent_pid) if worker is not None else None
    application = worker.application if worker is not None else ""
    folder = source or (find_source(runtime, application) if runtime is not None else None)
    if folder is None:
        return SourceEngine()
    from forge_doctor.code.files.application_files import application_files
    from forge_doctor.code.orm.engine_places import engines_in

    folder = folder.absolute()
    calls = [one for one in engines_in(folder, application_files(folder, application)) if _is_postgres(one)]
    if len(calls) > 1:
        calls = list(_reached(calls, folder, application)) or calls
    return _engine(calls, _variables(worker, runtime, folder))


def _is_postgres(call: EngineCall) -> bool:
    return call.dsn is None or not call.dsn.is_driver_known or call.dsn.dialect.startswith("postgres")


def _reached(calls: Sequence[EngineCall], folder: Path, application: str) -> Iterator[EngineCall]:
    """Those that stand in what the application's module brings in: scripts and migrations have engines of their own."""
    from forge_doctor.code.files.application_files import module_file
    from forge_doctor.code.files.reachable import reachable

    start = module_file(folder, application)
    files = frozenset(reachable(start, folder)) if start is not None else frozenset()
    yield from (one for one in calls if folder / one.call.file.path in files)


def _engine(calls: Sequence[EngineCall], variables: Mapping[str, str]) -> SourceEngine:
    """The one engine, or several of one size: which of different ones a session is of cannot be told."""
    from forge_doctor.code.orm.engine_numbers import facts_of

    told = [facts_of(one, variables) for one in calls]
    if not told:
        return SourceEngine()
    if any(one is None for one in told):
        place = next(call.place for call, one in zip(calls, told, strict=True) if one is None)
        return SourceEngine(why_not=f"what the engine at {place} is given is not written there as numbers")
    known = [one for one in told if one is not None]
    if len({(one.pool_class, one.pool_size, one.max_overflow) for one in known}) > 1:
        places = ", ".join(f"{one.name} ({_size(one)})" for one in known[:3])
        return SourceEngine(why_not=f"its source makes {len(known)} engines of different pools: {places}")
    return SourceEngine(engine=known[0])


def _size(engine: EngineFacts) -> str:
    return engine.pool_class if engine.pool_size is None else f"{engine.pool_size} + {engine.max_overflow}"


def _variables(worker: Process | None, runtime: Runtime | None, folder: Path) -> Mapping[str, str]:
    """What the worker was started with, over the `.env` files beside its source and its working directory."""
    beside = [folder, *([Path(runtime.root + runtime.directory)] if runtime is not None else ())]
    found: dict[str, str] = {}
    for each in dict.fromkeys(beside):
        found |= read_env_file(each / ".env")
    return found | dict((read_variables(worker.pid) if worker is not None else None) or {})
