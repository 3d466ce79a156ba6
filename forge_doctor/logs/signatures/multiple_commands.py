"""Two statements were sent as one through asyncpg.

Means: `a; b` in one text(): asyncpg prepares statements, and a prepared one is one command. Usual in
    migrations and seeds.
Matches: `cannot insert multiple commands into a prepared statement`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 15.18 server binary (42601), asyncpg 0.30.0 asyncpg/exceptions/__init__.py
    (PostgresSyntaxError);
    https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.Connection.execute
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("cannot insert multiple commands into a prepared statement",),
    pattern="cannot insert multiple commands into a prepared statement",
    exceptions=("asyncpg.exceptions.PostgresSyntaxError", "sqlalchemy.exc.ProgrammingError"),
    source="postgresql",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning="Two statements were sent as one through asyncpg.",
    cause=(
        "`a; b` in one text(): asyncpg prepares statements, and a prepared one is one command. Usual "
        "in migrations and seeds."
    ),
    fix=(
        "Execute them one by one, or take the driver's own connection (`await "
        "connection.get_raw_connection()`, then its driver_connection.execute())."
    ),
    doc=("https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.Connection.execute"),
)
