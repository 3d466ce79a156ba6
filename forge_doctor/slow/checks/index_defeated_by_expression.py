"""A column with an index stands inside a cast or a function, so that its index is not used.

Why:
    An index of `sent_at` knows nothing of `sent_at::date`, one of `mail` nothing of `lower(mail)`: the whole table is
    read although the index one expects is there. A parameter of another type does the same: a bigint compared with a
    numeric is cast, row by row.

Measures (blocks):
    The plan reads a table of 10,000 rows or more as a whole and compares an expression of one column that begins an
    index;
    `blocks` or more are touched per call. Without a plan the statement's text says so, with less confidence.

Wrong when:
    An index of the very expression is there: it is looked for. The cast changes nothing (varchar to text): the column's
    type is looked at. The condition keeps most of the table, where no index is used anyway: rows are counted.

Source:
    PostgreSQL documentation, 11.7 Indexes on Expressions.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.accesses import Access, accesses
from forge_doctor.slow.inference.logged_accesses import LoggedAccess, logged_accesses, logged_finding, untried_index
from forge_doctor.slow.inference.predicates import CONTAINS, LIKES, Term
from forge_doctor.slow.inference.proposals import (
    SMALLEST_ROWS,
    Proposal,
    expression_proposals,
    has_index_on,
    is_immutable,
    is_wrapped,
)
from forge_doctor.slow.judging import asked_enough, grave, is_aggregate
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.index_remedies import create, is_useless, proof, proof_words, trial_of
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import quote_identifier

JSON_STEPS = frozenset({"->", "->>", "#>", "#>>"})
NUMBERS = frozenset({"numeric", "float8", "float4"})


@check(severity=Severity.WARNING, limits={"blocks": 300, "calls": 2, "mean_ms": 1.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if not asked_enough(statement, limits) or (statement.blocks_per_call or 0) < limits["blocks"]:
            continue
        found = next(_cases(statement, situation), None)
        if found is not None:
            yield _finding(situation, statement, *found)
    yield from _logged(situation)


def _logged(situation: Situation) -> Iterator[Finding]:
    """Of a server's log alone: whether an index of the column is there, nobody looked."""
    told = set()
    for access in logged_accesses(situation):
        wrapped = [
            one for one in access.terms if one.wrapped and one.wrapper not in JSON_STEPS and one.value != "column"
        ]
        term = next((one for one in wrapped if one.is_equality or one.is_range), None)
        if term is None or access.statement.key in told or not access.keeps_few:
            continue
        told.add(access.statement.key)
        by = (
            f"({quote_identifier(term.column)} as {term.wrapper})"
            if term.wrapped == "cast"
            else f"{term.wrapper}({term.column})"
        )
        yield logged_finding(
            situation,
            access,
            term,
            f"compares {by} of all rows of {access.table}, which no index of {term.column} itself answers",
            _logged_remedy(access, term),
        )


def _logged_remedy(access: LoggedAccess, term: Term) -> str:
    if term.wrapped == "cast" and term.wrapper == "date":
        return f"compare the column itself with a range: .where(Model.{term.column} >= day, Model.{term.column} < day + timedelta(days=1))"
    if term.wrapped == "cast":
        return f"pass a parameter of the type that {term.column} has"
    if not term.expression:
        return f"compare {term.column} itself; an index of {term.wrapper}() of it is taken only where that is IMMUTABLE"
    return untried_index(access, f"({term.expression})", name=f"{term.column}_{term.wrapper}")


def _cases(statement: Statement, situation: Situation) -> Iterator[tuple[Access, Term, Proposal | None]]:
    for access in accesses(statement, situation):
        if access.table.rows < SMALLEST_ROWS or (access.kept_ratio or 0) > 0.5:
            continue
        if not is_aggregate(statement) and (statement.rows_per_call or 0) > access.table.rows / 10:
            continue
        offered = {one.terms[0]: one for one in expression_proposals(access, situation)}
        for term in access.terms:
            if not is_wrapped(term, situation.column_of(access.table, term.column)) or term.wrapper in JSON_STEPS:
                continue
            if term.is_range and is_aggregate(statement):
                continue  # how much of the table such a range is, neither the planner nor the rows tell
            if term.operator in CONTAINS | LIKES or not has_index_on(term.column, access.table, situation):
                continue
            proposal = offered.get(term)
            if term.expression and proposal is None and (term.is_equality or term.is_range):
                continue  # an index of this very expression is there
            if proposal is None or not is_useless(trial_of(statement, proposal)):
                yield access, term, proposal


def _finding(
    situation: Situation, statement: Statement, access: Access, term: Term, proposal: Proposal | None
) -> Finding:
    trial = trial_of(statement, proposal) if proposal else None
    inside = f"a cast to {term.wrapper}" if term.wrapped == "cast" else f"{term.wrapper}()"
    condition = access.node.condition if access.node else term.expression
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if access.node is not None and not term.is_range else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} compares {term.column} inside {inside}, so that the index of "
        f"{access.table.name} ({term.column}) is not used: {statement.blocks_per_call or 0:,.0f} blocks and "
        f"{milliseconds(statement.mean_ms)} a call.{proof_words(trial)}",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="filter", value=condition, source="EXPLAIN" if access.node else "its text"),
            *(proof(statement, trial) if proposal else ()),
        ),
        remedy=_remedy(situation, access, term, proposal),
    )


def _remedy(situation: Situation, access: Access, term: Term, proposal: Proposal | None) -> str:
    name = term.column
    if term.wrapped == "cast" and term.wrapper == "date":
        return (
            f"compare the column itself with a range, which its index answers: "
            f".where(Model.{name} >= day, Model.{name} < day + timedelta(days=1))"
        )
    if term.wrapped == "cast" and term.wrapper in NUMBERS:
        column = situation.column_of(access.table, name)
        kind = column.kind if column else "the column's type"
        return f"pass a parameter of the column's type, {kind}: an int, not a Decimal or a float"
    if proposal is not None and is_immutable(term, situation.column_of(access.table, name)):
        return create(proposal, situation)
    return (
        f"compare {name} itself, or make an index of exactly this expression, with the value in it as the statement has it, "
        "where what it calls is IMMUTABLE (to a date or a text by the session's time zone is not); a value that comes as a "
        "parameter is no part of an index"
    )
