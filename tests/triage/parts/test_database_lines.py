"""A server's log is read for one database: in each of its formats, under each prefix that names it, and under one that does not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.finding import Finding
from forge_doctor.triage.facts import APPLICATION, SERVER, LogSource
from forge_doctor.triage.looks import WantedLogs
from forge_doctor.triage.parts.database_lines import Lines, OfDatabase
from forge_doctor.triage.parts.logs import look
from tests.triage.parts.test_logs import NOW

AT = "2026-11-22 03:20:00.123 UTC"
DEADLOCK, IDLE = "deadlock detected", "terminating connection due to idle-in-transaction timeout"
FULL = "sorry, too many clients already"


def plain(prefix: str) -> Callable[[str, str], str]:
    def written(database: str, message: str) -> str:
        before = prefix.replace("%d", database) if database else prefix.partition("%q")[0]
        kind = "FATAL" if message != DEADLOCK else "ERROR"
        return (
            f"{before.replace('%q', '')}{kind}:  {message}\n{before.replace('%q', '')}STATEMENT:  SELECT 'a@b'\n\t, 2\n"
        )

    return written


def as_csv(database: str, message: str) -> str:
    session = f'"anna","{database}",7,"127.0.0.1:5000",6b0b.4d,1,"SELECT",{AT},1/2,0'
    return f'{AT},{session},FATAL,57P03,"{message}","a\nb, c",,,,,,,,"app","client backend",,0\n'


def as_json(database: str, message: str) -> str:
    own = {"timestamp": AT, "user": "anna", "dbname": database, "pid": 7, "error_severity": "FATAL", "message": message}
    return json.dumps({key: value for key, value in own.items() if value}) + "\n"


FORMATS = {
    "debian": plain(f"{AT} [77] %qanna@%d "),
    "pgbadger": plain(f"{AT} [77]: [3-1] user=anna,db=%d,app=psql,client=10.0.0.7 "),
    "rds": plain(f"{AT}:10.0.0.7(5432):anna@%d:[77]:"),
    "csvlog": as_csv,
    "jsonlog": as_json,
}


def findings(log: Path, kind: str = SERVER) -> tuple[Finding, ...]:
    logs = (LogSource(word=str(log), kind=kind),)
    return look(WantedLogs(logs=logs, since=NOW - 1800, now=NOW, database="shop")).findings


@pytest.mark.parametrize("name", FORMATS)
def test_what_other_databases_met_is_left_out_but_what_the_whole_server_met(name: str, tmp_path: Path) -> None:
    written, log = FORMATS[name], tmp_path / ("server.csv" if name == "csvlog" else "server.log")
    log.write_text(written("crm", IDLE) * 3 + written("shop", DEADLOCK) + written("crm", IDLE) + written("crm", FULL))
    assert sorted(one.check for one in findings(log)) == ["deadlock", "too-many-clients"]
    assert all(one.label != "database" for found in findings(log) for one in found.evidence)
    assert len(findings(log, APPLICATION)) == 3


def test_a_prefix_without_a_database_leaves_all_in_and_says_so(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(plain(f"{AT} [77] ")("crm", DEADLOCK))
    (found,) = findings(log)
    assert "log_line_prefix without %d" in next(one.source for one in found.evidence if one.label == "database")


def test_who_was_authorized_tells_the_database_of_a_backend(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(
        f"{AT} [77] LOG:  connection authorized: user=anna database=crm application_name=psql\n"
        + plain(f"{AT} [77] ")("crm", IDLE)
        + plain(f"{AT} [78] ")("crm", DEADLOCK)
    )
    assert [one.check for one in findings(log)] == ["deadlock"]


@pytest.mark.parametrize(
    "line",
    [
        b"2026-11-22 03:20:00.123 UTC [77] anna@10.0.0.7 ERROR:  deadlock detected\n",
        b"2026-11-22 03:20:00.123 UTC [77] anna@localhost ERROR:  deadlock detected\n",
        b"a line of no server at all\n",
        b"\tERROR:  looks like a head and is the rest of a statement by anna@crm\n",
    ],
)
def test_a_database_that_was_not_told_is_not_guessed(line: bytes) -> None:
    assert Lines(b"shop").keeps(line)


@pytest.mark.parametrize("size", [1, 7, 65536])
def test_the_stream_is_the_lines_that_are_kept_however_it_is_read(size: int) -> None:
    written = FORMATS["debian"]
    text = (written("crm", IDLE) + written("shop", DEADLOCK)) * 900 + written("shop", IDLE).rstrip("\n")
    expected = (written("shop", DEADLOCK)) * 900 + written("shop", IDLE).rstrip("\n")
    source = OfDatabase("server.log", "file", "shop", lambda: io.BytesIO(text.encode()))
    stream, buffer, read = source.open(), memoryview(bytearray(size)), b""
    while got := stream.readinto(buffer):
        read += bytes(buffer[:got])
    assert read.decode() == expected
    assert source.way == "file; 2700 lines of other databases left out"
