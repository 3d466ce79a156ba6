"""What can be typed after `forge-doctor triage`, besides what the commands share."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from pathlib import Path
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import argument, option

DISCOVERY = "Instead of what is found"


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    targets: Annotated[
        tuple[str, ...],
        argument(
            metavar="[TARGET]...",
            help="Applications to look at, by import string, folder, container, service, unit, :port. [default: all]",
            show_default=False,
            envvar="FORGE_DOCTOR_TRIAGE_TARGETS",
            show_envvar=False,
        ),
    ] = ()
    pid: Annotated[
        tuple[int, ...],
        option(metavar="N", min=1, help="The application of this process; repeatable.", rich_help_panel=DISCOVERY),
    ] = ()
    container: Annotated[
        tuple[str, ...],
        option(
            metavar="NAME", help="What runs in this container: name, id, service or project.", rich_help_panel=DISCOVERY
        ),
    ] = ()
    dsn: Annotated[
        tuple[str, ...],
        option(metavar="URL", help="The database, instead of the worker's own.", rich_help_panel=DISCOVERY),
    ] = ()
    log: Annotated[
        tuple[str, ...],
        option(metavar="FILE", help="A log to read: a file or a container; repeatable.", rich_help_panel=DISCOVERY),
    ] = ()
    source: Annotated[
        Path | None,
        option(
            metavar="DIR", exists=True, file_okay=False, help="The application's source.", rich_help_panel=DISCOVERY
        ),
    ] = None
    app: Annotated[
        str | None,
        option(
            metavar="MODULE:ENGINE", help="Read the real engine's pool: imports the module.", rich_help_panel=DISCOVERY
        ),
    ] = None
    borrow_dsn: Annotated[
        bool,
        option(
            "--borrow-dsn/--no-borrow-dsn",
            help="Connect once with the DSN of a worker's environment; its password is neither shown nor kept.",
            rich_help_panel=DISCOVERY,
        ),
    ] = True
    since: Annotated[
        str | None, option(metavar="TIME", help="How far back to read logs: 30m, 2h, 03:00. [default: 30m]")
    ] = None
    deep: Annotated[bool, option("--deep", help="Look for 5 s at the sessions, and at the logs of the last day.")] = (
        False
    )
    watch: Annotated[
        float | None, option(metavar="SECONDS", min=1.0, help="Diagnose again and again, until Ctrl-C.")
    ] = None
    replay: Annotated[
        Path | None,
        option(metavar="PATH", help="Diagnose a moment (--at) of what `pool --record` kept, with the logs of then."),
    ] = None
    at: Annotated[
        str | None, option(metavar="TIME", help="The moment: 03:02:10, 2026-11-22T03:02:10+01:00, 2h; else UTC.")
    ] = None
    explain_discovery: Annotated[
        bool,
        option("--explain-discovery", help="Show each step of discovery, and where it learned what it found."),
    ] = False
