"""`forge-doctor migrations`: options and configuration become a request, trees of revisions become reports."""

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
A finding that is right and stays: # forge-doctor: ignore[check] reason
on its line, or alone on the line above; ignore-file[check] for a whole file.

\b
In CI, where the base branch is known, only what it lacks is judged: --all judges every revision.
Exit codes: 0 clean, 1 findings at or above --fail-on (of high confidence), 2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor migrations
  forge-doctor migrations --since origin/main --output-format github
  forge-doctor migrations backend/alembic.ini --write-baseline migrations-baseline.json"""


def migrations(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATHS",
            help="alembic.ini, or a folder with one, with env.py or of revisions. [default: the project]",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Only revisions new or changed since HEAD left this branch, tag or commit."),
    ] = None,
    pending: Annotated[
        bool,
        typer.Option(
            "--pending", help="Only revisions that the database lacks; without one, that the base branch lacks."
        ),
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Every revision, in CI too.")] = False,
    dsn: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Also look at this database, read-only: where it stands, what pending revisions cost. Else DATABASE_URL.",
        ),
    ] = None,
    no_live: Annotated[bool, typer.Option("--no-live", help="Leave the database of DATABASE_URL alone.")] = False,
    connect_timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.1, max=60, help="Give up on a server after this. [default: 3]"),
    ] = None,
    metadata: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Compare the database with package.module:Base.metadata. Imports it in a process of its own.",
        ),
    ] = None,
    test_downgrade: Annotated[
        bool,
        typer.Option(
            "--test-downgrade",
            help="Try each revision up, down and up again on a PostgreSQL of its own, with rows. Runs env.py.",
        ),
    ] = False,
    rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --test-downgrade: SQL that puts rows in. [default: rows made up]"),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="With --test-downgrade: another throw-away server; databases come and go on it."
        ),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The application's Python. [default: VIRTUAL_ENV, .venv, or our own]"),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave out the findings this file knows.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings there are into a baseline, and exit 0.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Leave out trees and files of this name or path; repeatable."),
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
    """What a deployment's Alembic revisions will lock, break or not be able to undo.

    Reads revisions, env.py and the application's start; imports none of them and needs nothing installed. Several
    trees are several reports.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import migrations as session
    from forge_doctor.finding import Confidence

    options = report_options(
        "migrations",
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
        fail_confidence=Confidence.HIGH,
        near=session.place_of(paths or []),
    )
    flags = session.Flags(
        paths=tuple(paths or ()),
        since=since,
        pending=pending,
        every=every,
        baseline=baseline,
        write_baseline=write_baseline,
        exclude=tuple(exclude or ()),
        test_downgrade=test_downgrade,
        rows=rows,
        server=server,
        python=python,
        dsn=dsn,
        connect_timeout=connect_timeout,
        no_live=no_live,
        metadata=metadata,
    )
    session.run(flags, options)
