"""A pattern is looked for in a whole table: LIKE '%word%' and ILIKE can use no ordinary index.

Why:
    A btree answers patterns by their beginning. A pattern that begins with a wildcard, and ILIKE always, is compared with
    every row.

Measures (blocks):
    The plan reads a table of 10,000 rows or more as a whole and filters by LIKE or ILIKE; `blocks` or more are touched
    per call.

Wrong when:
    The pattern stands in the parameters, which are not read: `word%` with an index for patterns would do. That is what
    the blocks tell: such an index, where it were used, would touch few. A trigram index (pg_trgm) of the column is looked
    for. Medium confidence for LIKE.

Source:
    PostgreSQL documentation, 11.2 Index Types (B-Tree and patterns), F.35 pg_trgm.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.accesses import Access, accesses
from forge_doctor.slow.inference.predicates import LIKES, Term
from forge_doctor.slow.inference.proposals import SMALLEST_ROWS
from forge_doctor.slow.judging import grave
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import quote_identifier


@check(severity=Severity.WARNING, limits={"blocks": 300, "calls": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if statement.calls < limits["calls"] or (statement.blocks_per_call or 0) < limits["blocks"]:
            continue
        for access in accesses(statement, situation):
            terms = [one for one in access.terms if one.operator in LIKES and not _answered(one, access, situation)]
            if terms and access.table.rows >= SMALLEST_ROWS:
                yield _finding(situation, statement, access, terms[0])
                break


def _answered(term: Term, access: Access, situation: Situation) -> bool:
    """By a trigram index; or the text alone is known and another column is what the index is asked for."""
    indexes = situation.indexes_of(access.table)
    trigram = any("trgm" in one.makes and any(term.column in key for key in one.keys) for one in indexes)
    firsts = {one.keys[0] for one in indexes if one.keys and one.valid}
    others = any(one.is_equality and not one.wrapped and one.column in firsts for one in access.terms)
    return trigram or (access.node is None and others)


def _finding(situation: Situation, statement: Statement, access: Access, term: Term) -> Finding:
    word = "ILIKE" if term.operator == "~~*" else "LIKE"
    table = access.table
    expression = term.expression or quote_identifier(term.column)
    called = quote_identifier(f"ix_{table.name}_{term.column}_trgm"[:63])
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if word == "ILIKE" and access.node else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} compares {term.column} of all {table.rows:,} rows of {table.name} with a "
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
        remedy="CREATE EXTENSION IF NOT EXISTS pg_trgm;   -- then, by itself, not inside a transaction\n"
        f"CREATE INDEX CONCURRENTLY {called} ON {table.quoted} USING gin (({expression}) gin_trgm_ops);   -- words of three "
        "letters and more\n"
        f"-- where patterns only end with a wildcard and are compared by LIKE: ({expression} text_pattern_ops) instead",
    )
