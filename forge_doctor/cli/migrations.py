"""`forge-doctor migrations`: options and configuration become a request, trees of revisions become reports."""

from __future__ import annotations

from forge_doctor.cli.flags.migrations import Flags
from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.flags.signature import takes_flags

EPILOG = """\b
A finding that is right and stays: # forge-doctor: ignore[check] reason
on its line, or alone on the line above; ignore-file[check] for a whole file.

\b
In CI, where the base branch is known, only what it lacks is judged:
--all judges every revision.
Exit codes: 0 clean, 1 findings at or above --fail-on (of high confidence),
2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor migrations
  forge-doctor migrations --since origin/main --output-format github
  forge-doctor migrations backend/alembic.ini --write-baseline known.json"""


@takes_flags
def migrations(flags: Flags, shared: SharedFlags) -> None:
    """What a deployment's Alembic revisions will lock, break or not be able to undo.

    Reads revisions, env.py and the application's start; imports none of them and needs nothing installed. Several
    trees are several reports.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import migrations as session
    from forge_doctor.finding import Confidence

    near = session.place_of(flags.paths)
    session.run(flags, report_options("migrations", shared, fail_confidence=Confidence.HIGH, near=near))
