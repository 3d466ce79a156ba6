"""`forge-doctor pool` as a user starts it: a process, its streams and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from forge_doctor.pool.record import dump
from tests.support.architecture import HEAVY
from tests.support.lint_command import completed
from tests.support.listeners import listener, say_nothing
from tests.support.postgres import FreshDatabase, PostgresServer
from tests.support.snapshots import idle_in_transaction, session, snapshot
from tests.support.terminal import BARE, on_terminal


def forge_doctor(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forge_doctor", "pool", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        env={**BARE, **(env or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
    )


def judged(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The same in this process: where no server is asked, a process of its own would say nothing else."""
    return completed(cwd or Path.cwd(), "pool", *arguments, variables=BARE)


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    path = tmp_path / "sick.json"
    seen = snapshot(*(idle_in_transaction(pid, 40.0 + pid, tags={"route": "/orders"}) for pid in range(1, 5)))
    path.write_text(dump((seen,)), encoding="utf-8")
    return path


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    path = tmp_path / "healthy.json"
    path.write_text(dump((snapshot(session(1)),)), encoding="utf-8")
    return path


def test_exit_0_where_all_was_seen_and_is_well(healthy: Path) -> None:
    done = forge_doctor("--snapshot", str(healthy))
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 47 usable connection slots taken" in done.stdout


def test_exit_1_from_the_severity_asked_for(sick: Path) -> None:
    assert judged("--snapshot", str(sick)).returncode == 1
    assert judged("--snapshot", str(sick), "--fail-on", "never").returncode == 0
    assert judged("--snapshot", str(sick), "--select", "slow-code", "--fail-on", "info").returncode == 0


