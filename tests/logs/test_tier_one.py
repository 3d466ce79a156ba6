"""A real broken service's log for each fault of the first tier: made by a real server, triaged to the line that made it.

The others of the tier are in the samples, which are logs of real services too.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.problem import TriageOptions, find_problems
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.signature import load_signatures
from tests.support.app_server import ROOT, answers, stop_group, wait_for
from tests.support.broken_app import FAULTS
from tests.support.broken_servers import RECOVERING, STARTING, Migrations, run_standby, run_tls_postgres
from tests.support.log_reading import place, read_scanned, sample_cases, told
from tests.support.pgbouncer import run_pgbouncer
from tests.support.postgres import free_port, postgres18_bin, run_postgres
from tests.support.tls import Certificate

SERVER_SAYS = {"backend-signal"}
# Said in a line of its own, which has no place in the code.
NOTICES = {"crash-other-process"}
# asyncpg 0.30 drops the pooler's reason where the connection's end reaches it before it has read the error: it tells
# a closed connection then or, where the system told a reset, that.
OLD_ASYNCPG = tuple(map(int, asyncpg.__version__.split(".")[:2])) < (0, 31)
SAID_AS_WELL = {"pgbouncer-query-wait": ("asyncpg-closed-mid-operation", "reset-by-peer")} if OLD_ASYNCPG else {}
MIGRATIONS = {"alembic-heads", "alembic-missing-revision"}
SMALL = {"max_connections": "8", "superuser_reserved_connections": "2"}
IMPATIENT = {
    "max_client_conn": "3",
    "default_pool_size": "1",
    "query_wait_timeout": "1",
    "client_tls_sslmode": "disable",
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> dict[str, Summary]:
    """What the service and its server said, after every fault was asked for once."""
    log = tmp_path_factory.mktemp("broken") / "app.log"
    with (
        run_postgres(postgres18_bin(), SMALL) as server,
        run_pgbouncer(server, IMPATIENT) as pooler,
        run_standby(server, STARTING) as starting,
        run_standby(server, RECOVERING) as recovering,
        run_tls_postgres(certificate, server.password) as tls,
    ):
        server.sql(f"CREATE ROLE shop LOGIN PASSWORD '{server.password}'")
        server.sql(f"CREATE ROLE limited LOGIN PASSWORD '{server.password}' CONNECTION LIMIT 0")
        server.sql("CREATE DATABASE shop OWNER shop")
        server.sql("CREATE DATABASE narrow OWNER shop CONNECTION LIMIT 0")
        environment = {
            "BROKEN_SERVER": f"{server.host}:{server.port}",
            "BROKEN_POOLER": f"{pooler.host}:{pooler.port}",
            "BROKEN_PASSWORD": server.password,
            "BROKEN_POSTMASTER": str(server.pid),
            "BROKEN_STARTING": starting,
            "BROKEN_RECOVERING": recovering,
            "BROKEN_TLS": f"{tls.host}:{tls.port}",
        }
        ask_for_every_fault(log, environment)
        said = b"".join(path.read_bytes() for path in server.data_dir.parent.glob("*.log"))
    return {"app": read_scanned(log.read_bytes()), "server": read_scanned(said)}


def ask_for_every_fault(log: Path, environment: dict[str, str]) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.support.broken_app:app", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        assert wait_for(lambda: answers(port) or None, 60, lambda: process.poll() is not None), log.read_text()[-3000:]
        for name in FAULTS:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", f"/{name}")
            assert connection.getresponse().status == 500, f"{name}:\n{log.read_text()[-3000:]}"
            connection.close()
    finally:
        stop_group(process)


def seen(summary: Summary, signature: str) -> list[Group]:
    return [group for group in summary.groups.values() if group.signature == signature]


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in NOTICES])
def test_a_fault_of_a_real_service_is_named_and_traced_to_the_line_that_made_it(
    logs: dict[str, Summary], name: str
) -> None:
    function = name.replace("-", "_")
    instead = (group for said in SAID_AS_WELL.get(name, ()) for group in seen(logs["app"], said))
    found = seen(logs["app"], name) or [one for one in instead if one.culprit and one.culprit.function == function]
    everything = [(group.signature or group.exception, group.culprit) for group in logs["app"].groups.values()]
    culprits = [group.culprit for group in found if group.culprit is not None]
    assert culprits, everything
    assert {place.file.rpartition("/")[2] for place in culprits} == {"broken_app.py"}
    assert {place.function for place in culprits} <= {function, "take_all", "turned_away"}


@pytest.mark.parametrize("name", sorted(SERVER_SAYS))
def test_what_only_the_server_knows_is_found_in_its_log(logs: dict[str, Summary], name: str) -> None:
    assert [group.origin for group in seen(logs["server"], name)] == ["postgresql"]


def test_the_server_s_notice_of_a_crash_is_found_and_explains_the_lost_connections(logs: dict[str, Summary]) -> None:
    (notice,) = seen(logs["app"], "crash-other-process")
    assert (notice.count, notice.culprit) == (2, None)
    problems = find_problems(logs["app"], TriageOptions())
    (lost,) = (one for one in problems if (place(one.group) or "").endswith("crash_other_process"))
    explained = {one.group.signature for one in problems for cause in one.causes if cause.signature == notice.signature}
    assert lost.group.signature in explained
    assert not explained & {"libpq-ssl-eof", "in-recovery"}, "both came before the crash"


def test_what_alembic_refuses_is_named_once(tmp_path: Path) -> None:
    project = Migrations(tmp_path)
    project.branch()
    ambiguous = project.run("upgrade", "head")
    assert told(ambiguous) == [("alembic-heads", None, 1)], ambiguous
    project.run("upgrade", "heads")
    project.forget("right")
    missing = project.run("upgrade", "head")
    assert told(missing) == [("alembic-missing-revision", None, 1)], missing


def test_every_fault_of_the_first_tier_is_shown_by_a_real_log() -> None:
    first = {name for name, one in load_signatures().items() if one.tier == 1 and not one.wrapper}
    sampled = {label["signature"] for case in sample_cases() for label in (*case["problems"], *case["db_side"])}
    assert first - sampled - {*FAULTS} - SERVER_SAYS - MIGRATIONS == set()
