"""Every held connection is named by the line that took it, read from another process, none wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.probes.application.held_connections import read_held_connections
from forge_doctor.probes.processes.workers import HeldConnection
from forge_doctor.sql.masking import sqlcommenter_tags
from tests.support.postgres import PostgresServer, postgres18_bin, run_postgres
from tests.support.unprivileged import without_root

APP = Path(__file__).parents[1] / "support" / "holding_app.py"
ROOT = Path(__file__).parents[2]
DRIVERS = ("asyncpg", "psycopg")


@contextmanager
def holding(mode: str, url: str, says: int = 1) -> Iterator[list[dict[str, Any]]]:
    """The application in that mode, with what it says of itself; its children end with it."""
    process = subprocess.Popen(
        [sys.executable, "-P", APP, mode, url],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield [json.loads(process.stdout.readline()) for _ in range(says)]
    finally:
        os.killpg(process.pid, 9)
        process.wait()
        process.stdout.close()


def told(held: tuple[HeldConnection, ...] | None) -> dict[str, str]:
    assert held is not None
    return {
        str(one.backend_pid): f"{one.lines[0].line} {one.lines[0].function}" for one in held if one.held_s is not None
    }


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("mode", ["asyncio", "blocked"])
def test_asyncio_sessions_of_two_engines(postgres18: PostgresServer, driver: str, mode: str) -> None:
    with holding(mode, postgres18.dsn(scheme=f"postgresql+{driver}")) as (said,):
        held = read_held_connections(said["pid"])
        assert held is not None
        assert told(held) == said["held"]
        assert {one.lines[0].file for one in held} == {str(APP)}
        assert all(one.local_port for one in held)
        (returned,) = [one for one in held if one.held_s is None]
        assert returned.backend_pid == said["returned"]
    assert read_held_connections(said["pid"]) is None, "nothing is left when the process ends"


def test_threads(postgres18: PostgresServer) -> None:
    with holding("threads", postgres18.dsn(scheme="postgresql+psycopg")) as (said,):
        assert told(read_held_connections(said["pid"])) == said["held"]


def test_each_process_has_a_page_of_its_own_after_a_fork(postgres18: PostgresServer) -> None:
    with holding("forked", postgres18.dsn(scheme="postgresql+psycopg"), says=3) as said:
        assert len({one["pid"] for one in said}) == 3
        for one in said:
            held = read_held_connections(one["pid"])
            assert (held is None) if "idle" in one else told(held) == one["held"]


def test_six_hundred_connections_of_one_process() -> None:
    with (
        run_postgres(postgres18_bin(), {"max_connections": "620"}) as server,
        holding("many", server.dsn(scheme="postgresql+psycopg")) as (said,),
    ):
        held = read_held_connections(said["pid"])
        backends = server.sql("SELECT pid FROM pg_stat_activity WHERE client_port > 0").split()
        assert sorted(told(held)) == sorted(backends)
        assert len(set(told(held).values())) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else to look")
def test_another_user_can_read_nothing(postgres18: PostgresServer, tmp_path: Path) -> None:
    with holding("threads", postgres18.dsn(scheme="postgresql+psycopg")) as (said,):
        with without_root(tmp_path):
            assert read_held_connections(said["pid"]) is None
        assert told(read_held_connections(said["pid"])) == said["held"]


@pytest.mark.parametrize("driver", DRIVERS)
def test_tags_name_the_line_in_front_of_the_statement(postgres18: PostgresServer, driver: str) -> None:
    with holding("tagged", postgres18.dsn(scheme=f"postgresql+{driver}")) as (said,):
        query = postgres18.sql(f"SELECT query FROM pg_stat_activity WHERE pid = {said['backend']}")
    assert query.startswith(f"/*code='{said['place']}',function='in_a_ümlaut'*/ SELECT pg_backend_pid()")
    assert sqlcommenter_tags(query)["code"] == said["place"]
