"""`forge-doctor logs`: options and configuration become sources and a triage of what they say."""

from __future__ import annotations

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
  forge-doctor logs shop-api-1 shop-db-1 --since 2h
  forge-doctor logs /var/log/shop/*.log* --by culprit
  kubectl logs deploy/shop --tail 100000 | forge-doctor logs -"""


def logs(
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="Container (name, id, compose service or project, label), file, glob, directory, s3:// or gs:// URL, "
            "or - for standard input.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="From then on: 30m, 2h, 1d, or 2026-11-22T08:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Up to then, written in the same way.")] = None,
    tail: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Only the last N lines of each log: of a plain file or a container found from its end.",
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-F", help="Go on while the logs grow, on a live screen; Ctrl-C gives the triage."),
    ] = False,
    by: Annotated[
        str | None, typer.Option(metavar="WHAT", help="Overview by signature, culprit or source. [default: signature]")
    ] = None,
    top: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most N problems.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Show one whole event of each problem.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this signature: an id or its beginning; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Leave this signature out; repeatable.")
    ] = None,
    min_count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only what was seen so often. [default: 1]")
    ] = None,
    app_root: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Folder or package that is your own code wherever it lies; repeatable."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="OFFSET", help="Zone of times that name none, as +02:00. [default: UTC]")
    ] = None,
    strip: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="Take what this matches off the beginning of every line, to read what is left."
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes that read large logs. [default: CPUs]")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="hyperscan, re2, ahocorasick or stdlib. [default: the fastest installed]"),
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Read URLs on this Dask cluster: tcp://scheduler:8786.")
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
    config: ConfigOption = None,
) -> None:
    """What a log says is wrong: which problems, since when, how often, from which line of your code, and the mend.

    Reads only. Errors nobody knows are grouped too, and shown with --min-confidence low. A container's json file is read
    directly where that is allowed, else the Docker API streams its log, which takes longer; the report says which.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import logs as logs_session
    from forge_doctor.finding import Confidence

    options = report_options(
        "logs",
        output_format=output_format,
        output_file=output_file,
        html=html,
        color=color,
        no_color=no_color,
        quiet=quiet,
        verbose=verbose,
        fail_on=fail_on,
        min_confidence=min_confidence,
        select=only,
        ignore=ignore,
        config=config,
        fail_confidence=Confidence.MEDIUM,
    )
    flags = logs_session.Flags(
        sources=tuple(source or ()),
        since=since,
        until=until,
        tail=tail,
        follow=follow,
        by=by,
        top=top,
        example=example,
        min_count=min_count,
        app_root=tuple(app_root or ()),
        zone=zone,
        strip=strip,
        jobs=jobs,
        engine=engine,
        dask=dask,
    )
    logs_session.run(flags, options)
