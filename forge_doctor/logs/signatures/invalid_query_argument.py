"""A value has not the type that its place in the statement needs.

Means: asyncpg sends values in binary and converts nothing: a str for an integer column, an int for text, a
    str for a date.
Matches: `invalid input for query argument $N: ... (reason)` (asyncpg.exceptions.DataError)
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 to 0.32.0 asyncpg/protocol/prepared_stmt.pyx (_encode_bind_msg);
    https://magicstack.github.io/asyncpg/current/usage.html#type-conversion
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("invalid input for query argument",),
    pattern="invalid input for query argument \\$\\d+",
    exceptions=("asyncpg.exceptions.DataError", "sqlalchemy.exc.DBAPIError"),
    source="asyncpg",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="A value has not the type that its place in the statement needs.",
    cause=(
        "asyncpg sends values in binary and converts nothing: a str for an integer column, an int for"
        " text, a str for a date."
    ),
    fix=(
        "Convert the value before the statement (int(), date.fromisoformat(), str()), or cast its "
        "place in it: `CAST(:value AS integer)`."
    ),
    doc="https://magicstack.github.io/asyncpg/current/usage.html#type-conversion",
    numbers=(("argument", "query argument \\$(\\d+)"),),
)
