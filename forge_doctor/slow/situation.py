"""One snapshot joined into what checks ask: statements with their plans, tables and lines; judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from forge_doctor.slow.logged.work import LoggedStatement, LoggedWork
from forge_doctor.slow.plan import Plan, PlanNode
from forge_doctor.slow.server.schema import Column, Index, Table
from forge_doctor.slow.server.work import READY, SampledStatement, ServerWork, StatementStats, Statistics
from forge_doctor.slow.snapshot import SlowSnapshot, StatementLine
from forge_doctor.slow.statement import Statement
from forge_doctor.sql.fingerprint import fingerprint
from forge_doctor.sql.quoting import split_name
from forge_doctor.sql.shape import shape_of

# The database counts what begins without BEGIN as well, and tells it late: so much more is another number.
MORE = 2
WHOLE = 1 << 20  # texts of the statistics are whole, or said to be cut


class Situation:
    """What a check is given: the snapshot, and the joined view of it."""

    def __init__(self, snapshot: SlowSnapshot) -> None:
        self.snapshot = snapshot

    @property
    def server(self) -> ServerWork | None:
        """The server's side, None where none was examined."""
        return self.snapshot.server

    @property
    def statistics(self) -> Statistics | None:
        """The rows of pg_stat_statements, None where they could not be had."""
        found = self.server.statistics if self.server else None
        return found if found is not None and found.state == READY else None

    @property
    def logged(self) -> LoggedWork | None:
        """What logs told, None where none was read."""
        return self.snapshot.logged

    @cached_property
    def transactions(self) -> int | None:
        """Transactions of the time that the statements are of, without ours: those that ended by COMMIT or ROLLBACK.

        A driver that prepares its COMMIT has it counted once (servers up to 16): where the database counted more, that
        number holds.
        """
        told = self.statistics
        if told is None or told.commits is None or told.rollbacks is None:
            return None
        ended = max(0, told.commits + told.rollbacks - told.own)
        counted = self.window_transactions if told.window_s is not None else None
        if counted is not None and counted > MORE * ended:
            return counted
        return ended or None

    @property
    def window_transactions(self) -> int | None:
        """What the database counted between the two looks, without ours: each look at the sessions is a transaction."""
        delta, samples = (self.server.delta, self.server.samples) if self.server else (None, None)
        if delta is None:
            return None
        told = self.statistics
        own = told.own if told is not None and told.own else samples.looks if samples is not None else 0
        return max(0, delta.transactions - own)

    @property
    def commits(self) -> int | None:
        """COMMITs of the time that the statements are of, without ours."""
        told = self.statistics
        return None if told is None or told.commits is None else max(0, told.commits - told.own)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Those that read or write tables, the most time first."""
        told = self.statistics
        found = [self._from_stats(one, told) for one in told.statements] if told else []
        taken = {one.logged.key for one in found if one.logged is not None}
        found += [self._from_log(one) for key, one in self._logged.items() if key not in taken]
        return tuple(
            sorted((one for one in found if one.verb), key=lambda one: (-(one.total_ms or 0), -one.calls, one.key))
        )

    def _from_stats(self, row: StatementStats, told: Statistics) -> Statement:
        logged = self._logged_of(row)
        return Statement(
            key=row.key,
            text=row.text,
            shape=shape_of(row.text, cut_at=WHOLE),
            calls=row.calls,
            total_ms=row.total_ms,
            rows=row.rows,
            blocks=row.blocks,
            per_transaction=row.calls / self.transactions if self.transactions else None,
            time_share=row.total_ms / told.total_ms if told.total_ms else None,
            trip_share=row.calls / told.calls if told.calls else None,
            stats=row,
            sampled=self._sampled.get(row.key),
            logged=logged,
            plan=self._plans.get(row.key) or (self._logged_plans.get(logged.key) if logged else None),
            lines=self._lines.get(row.key, ()) or (self._lines.get(logged.key, ()) if logged else ()),
        )

    def _from_log(self, one: LoggedStatement) -> Statement:
        transactions = self.logged.transactions if self.logged else 0
        return Statement(
            key=one.key,
            text=one.text,
            shape=shape_of(one.text, cut_at=WHOLE),
            calls=one.runs or one.timed,
            total_ms=one.total_ms if one.timed else None,
            rows=one.rows,
            per_transaction=one.runs / transactions if transactions and one.runs else None,
            logged=one,
            plan=self._logged_plans.get(one.key),
            lines=self._lines.get(one.key, ()),
        )

    def statement_named(self, key: str) -> Statement | None:
        """The statement with that key, be it the fingerprint that logs know it by."""
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> Mapping[str, Statement]:
        by_fingerprint = {one.logged.key: one for one in self.statements if one.logged is not None}
        return by_fingerprint | {one.key: one for one in self.statements}

    @cached_property
    def _logged(self) -> Mapping[str, LoggedStatement]:
        return {one.key: one for one in self.logged.statements} if self.logged else {}

    @cached_property
    def _logged_ids(self) -> Mapping[str, LoggedStatement]:
        """By the server's queryid, where it was logged."""
        return {one.query_id: one for one in self._logged.values() if one.query_id}

    def _logged_of(self, row: StatementStats) -> LoggedStatement | None:
        """What logs told of a row of the statistics: by its queryid, else by its text."""
        if not self._logged:
            return None
        return self._logged_ids.get(row.key) or self._logged.get(fingerprint(row.text).id)

    @cached_property
    def _logged_plans(self) -> Mapping[str, Plan]:
        return {one.key: one for one in self.logged.plans} if self.logged else {}

    @cached_property
    def _sampled(self) -> Mapping[str, SampledStatement]:
        samples = self.server.samples if self.server else None
        return {one.key: one for one in samples.statements} if samples else {}

    @cached_property
    def _plans(self) -> Mapping[str, Plan]:
        return {one.key: one for one in self.server.plans} if self.server else {}

    @cached_property
    def _lines(self) -> Mapping[str, tuple[StatementLine, ...]]:
        found: dict[str, list[StatementLine]] = {}
        for line in self.snapshot.lines:
            found.setdefault(line.key, []).append(line)
        return {key: tuple(lines) for key, lines in found.items()}

    @cached_property
    def _tables(self) -> Mapping[tuple[str, str], Table]:
        return {(one.schema, one.name): one for one in self.server.tables} if self.server else {}

    @cached_property
    def _by_name(self) -> Mapping[str, Table | None]:
        """By the bare name, where only one schema has it."""
        found: dict[str, Table | None] = {}
        for table in self._tables.values():
            found[table.name] = None if table.name in found else table
        return found

    def table_of(self, node: PlanNode) -> Table | None:
        """The table a plan's step reads."""
        return self._tables.get((node.schema, node.relation)) or self._by_name.get(node.relation)

    def table_named(self, name: str) -> Table | None:
        """The table as a statement names it (`join_name`), None where two schemas have it or it isn't there."""
        *schema, bare = split_name(name)
        return self._tables.get((schema[-1], bare)) if schema else self._by_name.get(bare)

    def table_under(self, index: Index) -> Table | None:
        """The table of an index."""
        return self._tables.get((index.schema, index.table))

    def indexes_of(self, table: Table) -> tuple[Index, ...]:
        """Its indexes, invalid ones too."""
        every = self.server.indexes if self.server else ()
        return tuple(one for one in every if (one.schema, one.table) == (table.schema, table.name))

    def column_of(self, table: Table, name: str) -> Column | None:
        """What the statistics say of a column; None where they were not read."""
        every: Iterable[Column] = self.server.columns if self.server else ()
        return next(
            (one for one in every if (one.schema, one.table, one.name) == (table.schema, table.name, name)), None
        )
