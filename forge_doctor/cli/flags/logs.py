"""What can be typed after `forge-doctor logs`, besides what the commands share."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import argument, option


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    source: Annotated[
        tuple[str, ...],
        argument(
            metavar="[SOURCE]...",
            help="Container (name, id, compose service or project, label), file, glob, directory, s3:// or gs:// URL, "
            "or - for standard input.",
        ),
    ] = ()
    since: Annotated[str | None, option(metavar="WHEN", help="From then on: 30m, 2h, 1d, or 2026-11-22T08:00:00Z.")] = (
        None
    )
    until: Annotated[str | None, option(metavar="WHEN", help="Up to then, written in the same way.")] = None
    tail: Annotated[
        int | None,
        option(
            metavar="N",
            min=1,
            help="Only the last N lines of each log: of a plain file or a container found from its end.",
        ),
    ] = None
    follow: Annotated[
        bool,
        option("--follow", "-F", help="Go on while the logs grow, on a live screen; Ctrl-C gives the triage."),
    ] = False
    by: Annotated[
        str | None, option(metavar="WHAT", help="Overview by signature, culprit or source. [default: signature]")
    ] = None
    top: Annotated[int | None, option(metavar="N", min=1, help="At most N problems.")] = None
    example: Annotated[bool, option("--example", help="Show one whole event of each problem.")] = False
    only: Annotated[
        tuple[str, ...], option(metavar="ID", help="Only this signature: an id or its beginning; repeatable.")
    ] = ()
    ignore: Annotated[tuple[str, ...], option(metavar="ID", help="Leave this signature out; repeatable.")] = ()
    min_count: Annotated[int | None, option(metavar="N", min=1, help="Only what was seen so often. [default: 1]")] = (
        None
    )
    app_root: Annotated[
        tuple[str, ...],
        option(metavar="PATH", help="Folder or package that is your own code wherever it lies; repeatable."),
    ] = ()
    zone: Annotated[
        str | None, option(metavar="OFFSET", help="Zone of times that name none, as +02:00. [default: UTC]")
    ] = None
    strip: Annotated[
        str | None,
        option(metavar="REGEX", help="Take what this matches off the beginning of every line, to read what is left."),
    ] = None
    jobs: Annotated[int | None, option(metavar="N", min=1, help="Processes that read large logs. [default: CPUs]")] = (
        None
    )
    engine: Annotated[
        str | None,
        option(metavar="NAME", help="hyperscan, re2, ahocorasick or stdlib. [default: the fastest installed]"),
    ] = None
    dask: Annotated[
        str | None, option(metavar="ADDRESS", help="Read URLs on this Dask cluster: tcp://scheduler:8786.")
    ] = None
