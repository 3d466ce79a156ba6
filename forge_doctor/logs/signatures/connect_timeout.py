"""libpq or psycopg gave up while connecting: nothing answered in time.

Means: The address takes packets and does not answer: a firewall or security group, a stopped host, a name
    that resolves to an unreachable address.
Matches: `connection timeout expired` (psycopg 3), `connection to server at ... failed: timeout expired`,
    `Connection timed out` (libpq); before libpq 14 `timeout expired` alone and `could not connect to server: Connection
    timed out`
Ignores: the words in quotes, in an access log or below WARNING
Source: psycopg 3.3.9 psycopg/connection_async.py (ConnectionTimeout), libpq and OpenSSL 3 (Debian 12,
    strings); https://www.psycopg.org/psycopg3/docs/api/errors.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "connection timeout expired",
        "failed: timeout expired",
        "failed: Connection timed out",
        "could not connect to server: Connection timed out",
        "OperationalError) timeout expired",
        "OperationalError: timeout expired",
    ),
    pattern=(
        "connection timeout expired|failed: timeout expired|connection to server at .* failed: Connection timed out"
        r"|could not connect to server: Connection timed out|OperationalError(?:\)|:) timeout expired"
    ),
    exceptions=("psycopg.errors.ConnectionTimeout", "psycopg.OperationalError", "psycopg2.OperationalError"),
    source="psycopg",
    versions="psycopg 2 and 3",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="libpq or psycopg gave up while connecting: nothing answered in time.",
    cause=(
        "The address takes packets and does not answer: a firewall or security group, a stopped host,"
        " a name that resolves to an unreachable address."
    ),
    fix=(
        "Try the address from the same machine (`pg_isready -h HOST -p PORT`); see whether packets "
        "are dropped on the way and whether the server has slots left."
    ),
    doc="https://www.psycopg.org/psycopg3/docs/api/errors.html",
    explained_by=("too-many-clients", "slots-reserved", "starting-up"),
)
