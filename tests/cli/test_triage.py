"""`forge-doctor triage` as a user starts it: told nothing but which of the applications here is meant."""

from __future__ import annotations

import importlib.resources
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from forge_doctor.cli.sessions.triage import DEEP_LOOK_S
from tests.support.app_server import AppServer, running_apps, wait_for
from tests.support.postgres import FreshDatabase, PostgresServer, new_database
from tests.support.recordings import Clock, idle_since, recorder, seen_at
from tests.support.terminal import BARE, on_terminal

SCHEMA = json.loads(importlib.resources.files("forge_doctor.render").joinpath("schema.json").read_text("utf-8"))
LEAKED = 4


def triage(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forge_doctor", "triage", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**BARE, **(env or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture(scope="module")
def database(postgres18: PostgresServer) -> Iterator[FreshDatabase]:
    with new_database(postgres18) as database:
        yield database


@pytest.fixture(scope="module")
def leaking(database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """A service that has leaked sessions for as long as a leak takes to be told from slow code."""
    with running_apps(tmp_path_factory.mktemp("leaking")) as start:
        server = start(database.dsn(), "uvicorn", workers=1)
        for _ in range(LEAKED):
            server.get("/leak")
        old = (
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND now() - state_change > '1s'"
        )
        assert wait_for(lambda: database.sql(old).strip() == str(LEAKED) or None, 60)
        yield server


@pytest.fixture(scope="module")
def soon(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A leak is told after a second, so that nobody has to wait for it."""
    path = tmp_path_factory.mktemp("configured") / "forge-doctor.toml"
    path.write_text("limits.leaked-transactions = { idle_s = 0.5, sure_s = 1 }\n", encoding="utf-8")
    return "--config", str(path)


@pytest.fixture(scope="module")
def document(leaking: AppServer, soon: tuple[str, str]) -> dict[str, Any]:
    done = triage("--pid", str(leaking.pid), "--output-format", "json", *soon)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_document_is_what_its_schema_says(document: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(document)
    assert document["schema"] == "forge-doctor/2"
    assert document["command"] == "triage"


def test_the_cause_has_its_sessions_and_its_statement(document: dict[str, Any]) -> None:
    first = document["diagnoses"][0]
    assert first["cause"] == "leaked-session"
    assert len(first["sessions"]) == LEAKED
    assert any("pg_terminate_backend" in line for line in first["now"])
    pids = {one["pid"] for one in document["sessions"]}
    assert set(first["sessions"]) <= pids


def test_everything_was_found_by_itself_and_every_step_says_where(
    document: dict[str, Any], leaking: AppServer, database: FreshDatabase
) -> None:
    steps = {one["step"]: one for one in document["discovery"] if one["found"]}
    assert {"workers", "interpreter", "source", "database", "application log", "server log"} <= steps.keys()
    assert all(one["source"] for one in steps.values())
    assert steps["application log"]["found"] == str(leaking.log)
    assert database.name in steps["database"]["found"]
    assert {one["pid"] for one in document["workers"]} >= set(leaking.workers)
    ran = {one["part"] for one in document["parts"] if one["why_not"] is None}
    assert {"pool", "logs", "lint", "slow", "migrations"} <= ran


def test_no_output_has_the_password_that_was_borrowed(leaking: AppServer, database: FreshDatabase) -> None:
    password = database.dsn().partition("://")[2].partition("@")[0].partition(":")[2]
    assert password
    for flags in (("--explain-discovery", "--verbose"), ("-f", "json")):
        done = triage("--pid", str(leaking.pid), *flags)
        assert password not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_page_fits_a_screen_and_ends_with_the_answer(leaking: AppServer, soon: tuple[str, str]) -> None:
    # Its own log alone: the server's has what other tests asked of other databases.
    done = triage("--pid", str(leaking.pid), "--log", str(leaking.log), *soon)
    lines = done.stdout.splitlines()
    assert len(lines) <= 45, done.stdout
    assert "leaked-session" in done.stdout
    assert lines[-1].startswith("Do: SELECT a.pid, pg_terminate_backend")
    assert max(len(line) for line in lines if "pg_terminate" not in line) <= 100


def test_the_steps_are_told_as_they_are_done(leaking: AppServer) -> None:
    done = triage("--pid", str(leaking.pid), "--explain-discovery", "--quiet")
    told = triage("--pid", str(leaking.pid), "--explain-discovery")
    assert done.stderr == ""
    said = [line.removeprefix("forge-doctor: ").partition(":")[0] for line in told.stderr.splitlines()]
    assert said[0] == "workers"
    assert {"interpreter", "source", "database", "application log"} <= set(said)
    assert "How it was found" in told.stdout


@pytest.mark.slow
def test_a_server_that_is_away_leaves_what_the_others_say(leaking: AppServer, tmp_path: Path) -> None:
    done = triage("--pid", str(leaking.pid), "--dsn", "postgresql://eve@127.0.0.1:1/x", "-f", "json")
    seen = json.loads(done.stdout)
    parts = {one["part"]: one for one in seen["parts"]}
    assert parts["pool"]["why_not"]
    assert parts["logs"]["why_not"] is None
    assert parts["lint"]["why_not"] is None
    assert done.returncode == 3 if not seen["findings"] else 1
    assert {"pool", "slow", "migrations"} <= {one["check"] for one in seen["not_run"]}


@pytest.mark.slow
def test_watch_diagnoses_again_until_ctrl_c_and_ends_as_the_last_diagnosis(
    leaking: AppServer, soon: tuple[str, str]
) -> None:
    status, shown = on_terminal(
        *("triage", "--pid", str(leaking.pid), "--watch", "1", *soon), interrupt_after="leaked-session"
    )
    assert "Traceback" not in shown
    assert "KeyboardInterrupt" not in shown
    # What was seen last stays on the screen once the picture is gone.
    assert "leaked-session" in shown.rpartition("\x1b[?1049l")[2]
    assert status == 1


@pytest.mark.slow
def test_watch_prints_one_diagnosis_after_the_other_where_nobody_watches(
    leaking: AppServer, soon: tuple[str, str]
) -> None:
    command = [sys.executable, "-m", "forge_doctor", "triage", "--pid", str(leaking.pid), "--watch", "1", *soon]
    with subprocess.Popen(command, env=BARE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        heads = (line for line in process.stdout if line.startswith("triage "))
        assert next(heads) == next(heads)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 1


@pytest.mark.slow
def test_deep_reads_the_log_of_the_day_and_looks_at_the_sessions_for_longer(leaking: AppServer, tmp_path: Path) -> None:
    then = datetime.now(UTC) - timedelta(hours=6)
    log = tmp_path / "app.log"
    log.write_text(
        f"{then:%Y-%m-%d %H:%M:%S},000 ERROR [app] asyncpg.exceptions.DeadlockDetectedError: deadlock detected\n"
    )
    asked = ("--pid", str(leaking.pid), "--log", str(log), "-f", "json")
    usual, deep = (
        {part["part"]: part for part in json.loads(triage(*asked, *more).stdout)["parts"]} for more in ((), ("--deep",))
    )
    assert [one["logs"]["findings"] for one in (usual, deep)] == [0, 1]
    assert min(deep["pool"]["seconds"], deep["slow"]["seconds"]) >= DEEP_LOOK_S


@pytest.mark.slow
def test_a_recorded_moment_is_diagnosed_as_then_and_says_what_no_record_has(tmp_path: Path) -> None:
    clock = Clock()
    one = recorder(tmp_path, clock)
    for age in (0.5, 300.0):
        one.add(seen_at(clock, *(idle_since(clock, pid, clock.wall - age) for pid in range(1, 5))))
        clock.on(2.0)
    one.close()
    source = tmp_path / "src"
    source.mkdir()
    replayed = ("--replay", str(tmp_path), "--source", str(source), "-f", "json", "--at")
    before, at, again = (triage(*replayed, when, cwd=source) for when in ("03:00:01", "03:00:02", "03:00:02"))
    told, once_more = json.loads(at.stdout), json.loads(again.stdout)
    # How long each part took is the only thing that differs.
    assert {**told, "parts": []} == {**once_more, "parts": []}
    (found,) = told["diagnoses"]
    assert found["cause"] == "leaked-session"
    assert found["sessions"] == [1, 2, 3, 4]
    assert "leaked-session" not in {one["cause"] for one in json.loads(before.stdout)["diagnoses"]}
    unseen = {each["check"]: each["reason"] for each in json.loads(before.stdout)["not_run"]}
    assert "a record holds sessions and locks" in unseen["slow"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("no-such-application",), "no-such-application: no application that runs here is called so"),
        (("--pid", "4194303"), "--pid 4194303: no such process"),
        (("--dsn", "mysql://u@h/d"), "only PostgreSQL is examined"),
        (("--since", "yesterday-ish"), "--since"),
        (("--source", "/no/such/folder"), "--source"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_name(flags: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = triage(*flags, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_source_is_enough(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"
    )
    done = triage("--source", str(tmp_path), "--pid", "1", "-f", "json", cwd=tmp_path)
    assert done.returncode in (1, 3)
    assert "Traceback" not in done.stderr
