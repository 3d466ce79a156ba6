"""Builders of slow snapshots for the pure tests: a server that was looked at, and whatever a test changes about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from forge_doctor.check import load
from forge_doctor.finding import Finding, NotRun
from forge_doctor.report import run_check
from forge_doctor.slow import checks
from forge_doctor.slow.logged.work import LoggedStatement, LoggedWork, Repetition
from forge_doctor.slow.plan import Plan, PlanNode
from forge_doctor.slow.server.schema import Column, Index, Table
from forge_doctor.slow.server.work import READY, ServerWork, StatementStats, Statistics
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.snapshot import SlowSnapshot
from forge_doctor.sql.fingerprint import fingerprint

CHECKS = {check.id: check for check in load(checks)}


def statement(text: str, calls: int = 100, **overrides: Any) -> StatementStats:
    """A row of the statistics; 1 ms, one row and four blocks a call unless told."""
    own = StatementStats(key=f"q{abs(hash(text)) % 10**9}", text=text, calls=calls, total_ms=1.0 * calls, rows=calls)
    return replace(replace(own, blocks=4 * calls), **overrides)


def statistics(*statements: StatementStats, transactions: int | None = 100, **overrides: Any) -> Statistics:
    """Totals since a reset a day ago, all committed."""
    own = Statistics(
        state=READY,
        statements=statements,
        age_s=86_400.0,
        seen=len(statements),
        calls=sum(one.calls for one in statements),
        total_ms=sum(one.total_ms for one in statements),
        commits=transactions,
        rollbacks=None if transactions is None else 0,
        deallocations=0,
        most=5000,
    )
    return replace(own, **overrides)


def table(name: str, rows: int = 1_000_000, **overrides: Any) -> Table:
    """A table of `public` that was analysed an hour ago."""
    own = Table(schema="public", name=name, rows=rows, size_bytes=rows * 100, analyzed_age_s=3600.0)
    return replace(own, **overrides)


def index(table_name: str, *keys: str, **overrides: Any) -> Index:
    """A valid btree index of `public`."""
    name = f"{table_name}_{'_'.join(keys)}_idx"
    makes = f"CREATE INDEX {name} ON public.{table_name} USING btree ({', '.join(keys)})"
    own = Index(schema="public", table=table_name, name=name, keys=keys, scans=10, makes=makes, counted_s=86_400.0 * 60)
    return replace(own, **overrides)


def column(table_name: str, name: str, **overrides: Any) -> Column:
    """A column whose values are all different."""
    own = Column(schema="public", table=table_name, name=name, kind="integer", distinct=-1.0)
    return replace(own, **overrides)


def scan(relation: str, condition: str = "", **overrides: Any) -> PlanNode:
    """A Seq Scan that throws rows away by `condition`."""
    own = PlanNode(
        kind="Seq Scan", relation=relation, schema="public", alias=relation, condition=condition, cost=10_000.0
    )
    return replace(own, **overrides)


def plan(of: StatementStats, root: PlanNode, **overrides: Any) -> Plan:
    """What EXPLAIN gave for the statement."""
    return replace(Plan(key=of.key, root=root), **overrides)


def server(
    *statements: StatementStats, transactions: int | None = 100, plans: Iterable[Plan] = (), **overrides: Any
) -> ServerWork:
    """PostgreSQL 18 whose statements all are seen."""
    own = ServerWork(
        version_num=180006,
        role="shop",
        database="shop",
        statistics=statistics(*statements, transactions=transactions),
        plans=tuple(plans),
    )
    return replace(own, **overrides)


def snapshot(*statements: StatementStats, **overrides: Any) -> SlowSnapshot:
    """A look at that server; `lines`, `logged` and `show_query` go to the snapshot, the rest to the server."""
    of_snapshot = {name: overrides.pop(name) for name in ("lines", "logged", "show_query") if name in overrides}
    own = SlowSnapshot(
        taken_at="2026-11-22T03:00:00+00:00",
        target="shop@127.0.0.1:5432/shop",
        server=server(*statements, **overrides),
    )
    return replace(own, **of_snapshot)


def logged(*statements: LoggedStatement, **overrides: Any) -> SlowSnapshot:
    """What logs told, no server; every statement is the engine log's unless told."""
    own = LoggedWork(sources=("app.log",), lines=1000, engine=100, transactions=10, statements=statements)
    return SlowSnapshot(taken_at="2026-11-22T03:00:00+00:00", target="app.log", logged=replace(own, **overrides))


def logged_statement(text: str, runs: int = 10, **overrides: Any) -> LoggedStatement:
    """One that ran so often, with one set of parameters each time."""
    own = LoggedStatement(key=fingerprint(text).id, text=text, runs=runs, sets=runs)
    return replace(own, **overrides)


def repetition(child: LoggedStatement, parent: LoggedStatement | None = None, **overrides: Any) -> Repetition:
    """Twenty runs with other parameters in each of three transactions."""
    own = Repetition(
        key=child.key, parent=parent.key if parent else "", transactions=3, runs=60, usual=20, least=20, most=20
    )
    return replace(own, **overrides)


def told(check_id: str, seen: SlowSnapshot, **limits: float) -> tuple[Finding | NotRun, ...]:
    """All one check says of a snapshot, with its own limits unless told."""
    check = CHECKS[check_id]
    return run_check(check, Situation(seen), {**check.limits, **limits})


def findings(check_id: str, seen: SlowSnapshot, **limits: float) -> tuple[Finding, ...]:
    """The findings of one check; fails the test where the check did not run."""
    outcomes = told(check_id, seen, **limits)
    assert not [one for one in outcomes if isinstance(one, NotRun)], outcomes
    return tuple(one for one in outcomes if isinstance(one, Finding))


def only(check_id: str, seen: SlowSnapshot, **limits: float) -> Finding:
    """The one finding of a check."""
    found = findings(check_id, seen, **limits)
    assert len(found) == 1, found
    return found[0]
