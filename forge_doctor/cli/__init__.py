"""The command line: one module a command, of which a run loads its own."""

from __future__ import annotations

import atexit
import gc
import sys

import typer

from forge_doctor.cli.commands import Group
from forge_doctor.errors import ForgeDoctorError

EPILOG = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 could not inspect.

\b
Examples:
  forge-doctor pool --dsn postgresql://app@db.example/shop
  forge-doctor logs shop-api
  forge-doctor lint src
  forge-doctor demo"""

app = typer.Typer(
    name="forge-doctor",
    cls=Group,
    help="A doctor for services built on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from forge_doctor import __version__

        typer.echo(f"forge-doctor {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", "-V", callback=show_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """A doctor for services built on FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL."""


def main() -> None:
    """The `forge-doctor` command: errors become one line and an exit code."""
    # What is loaded is needed to the end: to look for garbage in it costs a short run an eighth of its time,
    # most of that when the interpreter ends.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    try:
        app()
    except ForgeDoctorError as error:
        from forge_doctor.cli.output import abort

        abort(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away (`| head`): not our fault, and nothing more to say.
        sys.stderr.close()
        sys.exit(141)
