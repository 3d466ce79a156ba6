"""What can be typed after `forge-doctor lint`, besides what the commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from forge_doctor.cli.flags.several import Baseline, WriteBaseline


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    paths: Annotated[
        tuple[Path, ...],
        typer.Argument(metavar="[PATHS]...", help="Files and folders, or - for stdin. [default: the project]"),
    ] = ()
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely, in place.")] = False
    unsafe_fixes: Annotated[
        bool,
        typer.Option("--unsafe-fixes", help="With --fix or --diff: also mends that may change what the code does."),
    ] = False
    diff: Annotated[
        bool,
        typer.Option(
            "--diff",
            help="Print what --fix would change as a patch, write nothing; exit 1 if there is any. "
            "A patch quotes the lines around as they are, passwords in them too.",
        ),
    ] = False
    watch: Annotated[bool, typer.Option("--watch", help="Lint again at every change, until Ctrl-C.")] = False
    since: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Only findings on lines changed since HEAD left this branch, tag or commit."),
    ] = None
    baseline: Baseline = None
    write_baseline: WriteBaseline = None
    add_ignores: Annotated[
        bool, typer.Option("--add-ignores", help="Write an ignore comment for every finding, and exit 0.")
    ] = False
    reason: Annotated[str, typer.Option(metavar="TEXT", help="With --add-ignores: why.")] = ""
    statistics: Annotated[bool, typer.Option("--statistics", help="Also count the findings by rule.")] = False
    exclude: Annotated[
        tuple[str, ...],
        typer.Option(
            metavar="PATTERN", help="Leave out files or folders of this name or path; ! takes one back; repeatable."
        ),
    ] = ()
    force_exclude: Annotated[
        bool | None,
        typer.Option(
            "--force-exclude/--no-force-exclude",
            help="Leave out excluded paths also when named. [default: no]",
            show_default=False,
        ),
    ] = None
    gitignore: Annotated[
        bool | None,
        typer.Option("--gitignore/--no-gitignore", help="Honour .gitignore. [default: yes]", show_default=False),
    ] = None
    stdin_filename: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="With -: where the code would lie, so that imports are followed."),
    ] = None
    jobs: Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes. [default: what pays]")] = None
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Lint every file anew, and keep no results for the next run.")
    ] = False
