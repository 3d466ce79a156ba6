"""A vector has another length than its column.

Means: The embedding model was changed, or another one is set for writing than for the table; the column keeps its length.
Matches: `expected 1536 dimensions, not 768` (psycopg.errors.DataException, ValueError of pgvector's Python package); `different
    vector dimensions 1536 and 768`
Ignores: the words in quotes, in an access log or below WARNING
Source: pgvector 0.8 src/vector.c, pgvector-python 0.2 pgvector/utils/__init__.py; versions all;
    https://github.com/pgvector/pgvector#vector-type
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(" dimensions, not ", "different vector dimensions"),
    pattern=r"expected \d+ dimensions, not \d+|different vector dimensions \d+ and \d+",
    exceptions=(
        "psycopg.errors.DataException",
        "psycopg2.errors.DataException",
        "asyncpg.exceptions.DataError",
        "ValueError",
    ),
    source="pgvector",
    versions="all",
    category="data",
    severity=Severity.ERROR,
    tier=2,
    meaning="A vector has another length than its column.",
    cause="The embedding model was changed, or another one is set for writing than for the table; the column keeps its length.",
    fix="Set the model that the table was made for; else a new column of the new length, and embed every row again: old ones do not fit.",
    doc="https://github.com/pgvector/pgvector#vector-type",
    detail=r"expected (\d+ dimensions, not \d+)",
)
