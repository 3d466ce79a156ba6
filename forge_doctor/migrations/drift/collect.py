"""Compares in a child process of the application's Python, which imports the models; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.migrations.drift.comparison import Comparison, Difference
from forge_doctor.probes.alembic_runner.process import Failure, child_process
from forge_doctor.probes.application.app_engine import SPEC
from forge_doctor.probes.postgres.target import Target

LIMIT_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRequest:
    """`spec` is `package.module:Base.metadata`, imported by `python` in `folder`; findings name files from `here`."""

    spec: str
    target: Target
    python: str
    folder: Path
    environment: Mapping[str, str] | None = None
    pending: int = 0
    here: Path = field(default_factory=Path.cwd)


async def collect_drift(request: DriftRequest) -> Comparison:
    """The comparison.

    Raises `UsageProblem` for a spec that cannot be imported, `CannotInspect` where Alembic, a driver or the database
    is not to be had.
    """
    if not SPEC.fullmatch(request.spec):
        raise UsageProblem(f"--metadata {request.spec}: must be written package.module:Base.metadata")
    async with child_process(request.python, "drift", folder=request.folder, environment=request.environment) as child:
        answer = await child.order("compare", limit_s=LIMIT_S, spec=request.spec, address=_address(request.target))
    if answer.failure is not None:
        raise _problem(request, answer.failure)
    found = tuple(_difference(one, request.here) for one in answer.facts["differences"])
    return Comparison(
        spec=request.spec,
        target=request.target.label,
        tables=answer.facts["tables"],
        differences=found,
        pending=request.pending,
    )


def _address(target: Target) -> dict[str, Any]:
    host = target.hosts[0]
    tls = {} if host.is_socket else {"sslmode": str(target.tls.mode)}
    if target.tls.root_cert and not host.is_socket:
        tls["sslrootcert"] = target.tls.root_cert
    return {
        "host": host.name,
        "port": host.port,
        "user": target.user,
        "password": host.password.reveal() if host.password else "",
        "database": target.database,
        "tls": tls,
    }


def _problem(request: DriftRequest, failure: Failure) -> UsageProblem | CannotInspect:
    said = f"{failure.kind}: {failure.message.partition(chr(10))[0]}"
    where = f"(imported with {request.python} in {request.folder})"
    if failure.kind in ("ModuleNotFoundError", "ImportError") and "alembic" in failure.message:
        return CannotInspect(
            f"--metadata: Alembic is not installed for {request.python}: name the application's with --python"
        )
    if failure.sqlstate or failure.kind in ("OperationalError", "ConnectionRefusedError", "OSError", "TimeoutError"):
        return CannotInspect(f"--metadata {request.spec}: {request.target.label}: {said}")
    names = f"; set {', '.join(failure.missing)} in the environment" if failure.missing else ""
    return UsageProblem(f"--metadata {request.spec}: {said} {where}{names}")


def _difference(told: Mapping[str, Any], here: Path) -> Difference:
    file = Path(told["file"]) if told["file"] else None
    shown = "" if file is None else file.relative_to(here).as_posix() if file.is_relative_to(here) else file.as_posix()
    return Difference(**{**told, "file": shown})
