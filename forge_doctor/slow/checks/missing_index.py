"""A statement reads a whole table for a few rows, and no index begins with what it asks for.

Why:
    Without an index every call reads every row. It is fast while the table is small and in memory, gets slower with
    every row that is added, takes the processor from all others, and under load is the usual reason why a database is
    busy.

Measures (blocks, rows):
    `blocks` or more are touched per call, and `blocks_times` as many as rows are given (an index touches about one a
    row); the plan reads a table of 10,000 rows or more as a whole with a condition on its columns, for a join with few
    rows, or to sort it for a LIMIT; and keeps at most 5 % of it. Without a plan the statement's text and the indexes
    say so, with less confidence. Of a log alone (auto_explain, log_min_duration_statement, an application's hooks): the
    scan of all of a table for one value, or a statement of 100 ms that asks for one; then which indexes there are is
    unknown, and the proposal is marked as not tried.

Wrong when:
    An index is there and the planner passes it over: one that begins with the same column is looked for, also under
    other names, and then nothing is proposed. An index does not help: with HypoPG each proposal is tried, and one that
    leaves more than half of the cost is not told. The table is small, or most of its rows are wanted: both are asked of
    the statistics. A time that an application measures has waits in it, for the event loop, the network or a lock:
    without a plan the mean of all that were timed has to be long too, and a look-up by the key (`id`) is not told. The
    statement runs once a night: calls and its share of the time are told, the decision is yours; an index costs every
    write. The generic plan is asked for: with one value in particular the server may do better.

Source:
    PostgreSQL documentation, 11.3 Multicolumn Indexes; CREATE INDEX, "Building Indexes Concurrently".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.slow.inference.accesses import Access, accesses
from forge_doctor.slow.inference.logged_accesses import LoggedAccess, logged_accesses, logged_finding, untried_index
from forge_doctor.slow.inference.proposals import Proposal, expression_proposals, has_index_on, is_immutable, proposals
from forge_doctor.slow.judging import asked_enough, grave, is_aggregate, reads_too_much
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.index_remedies import create, is_useless, proof, proof_words, trial_of
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import quote_identifier

Case = tuple[Statement, Access, Proposal]


@check(severity=Severity.WARNING, limits={"blocks": 300, "blocks_times": 5, "calls": 2, "mean_ms": 1.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each index, however many statements ask for it."""
    cases: dict[str, list[Case]] = {}
    for statement in situation.statements:
        if not asked_enough(statement, limits) or statement.verb == "insert":
            continue
        for case in _cases(statement, situation, limits):
            cases.setdefault(case[2].definition, []).append(case)
    for found in cases.values():
        yield _finding(situation, found)
    yield from _logged(situation)


def _logged(situation: Situation) -> Iterator[Finding]:
    """Of a server's log alone: one finding for each table and column that is asked for."""
    told = set()
    for access in logged_accesses(situation):
        plain = [
            one
            for one in access.terms
            if one.is_equality and not one.wrapped and one.value in ("parameter", "constant")
        ]
        apart = plain and len(plain) == len(access.terms) and access.keeps_few and not is_aggregate(access.statement)
        columns = tuple(one.column for one in plain[:3])
        # Without a plan: `id` is the key, which has an index.
        by_key = access.node is None and columns == ("id",)
        if apart and not by_key and (access.table, columns) not in told and not _limits(access):
            told.add((access.table, columns))
            keys = ", ".join(quote_identifier(one) for one in columns)
            yield logged_finding(
                situation,
                access,
                plain[0],
                f"reads all of {access.table} for the rows with one {' and '.join(columns)}",
                untried_index(access, keys, name="_".join(columns)),
            )


def _limits(access: LoggedAccess) -> bool:
    """Without a plan, what is sorted or cut may be slow for another reason."""
    return access.node is None and bool(
        access.statement.shape.flags & {"limit", "offset"} or len(access.statement.shape.tables) > 1
    )


def _cases(statement: Statement, situation: Situation, limits: Limits) -> Iterator[Case]:
    if not reads_too_much(statement, limits):
        return
    for access in accesses(statement, situation):
        if access.order and is_aggregate(statement):
            continue
        new = [
            one
            for one in expression_proposals(access, situation)
            if not has_index_on(one.terms[0].column, access.table, situation)
            and is_immutable(one.terms[0], situation.column_of(access.table, one.terms[0].column))
        ]
        for proposal in (*proposals(access, situation), *new):
            if not is_useless(trial_of(statement, proposal)):
                yield statement, access, proposal
                break


def _finding(situation: Situation, cases: list[Case]) -> Finding:
    statement, access, proposal = cases[0]  # the one with the most time
    trial = trial_of(statement, proposal)
    proven = trial is not None and trial.cost_after is not None
    others = tuple(
        Related(message=f"asks for it as well: {quoted(situation, one)}", location=location(situation, one))
        for one, _, _ in cases[1:4]
    )
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if proven else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} reads {access.scope} "
        f"{_purpose(access)}: {statement.blocks_per_call or 0:,.0f} blocks and {milliseconds(statement.mean_ms)} a call for "
        f"{statement.rows_per_call or 0:,.0f} rows. No index begins with {', '.join(proposal.columns[:1])}."
        f"{proof_words(trial)}",
        location=location(situation, statement),
        evidence=(*facts(situation, statement), *_seen(access), *proof(statement, trial)),
        remedy=create(proposal, situation),
        related=others,
    )


def _purpose(access: Access) -> str:
    if access.walked:
        return "and throws away what it does not ask for"
    if access.joined:
        return "to join them with few others"
    if access.order:
        return "and sorts them for the first of them"
    return "and throws nearly all away"


def _seen(access: Access) -> tuple[Evidence, ...]:
    if access.node is None:
        return (
            Evidence(label="read", value=f"whole {access.table.name}", source="its text, the indexes, blocks a call"),
        )
    condition = access.node.condition or ", ".join(access.node.sort_key)
    told = [Evidence(label="node", value=f"{access.node.kind} on {access.table.name}", source="EXPLAIN")]
    if condition:
        told.append(Evidence(label="filter", value=condition, source="EXPLAIN"))
    return tuple(told)
