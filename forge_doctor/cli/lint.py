"""`forge-doctor lint`: options and configuration become a request, sources become findings."""

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
A finding that is right and stays: # forge-doctor: ignore[rule] reason
on its line, or alone on the line above; ignore-file[rule] for a whole file.

\b
Exit codes: 0 clean, 1 findings at or above --fail-on (of high confidence), 2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor lint src --fix
  forge-doctor lint --since origin/main --output-format github
  forge-doctor lint --write-baseline lint-baseline.json"""


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATHS", help="Files and folders, or - for stdin. [default: the project]"),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely, in place.")] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option("--unsafe-fixes", help="With --fix or --diff: also mends that may change what the code does."),
    ] = False,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff",
            help="Print what --fix would change as a patch, write nothing; exit 1 if there is any. "
            "A patch quotes the lines around as they are, passwords in them too.",
        ),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Lint again at every change, until Ctrl-C.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Only findings on lines changed since HEAD left this branch, tag or commit."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave out the findings this file knows.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings there are into a baseline, and exit 0.")
    ] = None,
    add_ignores: Annotated[
        bool, typer.Option("--add-ignores", help="Write an ignore comment for every finding, and exit 0.")
    ] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="With --add-ignores: why.")] = "",
    statistics: Annotated[bool, typer.Option("--statistics", help="Also count the findings by rule.")] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Leave out files or folders of this name or path; ! takes one back; repeatable."
        ),
    ] = None,
    force_exclude: Annotated[
        bool | None,
        typer.Option(
            "--force-exclude/--no-force-exclude",
            help="Leave out excluded paths also when named. [default: no]",
            show_default=False,
        ),
    ] = None,
    gitignore: Annotated[
        bool | None,
        typer.Option("--gitignore/--no-gitignore", help="Honour .gitignore. [default: yes]", show_default=False),
    ] = None,
    stdin_filename: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="With -: where the code would lie, so that imports are followed."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes. [default: what pays]")] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Lint every file anew, and keep no results for the next run.")
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
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Find database sessions used wrongly in source code: not awaited, leaked, shared, blocking.

    Imports none of the code and needs none of its dependencies installed. Files named one by one are
    judged as parts of the project around them.
    """
    from forge_doctor.cli.report_options import report_options
    from forge_doctor.cli.sessions import lint as lint_session
    from forge_doctor.finding import Confidence

    options = report_options(
        "lint",
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
        near=lint_session.place_of(paths or [], stdin_filename),
    )
    flags = lint_session.Flags(
        paths=tuple(paths or ()),
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        watch=watch,
        since=since,
        baseline=baseline,
        write_baseline=write_baseline,
        add_ignores=add_ignores,
        reason=reason,
        statistics=statistics,
        exclude=tuple(exclude or ()),
        force_exclude=force_exclude,
        gitignore=gitignore,
        stdin_filename=stdin_filename,
        jobs=jobs,
        no_cache=no_cache,
    )
    lint_session.run(flags, options)
