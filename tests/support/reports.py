"""Builders for findings and reports, and the incident that renderers are shown with."""

from __future__ import annotations

from typing import Any

from forge_doctor.check import RuleInfo
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Related, Severity
from forge_doctor.report import Report, Table

SUBJECT = "shop at db.example:5432"
WORKER = "gunicorn shop.main:app"


def finding(**overrides: Any) -> Finding:
    """A warning of the pool; every field can be another."""
    fields: dict[str, Any] = {
        "check": "idle-in-transaction",
        "severity": Severity.WARNING,
        "confidence": Confidence.HIGH,
        "message": "A transaction has been idle for 312 s.",
        "location": Location(target="pid 4711 shop_api@shop"),
    }
    return Finding(**(fields | overrides))


def report(*findings: Finding, **overrides: Any) -> Report:
    """A pool report that looked at 37 sessions."""
    fields: dict[str, Any] = {
        "command": "pool",
        "subject": SUBJECT,
        "findings": findings,
        "inspected": {"sessions": 37, "processes": 4},
    }
    return Report(**(fields | overrides))


def clean() -> Report:
    """Looked at everything, found nothing."""
    return report(headline="9 of 97 usable slots taken")


def blind() -> Report:
    """Found nothing, but two checks could not look."""
    reason = "role app sees only its own sessions"
    remedy = "GRANT pg_monitor TO app;"
    missed = tuple(NotRun(check=name, reason=reason, remedy=remedy) for name in ("holders", "long-statements"))
    return report(not_run=missed, inspected={"sessions": 1})


def incident() -> Report:
    """Three in the morning: no slot is left."""
    return report(
        _slots_exhausted(),
        _leak(),
        _idle_in_transaction(),
        _no_timeout(),
        headline=f"27 of 27 usable slots taken; worker pid 4211 ({WORKER}) holds 14 of 15",
        tables=(_holders(),),
        not_run=(
            *(
                NotRun(check=name, reason="role app sees only its own sessions", remedy="GRANT pg_monitor TO app;")
                for name in ("churn", "long-statements", "long-transactions", "lock-tree", "orphaned-transactions")
            ),
            NotRun(check="event-loop-blocked", reason="crashed: ZeroDivisionError: division by zero", crashed=True),
        ),
        data={"sizing": {"pool_size": 5, "max_overflow": 2}, "pods": [{"pid": 4211, "held": 14}]},
        rules={
            "slots-exhausted": RuleInfo(
                "No slot is left", "No slot is left\n\nWhy\n---\nPostgreSQL refuses the next one."
            ),
            "connection-leak": RuleInfo("Sessions are never given back", "Sessions are never given back."),
            "clock-skew": RuleInfo("Clocks differ", "Clocks differ."),
        },
    )


def _slots_exhausted() -> Finding:
    return finding(
        check="slots-exhausted",
        severity=Severity.CRITICAL,
        message="All 27 usable slots are taken: PostgreSQL refuses the next connection (53300), "
        "and every request that needs one fails.",
        location=Location(target=SUBJECT),
        evidence=(
            Evidence(label="client backends", value=27, source="pg_stat_activity"),
            Evidence(label="max_connections", value=30, source="pg_settings"),
            Evidence(label="superuser_reserved_connections", value=3, source="pg_settings"),
        ),
        remedy="SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
        " WHERE state = 'idle in transaction' AND state_change < now() - interval '60 s';",
    )


def _leak() -> Finding:
    return finding(
        check="connection-leak",
        severity=Severity.CRITICAL,
        confidence=Confidence.MEDIUM,
        message=f"Worker pid 4211 ({WORKER}) holds 14 of 15 connections, 12 of them idle in transaction after the "
        "same statement, the oldest for 4 min: a session is opened and never closed.",
        location=Location(target=f"pid 4211 {WORKER}"),
        evidence=(
            Evidence(label="held", value=14, unit="connections", source="/proc/4211/net/tcp"),
            Evidence(label="limit", value=15, unit="connections", source="--app shop.db:engine"),
            Evidence(label="oldest", value=243.68, unit="s", source="now() - xact_start"),
        ),
        remedy="kill -TERM 4211   # gunicorn starts a fresh worker; its connections are closed\n"
        "# then: `async with session_factory() as session:` in the background task",
        related=(
            Related(message="the task opens its session here", location=Location(target="src/shop/tasks.py", line=41)),
        ),
    )


def _idle_in_transaction() -> Finding:
    return finding(
        message="12 sessions sit idle in transaction for 61 to 243 s; they hold their slots and hold vacuum back.",
        location=Location(target=SUBJECT),
        evidence=(Evidence(label="idle", value=243.68, unit="s", source="state_change"),),
        remedy="ALTER ROLE shop_api SET idle_in_transaction_session_timeout = '60s';",
    )


def _no_timeout() -> Finding:
    return finding(
        check="timeouts-unset",
        severity=Severity.INFO,
        message="statement_timeout is 0: a statement may run for ever.",
        location=Location(target=SUBJECT),
        remedy="ALTER ROLE shop_api SET statement_timeout = '30s';",
    )


def _holders() -> Table:
    return Table(
        title="Who holds the slots",
        columns=("holder", "connections", "active", "idle in tx", "oldest (s)"),
        rows=(
            (f"pid 4211 {WORKER}", 14, 1, 12, 243.68),
            (f"pid 4212 {WORKER}", 9, 2, 0, 1.2),
            ("pg_dump nightly on batch-03.internal.example", 3, 3, 0, 5118.0),
            ("psql anna@10.0.4.17", 1, 0, 0, None),
        ),
        note="sockets of 2 workers joined with pg_stat_activity",
    )
