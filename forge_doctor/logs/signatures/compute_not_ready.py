"""A serverless database (Neon) was asleep or could not be woken in time.

Means: The compute was suspended and this was the first connection, more connection attempts came at once
    than the proxy lets through, or its control plane did not answer.
Matches: `Couldn't connect to compute node`, `Control plane request failed`, `Failed to acquire permit to
    connect to the database`
Ignores: the words in quotes, in an access log or below WARNING
Source: neondatabase/neon proxy (COULD_NOT_CONNECT in its compute module);
    https://neon.com/docs/connect/connection-latency
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "ouldn't connect to compute node",
        "Control plane request failed",
        "Failed to acquire permit to connect to the database",
    ),
    pattern=(
        "[Cc]ouldn't connect to compute node|Control plane request failed|Failed to acquire permit to"
        " connect to the database"
    ),
    exceptions=(
        "asyncpg.exceptions.InternalServerError",
        "sqlalchemy.exc.DBAPIError",
        "sqlalchemy.exc.OperationalError",
    ),
    source="neon",
    versions="all",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="A serverless database (Neon) was asleep or could not be woken in time.",
    cause=(
        "The compute was suspended and this was the first connection, more connection attempts came "
        "at once than the proxy lets through, or its control plane did not answer."
    ),
    fix=(
        "Retry the connection with back-off (a few seconds), pool_pre_ping=True for connections that "
        "the suspend ended; raise the suspend time where the first request matters."
    ),
    doc="https://neon.com/docs/connect/connection-latency",
)
