"""The report says what, since when, how often, from which line, why, how to mend it, and what no log can tell."""

from __future__ import annotations

import io
import json

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence, NotRun, Severity
from forge_doctor.logs.collect import Within
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.telling.report import By, TriageOptions, triage
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.scan.scanner import scan
from forge_doctor.report import exit_code
from forge_doctor.streams.times.clock import parse_stamp
from tests.support.log_reading import RULES, WANTED, read_scanned, read_whole

SITE = "/usr/local/lib/python3.12/site-packages"


def failed(at: str, exception: str, line: int = 3, file: str = "/app/orders.py") -> str:
    return (
        f'2026-11-22 {at} INFO [uvicorn.access] 10.0.0.1:5 - "GET /orders/7?x=1 HTTP/1.1" 500\n'
        f"2026-11-22 {at} ERROR [uvicorn.error] Exception in ASGI application\nTraceback (most recent call last):\n"
        f'  File "{file}", line {line}, in load\n    return await db.get()\n'
        f'  File "{SITE}/sqlalchemy/pool/impl.py", line 9, in get\n    raise error\n{exception}\n'
    )


POOL = "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
CLOSED = "asyncpg.exceptions.InterfaceError: cannot perform operation: connection is closed"
LOG = (
    failed("08:00:00,000", POOL) * 3
    + failed("09:00:00,000", POOL, 8)
    + failed("10:00:00,000", "KeyError: 'colour'")
    + "/app/crud.py:10: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited\n  session.commit()\n"
)


def test_each_problem_is_a_finding_with_place_count_times_reason_and_mend():
    report = triage(read_whole(LOG), "shop")
    worst = report.findings[0]
    assert (worst.check, worst.severity, worst.confidence) == ("pool-timeout", Severity.CRITICAL, Confidence.HIGH)
    assert str(worst.location) == "/app/orders.py:3"
    assert worst.message.startswith("3 times at /app/orders.py:3 in load: A request gave up waiting for a connection")
    told = {one.label: one.value for one in worst.evidence}
    assert told["at"] == "2026-11-22T08:00:00.000Z"
    assert (told["pool_size"], told["overflow"], told["timeout_s"]) == ("5", "10", "30")
    assert told["grouped by"] == "the same fault at the same line of the user's code"
    assert "victim" in str(told["note:"])
    assert "https://sqlalche.me" in worst.remedy
    assert {one.check for one in worst.related} >= {"unclosed-session", "leaked-transactions"}


def test_the_data_has_every_problem_and_can_be_written_as_json():
    data = json.loads(json.dumps(dict(triage(read_whole(LOG), "shop").data)))
    assert [(one["signature"], one["count"], one["culprit"]) for one in data["problems"]] == [
        ("pool-timeout", 3, {"file": "/app/orders.py", "line": 3, "function": "load"}),
        ("pool-timeout", 1, {"file": "/app/orders.py", "line": 8, "function": "load"}),
        ("coroutine-never-awaited", 1, {"file": "/app/crud.py", "line": 10, "function": None}),
    ]
    assert data["problems"][2]["lower_bound"] is True
    assert data["problems"][0]["sources"] == ["app"]
    assert [(one["signature"], one["count"]) for one in data["other_errors"]] == [("KeyError", 1)]
    assert data["timeline"][0]["first"] == "2026-11-22T08:00:00.000Z"


def test_an_error_nobody_knows_fails_what_asks_for_warnings_where_a_request_failed_with_it():
    report = triage(read_whole(failed("08:00:00,000", "KeyError: 'colour'")), "shop")
    assert [(one.check, one.confidence) for one in report.findings] == [("unknown-error", Confidence.MEDIUM)]
    assert exit_code([report]) == 0
    assert exit_code([report], fail_on=Severity.WARNING) == 1
    assert report.headline == "1 error nobody knows, 0 lines"
    assert report.tables[0].rows[0][:2] == ("KeyError: '***'", 1)
    asked = triage(read_whole(failed("08:00:00,000", "KeyError: 'colour'")), "shop", TriageOptions(example=True))
    assert asked.tables[0].rows[0][:2] == ("KeyError: 'colour'", 1)


def test_the_rows_can_be_the_problems_the_lines_or_the_sources():
    summary = read_whole(LOG)
    by = {kind: triage(summary, "shop", TriageOptions(by=kind)).tables[0] for kind in By}
    assert [row[:2] for row in by[By.SIGNATURE].rows][:2] == [("pool-timeout", 3), ("pool-timeout", 1)]
    assert by[By.CULPRIT].rows[0] == ("/app/orders.py:3 load", 3, "pool-timeout 3")
    assert by[By.SOURCE].rows == (("app", 5, "pool-timeout 4, coroutine-never-awaited 1"),)


