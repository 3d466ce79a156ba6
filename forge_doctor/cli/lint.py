"""`forge-doctor lint`: options and configuration become a request, sources become findings."""

from __future__ import annotations

from forge_doctor.cli.flags.lint import Flags
from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.flags.signature import takes_flags

EPILOG = """\b
A finding that is right and stays: # forge-doctor: ignore[rule] reason
on its line, or alone on the line above; ignore-file[rule] for a whole file.

\b
Exit codes: 0 clean, 1 findings at or above --fail-on (of high confidence),
2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor lint src --fix
  forge-doctor lint --since origin/main --output-format github
  forge-doctor lint --write-baseline lint-baseline.json"""


@takes_flags
def lint(flags: Flags, shared: SharedFlags) -> None:
    """Find database sessions used wrongly in source code: not awaited, leaked, shared, blocking.

    Imports none of the code and needs none of its dependencies installed. Files named one by one are
    judged as parts of the project around them.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import lint as session
    from forge_doctor.finding import Confidence

    near = session.place_of(flags.paths, flags.stdin_filename)
    session.run(flags, report_options("lint", shared, fail_confidence=Confidence.HIGH, near=near))