def test_findings_win_over_what_could_not_be_examined(database: FreshDatabase) -> None:
    plain = database.server.dsn(database=database.name, user="nobody_special", password="pw")
    database.server.sql("DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special LOGIN PASSWORD 'pw'")
    with subprocess.Popen(
        [str(database.server.bin_dir / "psql"), "-XAtq", database.dsn()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdin.write(b"SELECT 1;\n")
        other.stdin.flush()
        other.stdout.readline()
        unexamined = forge_doctor("--dsn", plain, "--fail-on", "critical")
        assert unexamined.returncode == 3, unexamined.stdout
        found = forge_doctor("--dsn", plain, "--fail-on", "info")
        assert found.returncode == 1
        other.stdin.close()
    database.server.sql("DROP ROLE nobody_special")
    left_out = forge_doctor("--dsn", database.dsn(), "--no-scan", "--workers", "1")
    assert left_out.returncode == 0, left_out.stdout


def test_a_look_loads_the_driver_and_no_other_library(database: FreshDatabase) -> None:
    done = forge_doctor("--dsn", database.dsn(), "--no-scan", "--workers", "1", env={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert loaded & (HEAVY | {"pydantic"}) - {"rich"} == {"asyncpg"}  # old versions of typer load rich by themselves


@pytest.fixture
def database(fresh_database18: FreshDatabase) -> FreshDatabase:
    fresh_database18.server.sql(f"GRANT pg_monitor TO {fresh_database18.user}")
    return fresh_database18


@pytest.mark.parametrize("variable", ["FORGE_DOCTOR_DSN", "DATABASE_URL"])
def test_the_server_named_by_the_environment(database: FreshDatabase, variable: str) -> None:
    done = forge_doctor("--no-scan", "-f", "json", env={variable: database.dsn(scheme="postgresql+asyncpg")})
    assert (
        json.loads(done.stdout)["sections"][0]["subject"]
        == f"{database.user}@{database.server.host}:{database.server.port}/{database.name}"
    )


def test_libpqs_variables_name_it_too(database: FreshDatabase) -> None:
    env = {
        "PGHOST": database.server.host,
        "PGPORT": str(database.server.port),
        "PGUSER": database.user,
        "PGDATABASE": database.name,
        "PGPASSWORD": database.password,
    }
    assert f"/{database.name}" in forge_doctor("--no-scan", env=env).stdout


def test_two_servers_have_a_section_each_and_one_that_fails_does_not_hide_the_other(
    postgres15: PostgresServer, database: FreshDatabase
) -> None:
    nowhere = "postgresql://nobody:s3cret@127.0.0.1:9/nothing"
    done = forge_doctor("--dsn", postgres15.dsn(), "--dsn", nowhere, "--dsn", database.dsn(), "--no-scan", "-f", "json")
    document = json.loads(done.stdout)
    assert [section["subject"].rpartition("@")[2].partition(":")[0] for section in document["sections"]] == [
        "127.0.0.1"
    ] * 3
    assert [entry["subject"] for entry in document["not_run"] if entry["check"] == "pool"] == [
        "nobody@127.0.0.1:9/nothing"
    ]
    assert done.returncode == 3
    assert "s3cret" not in done.stdout + done.stderr


def test_save_and_replay_give_the_same_findings_without_a_server(database: FreshDatabase, tmp_path: Path) -> None:
    saved = tmp_path / "seen.json"
    live = forge_doctor("--dsn", database.dsn(), "--save", str(saved), "-f", "json")
    replayed = forge_doctor("--snapshot", str(saved), "-f", "json")
    assert json.loads(live.stdout)["findings"] == json.loads(replayed.stdout)["findings"]
    assert database.password not in saved.read_text(encoding="utf-8")


def test_no_value_of_a_statement_is_stored_or_shown(database: FreshDatabase, tmp_path: Path) -> None:
    saved = tmp_path / "seen.json"
    with subprocess.Popen(
        [str(database.server.bin_dir / "psql"), "-XAtq", database.dsn()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as psql:
        assert psql.stdin is not None
        assert psql.stdout is not None
        psql.stdin.write("BEGIN; SELECT 'jane@example.org' AS mail, 4711;\n")
        psql.stdin.flush()
        psql.stdout.readline()
        (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor.limits.idle-in-transaction]\nidle_s = 0\n")
        done = forge_doctor("--dsn", database.dsn(), "--save", str(saved), cwd=tmp_path)
        quiet = forge_doctor("--dsn", database.dsn(), "--no-query", cwd=tmp_path)
        psql.stdin.write("ROLLBACK;\n")
    assert "last statement SELECT ? AS mail, ?" in done.stdout
    assert "AS mail" not in quiet.stdout
    assert "jane" not in done.stdout + saved.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "no server is named: pass --dsn"),
        (("--dsn", "mysql://u:s3cret@h/db"), 2, "mysql"),
        (("--dsn", "postgresql://u:s3cret@127.0.0.1:9/db"), 3, "127.0.0.1:9"),
        (("--dsn", "postgresql://u:s3cret@no-such-host.invalid/db"), 3, "no-such-host.invalid"),
        (("--snapshot", "nothing.json"), 3, "nothing.json"),
        (("--snapshot", "x.json", "--dsn", "postgresql://h/db"), 2, "--dsn does not go with --snapshot"),
        (("--dsn", "postgresql://h/db", "--app", "no.such.module:engine"), 2, "no.such.module"),
        (("--dsn", "postgresql://h/db", "-f", "yaml"), 2, "unknown value 'yaml'"),
        (("--dsn", "postgresql://h/db", "--fail-on", "neve"), 2, "did you mean 'never'?"),
        (("--dsn", "postgresql://h/db", "-f", "jsn"), 2, "did you mean 'json'"),
        (("--dsn", "postgresql://h/db", "--fail-on", "errors"), 2, "did you mean 'error'"),
        (("--snapshot", "SICK", "--select", "idle-in-transactoin"), 2, "did you mean 'idle-in-transaction'"),
        (("--snapshot", "SICK", "-o", "/no/such/folder/report"), 2, "/no/such/folder/report"),
        (("--pool-size", "-1"), 2, "--pool-size"),
        (("--polsize", "3"), 2, "--polsize"),
    ],
)
def test_bad_input_is_one_clear_message(sick: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = judged(*(str(sick) if word == "SICK" else word for word in arguments), cwd=sick.parent)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_a_wrong_password_and_an_unknown_database_are_named(database: FreshDatabase) -> None:
    server = database.server
    wrong = forge_doctor("--dsn", server.dsn(user=database.user, password="not-it", database=database.name))
    unknown = forge_doctor("--dsn", server.dsn(database="no_such_database"))
    assert (wrong.returncode, unknown.returncode) == (3, 3)
    assert "password" in wrong.stderr
    assert "not-it" not in wrong.stderr
    assert "no_such_database" in unknown.stderr


def test_a_server_that_accepts_and_never_answers_is_given_up() -> None:
    with listener(say_nothing) as port:
        began = time.monotonic()
        done = forge_doctor("--dsn", f"postgresql://u:s3cret@127.0.0.1:{port}/db", "--connect-timeout", "0.5")
    assert done.returncode == 3
    assert "0.5 s" in done.stderr
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "setting", ["[tool.forge-doctor.pool]\npool_siez = 5", "[tool.forge-doctor]\nfial-on = 'info'"]
)
def test_an_unknown_key_is_refused_with_the_nearest(sick: Path, setting: str) -> None:
    (sick.parent / "pyproject.toml").write_text(setting, encoding="utf-8")
    done = judged("--snapshot", str(sick), cwd=sick.parent)
    assert done.returncode == 2
    assert "did you mean" in done.stderr


def test_what_is_wrong_with_a_configured_application_is_told_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "forge-doctor.toml").write_text('[pool]\napp = "no.such.module:engine"\n', encoding="utf-8")
    done = forge_doctor("--dsn", "postgresql://h/db", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path / 'forge-doctor.toml'}: 'app': --app no.such.module:engine: " in done.stderr


def test_the_configuration_counts_and_a_flag_wins(database: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor.pool]\nworkers = 3\npool-size = 7\n", encoding="utf-8")
    done = forge_doctor("--dsn", database.dsn(), "--pool-size", "2", "--no-scan", "-f", "json", cwd=tmp_path)
    application = json.loads(done.stdout)["pool"]["application"]
    assert application["workers"] == {
        "value": 3,
        "source": f"workers in {tmp_path / 'pyproject.toml'}",
        "assumed": False,
        "doubt": "",
    }
    assert application["pool_size"]["source"] == "--pool-size"


def test_a_real_engine_is_read(database: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "shopdb.py").write_text(
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "engine = create_async_engine('postgresql+asyncpg://u:s3cret@h/d', pool_size=4, max_overflow=1)\n",
        encoding="utf-8",
    )
    done = forge_doctor("--dsn", database.dsn(), "--no-scan", "--app", "shopdb:engine", "-f", "json", cwd=tmp_path)
    application = json.loads(done.stdout)["pool"]["application"]
    assert (application["pool_size"]["value"], application["max_overflow"]["value"]) == (4, 1)
    assert "shopdb:engine" in application["pool_size"]["source"]
    assert "s3cret" not in done.stdout


def test_every_format_of_the_same_look(sick: Path) -> None:
    formats = ("text", "json", "markdown", "junit", "github", "sarif", "nagios", "prometheus", "concise", "gitlab")
    for name in formats:
        done = judged("--snapshot", str(sick), "-f", name)
        assert "leaked-transactions" in done.stdout or "leaked_transactions" in done.stdout, name
        assert done.returncode == (2 if name == "nagios" else 1), name
        assert "\x1b" not in done.stdout, name


def test_an_output_file_is_written_whole(sick: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    done = judged("--snapshot", str(sick), "-f", "json", "-o", str(target))
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(target.read_text(encoding="utf-8"))["schema"] == "forge-doctor/2"


def test_watch_prints_one_look_after_the_other_where_nobody_watches(database: FreshDatabase) -> None:
    flags = ("--dsn", database.dsn(), "--no-scan", "--watch", "0.2", "--duration", "40")
    looks = 0
    with subprocess.Popen(
        (sys.executable, "-m", "forge_doctor", "pool", *flags), stdout=subprocess.PIPE, env=BARE
    ) as run:
        for line in run.stdout or ():
            looks += b"Sessions by state" in line
            assert looks or b"Since the last look" not in line
            if looks == 2:
                run.terminate()
                break
    assert looks == 2


def test_a_terminal_has_colours_unless_told_otherwise(sick: Path) -> None:
    code, shown = on_terminal("pool", "--snapshot", str(sick))
    assert code == 1
    assert "\x1b[" in shown
    for env, flags in (({"NO_COLOR": "1"}, ()), ({}, ("--no-color",))):
        _, plain = on_terminal("pool", "--snapshot", str(sick), *flags, env=env)
        assert "\x1b[3" not in plain


def test_ctrl_c_ends_a_live_screen_calmly_with_the_last_page(database: FreshDatabase) -> None:
    code, shown = on_terminal(
        "pool", "--dsn", database.dsn(), "--no-scan", "--watch", "0.3", interrupt_after="Sessions by state"
    )
    assert "Traceback" not in shown
    assert code in (0, 3)
    assert shown.rstrip().endswith("manual")


def test_a_reader_that_goes_away_is_no_error(sick: Path) -> None:
    command = f"{sys.executable} -m forge_doctor pool --snapshot {sick} -f json | head -c 5"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, env=BARE)
    assert done.stdout == '{\n  "'
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