def test_top_only_ignore_and_min_count_choose_what_is_shown():
    summary = read_whole(LOG)

    def shown(**options: object) -> list[tuple[str, int]]:
        report = triage(summary, "shop", TriageOptions(**options))
        return [(one["signature"], one["count"]) for one in report.data["problems"]]

    assert shown(top=1) == [("pool-timeout", 3)]
    assert shown(only=("coroutine_never",)) == [("coroutine-never-awaited", 1)]
    assert shown(ignore=("pool-timeout",)) == [("coroutine-never-awaited", 1)]
    assert shown(min_count=2) == [("pool-timeout", 3)]


def test_the_overview_says_what_top_leaves_out():
    notes = [triage(read_whole(LOG), "shop", TriageOptions(top=top)).tables[0].note for top in (1, 2, 3, None)]
    assert notes[0].endswith("; 2 more problems: --top shows 1")
    assert notes[1].endswith("; 1 more problem: --top shows 2")
    assert [note for note in notes[2:] if "more" in note] == []


def test_what_is_of_another_time_is_left_out_and_said():
    def headline(since: str) -> str:
        reader = Reader("shop.log", RULES)
        reader.summary = Within(since=parse_stamp(since))
        for region in scan(io.BytesIO(LOG.encode() * 3), "shop.log", WANTED, familiar=reader):
            reader.feed(region)
        return triage(reader.finish().with_inspected(lines=9, bytes=9), "shop").headline

    assert headline("2026-11-22T11:00:00Z") == (
        "nothing found in 9 lines; 18 events outside the time asked for, the last about 2026-11-22T10:00:00.000Z; "
        "times that name no zone are those of --zone"
    )
    assert headline("2026-11-22T09:30:00Z").endswith(
        "; 12 events outside the time asked for, the last about 2026-11-22T09:00:00.000Z"
    )
    assert "outside" not in headline("2026-11-22T08:00:00Z")


def test_an_unknown_id_is_a_usage_problem_that_names_the_nearest():
    with pytest.raises(UsageProblem, match="--only: unknown signature 'pool-timout'; did you mean 'pool-timeout'"):
        triage(Summary(), "shop", TriageOptions(only=("pool-timout",)))


def test_the_sparkline_shows_when():
    (row, other) = triage(read_whole(LOG), "shop", TriageOptions(only=("pool-timeout",))).tables[0].rows
    assert str(row[4]).strip() == "█"
    assert str(row[4]).startswith("█")
    assert str(other[4]).endswith("█")


def test_an_example_is_given_whole_on_request():
    report = triage(read_whole(LOG), "shop", TriageOptions(example=True))
    (example,) = [one.value for one in report.findings[0].evidence if one.label == "example"]
    assert str(example).startswith(
        "2026-11-22 08:00:00,000 ERROR [uvicorn.error] Exception in ASGI application\nTraceback"
    )
    assert str(example).endswith(POOL)


def test_without_a_user_frame_the_route_groups_and_places():
    log = failed("08:00:00,000", POOL, file=f"{SITE}/fastapi/routing.py") * 2
    (finding,) = triage(read_whole(log), "shop").findings
    assert finding.location.target == "GET /orders/{id}"
    told = {one.label: one for one in finding.evidence}
    assert told["culprit"].value is None
    assert told["culprit"].source == "the log shows no user frame"
    assert told["grouped by"].value == "the same fault on the same route, no user frame in the log"


SERVER = "db-1  | 2026-11-22 {} UTC [77] shop@shop FATAL:  terminating connection due to idle-in-transaction timeout\n"


def test_another_log_s_reason_is_joined_by_time_and_only_by_time():
    app = "".join("app-1 | " + line for line in failed("08:00:02,000", CLOSED).splitlines(keepends=True))
    near = triage(read_whole(SERVER.format("08:00:00.000") + app), "both")
    problems = {one["signature"]: one for one in near.data["problems"]}
    assert problems["asyncpg-connection-closed"]["because"] == [{"signature": "idle-in-transaction", "explained": 1}]
    assert near.findings[0].check == "idle-in-transaction"
    assert {one.label: one.value for one in near.findings[0].evidence}["probably led to"] == (
        "asyncpg-connection-closed at /app/orders.py:3 in load"
    )
    assert (
        "in PostgreSQL's log, first 2026-11-22T08:00:00.000Z), which stands close to 1 of the 1"
        in near.findings[1].message
    )
    far = triage(read_whole(SERVER.format("07:00:00.000") + app), "both")
    assert {one["signature"]: one["because"] for one in far.data["problems"]}["asyncpg-connection-closed"] == []


