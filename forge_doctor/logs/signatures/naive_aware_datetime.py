"""A datetime with a time zone was given for a column without one, or the other way round.

Means: asyncpg subtracts the epoch from the value: an aware datetime does not go into a column without a
    zone, nor a naive one into a column with one. Usually `datetime.now(timezone.utc)` for a `DateTime`
    column.
Matches: `can't subtract offset-naive and offset-aware datetimes` inside asyncpg's `invalid input for query
    argument`
Ignores: the same words in a TypeError of the application's own arithmetic: that is another error
Source: asyncpg 0.27.0 to 0.32.0 asyncpg/protocol/prepared_stmt.pyx (_encode_bind_msg), CPython 3.13
    datetime; https://magicstack.github.io/asyncpg/current/usage.html#type-conversion
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("offset-naive and offset-aware datetimes",),
    pattern=(
        "invalid input for query argument [^\\n]*can't (?:subtract|compare) offset-naive and offset-aware datetimes"
    ),
    exceptions=("asyncpg.exceptions.DataError", "sqlalchemy.exc.DBAPIError"),
    source="asyncpg",
    versions="all",
    category="schema",
    severity=Severity.ERROR,
    tier=2,
    meaning=("A datetime with a time zone was given for a column without one, or the other way round."),
    cause=(
        "asyncpg subtracts the epoch from the value: an aware datetime does not go into a column "
        "without a zone, nor a naive one into a column with one. Usually `datetime.now(timezone.utc)`"
        " for a `DateTime` column."
    ),
    fix=(
        "Make the column `DateTime(timezone=True)` (TIMESTAMPTZ) with a migration, or give naive UTC "
        "values (`value.replace(tzinfo=None)`) to the column as it is."
    ),
    doc="https://magicstack.github.io/asyncpg/current/usage.html#type-conversion",
    numbers=(("argument", "query argument \\$(\\d+)"),),
)
