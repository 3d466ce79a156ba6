"""`forge-doctor slow`: options and configuration become a request, a snapshot becomes a report."""

from __future__ import annotations

from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.flags.signature import takes_flags
from forge_doctor.cli.flags.slow import Flags

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor slow --dsn postgresql://app@db.example/shop
  forge-doctor slow --dsn postgresql://app@db.example/shop --duration 0
  forge-doctor slow --log app.log --log shop-db-1 --source src
  forge-doctor slow --snapshot slow.json --output-format markdown"""


@takes_flags
def slow(flags: Flags, shared: SharedFlags) -> None:
    """Which statements cost, why, from which line, and the mend with its proof.

    Reads pg_stat_statements twice, samples sessions between, and explains the worst statements; or reads logs of
    the application and of the server. Reads only: one connection, read-only, short timeouts; never EXPLAIN ANALYZE,
    never a reset. Values of statements and rows are dropped as they are read.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import slow as session
    from forge_doctor.finding import Confidence

    session.run(flags, report_options("slow", shared, fail_confidence=Confidence.MEDIUM))
