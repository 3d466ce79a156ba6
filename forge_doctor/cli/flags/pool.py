"""What can be typed after `forge-doctor pool`, besides what the commands share."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from pathlib import Path
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import option
from forge_doctor.cli.flags.several import ConnectTimeout, Save, Snapshot
from forge_doctor.cli.flags.shared import CHECKS


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    dsn: Annotated[
        tuple[str, ...],
        option(
            metavar="URL",
            help="Server to examine; repeatable. Else FORGE_DOCTOR_DSN, DATABASE_URL, PGHOST..., .pgpass, pg_service.conf.",
        ),
    ] = ()
    bouncer: Annotated[str | None, option(metavar="URL", help="Admin console of a pgbouncer in between.")] = None
    connect_timeout: ConnectTimeout = None
    app: Annotated[
        str | None,
        option(metavar="MODULE:ENGINE", help="Read the real engine's pool: imports the module, connects to nothing."),
    ] = None
    pool_size: Annotated[int | None, option(metavar="N", min=0, help="pool_size of the engine. [default: 5]")] = None
    max_overflow: Annotated[
        int | None, option(metavar="N", min=-1, help="max_overflow of the engine. [default: 10]")
    ] = None
    workers: Annotated[
        int | None,
        option(metavar="N", min=1, help="Worker processes per replica. [default: those found, or WEB_CONCURRENCY]"),
    ] = None
    replicas: Annotated[int | None, option(metavar="N", min=1, help="Replicas of the application. [default: 1]")] = None
    surge: Annotated[
        float | None,
        option(metavar="FACTOR", min=1, help="Workers during a deployment, in times of now. [default: 1.25]"),
    ] = None
    container: Annotated[
        tuple[str, ...],
        option(
            metavar="NAME", help="Look into this container: name, id, compose project or service, label; repeatable."
        ),
    ] = ()
    source: Annotated[
        Path | None,
        option(
            metavar="PATH",
            exists=True,
            file_okay=False,
            help="The application's source: lines that may have sent a statement, its pool's size. [default: found from workers]",
        ),
    ] = None
    python: Annotated[
        Path | None,
        option(
            metavar="PATH",
            help="Read --app with this Python. [default: that of a worker, VIRTUAL_ENV, .venv, or our own]",
        ),
    ] = None
    scan: Annotated[bool, option(help="Look for worker processes on this host.")] = True
    duration: Annotated[
        float | None,
        option(metavar="SECONDS", min=0.5, help="Look several times for so long: measures what one look can't."),
    ] = None
    watch: Annotated[
        float | None,
        option(metavar="SECONDS", min=0.2, help="Look again and again, on a live screen, until Ctrl-C or --duration."),
    ] = None
    show_query: Annotated[
        bool,
        option(
            "--query/--no-query",
            "--show-query/ ",
            help="Show statements, their values replaced by ?. --no-query leaves them out.",
        ),
    ] = True
    save: Save = None
    snapshot: Snapshot = None
    record: Annotated[
        Path | None,
        option(metavar="DIR", help="Keep a look every two seconds in this folder, until Ctrl-C or --duration."),
    ] = None
    keep: Annotated[
        float | None,
        option(metavar="SECONDS", min=60, help="Keep so much of a record. [default: 3600]"),
    ] = None
    replay: Annotated[
        Path | None,
        option(metavar="PATH", help="Judge a record's moment (--at), or list the moments where findings changed."),
    ] = None
    at: Annotated[
        str | None,
        option(metavar="TIME", help="The moment of a record: 03:02:10, 2026-11-22T03:02:10+01:00, 2h; else UTC."),
    ] = None
    exclude_app: Annotated[
        tuple[str, ...],
        option(
            metavar="NAME",
            help="No findings about sessions of this application_name alone; * and ? match; repeatable.",
            rich_help_panel=CHECKS,
        ),
    ] = ()
    only_database: Annotated[
        tuple[str, ...],
        option(
            metavar="NAME", help="Only findings about sessions of this database; repeatable.", rich_help_panel=CHECKS
        ),
    ] = ()
    only_user: Annotated[
        tuple[str, ...],
        option(metavar="NAME", help="Only findings about sessions of this role; repeatable.", rich_help_panel=CHECKS),
    ] = ()
