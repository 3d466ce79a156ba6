"""No secret leaves: neither in what is shown nor in what is kept for later."""

from __future__ import annotations

import json

import pytest

from forge_doctor.logs.problems.report import TriageOptions, triage
from forge_doctor.logs.records.redact import redact
from tests.support.log_reading import read_whole

SECRETS = [
    "postgresql+asyncpg://shop:hunter2@db:5432/shop",
    "postgres://shop:p@ss:w/hunter2@db/shop",
    "redis://:hunter2@cache:6379/0",
    "host=db password=hunter2 dbname=shop",
    "password='hunter2 with spaces' user=shop",
    '"password": "hunter2"',
    "Authorization: Bearer hunter2hunter2",
    "api_key=hunter2",
    "X-Api-Key: hunter2",
    "token=hunter2&x=1",
    "eyJhbGciOiJIUzI1NiJ9.hunter2hunter2.c2ln",
    "[SQL: SELECT 1]\n[parameters: ('hunter2', 5)]\n(Background on this error at: https://sqlalche.me/e/20/x)",
    "[parameters: {'note': 'a]\nhunter2', 'id': 5}]\n(Background on this error at: x)",
    "[parameters: [('hunter2',)\n",
    "DETAIL:  Key (email)=(hunter2@example.org) already exists.",
    "[cached since 3.1s ago] ('hunter2', 5)",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_taken_out(text):
    assert "hunter2" not in redact(text)


@pytest.mark.parametrize(
    "text", ["/app/main.py:7 in pay", "http://db:5432/x", "tokens left: none of 5", "sqlalche.me/e/20/xd2s"]
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_redacting_twice_changes_nothing_more():
    for text in SECRETS:
        assert redact(redact(text)) == redact(text)


def test_no_secret_reaches_the_summary_or_the_report():
    log = (
        "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n"
        '  File "/app/db.py", line 3, in connect\n'
        '    engine = create("postgresql://shop:hunter2@db/shop")\n'
        'asyncpg.exceptions.InvalidPasswordError: password authentication failed for user "shop" at '
        "postgresql://shop:hunter2@db/shop\n[SQL: SELECT 1]\n[parameters: ('hunter2',)]\n"
    )
    summary = read_whole(log)
    report = triage(summary, "x", TriageOptions(example=True))
    assert [one["signature"] for one in report.data["problems"]] == ["password-failed"]
    assert "hunter2" not in json.dumps(summary.to_data())
    assert "hunter2" not in json.dumps(dict(report.data)) + repr(report.findings) + repr(report.tables)
