"""`forge-doctor triage`: everything that runs here, looked at from all sides at once, and the cause with its line."""

from __future__ import annotations

from typing import Annotated

from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.flags.signature import Without, takes_flags
from forge_doctor.cli.flags.triage import Flags

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor triage
  forge-doctor triage shop.main:app --explain-discovery
  forge-doctor triage --container api --output-format json"""


@takes_flags
def triage(flags: Flags, shared: Annotated[SharedFlags, Without("select", "ignore")]) -> None:
    """One command at three in the morning: what holds everything up, the line that does it, and what to type.

    Finds workers, database, logs and source of what runs here, looks at all of them at once, and joins what it sees.
    Reads only. No option is needed: each replaces one step of what is found.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import triage as session
    from forge_doctor.finding import Confidence

    session.run(flags, report_options("triage", shared, fail_confidence=Confidence.MEDIUM))
