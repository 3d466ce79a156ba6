"""Asks for the plans of statements without running one: PREPARE and EXPLAIN EXECUTE, read-only, a savepoint each.

The generic plan is asked for (plan_cache_mode), since the values are not known: that works on 13 to 18 and through
any driver. EXPLAIN (GENERIC_PLAN), of 16, can't be sent by one that counts parameters. A statement that can't be
explained is said.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, Fetch, QueryLimits, read_only, run_commands
from forge_doctor.regex import regex
from forge_doctor.slow.plan import Plan, PlanNode
from forge_doctor.slow.server.plan_json import plan_of
from forge_doctor.slow.server.work import StatementStats
from forge_doctor.sql.masking import without_values
from forge_doctor.sql.parser import NotParsed, parsed
from forge_doctor.sql.quoting import quote_identifier

NAME = "forge_doctor_slow"
EXPLAINED = ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
LIMITS = QueryLimits(statement_s=2.0, lock_s=0.1)
SAVEPOINT = "SAVEPOINT forge_doctor"
PARAMETER = regex(r"\$(\d{1,5})")
NO_VALUES: Mapping[int, str] = MappingProxyType({})
LITERAL_TYPE = regex(
    r"\b(interval|date|timestamp|timestamptz|time|numeric|uuid|jsonb?)\s{1,4}(\$\d{1,5})", re.IGNORECASE
)
UNDEFINED_TABLE, INSUFFICIENT, PARAMETER_TYPE = "42P01", "42501", "42P18"
# All plans together: what is left then is said to be left.
BUDGET_S = 15.0
MOST_SCHEMAS = 50


def ranked(statements: Sequence[StatementStats], top: int) -> tuple[StatementStats, ...]:
    """The worst by time, by round trips, by blocks for a row; texts that are cut can't be asked about."""
    whole = [one for one in statements if not one.is_cut]
    orders = (
        sorted(whole, key=lambda one: -one.total_ms),
        sorted(whole, key=lambda one: -one.calls),
        sorted(whole, key=lambda one: -one.blocks / max(one.rows, one.calls, 1)),
    )
    return tuple({one.key: one for order in orders for one in order[:top]}.values())


def search_path(own: str, schemas: Sequence[str]) -> str:
    """Where names of tables are looked up: as our role would, then in every schema that has tables; quoted."""
    parts = [part.strip().strip('"') for part in own.split(",") if part.strip()] or ["$user", "public"]
    return ", ".join(map(quote_identifier, list(dict.fromkeys((*parts, *schemas)))[:MOST_SCHEMAS]))


@asynccontextmanager
async def planning(connection: Connection, path: str, mode: str) -> AsyncIterator[Planner]:
    """A read-only transaction to ask for plans in: `mode` is generic or custom, `path` where names are looked up."""
    async with read_only(connection, LIMITS) as fetch:
        own = f"SET LOCAL plan_cache_mode = force_{mode}_plan; SET LOCAL search_path = {path}"
        await run_commands(connection, f"{own}; {SAVEPOINT}", LIMITS)
        yield Planner(connection=connection, fetch=fetch)


async def explain(connection: Connection, statements: Sequence[StatementStats], path: str) -> tuple[Plan, ...]:
    """A plan for each, or why there is none."""
    plans: list[Plan] = []
    loop = asyncio.get_running_loop()
    end = loop.time() + BUDGET_S
    async with planning(connection, path, "generic") as planner:
        for one in statements:
            if loop.time() > end:
                plans.append(Plan(key=one.key, why_not=f"not asked: the plans before it took {BUDGET_S:.0f} s"))
            elif why_not := unfit(one.text):
                plans.append(Plan(key=one.key, why_not=why_not))
            else:
                plans.append(await _plan(planner, one))
    return tuple(plans)


def unfit(text: str) -> str:
    """Why a text is not sent: only one whole SELECT, INSERT, UPDATE, DELETE or MERGE is."""
    try:
        trees: Any = parsed(typed(text))
    except NotParsed:
        return "its text is no statement by itself"
    if len(trees) != 1:
        return "it is several statements"
    kind = next(iter(trees[0].get("stmt", {})), "")
    return "" if kind in EXPLAINED else "EXPLAIN takes no such statement"


async def _plan(planner: Planner, one: StatementStats) -> Plan:
    try:
        root, jit = await planner.plan(one.text)
    except QueryFailed as failed:
        return Plan(key=one.key, why_not=_why_not(failed))
    except ValueError as error:
        return Plan(key=one.key, why_not=f"its plan could not be read: {error}")
    return Plan(key=one.key, root=root, jit=jit)


@dataclass(slots=True, kw_only=True)
class Planner:
    """Asks for one plan after the other inside its transaction, with a savepoint before each."""

    connection: Connection
    fetch: Fetch
    _prepared: bool = False

    async def plan(self, text: str, values: Mapping[int, str] = NO_VALUES) -> tuple[PlanNode, bool]:
        """The plan, and whether it would be compiled; `values` are SQL for some parameters, by position from 1.

        Raises `QueryFailed` or ValueError; whatever happened, nothing of it is left: locks that planning took go with the
        savepoint, so that nobody's ALTER TABLE waits for us, and what was prepared, which outlives it, is forgotten.
        """
        try:
            # By itself, so that the server refuses what would be two commands.
            await self.fetch(f"PREPARE {NAME} AS {typed(text)}")
            self._prepared = True
            given = [values.get(at, "NULL") for at in range(1, _parameters(text) + 1)]
            arguments = f"({', '.join(given)})" if given else ""
            rows = await self.fetch(f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE {NAME}{arguments}")
            return plan_of(str(next(iter(rows[0].values()))))
        finally:
            if not self.connection.driver.is_closed():
                await self.back()

    async def back(self) -> None:
        """To the savepoint, whatever failed since, and forget what was prepared."""
        forgotten = f"DEALLOCATE {NAME}; " if self._prepared else ""
        self._prepared = False
        back = f"ROLLBACK TO {SAVEPOINT}; RELEASE {SAVEPOINT}; {forgotten}{SAVEPOINT}"
        await run_commands(self.connection, back, LIMITS)


def _parameters(text: str) -> int:
    """The server numbers them from 1 without a gap."""
    return max((int(one) for one in PARAMETER.findall(without_values(text))), default=0)


def typed(text: str) -> str:
    """The server writes `interval $1` for `interval '1 day'`, which it does not read again: `CAST($1 AS interval)` is the same."""
    return LITERAL_TYPE.sub(r"CAST(\2 AS \1)", text)


def _why_not(failed: QueryFailed) -> str:
    if failed.sqlstate == INSUFFICIENT:
        return "our role may not read its tables"
    if failed.sqlstate == UNDEFINED_TABLE:
        return "a table of it is not there by this name"
    if failed.sqlstate == PARAMETER_TYPE:
        return "the type of a parameter can't be told from its text"
    return f"the server could not plan it (SQLSTATE {failed.sqlstate})"
