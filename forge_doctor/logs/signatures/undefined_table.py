"""The schema lacks a table or column the code expects.

Means: Migrations not run before the rollout.
Matches: `relation "` (asyncpg.exceptions.UndefinedTableError (42P01)); also: `relation "orders" does not
    exist`; `column orders.note does not exist`; SQLite's `no such table: orders`, `no such column: note`;
    MySQL's `(1146, "Table 'shop.orders' doesn't exist")`, `(1054, "Unknown column ...`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/parser/parse_relation.c (as: 'relation "%s" does not exist'), PostgreSQL
    17.11 src/backend/parser/parse_relation.c (as: 'column "%s" does not exist'); versions all;
    https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        '" does not exist',
        "column ",
        "UndefinedTable",
        "UndefinedColumn",
        "no such table: ",
        "no such column: ",
        "(1054, ",
        "(1146, ",
    ),
    pattern=(
        r'relation "[^"]+" does not exist|column "?[\w.]+"?(?: of relation "[^"]+")? does not exist'
        r'|no such (?:table|column): [\w."]+|\((?:1054, ["\']Unknown column|1146, ["\']Table )'
    ),
    exceptions=("asyncpg.exceptions.UndefinedTableError",),
    source="postgresql",
    versions="all",
    category="migration",
    severity=Severity.ERROR,
    tier=1,
    meaning="The schema lacks a table or column the code expects.",
    cause="Migrations not run before the rollout.",
    fix="Run migrations first (init container, release step).",
    doc="https://www.postgresql.org/docs/current/errcodes-appendix.html",
    detail=r'((?:relation|column) "?[\w.]+"?)',
)
