"""What can be typed after `forge-doctor migrations`, besides what the commands share."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from pathlib import Path
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import argument, option
from forge_doctor.cli.flags.several import Baseline, ConnectTimeout, Save, Snapshot, WriteBaseline


class Flags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    paths: Annotated[
        tuple[Path, ...],
        argument(
            metavar="[PATHS]...",
            help="alembic.ini, or a folder with one, with env.py or of revisions. [default: the project]",
        ),
    ] = ()
    since: Annotated[
        str | None,
        option(metavar="REF", help="Only revisions new or changed since HEAD left this branch, tag or commit."),
    ] = None
    pending: Annotated[
        bool,
        option("--pending", help="Only revisions that the database lacks; without one, that the base branch lacks."),
    ] = False
    every: Annotated[bool, option("--all", help="Every revision, in CI too.")] = False
    dsn: Annotated[
        str | None,
        option(
            metavar="URL",
            help="Also look at this database, read-only: where it stands, what pending revisions cost. Else DATABASE_URL.",
        ),
    ] = None
    save: Save = None
    snapshot: Snapshot = None
    no_live: Annotated[bool, option("--no-live", help="Leave the database of DATABASE_URL alone.")] = False
    connect_timeout: ConnectTimeout = None
    metadata: Annotated[
        str | None,
        option(
            metavar="SPEC",
            help="Compare the database with package.module:Base.metadata. Imports it in a process of its own.",
        ),
    ] = None
    test_downgrade: Annotated[
        bool,
        option(
            "--test-downgrade",
            help="Try each revision up, down and up again on a PostgreSQL of its own, with rows. Runs env.py.",
        ),
    ] = False
    rows: Annotated[
        Path | None,
        option(metavar="FILE", help="With --test-downgrade: SQL that puts rows in. [default: rows made up]"),
    ] = None
    server: Annotated[
        str | None,
        option(metavar="URL", help="With --test-downgrade: another throw-away server; databases come and go on it."),
    ] = None
    python: Annotated[
        Path | None,
        option(metavar="FILE", help="The application's Python. [default: VIRTUAL_ENV, .venv, or our own]"),
    ] = None
    baseline: Baseline = None
    write_baseline: WriteBaseline = None
    exclude: Annotated[
        tuple[str, ...],
        option(metavar="PATTERN", help="Leave out trees and files of this name or path; repeatable."),
    ] = ()
    no_cache: Annotated[
        bool, option("--no-cache", help="Judge every tree anew, and keep no answer for the next run.")
    ] = False
