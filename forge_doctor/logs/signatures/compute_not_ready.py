"""A serverless database (Neon) was asleep or could not be woken.

Means: The compute was suspended and this was the first connection, more connection attempts came at once
    than the proxy lets through, its control plane did not answer, or the compute is disabled or over its quota.
Matches: `Couldn't connect to compute node`, `Control plane request failed`, `Failed to acquire permit to
    connect to the database`, `The endpoint has been disabled`, `exceeded the compute time quota`
Ignores: the words in quotes, in an access log or below WARNING
Source: neondatabase/neon proxy (COULD_NOT_CONNECT in its compute module);
    https://neon.com/docs/connect/connection-latency, https://neon.com/docs/connect/connection-errors
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "ouldn't connect to compute node",
        "Control plane request failed",
        "Failed to acquire permit to connect to the database",
        "he endpoint has been disabled",
        "exceeded the compute time quota",
    ),
    pattern=(
        "[Cc]ouldn't connect to compute node|Control plane request failed|Failed to acquire permit to"
        " connect to the database|[Tt]he endpoint has been disabled|exceeded the compute time quota"
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
    meaning="A serverless database (Neon) was asleep or could not be woken.",
    cause=(
        "The compute was suspended and this was the first connection, more connection attempts came "
        "at once than the proxy lets through, its control plane did not answer, or the compute is disabled or over its quota."
    ),
    fix=(
        "Retry the connection with back-off (a few seconds), pool_pre_ping=True for connections that "
        "the suspend ended; raise the suspend time where the first request matters. What is disabled or over its quota no "
        "retry wakes: enable it, or raise the plan, in the console."
    ),
    doc="https://neon.com/docs/connect/connection-latency",
)
