"""What can be typed after `forge-doctor slow`, besides what the commands share."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from pathlib import Path
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import option
from forge_doctor.cli.flags.several import ConnectTimeout, Save, Snapshot


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    dsn: Annotated[
        str | None,
        option(
            metavar="URL",
            help="Server to examine. Else FORGE_DOCTOR_DSN, DATABASE_URL, PGHOST..., .pgpass, pg_service.conf.",
        ),
    ] = None
    log: Annotated[
        tuple[str, ...],
        option(
            metavar="SOURCE",
            help="Log to read: a file, folder, container, or - for standard input; again for more. SQLAlchemy's engine log "
            "(echo=True), PostgreSQL's log with durations or auto_explain. Without --dsn no server is asked.",
        ),
    ] = ()
    source: Annotated[
        Path | None,
        option(
            metavar="PATH",
            exists=True,
            file_okay=False,
            help="The application's source, to name the lines that send statements.",
        ),
    ] = None
    connect_timeout: ConnectTimeout = None
    duration: Annotated[
        float | None,
        option(
            metavar="SECONDS",
            min=0,
            max=3600,
            help="Judge what runs for so long; 0 judges the totals since the statistics were reset. [default: 5]",
        ),
    ] = None
    top: Annotated[
        int | None,
        option(metavar="N", min=1, max=100, help="How many statements to list and explain. [default: 10]"),
    ] = None
    explain: Annotated[bool, option(help="Ask for the plans of the worst statements: EXPLAIN, never ANALYZE.")] = True
    show_query: Annotated[
        bool,
        option("--query/--no-query", help="Show statements, their values replaced. --no-query leaves them out."),
    ] = True
    save: Save = None
    snapshot: Snapshot = None
