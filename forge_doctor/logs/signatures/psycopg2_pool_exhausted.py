"""psycopg2's own pool has no connection left, and waits for none.

Means: More threads or tasks than `maxconn`, or connections taken with getconn() that an exception keeps from putconn().
Matches: `connection pool exhausted` (psycopg2.pool.PoolError); `The Connection Pool Is Full`, which Odoo's own pool raises
    under that name, its maxconn being db_maxconn
Ignores: the words in quotes, in an access log or below WARNING
Source: psycopg2 2.9 psycopg2/pool.py; versions 2.5+; https://www.psycopg.org/docs/pool.html;
    Odoo 17.0 odoo/sql_db.py (ConnectionPool.borrow)
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connection pool exhausted", "The Connection Pool Is Full"),
    pattern="connection pool exhausted|The Connection Pool Is Full",
    exceptions=("psycopg2.pool.PoolError",),
    source="psycopg2",
    versions="2.5+",
    category="pool",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="psycopg2's own pool has no connection left, and waits for none.",
    cause="More threads or tasks than maxconn, or connections taken with getconn() that an exception keeps from putconn().",
    fix=(
        "Give each connection back in a finally, or by a context manager of your own; then let maxconn be as many as work at once. "
        "The pool raises at once: to wait, take psycopg_pool or SQLAlchemy's."
    ),
    doc="https://www.psycopg.org/docs/pool.html",
    tells="the frame is the one that found none (a victim); who keeps them is not in this log",
)
