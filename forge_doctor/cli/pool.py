"""`forge-doctor pool`: options and configuration become a request, snapshots become reports."""

from __future__ import annotations

from forge_doctor.cli.flags.pool import Flags
from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.flags.signature import takes_flags

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor pool --dsn postgresql://app@db.example/shop
  forge-doctor pool --app shop.db:engine --watch 2
  forge-doctor pool --workers 4 --replicas 3 --output-format markdown"""


@takes_flags
def pool(flags: Flags, shared: SharedFlags) -> None:
    """Who holds the connections of a PostgreSQL server, why, and what to type now.

    Joins live sessions, server limits, pool_size and max_overflow, worker processes and replicas.
    Reads only: one connection, read-only, short timeouts; it ends nobody's session.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import pool as session
    from forge_doctor.finding import Confidence

    session.run(flags, report_options("pool", shared, fail_confidence=Confidence.MEDIUM))
