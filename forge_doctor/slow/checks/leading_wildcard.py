"""A pattern is looked for in a whole table: LIKE '%word%' and ILIKE can use no ordinary index.

Why:
    A btree answers patterns by their beginning. A pattern that begins with a wildcard, and ILIKE always, is compared
    with
    every row.

Measures (blocks):
    The plan reads a table of 10,000 rows or more as a whole, or an index from its beginning, and filters by LIKE, ILIKE or a
    regular expression, also on one side of an OR; `blocks` or more are touched per call, for `mean_ms` or more.
    Of a server's log alone: a statement of 100 ms with a pattern, high where the pattern was logged.

Wrong when:
    The pattern stands in the parameters, which are not read: `word%` with an index for patterns would do. That is what
    the blocks tell: such an index, where it were used, would touch few. A trigram index (pg_trgm) of the column is
    looked
    for. Medium confidence for LIKE.

Source:
    PostgreSQL documentation, 11.2 Index Types (B-Tree and patterns), F.35 pg_trgm.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.accesses import Access, accesses
from forge_doctor.slow.inference.logged_accesses import logged_accesses, logged_finding, untried_index
from forge_doctor.slow.inference.predicates import LIKES, Term
from forge_doctor.slow.inference.proposals import SMALLEST_ROWS, Proposal
from forge_doctor.slow.judging import asked_enough, grave
from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.index_remedies import create, or_hint
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import quote_identifier

WORDS = {"~~": "LIKE", "~~*": "ILIKE", "~": "~", "~*": "~*"}


BESIDE = "where it is in a schema beyond search_path, write schema.gin_trgm_ops; then"


@check(severity=Severity.WARNING, limits={"blocks": 300, "calls": 2, "mean_ms": 1.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if not asked_enough(statement, limits) or (statement.blocks_per_call or 0) < limits["blocks"]:
            continue
        for access in accesses(statement, situation):
            asked = (*access.terms, *access.alternatives)
            terms = [one for one in asked if one.operator in LIKES and not _answered(one, access, situation)]
            if terms and access.table.rows >= SMALLEST_ROWS:
                yield _finding(situation, statement, access, terms[0])
                break
    yield from _logged(situation)


def _logged(situation: Situation) -> Iterator[Finding]:
    """Of a server's log alone: by the patterns where they were logged, else by the text."""
    told = set()
    for access in logged_accesses(situation):
        term = next((one for one in access.terms if one.operator in LIKES), None)
        logged = access.statement.logged
        if term is None or logged is None or access.statement.key in told:
            continue
        if logged.patterns and not logged.open_patterns and term.operator == "~~":
            continue
        told.add(access.statement.key)
        known = bool(logged.open_patterns) or term.operator == "~~*"
        seen = "that begins with a wildcard" if logged.open_patterns else "(how it begins was not logged)"
        keys = f"{quote_identifier(term.column)} gin_trgm_ops"
        statement = untried_index(access, keys, method="gin", name=f"{term.column}_trgm")
        yield logged_finding(
            situation,
            access,
            term,
            f"compares {term.column} of all rows of {access.table} with a pattern {seen}",
            f"CREATE EXTENSION IF NOT EXISTS pg_trgm;\n{statement}",
            Confidence.HIGH if known and access.node else Confidence.MEDIUM,
        )


def _answered(term: Term, access: Access, situation: Situation) -> bool:
    """By a trigram index; or the text alone is known and another column is what the index is asked for."""
    indexes = situation.indexes_of(access.table)
    of_column = any(
        one.valid and "trgm" in one.makes and any(term.column in key for key in one.keys) for one in indexes
    )
    # On one side of an OR the other side keeps the index from being used.
    trigram = of_column and term not in access.alternatives
    firsts = {one.keys[0] for one in indexes if one.keys and one.valid}
    others = any(one.is_equality and not one.wrapped and one.column in firsts for one in access.terms)
    return trigram or (access.node is None and others)


def _finding(situation: Situation, statement: Statement, access: Access, term: Term) -> Finding:
    word = WORDS[term.operator]
    table = access.table
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH
        if word == "ILIKE" and access.node and not (access.walked or access.narrowed)
        else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} compares {term.column} in {access.scope} with a "
        f"pattern ({word}): {statement.blocks_per_call or 0:,.0f} blocks and {milliseconds(statement.mean_ms)} a call for "
        f"{statement.rows_per_call or 0:,.1f} rows. No ordinary index answers a pattern that begins with a wildcard.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(
                label="filter",
                value=access.node.condition if access.node else f"{term.column} {word}",
                source="EXPLAIN" if access.node else "its text",
            ),
        ),
        remedy=_remedy(situation, table, term) + or_hint(access),
    )


def _remedy(situation: Situation, table: Table, term: Term) -> str:
    column = situation.column_of(table, term.column)
    if column is not None and not column.kind.startswith(("text", "character varying")):
        return (
            f"-- {term.column} is {column.kind}, which gin_trgm_ops does not take: compare its cast to text, and index "
            f"(({quote_identifier(term.column)}::text) gin_trgm_ops), which answers that alone"
        )
    extension = f"CREATE EXTENSION IF NOT EXISTS pg_trgm;   -- {BESIDE}, by itself, not inside a transaction\n"
    if term.wrapped and not term.expression:
        return (
            f"{extension}-- and a GIN index with gin_trgm_ops of exactly the expression that is compared, with its key written "
            "into it; or keep what is searched in a column of its own"
        )
    expression = term.expression or quote_identifier(term.column)
    key = f"({expression})" if term.expression else expression
    index = Proposal(table=table, keys=(f"{key} gin_trgm_ops",), columns=(term.column, "trgm"), method="gin")
    return (
        f"{extension}{create(index, situation)}\n-- it answers words of three letters and more; where "
        f"patterns only end with a wildcard and are compared by LIKE: ({expression} "
        "text_pattern_ops) instead"
    )
