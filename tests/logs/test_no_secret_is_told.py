"""No secret leaves `logs`: neither in what is shown nor in what is kept for later."""

from __future__ import annotations

import json

from forge_doctor.logs.problems.telling.report import TriageOptions, triage
from tests.support.log_reading import read_whole


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
