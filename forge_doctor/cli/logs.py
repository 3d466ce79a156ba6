"""`forge-doctor logs`: options and configuration become sources and a triage of what they say."""

from __future__ import annotations

from typing import Annotated

from forge_doctor.cli.flags.logs import Flags
from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.flags.signature import Without, takes_flags

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor logs shop-api-1 shop-db-1 --since 2h
  forge-doctor logs /var/log/shop/*.log* --by culprit
  kubectl logs deploy/shop --tail 100000 | forge-doctor logs -"""


@takes_flags
def logs(flags: Flags, shared: Annotated[SharedFlags, Without("select", "ignore")]) -> None:
    """What a log says is wrong: which problems, since when, how often, from which line of your code, and the mend.

    Reads only. Errors nobody knows are grouped too, and shown with --min-confidence low. A container's json file is read
    directly where that is allowed, else the Docker API streams its log, which takes longer; the report says which.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import logs as session
    from forge_doctor.finding import Confidence

    shared = shared._replace(select=flags.only, ignore=flags.ignore)
    session.run(flags, report_options("logs", shared, fail_confidence=Confidence.MEDIUM))
