"""`forge-doctor slow`: options and configuration become a request, a snapshot becomes a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forge_doctor.cli.options import (
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
  forge-doctor slow --dsn postgresql://app@db.example/shop
  forge-doctor slow --dsn postgresql://app@db.example/shop --duration 0
  forge-doctor slow --log app.log --log shop-db-1 --source src
  forge-doctor slow --snapshot slow.json --output-format markdown"""


def slow(
    dsn: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Server to examine. Else FORGE_DOCTOR_DSN, DATABASE_URL, PGHOST..., .pgpass, pg_service.conf.",
        ),
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE",
            help="Log to read: a file, folder, container, or - for standard input; again for more. SQLAlchemy's engine log "
            "(echo=True), PostgreSQL's log with durations or auto_explain. Without --dsn no server is asked.",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            exists=True,
            file_okay=False,
            help="The application's source, to name the lines that send statements.",
        ),
    ] = None,
    connect_timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.1, max=60, help="Give up on a server after this. [default: 3]"),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            max=3600,
            help="Judge what runs for so long; 0 judges the totals since the statistics were reset. [default: 5]",
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=100, help="How many statements to list and explain. [default: 10]"),
    ] = None,
    explain: Annotated[
        bool, typer.Option(help="Ask for the plans of the worst statements: EXPLAIN, never ANALYZE.")
    ] = True,
    show_query: Annotated[
        bool,
        typer.Option("--query/--no-query", help="Show statements, their values replaced. --no-query leaves them out."),
    ] = True,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep what was seen, to replay it.")] = None,
    snapshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge a file written by --save instead of a server.")
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
    """Which statements cost, why, from which line, and the mend with its proof.

    Reads pg_stat_statements twice, samples sessions between, and explains the worst statements; or reads logs of
    the application and of the server. Reads only: one connection, read-only, short timeouts; never EXPLAIN ANALYZE,
    never a reset. Values of statements and rows are dropped as they are read.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import slow as slow_session
    from forge_doctor.finding import Confidence

    options = report_options(
        "slow",
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
    flags = slow_session.Flags(
        dsn=dsn,
        logs=tuple(log or ()),
        source=source,
        connect_timeout=connect_timeout,
        duration=duration,
        top=top,
        explain=explain,
        show_query=show_query,
        save=save,
        snapshot=snapshot,
    )
    slow_session.run(flags, options)
