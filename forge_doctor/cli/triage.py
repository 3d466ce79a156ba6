"""`forge-doctor triage`: everything that runs here, looked at from all sides at once, and the cause with its line."""

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
    MinConfidenceOption,
    NoColorOption,
    OutputFileOption,
    QuietOption,
    VerboseOption,
)

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor triage
  forge-doctor triage shop.main:app --explain-discovery
  forge-doctor triage --container api --output-format json"""
DISCOVERY = "Instead of what is found"


def triage(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET]...",
            help="Applications to look at, by import string, folder, container, service, unit, :port. [default: all]",
            show_default=False,
            envvar="FORGE_DOCTOR_TRIAGE_TARGETS",
            show_envvar=False,
        ),
    ] = None,
    pid: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N", min=1, help="The application of this process; repeatable.", rich_help_panel=DISCOVERY
        ),
    ] = None,
    container: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="What runs in this container: name, id, service or project.", rich_help_panel=DISCOVERY
        ),
    ] = None,
    dsn: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="The database, instead of the worker's own.", rich_help_panel=DISCOVERY),
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="A log to read: a file or a container; repeatable.", rich_help_panel=DISCOVERY
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", exists=True, file_okay=False, help="The application's source.", rich_help_panel=DISCOVERY
        ),
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:ENGINE", help="Read the real engine's pool: imports the module.", rich_help_panel=DISCOVERY
        ),
    ] = None,
    borrow_dsn: Annotated[
        bool,
        typer.Option(
            "--borrow-dsn/--no-borrow-dsn",
            help="Connect once with the DSN of a worker's environment; its password is neither shown nor kept.",
            rich_help_panel=DISCOVERY,
        ),
    ] = True,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="How far back to read logs: 30m, 2h, 03:00. [default: 30m]")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Look for 5 s at the sessions, and at the logs of the last day.")
    ] = False,
    watch: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=1.0, help="Diagnose again and again, until Ctrl-C.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Diagnose a moment (--at) of what `pool --record` kept, with the logs of then."
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="The moment: 03:02:10, 2026-11-22T03:02:10+01:00, 2h; else UTC.")
    ] = None,
    explain_discovery: Annotated[
        bool,
        typer.Option("--explain-discovery", help="Show each step of discovery, and where it learned what it found."),
    ] = False,
    output_format: FormatOption = None,
    output_file: OutputFileOption = None,
    html: HtmlOption = None,
    color: ColorOption = None,
    no_color: NoColorOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    fail_on: FailOnOption = None,
    min_confidence: MinConfidenceOption = None,
    config: ConfigOption = None,
) -> None:
    """One command at three in the morning: what holds everything up, the line that does it, and what to type.

    Finds workers, database, logs and source of what runs here, looks at all of them at once, and joins what it sees.
    Reads only. No option is needed: each replaces one step of what is found.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import triage as triage_session
    from forge_doctor.finding import Confidence

    options = report_options(
        "triage",
        output_format=output_format,
        output_file=output_file,
        html=html,
        color=color,
        no_color=no_color,
        quiet=quiet,
        verbose=verbose,
        fail_on=fail_on,
        min_confidence=min_confidence,
        select=None,
        ignore=None,
        config=config,
        fail_confidence=Confidence.MEDIUM,
    )
    flags = triage_session.Flags(
        targets=tuple(targets or ()),
        pid=tuple(pid or ()),
        container=tuple(container or ()),
        dsn=tuple(dsn or ()),
        log=tuple(log or ()),
        source=source,
        app=app,
        borrow_dsn=borrow_dsn,
        since=since,
        deep=deep,
        watch=watch,
        explain_discovery=explain_discovery,
        replay=replay,
        at=at,
    )
    triage_session.run(flags, options)
