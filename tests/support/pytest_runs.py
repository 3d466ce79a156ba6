"""Runs of pytest over tests that fail in a library whose functions are long, in each of its styles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STYLES = ("auto", "long", "short", "native", "line")
LIBRARY = '''\
from sqlalchemy.exc import IntegrityError, TimeoutError

class UniqueViolationError(Exception): ...

def send(statement, *arguments):
    """Told in many words."""
{padding}
    raise UniqueViolationError('duplicate key value violates unique constraint "carts_pkey"')

def execute(statement, *arguments):
    try:
        send(statement, *arguments)
    except UniqueViolationError as error:
{deeper}
        raise IntegrityError(statement, arguments, error) from error

def connect(size):
    found = size + 1
{padding}
    raise TimeoutError(f"QueuePool limit of size {{size}} overflow 10 reached, connection timed out, timeout 30.00")
'''
TESTS = """\
import logging, warnings
import pytest
from {library} import connect, execute

def test_first():
    connect(5)  # blamed: pool-timeout

def test_second():
    execute("insert", 7)  # blamed: unique-violation

def test_third():
    logging.getLogger("shop").error("about to fail")
    connect(6)  # blamed: pool-timeout

def test_expected():
    with pytest.raises(Exception):
        connect(8)
"""
# As pytest's plugins begin a log with: a warning, before any report.
WARNED = (
    "/srv/lib/python3.13/site-packages/plugin.py:306: PluginWarning: the option is unset\nIt will be set.\n\n  warn()\n"
)


def run(folder: Path, style: str) -> str:
    """What pytest says of the tests; a library's code stands where libraries do."""
    library = folder / "site-packages" / "drivers.py"
    library.parent.mkdir()
    padding = "\n".join(f"    found_{number} = {number} + len('the code of a long function')" for number in range(60))
    library.write_text(LIBRARY.format(padding=padding, deeper=padding.replace("    found", "        found")))
    (folder / "test_shop.py").write_text(TESTS.format(library=library.stem))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--tb={style}",
        "--show-capture=no",
        "-q",
        "test_shop.py",
    ]
    environment = {"PYTHONPATH": str(library.parent), "PATH": "/usr/bin:/bin", "COLUMNS": "80"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return WARNED + done.stdout


def blamed(folder: Path) -> list[tuple[str, int]]:
    """Each fault, and its line."""
    lines = (folder / "test_shop.py").read_text().splitlines()
    told = [(line.partition("# blamed: ")[2], number) for number, line in enumerate(lines, 1)]
    return sorted(one for one in told if one[0])
