"""`forge-doctor pool`: options and configuration become a request, snapshots become reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forge_doctor.cli.options import (
    CHECKS,
    ColorOption,
    ConfigOption,
    FailOnOption,
    FormatOption,
    HtmlOption,
    IgnoreOption,
    MinConfidenceOption,
    NoColorOption,
    OutputFileOption,
    QuietOption,
    SelectOption,
    VerboseOption,
)

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor pool --dsn postgresql://app@db.example/shop
  forge-doctor pool --app shop.db:engine --watch 2
  forge-doctor pool --workers 4 --replicas 3 --output-format markdown"""


def pool(
    dsn: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Server to examine; repeatable. Else FORGE_DOCTOR_DSN, DATABASE_URL, PGHOST..., .pgpass, pg_service.conf.",
        ),
    ] = None,
    bouncer: Annotated[str | None, typer.Option(metavar="URL", help="Admin console of a pgbouncer in between.")] = None,
    connect_timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.1, max=60, help="Give up on a server after this. [default: 3]"),
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:ENGINE", help="Read the real engine's pool: imports the module, connects to nothing."
        ),
    ] = None,
    pool_size: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="pool_size of the engine. [default: 5]")
    ] = None,
    max_overflow: Annotated[
        int | None, typer.Option(metavar="N", min=-1, help="max_overflow of the engine. [default: 10]")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Worker processes per replica. [default: those found, or WEB_CONCURRENCY]"
        ),
    ] = None,
    replicas: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Replicas of the application. [default: 1]")
    ] = None,
    surge: Annotated[
        float | None,
        typer.Option(metavar="FACTOR", min=1, help="Workers during a deployment, in times of now. [default: 1.25]"),
    ] = None,
    container: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Look into this container: name, id, compose project or service, label; repeatable."
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            exists=True,
            file_okay=False,
            help="The application's source, to name lines that may have sent a statement. [default: found from workers]",
        ),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Read --app with this Python. [default: that of a worker, VIRTUAL_ENV, .venv, or our own]",
        ),
    ] = None,
    scan: Annotated[bool, typer.Option(help="Look for worker processes on this host.")] = True,
    duration: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.5, help="Look several times for so long: measures what one look can't."),
    ] = None,
    watch: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0.2, help="Look again and again, on a live screen, until Ctrl-C or --duration."
        ),
    ] = None,
    show_query: Annotated[
        bool,
        typer.Option(
            "--query/--no-query",
            "--show-query/ ",
            help="Show statements, their values replaced by ?. --no-query leaves them out.",
        ),
    ] = True,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep what was seen, to replay it.")] = None,
    snapshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge a file written by --save instead of a server.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep a look every two seconds in this folder, until Ctrl-C or --duration."),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=60, help="Keep so much of a record. [default: 3600]"),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Judge a record's moment (--at), or list the moments where findings changed."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The moment of a record: 03:02:10, 2026-11-22T03:02:10+01:00, 2h; else UTC."),
    ] = None,
    exclude_app: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="No findings about sessions of this application_name alone; * and ? match; repeatable.",
            rich_help_panel=CHECKS,
        ),
    ] = None,
    only_database: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only findings about sessions of this database; repeatable.", rich_help_panel=CHECKS
        ),
    ] = None,
    only_user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only findings about sessions of this role; repeatable.", rich_help_panel=CHECKS
        ),
    ] = None,
    output_format: FormatOption = None,
    output_file: OutputFileOption = None,
    html: HtmlOption = None,
    color: ColorOption = None,
    no_color: NoColorOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    fail_on: FailOnOption = None,
    min_confidence: MinConfidenceOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Who holds the connections of a PostgreSQL server, why, and what to type now.

    Joins live sessions, server limits, pool_size and max_overflow, worker processes and replicas.
    Reads only: one connection, read-only, short timeouts; it ends nobody's session.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import pool as pool_session
    from forge_doctor.finding import Confidence

    options = report_options(
        "pool",
        output_format=output_format,
        output_file=output_file,
        html=html,
        color=color,
        no_color=no_color,
        quiet=quiet,
        verbose=verbose,
        fail_on=fail_on,
        min_confidence=min_confidence,
        select=select,
        ignore=ignore,
        config=config,
        fail_confidence=Confidence.MEDIUM,
    )
    flags = pool_session.Flags(
        dsn=tuple(dsn or ()),
        bouncer=bouncer,
        connect_timeout=connect_timeout,
        app=app,
        pool_size=pool_size,
        max_overflow=max_overflow,
        workers=workers,
        replicas=replicas,
        surge=surge,
        container=tuple(container or ()),
        source=source,
        python=python,
        scan=scan,
        duration=duration,
        watch=watch,
        show_query=show_query,
        save=save,
        snapshot=snapshot,
        record=record,
        keep=keep,
        replay=replay,
        at=at,
        exclude_app=tuple(exclude_app or ()),
        only_database=tuple(only_database or ()),
        only_user=tuple(only_user or ()),
    )
    pool_session.run(flags, options)