def test_logs_of_three_time_zones_are_put_on_one_clock():
    app = failed("09:33:56,200+01:00", CLOSED) + failed("09:40:00,000+01:00", CLOSED)
    server = SERVER.partition("| ")[2].replace("UTC", "EST").format("03:33:55.900")
    pooler = (
        "2026-11-22 08:33:56.000 UTC [12] LOG S-0x55e: shop/shop@127.0.0.1:5432 closing because: server conn crashed?\n"
    )
    logs = {"app.log": app, "postgresql.log": server, "pgbouncer.log": pooler}
    summaries = [read_whole(log, source=name) for name, log in logs.items()]
    report = triage(summaries[0].merge(summaries[1]).merge(summaries[2]), "all three")
    firsts = {one["signature"]: one["first"] for one in report.data["problems"]}
    assert firsts == {
        "idle-in-transaction": "2026-11-22T08:33:55.900Z",
        "pgbouncer-server-crashed": "2026-11-22T08:33:56.000Z",
        "asyncpg-connection-closed": "2026-11-22T08:33:56.200Z",
    }
    lost = next(one for one in report.data["problems"] if one["signature"] == "asyncpg-connection-closed")
    assert lost["because"][0] == {"signature": "idle-in-transaction", "explained": 1}


def test_a_start_shortly_before_the_first_event_is_named():
    log = "2026-11-22 07:59:50,000 INFO [uvicorn.error] Application startup complete.\n" + failed("08:00:00,000", POOL)
    (problem,) = triage(read_whole(log), "shop").data["problems"]
    assert problem["after"] == ["app started at about 2026-11-22T07:59:50.000Z"]


def test_what_came_first_is_said():
    log = failed("08:00:00,000", CLOSED) + failed("08:05:00,000", POOL)
    assert (
        "first came asyncpg-connection-closed at 2026-11-22T08:00:00.000Z" in triage(read_whole(log), "shop").headline
    )


def test_nothing_found_says_in_how_much():
    summary = Summary(lines=12345, bytes=99)
    report = triage(summary, "shop", not_run=[NotRun(check="db.log", reason="permission denied")])
    assert report.headline == "nothing found in 12,345 lines"
    assert triage(Summary(lines=1, bytes=99), "shop").headline == "nothing found in 1 line"
    assert triage(Summary(), "shop").headline == "nothing could be read"
    assert report.inspected == {"lines": 12345, "bytes": 99}
    assert exit_code([report]) == 3


def test_without_times_a_reason_stands_shortly_before_in_the_same_log():
    reason = "ERROR: terminating connection because of crash of another server process\n"
    lost = "ERROR: cannot perform operation: connection is closed\n"

    def reasons(log: str) -> list[dict[str, object]]:
        data = triage(read_whole(log), "shop").data["problems"]
        return next(one["because"] for one in data if one["signature"] == "asyncpg-connection-closed")

    assert reasons(reason + lost) == [{"signature": "crash-other-process", "explained": 1}]
    assert reasons(lost + reason) == reasons(reason + "INFO: calm\n" * 10_000 + lost) == []


def tried(level: str, exception: str) -> str:
    """What a program says that tries once more, and how it goes on."""
    record = f"2026-11-22 08:00:01,000 {level} [shop.db] could not connect\nTraceback (most recent call last):\n"
    record += f'  File "/app/db.py", line 22, in ping\n    await connect()\n{exception}\n'
    return record + "2026-11-22 08:00:02,000 INFO [shop.db] connected\n"


REFUSED = "ConnectionRefusedError: [Errno 111] Connect call failed ('10.0.0.2', 5432)"


@pytest.mark.parametrize(
    ("levels", "exception", "confidence"),
    [
        (("DEBUG", "DEBUG"), REFUSED, Confidence.MEDIUM),
        (("DEBUG", "ERROR"), REFUSED, Confidence.HIGH),
        (("INFO",), REFUSED, Confidence.HIGH),
        (("DEBUG", "DEBUG"), "KeyError: 'ada'", Confidence.LOW),
        (("ERROR", "ERROR"), "KeyError: 'ada'", Confidence.MEDIUM),
    ],
)
def test_what_was_told_at_debug_alone_is_as_bad_and_less_sure(
    levels: tuple[str, ...], exception: str, confidence: Confidence
) -> None:
    # A block that is known by now is counted without being read.
    for times in (1, 6):
        log = "".join(tried(level, exception) for level in levels) * times
        (found,) = triage(read_scanned(log.encode()), "shop").findings
        assert found.severity is (Severity.CRITICAL if exception is REFUSED else Severity.WARNING)
        assert found.confidence is confidence
        assert ("logged at" in {one.label for one in found.evidence}) == (set(levels) == {"DEBUG"})
