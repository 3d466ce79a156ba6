"""JSONB or an array is searched in a whole table: `@>`, `?` and `&&` are answered by GIN alone.

Why:
    A btree orders whole values; whether a document contains a key, or an array an element, it can't say. Every document
    is read and unpacked, large ones out of TOAST.

Measures (blocks):
    The plan reads a table of 10,000 rows or more as a whole, or what an index leaves of it, and filters by a containment
    operator (`@>`, `<@`, `?`, `?|`, `?&`, `&&`, `@?`, `@@`), by `value = ANY (column)`, or by a key taken out of JSON
    (`->>`), also on one side of an OR; `blocks` or more per call, for `mean_ms` or more.

Wrong when:
    A GIN index of the column is there: it is looked for. Most rows match: then the planner reads the table on purpose; rows
    are counted. HypoPG can't try a GIN index, so that its gain is not proven.

Source:
    PostgreSQL documentation, 8.14.4 jsonb Indexing; 65.4 GIN Indexes.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.accesses import Access, accesses
from forge_doctor.slow.inference.logged_accesses import logged_accesses, logged_finding, untried_index
from forge_doctor.slow.inference.predicates import ANY, CONTAINS, Term
from forge_doctor.slow.inference.proposals import SMALLEST_ROWS, Proposal
from forge_doctor.slow.judging import asked_enough, grave
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.index_remedies import create, or_hint
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import quote_identifier

TAKEN_OUT = frozenset({"->>", "#>>", "->", "#>"})
MOST_ROWS_RATIO = 0.1


@check(severity=Severity.WARNING, limits={"blocks": 300, "calls": 2, "mean_ms": 1.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if not asked_enough(statement, limits) or (statement.blocks_per_call or 0) < limits["blocks"]:
            continue
        for access in accesses(statement, situation):
            terms = [one for one in (*access.terms, *access.alternatives) if _asks_inside(one)]
            if not terms or access.table.rows < SMALLEST_ROWS or _has_gin(terms[0], access, situation):
                continue
            if (statement.rows_per_call or 0) <= access.table.rows * MOST_ROWS_RATIO:
                yield _finding(situation, statement, access, terms[0])
                break
    yield from _logged(situation)


def _logged(situation: Situation) -> Iterator[Finding]:
    """Of a server's log alone."""
    told = set()
    for access in logged_accesses(situation):
        term = next((one for one in access.terms if _asks_inside(one)), None)
        if term is not None and access.statement.key not in told and access.keeps_few:
            told.add(access.statement.key)
            what = f"asks {term.column} by {term.wrapper or term.operator} in all rows of {access.table}"
            keys = quote_identifier(term.column) if term.wrapper not in TAKEN_OUT else f"({term.expression})"
            method = "" if term.wrapper in TAKEN_OUT else "gin"
            yield logged_finding(
                situation,
                access,
                term,
                what,
                untried_index(access, keys, method=method, name=f"{term.column}_gin"),
                Confidence.MEDIUM,
            )


def _asks_inside(term: Term) -> bool:
    return term.operator in CONTAINS or term.operator == ANY or (term.is_equality and term.wrapper in TAKEN_OUT)


def _has_gin(term: Term, access: Access, situation: Situation) -> bool:
    """Of the column, or of an expression with it: then the planner had its reasons."""
    return any(
        one.valid
        and any(term.column in key for key in one.keys)
        and (one.method in ("gin", "gist") or any("->" in key or "#>" in key for key in one.keys))
        for one in situation.indexes_of(access.table)
    )


def _finding(situation: Situation, statement: Statement, access: Access, term: Term) -> Finding:
    how = (
        f"takes a key out of {term.column} ({term.wrapper})"
        if term.wrapper in TAKEN_OUT
        else f"asks {term.column} by {term.operator}"
    )
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if access.node and not access.narrowed else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} {how} in {access.scope}: "
        f"{statement.blocks_per_call or 0:,.0f} blocks and {milliseconds(statement.mean_ms)} a call for "
        f"{statement.rows_per_call or 0:,.0f} rows. No ordinary index of the column answers that.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(
                label="filter",
                value=access.node.condition if access.node else f"{term.column} {term.operator}",
                source="EXPLAIN" if access.node else "its text",
            ),
            Evidence(label="index", value="not tried", source="HypoPG knows no GIN"),
        ),
        remedy=_remedy(situation, access, term) + or_hint(access),
    )


def _method(kind: str) -> str:
    """The method that has an operator class for the type without naming one; empty where none is known."""
    if kind.endswith("[]") or kind in ("jsonb", "tsvector", "hstore"):
        return "gin"
    return "gist" if kind.endswith("range") or kind in ("box", "polygon", "circle", "ltree", "point") else ""


def _remedy(situation: Situation, access: Access, term: Term) -> str:
    column = situation.column_of(access.table, term.column)
    if column is not None and column.kind == "json":
        keys = (f"({term.expression})",) if term.expression else ()
        own = Proposal(table=access.table, keys=keys, columns=(term.column, "key")) if keys else None
        rather = f"-- {term.column} is json, of which no GIN index is made: make it jsonb (which rewrites the table), or index this key"
        return f"{rather}\n{create(own, situation)}" if own else rather
    method = _method(column.kind) if column is not None else "gin"
    if not method:
        return (
            f"-- {term.column} is {column.kind if column else ''}: whether an index of it answers {term.operator}, "
            "its operator classes tell (\\dAo of psql)"
        )
    index = Proposal(
        table=access.table, keys=(quote_identifier(term.column),), columns=(term.column, method), method=method
    )
    made = create(index, situation)
    if term.wrapper in TAKEN_OUT:
        return f"{made}\n-- and ask by containment, which that index answers: .where(Model.{term.column}.contains({{'key': value}}))"
    if term.operator == ANY:
        return f"{made}\n-- and ask by containment, which that index answers: .where(Model.{term.column}.contains([value]))"
    return made
