"""Layouts of logs that people have sent to other tools: what was logged in them is the same in each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.settings import Settings
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.engine_logs import EngineLog, Said, read_text

PARENT = "SELECT halls.id, halls.name \nFROM halls ORDER BY halls.id"
CHILD = "SELECT shelves.id, shelves.hall_id \nFROM shelves \nWHERE $1::INTEGER = shelves.hall_id"
QUERY = "SELECT parcel.id FROM parcel WHERE parcel.hub_id = 17"
PLAN = "Seq Scan on parcel  (cost=0.00..18334.00 rows=12 width=41)\n  Filter: (hub_id = 17)\n  Rows Removed by Filter: 899991"
LOGGED = f"duration: 412.4 ms  plan:\nQuery Text: {QUERY}\n{PLAN}"


def _clock(said: Said) -> str:
    return f"{said.at:%Y-%m-%d %H:%M:%S}.{said.at.microsecond // 1000:03}"


def _echo(said: Said) -> str:
    return f"{said.stamp} INFO sqlalchemy.engine.Engine {said.message}"


def _intercepted(said: Said) -> str:
    return f"{_echo(said)}\n{_clock(said)} | INFO     | sqlalchemy.engine.base:_log_info:17 - {said.message}"


def _two_handlers(said: Said) -> str:
    other = f"INFO - {said.stamp} - sqlalchemy.engine.Engine - base - {said.message}"
    first = len(said.message) % 2
    return "\n".join((other, _echo(said)) if first else (_echo(said), other))


def _compose_twice(said: Said) -> str:
    other = f"[{said.at:%y%m%d-%H:%M:%S}.{said.at.microsecond // 1000:03}] [18401] [sqlalchemy.engine.Engine] INFO: {said.message}"
    return "\n".join(f"bench-app-1  | {line}" for text in (_echo(said), other) for line in text.split("\n"))


def _cloud(said: Said) -> str:
    place = {"file": "base.py", "line": str(len(said.message))}
    own = {"severity": "INFO", "message": said.message, "logging.googleapis.com/sourceLocation": place}
    return json.dumps({**own, "logging.googleapis.com/trace": f"projects/p/traces/{said.request}"})


def _elastic(said: Said) -> str:
    own = {"@timestamp": said.at.isoformat(), "log.level": "info", "message": said.message, "ecs": {"version": "1.6.0"}}
    return json.dumps({**own, "log": {"logger": said.logger}, "trace": {"id": said.request}})


def _function(said: Said) -> str:
    return f"[INFO]\t{said.at:%Y-%m-%dT%H:%M:%S}.{said.at.microsecond // 1000:03}Z\t{said.request}\t{said.message}"


def _pairs(said: Said) -> str:
    return (
        f"timestamp='{said.at.isoformat()}' level='info' event={said.message!r} logger='x' request_id={said.request!r}"
    )


LAYOUTS = (_intercepted, _two_handlers, _compose_twice, _cloud, _elastic, _function, _pairs)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_engine_log(tmp_path: Path, layout: Callable[[Said], str]) -> None:
    log = EngineLog()
    for request in range(6):
        log.begin(f"r{request}")
        log.run(PARENT, "()", f"r{request}")
        for number in range(9):
            log.run(CHILD, f"({number},)", f"r{request}")
        log.end(f"r{request}")
    read = read_text(tmp_path, log.text(layout))
    assert [(one.runs, one.rows) for one in read.statements if "hall_id =" in one.text or "= shelves" in one.text] == [
        (54, None)
    ]
    assert [(one.usual, one.transactions) for one in read.repetitions] == [(9, 6)]


def _lines(prefix: str, message: str) -> str:
    return f"{prefix}LOG:  " + message.replace("\n", "\n\t")


def _syslog(tag: str, tab: str, state: str = "") -> Callable[[int, str], str]:
    def layout(number: int, message: str) -> str:
        first, *more = message.split("\n")
        lines = [f"{state}LOG:  {first}", *(f"{tab}{line}" for line in more)]
        return "\n".join(f"{tag} [{40 + number}-{at}] {line}" for at, line in enumerate(lines, 1))

    return layout


def _text_payload(number: int, message: str) -> str:
    text = f"2026-11-22 08:00:0{number}.061 UTC [4075710]: [{number}-1] db=shop,user=app LOG:  {message}"
    return json.dumps({"textPayload": text, "insertId": str(number), "timestamp": f"2026-11-22T08:00:0{number}Z"})


def _in_properties(number: int, message: str) -> str:
    own = {"errorLevel": "LOG", "message": f"2026-11-22 08:00:0{number} UTC-69212f-LOG:  {message}"}
    return json.dumps({"time": f"2026-11-22T08:00:0{number}Z", "category": "PostgreSQLLogs", "properties": own})


def _in_record(number: int, message: str) -> str:
    own = {"error_severity": "LOG", "process_id": str(70 + number), "message": message}
    return json.dumps({"level": "info", "logger": "postgres", "msg": "record", "record": own})


SERVERS: dict[str, Callable[[int, str], str]] = {
    "managed": lambda _, said: _lines("2026-11-22 08:00:01 UTC:10.0.3.4(51234):app@shop:[31337]:", said),
    "any words": lambda _, said: _lines("2026-11-22 08:00:01.4 PST rhost=10-1.svc(4) app=Driver X:user=a:db=b:", said),
    "verbose, no blank": lambda _, said: _lines(
        "2026-11-22 08:00:01 PST [498]: [389-1] db=shop,user=app", said
    ).replace("LOG:  ", "LOG:  00000: "),
    "syslog": _syslog("Nov 22 08:00:01 db1 postgres[77]:", "#011"),
    "logplex": _syslog("2026-11-22T08:00:01+00:00 app[postgres.31]: [DATABASE]", " ", " sql_error_code = 00000 "),
    "text payload": _text_payload,
    "properties": _in_properties,
    "record": _in_record,
}


@pytest.mark.parametrize("server", SERVERS)
def test_a_servers_log(tmp_path: Path, server: str) -> None:
    text = "\n".join(SERVERS[server](number, LOGGED) for number in range(3)) + "\n"
    read = read_text(tmp_path, text)
    assert [(one.timed, one.longest_ms) for one in read.statements] == [(3, 412.4)]
    assert len(read.plans) == 1
    report = run_slow(SlowSnapshot(taken_at="", target="db.log", logged=read), Settings())
    assert [one.check for one in report.findings] == ["missing-index"]


def test_a_long_line_that_syslog_cut_is_one(tmp_path: Path) -> None:
    tag = "Nov 22 08:00:01 db1 postgres[77]:"
    lines = (
        "[4-1] LOG:  duration: 412.4 ms  statement: SELECT parcel.id, parcel.hub_id",
        "[4-2]  FROM parcel WHERE parcel.hub_id = 17",
    )
    read = read_text(tmp_path, "".join(f"{tag} {line}\n" for line in lines))
    assert [one.text for one in read.statements] == [
        "SELECT parcel.id, parcel.hub_id FROM parcel WHERE parcel.hub_id = ?"
    ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM parcel WHERE hub_id = 17",
        "SELECT id FROM parcel WHERE lower(state) = 'x'",
        "SELECT id FROM parcel WHERE state LIKE '%x'",
    ],
)
def test_a_statement_with_its_values_in_it_is_judged_by_its_text(tmp_path: Path, query: str) -> None:
    prefix = "2026-11-22 08:00:01.123 UTC [77] app@shop "
    read = read_text(tmp_path, _lines(prefix, f"duration: 412.4 ms  statement: {query}") + "\n")
    report = run_slow(SlowSnapshot(taken_at="", target="db.log", logged=read), Settings())
    assert len(report.findings) == 1
