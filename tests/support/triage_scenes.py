"""Whole incidents as joined facts: what each part would have said, the cause's place and the victims' places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.triage.code_map import Function
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import function, holds, problem, rule, said, sent_at

Log = tuple[Finding, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An incident. `place` is the line to change, `victims` are the lines that only suffer."""

    cause: str
    place: str
    pool: PoolSnapshot | None = None
    logs: tuple[Log, ...] = ()
    lint: tuple[Finding, ...] = ()
    slow: tuple[Finding, ...] = ()
    functions: tuple[Function, ...] = ()
    victims: frozenset[str] = frozenset()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, Any]:
        """What `triage_facts.facts` takes."""
        return {"pool": self.pool, "logs": self.logs, "lint": self.lint, "slow": self.slow, "functions": self.functions}


SOURCE = (
    function("shop/repository.py", "Orders.get", 10, 14),
    function("shop/stock.py", "Stock.lock", 8, 12),
    function("shop/bank.py", "charge", 3, 9),
    function("shop/payments.py", "pay", 20, 34, "lock", "charge"),
    function("shop/receipts.py", "send", 25, 40, "get"),
    function("shop/api.py", "listed", 45, 55, "get"),
    function("shop/api.py", "reserve", 60, 70),
    function("shop/reports.py", "totals", 12, 30, "get"),
    function("shop/wishes.py", "keep", 10, 18),
)
TIMEOUT = problem("pool-timeout", "/app/shop/api.py", 50, "listed")
LOCKED = problem("lock-timeout", "/app/shop/api.py", 66, "reserve")
GET = "SELECT * FROM orders WHERE orders.id = ?"
LOCK = "SELECT * FROM products WHERE products.id = ? FOR UPDATE"
# What may stand in any log and any source, and has nothing to do with any of these.
NOISE_LOGS = (
    problem("unique-violation", "/app/shop/users.py", 5, "register"),
    problem("naive-aware-datetime", "/app/shop/clock.py", 2, "now"),
)
NOISE_LINT = (
    rule("legacy-query", "shop/old.py", 3, "old"),
    rule("credentials-in-code", "shop/settings.py", 4),
    rule("raw-sql-without-text", "shop/admin.py", 8, "vacuum"),
)


def leak() -> Scene:
    held = [idle_in_transaction(100 + at, 200.0 - 20 * at, statement=GET) for at in range(6)]
    worker = serving(4211, *held)
    for one in held:
        port = one.client_port or 0
        worker = holds(worker, port, ("shop/repository.py", 12, "Orders.get"), ("shop/receipts.py", 30, "send"))
    return Scene(
        cause="leaked-session",
        place="shop/receipts.py:27 send",
        pool=snapshot(*held, processes=(worker,)),
        logs=(TIMEOUT,),
        lint=(rule("unclosed-session", "shop/receipts.py", 27, "send"),),
        functions=SOURCE,
        victims=frozenset({"shop/api.py:50 listed"}),
    )


def call_in_transaction() -> Scene:
    root = idle_in_transaction(100, 20.0, statement=LOCK)
    ages = {"query_age_s": 9.0, "state_age_s": 9.0, "xact_age_s": 10.0, "lock_wait_s": 9.0}
    behind = [session(101 + at, state="active", statement=LOCK, blocked_by=(100,), **ages) for at in range(5)]
    lines = [sent_at(100, "shop/stock.py", 10, "Stock.lock", Confidence.MEDIUM)]
    lines += [sent_at(one.pid, "shop/api.py", 66, "reserve") for one in behind]
    worker = serving(4211, root, *behind, requests=9)
    return Scene(
        cause="lock-held-during-call",
        place="shop/payments.py:30 pay",
        pool=snapshot(root, *behind, processes=(worker,), statement_lines=tuple(lines)),
        logs=(LOCKED,),
        lint=(rule("network-call-in-transaction", "shop/payments.py", 30, "pay"),),
        functions=SOURCE,
        victims=frozenset({"shop/api.py:66 reserve"}),
    )


def loop() -> Scene:
    trips = said("n-plus-one", Severity.ERROR, location=Location(target="shop/reports.py", line=20))
    return Scene(
        cause="query-in-loop",
        place="shop/reports.py:20 totals",
        logs=(TIMEOUT,),
        lint=(rule("query-in-loop", "shop/reports.py", 20, "totals"),),
        slow=(trips,),
        functions=SOURCE,
        victims=frozenset({"shop/api.py:50 listed"}),
    )


def lost_write() -> Scene:
    told = "coroutine 'AsyncSession.commit' was never awaited"
    return Scene(
        cause="lost-write",
        place="shop/wishes.py:14 keep",
        logs=(problem("coroutine-never-awaited", "/app/shop/wishes.py", 14, "keep", message=told),),
        lint=(rule("unawaited-session-call", "shop/wishes.py", 14, "keep"),),
        functions=SOURCE,
    )


def pooler() -> Scene:
    return Scene(
        cause="pooler-prepared-statements",
        place="shop/db.py:6",
        logs=(problem("prepared-missing", "/app/shop/api.py", 66, "reserve"),),
        lint=(rule("statement-cache-behind-pgbouncer", "shop/db.py", 6),),
        functions=SOURCE,
        victims=frozenset({"shop/api.py:66 reserve"}),
    )


SCENES = (leak, call_in_transaction, loop, lost_write, pooler)
