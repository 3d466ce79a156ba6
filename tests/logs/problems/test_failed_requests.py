"""Requests that fail without an error in the log are told; those that an error accounts for are beside it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.logs.collect import Task, collect
from forge_doctor.logs.problems.telling.report import triage
from forge_doctor.report import Report
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES

UVICORN = 'INFO:     10.0.0.1:{port} - "{request} HTTP/1.1" {status} {phrase}'
COLOURED = (
    '\x1b[32mINFO\x1b[0m:     10.0.0.1:{port} - "\x1b[1m{request} HTTP/1.1\x1b[0m" \x1b[91m{status} {phrase}\x1b[0m'
)
NGINX = '10.0.0.1 - - [22/Nov/2026:08:00:{second:02} +0000] "{request} HTTP/2.0" {status} 157 "-" "curl/8.{port}"'
GUNICORN = '10.0.0.1 - - [22/Nov/2026:08:00:{second:02} +0000] "{request} HTTP/1.1" {status} 21 "-" "curl/8.{port}"'
JSON = '{{"level": "info", "message": "10.0.0.1:{port} - \\"{request} HTTP/1.1\\" {status}"}}'
HYPERCORN = (
    '[2026-11-22 08:00:{second:02} +0000] [41] [INFO] 10.0.0.1:{port} - - [x] "{request} 1.1" {status} 21 "-" "-"'
)
NGINX_JSON = '{{"time": "2026-11-22T08:00:{second:02}Z", "request_method": "{method}", "request_uri": "{path}", "status": "{status}"}}'
TRAEFIK_JSON = (
    '{{"DownstreamStatus":{status},"RequestMethod":"{method}","RequestPath":"{path}","Duration":{port},"level":"info"}}'
)
ENVOY_JSON = '{{"method":"{method}","path":"{path}","response_code":{status},"response_flags":"-","duration":{port}}}'
INSIDE = '{{"log":"{{\\"method\\":\\"{method}\\",\\"path\\":\\"{path}\\",\\"status_code\\": {status}}}\\n","stream":"stdout"}}'
CLOUD_RUN = (
    '{{"httpRequest":{{"requestMethod":"{method}","requestUrl":"https://a-{port}.example{path}","status":{status}}},'
    '"timestamp":"2026-11-22T08:00:{second:02}Z"}}'
)
HEROKU = 'at=info method={method} path="{path}" host=a.example fwd="10.0.0.1" dyno=web.1 service={port}ms status={status} bytes=9'
BALANCER = (
    "h2 2026-11-22T08:00:{second:02}.101Z app/a/5 10.0.0.1:{port} 10.1.0.4:80 0.0 0.1 0.0 {status} {status} 34 366 "
    '"{method} https://a.example:443{path} HTTP/2.0" "-" - -'
)
HAPROXY = (
    "Nov 22 08:00:{second:02} lb haproxy[22]: 10.0.0.1:{port} [22/Nov/2026:08:00:{second:02}.655] web a/a1 10/0/30/69/+109 {status} "
    '+2750 - - sH-- 1/1/1/1/0 0/0 {{a.example}} "{request} HTTP/1.1"'
)
CADDY = (
    '{{"level":"{loudness}","ts":1795334400.{second:02},"logger":"http.log.access.log0","msg":"handled request",'
    '"request":{{"remote_ip":"10.0.0.1","method":"{method}","uri":"{path}?x={port}"}},"duration":0.01,"status":{status}}}'
)
BARE = "2026-11-22 08:00:{second:02} INFO access 10.0.0.1 {request} {status} {port}ms"
BARE_HTTP = "10.0.0.1 - - [22/Nov/2026:08:00:{second:02} +0000] {request} HTTP/1.1 {status} 512 0.0{port}"
BRACKETS = "[2026-11-22T08:00:{second:02}Z] {request} - {status} - 0.0{port}s"
ARROW = "INFO:     {request} -> {status} ({port}ms)"
CLIENT = '2026-11-22T08:00:{second:02} 10.0.0.1 {request} {status} 812 0.031 "curl/8"'
LOUD = "2026-11-22 08:00:{second:02} {shout} access {request} status={status} took {port}ms"
FORMS = [
    *(UVICORN, COLOURED, NGINX, GUNICORN, JSON),
    *(HAPROXY, CADDY, BARE, BARE_HTTP, BRACKETS, ARROW, CLIENT, LOUD),
    *(HYPERCORN, NGINX_JSON, TRAEFIK_JSON, ENVOY_JSON, INSIDE, CLOUD_RUN, HEROKU, BALANCER),
]
PHRASES = {200: "OK", 404: "Not Found", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
ERROR = (
    "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n"
    "  File \"/app/shop/pay.py\", line 7, in pay\n    total = prices[key]\nKeyError: 'tea'"
)


def line(form: str, status: int, request: str, number: int) -> str:
    method, path = request.split(" ")
    loudness = "error" if status > 499 else "info"
    of_request = {
        "loudness": loudness,
        "shout": loudness.upper(),
        "request": request,
        "method": method,
        "path": path,
        "status": status,
        "phrase": PHRASES[status],
    }
    return form.format(port=number + 1000, second=number % 60, **of_request)


def report_of(path: Path, lines: list[str], since: float | None = None) -> Report:
    path.write_text("\n".join(lines) + "\n")
    found = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES, since=since))
    assert not found.problem
    return triage(found.summary, "shop")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_each_route_is_counted_whatever_wrote_the_line(form: str, seed: int, tmp_path: Path) -> None:
    order = random.Random(seed)
    requests = [
        (order.choice([200, 404, 500, 502, 503]), order.choice(["GET /orders/", "POST /pay/"])) for _ in range(700)
    ]
    lines = [line(form, status, f"{route}{number}?q=1", number) for number, (status, route) in enumerate(requests)]
    (finding,) = report_of(tmp_path / "log", lines).findings
    assert (finding.check, finding.severity, finding.confidence) == (
        "failed-requests",
        Severity.WARNING,
        Confidence.MEDIUM,
    )
    failed = [f"{route}{{id}}" for status, route in requests if status >= 500]
    (evidence,) = [one for one in finding.evidence if one.label == "failed requests"]
    for route in set(failed):
        assert f"{route} {failed.count(route)}" in str(evidence.value)
    assert finding.message.startswith(f"{len(failed)} times on {max(sorted(set(failed)), key=failed.count)}")


def test_what_an_error_accounts_for_is_no_problem_of_its_own(tmp_path: Path) -> None:
    lines = [text for number in range(20) for text in (line(UVICORN, 500, "GET /pay", number), ERROR)]
    assert [one.check for one in report_of(tmp_path / "log", lines).findings] == ["unknown-error"]
    # Far more fail than the one error accounts for.
    lines = [ERROR, *(line(UVICORN, 500, "GET /pay", number) for number in range(20))]
    assert {one.check for one in report_of(tmp_path / "log", lines).findings} == {"unknown-error", "failed-requests"}


def test_successes_and_what_only_looks_like_a_failure_are_silent(tmp_path: Path) -> None:
    lines = [
        line(UVICORN, 200, "GET /pay", 1),
        'INFO: 3 rows "x" 500 of them',
        "INFO: mail says 500 Internal Server Error",
        '{"event": "asked", "method": "GET", "url": "https://pay.example/v1/charge", "status_code": 503}',
        '{"event": "listed", "path": "/data/a.csv", "country_code": 500}',
        "level=info method=GET url=https://pay.example/v1/charge status=503",
        "served 500 500 34 rows of GET /pay",
        "INFO: GET /export 500 bytes sent in 12 ms",
        "INFO: POST /batch - 503 ms",
    ]
    assert report_of(tmp_path / "log", lines).findings == ()


def test_the_time_asked_for_leaves_out_what_failed_before_it(tmp_path: Path) -> None:
    lines = [line(NGINX, 502, "GET /pay", number) for number in range(60)]
    (finding,) = report_of(tmp_path / "log", lines, since=1795334430.0).findings
    assert finding.message.startswith("30 times on GET /pay")


def test_the_same_line_twice_is_two_requests(tmp_path: Path) -> None:
    (finding,) = report_of(tmp_path / "log", [line(NGINX, 502, "GET /pay", 1)] * 3).findings
    assert finding.message.startswith("3 times")


PROBES = ("/healthz", "/readyz", "/api/health", "/internal/v1/ready/", "/health-check", "/ping?verbose=1")


@pytest.mark.parametrize("form", [UVICORN, COLOURED, NGINX, GUNICORN, JSON])
def test_a_health_check_that_says_not_yet_is_no_request_that_failed(form: str, tmp_path: Path) -> None:
    lines = [line(form, 503, f"GET {route}", number) for number, route in enumerate(PROBES * 5)]
    assert report_of(tmp_path / "log", lines).findings == ()


@pytest.mark.parametrize(
    ("status", "asked"),
    [(500, "GET /healthz"), (503, "POST /healthz"), (503, "GET /orders/7"), (503, "GET /health/report")],
)
def test_other_answers_and_other_routes_are_told(status: int, asked: str, tmp_path: Path) -> None:
    lines = [line(UVICORN, status, asked, number) for number in range(9)]
    assert [one.check for one in report_of(tmp_path / "log", lines).findings] == ["failed-requests"]
