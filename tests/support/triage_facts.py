"""Builders of joined facts for the pure tests: what each part would say, without a server, a log or a source tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from forge_doctor.diagnosis import Diagnosis
from forge_doctor.finding import CodeContext, Confidence, Finding, Location, Severity
from forge_doctor.logs.signature import load_signatures
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import PoolSnapshot, StatementLine
from forge_doctor.probes.processes.workers import CodeLine, HeldConnection, Process
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.triage.code_map import CodeMap, Function
from forge_doctor.triage.facts import Application, Case, Facts, Part, SourceTree, Worker
from forge_doctor.triage.join import Joined, join

TAKEN_AT = "2026-11-22T03:00:00+00:00"
ROOT = "/srv/shop"


def rule(check: str, file: str, line: int, function: str = "", **more: Any) -> Finding:
    """What `lint` says of a line: as its host sees the file."""
    tables = more.pop("tables", ())
    own = Finding(
        check=check,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"{check} in {function or file}",
        location=Location(target=f"{ROOT}/{file}", line=line),
        remedy=f"mend {check}",
        code=CodeContext(function=function, line=line, end_line=line, tables=tables),
    )
    return replace(own, **more)


def problem(
    check: str, file: str = "", line: int = 0, function: str = "", **more: Any
) -> tuple[Finding, dict[str, Any]]:
    """What `logs` says of a fault: the finding and its data; `first` and `last` are moments."""
    signature = load_signatures().get(check)
    message = more.pop("message", signature.summary if signature else check)
    data = {
        "signature": check,
        "count": 3,
        "culprit": {"file": file, "line": line, "function": function} if file else None,
        "first": "2026-11-22T02:58:00Z",
        "last": "2026-11-22T02:59:50Z",
        "endpoint": "",
        "statements": (),
        **more,
    }
    found = Finding(
        check=check,
        severity=signature.severity if signature else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=message,
        location=Location(target=file or "shop.log", line=line or None),
        remedy=signature.fix if signature else "",
    )
    return found, data


def said(check: str, severity: Severity = Severity.WARNING, **more: Any) -> Finding:
    """What another part says, of no line."""
    own = Finding(
        check=check, severity=severity, confidence=Confidence.HIGH, message=check, location=Location(target="shop")
    )
    return replace(own, **more)


def function(path: str, name: str, line: int, end_line: int, *calls: str) -> Function:
    """A function and the last names of those it calls."""
    return Function(path=path, name=name, line=line, end_line=end_line, calls=tuple(("", call) for call in calls))


def holds(process: Process, port: int, *lines: tuple[str, int, str], held_s: float | None = 60.0) -> Process:
    """The worker wrote down where the connection of that port was taken, innermost line first."""
    told = tuple(CodeLine(file=f"/app/{file}", line=line, function=name) for file, line, name in lines)
    own = HeldConnection(backend_pid=1, local_port=port, lines=told, held_s=held_s)
    return replace(process, held=(*(process.held or ()), own))


def sent_at(pid: int, file: str, line: int, name: str, confidence: Confidence = Confidence.HIGH) -> StatementLine:
    """The source says which line sends the session's last statement."""
    return StatementLine(pid=pid, file=file, line=line, function=name, confidence=confidence, why="is this statement")


def facts(
    pool: PoolSnapshot | None = None,
    logs: Sequence[tuple[Finding, dict[str, Any]]] | None = (),
    lint: Sequence[Finding] = (),
    slow: Sequence[Finding] | None = None,
    migrations: Sequence[Finding] | None = None,
    functions: Sequence[Function] = (),
    **more: Any,
) -> Facts:
    """The facts of one application that runs in a container at /app and lies at `ROOT` on the host.

    What the pool says is worked out of the snapshot by its own checks.
    """
    parts = [Part(name="lint", report=Report(command="lint", subject="shop", findings=tuple(lint)))]
    if pool is not None:
        parts.append(Part(name="pool", report=run_pool(pool, Settings())))
    if logs is not None:
        data = {"problems": [one for _, one in logs], "other_errors": []}
        found = tuple(one for one, _ in logs)
        parts.append(Part(name="logs", report=Report(command="logs", subject="log", findings=found, data=data)))
    for name, findings in (("slow", slow), ("migrations", migrations)):
        if findings is not None:
            parts.append(Part(name=name, report=Report(command=name, subject="shop", findings=tuple(findings))))
    workers = tuple(Worker(pid=one.pid) for one in (pool.processes or () if pool else ()))
    tree = SourceTree(here=Path(ROOT), seen="/app")
    application = Application(name="shop.main:app", workers=workers, source=tree)
    files = tuple(dict.fromkeys(one.path for one in functions))
    own = Facts(
        case=Case(applications=(application,)),
        taken_at=TAKEN_AT,
        parts=tuple(parts),
        pool=pool,
        code=CodeMap(functions=tuple(functions), files=files),
    )
    return replace(own, **more)


def diagnosed(*args: Any, **more: Any) -> Joined:
    """What the join makes of these facts."""
    return join(facts(*args, **more))


def only(joined: Joined) -> Diagnosis:
    """The one diagnosis."""
    assert len(joined.diagnoses) == 1, [(one.cause, one.verdict, str(one.place)) for one in joined.diagnoses]
    return joined.diagnoses[0]
