"""What can be typed after `forge-doctor lint`, besides what the commands share."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from pathlib import Path
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import argument, option
from forge_doctor.cli.flags.several import Baseline, WriteBaseline


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    paths: Annotated[
        tuple[Path, ...],
        argument(metavar="[PATHS]...", help="Files and folders, or - for stdin. [default: the project]"),
    ] = ()
    fix: Annotated[bool, option("--fix", help="Mend what can be mended safely, in place.")] = False
    unsafe_fixes: Annotated[
        bool,
        option("--unsafe-fixes", help="With --fix or --diff: also mends that may change what the code does."),
    ] = False
    diff: Annotated[
        bool,
        option(
            "--diff",
            help="Print what --fix would change as a patch, write nothing; exit 1 if there is any. "
            "A patch quotes the lines around as they are, passwords in them too.",
        ),
    ] = False
    watch: Annotated[bool, option("--watch", help="Lint again at every change, until Ctrl-C.")] = False
    since: Annotated[
        str | None,
        option(metavar="REF", help="Only findings on lines changed since HEAD left this branch, tag or commit."),
    ] = None
    baseline: Baseline = None
    write_baseline: WriteBaseline = None
    add_ignores: Annotated[
        bool, option("--add-ignores", help="Write an ignore comment for every finding, and exit 0.")
    ] = False
    reason: Annotated[str, option(metavar="TEXT", help="With --add-ignores: why.")] = ""
    statistics: Annotated[bool, option("--statistics", help="Also count the findings by rule.")] = False
    exclude: Annotated[
        tuple[str, ...],
        option(
            metavar="PATTERN", help="Leave out files or folders of this name or path; ! takes one back; repeatable."
        ),
    ] = ()
    force_exclude: Annotated[
        bool | None,
        option(
            "--force-exclude/--no-force-exclude",
            help="Leave out excluded paths also when named. [default: no]",
            show_default=False,
        ),
    ] = None
    gitignore: Annotated[
        bool | None,
        option("--gitignore/--no-gitignore", help="Honour .gitignore. [default: yes]", show_default=False),
    ] = None
    stdin_filename: Annotated[
        Path | None,
        option(metavar="PATH", help="With -: where the code would lie, so that imports are followed."),
    ] = None
    jobs: Annotated[int | None, option(metavar="N", min=1, help="Processes. [default: what pays]")] = None
    no_cache: Annotated[
        bool, option("--no-cache", help="Lint every file anew, and keep no results for the next run.")
    ] = False
