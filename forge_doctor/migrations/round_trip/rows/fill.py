"""Writes the rows into the empty tables of a throw-away database, those that its constraints take; counts the rest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.migrations.round_trip.rows.make import Draft, Group, Row, combinations, drafts, groups, order
from forge_doctor.migrations.round_trip.rows.shape import Table, read_tables
from forge_doctor.probes.throw_away.databases import Session
from forge_doctor.sql.quoting import quote_identifier, quote_literal

BATCH = 250
# Of what satisfies the checks: how many are looked at for keys, and how many are inserted to see.
MOST_TRIED, MOST_INSERTS = 60, 8


@dataclass(slots=True)
class Filled:
    """How many rows were written, and the tables that got none, with the reason."""

    rows: int = 0
    without: dict[str, str] = field(default_factory=dict)


async def fill(session: Session, leave_out: frozenset[str] = frozenset()) -> Filled:
    """Rows for every table that has none; `leave_out` names tables, qualified and quoted."""
    await session.execute("RESET search_path")  # what triggers and checks call is found as by the application
    tables = [one for one in order(await read_tables(session)) if one.name not in leave_out]
    filled, made = Filled(), {}
    for table in tables:
        present = await _present(session, table)
        if present:
            made[table.id] = present
            continue
        drafted = drafts(table, made)
        if isinstance(drafted, str):
            filled.without[table.name] = drafted
            continue
        rows, problem = await _write(session, table, drafted)
        made[table.id] = rows
        filled.rows += len(rows)
        if not rows:
            filled.without[table.name] = problem
    await session.execute("SET search_path = pg_catalog")
    return filled


async def _present(session: Session, table: Table) -> Sequence[Row]:
    """The first rows that are there already, as text."""
    columns = ", ".join(f"{quote_identifier(one.name)}::text AS {quote_identifier(one.name)}" for one in table.columns)
    return await session.fetch(f"SELECT {columns} FROM {table.name} LIMIT 3")  # noqa: S608 - quoted where it was read


async def _write(session: Session, table: Table, drafted: Sequence[Draft]) -> tuple[Sequence[Row], str]:
    written: list[Row] = []
    problem = "no row satisfies its constraints"
    for draft in drafted:
        for row in await _allowed(session, table, draft, written):
            refused = await session.try_statements("SET CONSTRAINTS ALL DEFERRED", _insert(table, row))
            if not refused:
                written.append(row)
                break
            problem = refused
    return written, problem


async def _allowed(session: Session, table: Table, draft: Draft, written: Sequence[Row]) -> Sequence[Row]:
    """The rows to try, best first: those that satisfy the checks by the server's own word, each group by itself."""
    plain = {name: choices[0] for name, choices in draft.choices.items()}
    parts = [await _parts(session, group, draft) for group in groups(table)]
    rows = ({**plain, **{k: v for part in chosen for k, v in part.items()}} for chosen in itertools.product(*parts))
    fresh = (row for row in itertools.islice(rows, MOST_TRIED) if _is_new(table, row, written))
    return tuple(itertools.islice(fresh, MOST_INSERTS)) or (plain,)


async def _parts(session: Session, group: Group, draft: Draft) -> Sequence[Row]:
    """What the group may hold; the ordinary values where nothing was found."""
    tried = combinations(draft, [one.name for one in group.columns])
    if not tried[0]:
        return ({},)
    found: list[Row] = []
    for start in range(0, len(tried), BATCH):
        found += await _satisfying(session, group, tried[start : start + BATCH])
        if len(found) >= MOST_INSERTS:
            break
    return found[:MOST_TRIED] or tried[:1]


def _is_new(table: Table, row: Row, written: Sequence[Row]) -> bool:
    return all(
        any(row.get(name) is None or row.get(name) != other.get(name) for name in key)
        for key in table.unique
        for other in written
    )


async def _satisfying(session: Session, group: Group, rows: Sequence[Row]) -> Sequence[Row]:
    numbers = await session.try_query(_question(group, rows))
    if numbers is not None:
        return [rows[one["n"]] for one in numbers]
    # A value its type does not take, or a check that raises: each for itself.
    if len(rows) == 1:
        return []
    middle = len(rows) // 2
    halves = (rows[:middle], rows[middle:])
    return [row for half in halves for row in await _satisfying(session, group, half)]


def _question(group: Group, rows: Sequence[Row]) -> str:
    """Which of these rows the checks let pass."""
    names = ", ".join(quote_identifier(one.name) for one in group.columns)
    values = ", ".join(_candidate(number, group, row) for number, row in enumerate(rows))
    conditions = [*group.checks, *(_of_domain(text, one.name) for one in group.columns for text in one.checks)]
    holds = " AND ".join(f"({text}) IS NOT FALSE" for text in conditions)
    return f"SELECT n FROM (VALUES {values}) AS v (n, {names}) WHERE {holds} ORDER BY n"  # noqa: S608 - all quoted


def _candidate(number: int, group: Group, row: Row) -> str:
    # A domain's own type would refuse the value before it is asked.
    casts = (
        _cast(row[one.name], quote_identifier(one.type.name) if one.checks else one.written) for one in group.columns
    )
    return f"({number}, {', '.join(casts)})"


def _of_domain(text: str, column: str) -> str:
    return re.sub(r"\bVALUE\b", lambda _: quote_identifier(column), text)


def _cast(value: str | None, written: str) -> str:
    return f"NULL::{written}" if value is None else f"{quote_literal(value)}::{written}"


def _insert(table: Table, row: Row) -> str:
    columns = [one for one in table.writable if one.name in row]
    if not columns:
        return f"INSERT INTO {table.name} DEFAULT VALUES"
    names = ", ".join(quote_identifier(one.name) for one in columns)
    values = ", ".join(_cast(row[one.name], one.written) for one in columns)
    return f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})"  # noqa: S608
