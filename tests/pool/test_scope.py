"""Whose sessions are told of: findings about others are left out and counted, slots count everybody."""

import pytest

from forge_doctor.pool.run import run_pool
from forge_doctor.pool.scope import SessionScope, narrowed
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from tests.support.snapshots import session, snapshot

IDLE = "idle in transaction"
SEEN = snapshot(
    session(1, state=IDLE, state_age_s=900.0, xact_age_s=900.0, application_name="shop", database="shop", user="shop"),
    session(2, state=IDLE, state_age_s=900.0, xact_age_s=900.0, application_name="psql", database="other", user="me"),
)


def told(**scope: tuple[str, ...]) -> Report:
    report = run_pool(SEEN, Settings())
    assert {pid for one in report.findings for pid in one.sessions} == {1, 2}
    return narrowed(report, SEEN, SessionScope(**scope))


@pytest.mark.parametrize(
    ("scope", "about"),
    [
        ({}, {1, 2}),
        ({"exclude_apps": ("psql",)}, {1}),
        ({"exclude_apps": ("p*",)}, {1}),
        ({"only_databases": ("other",)}, {2}),
        ({"only_users": ("shop", "nobody")}, {1}),
        ({"only_users": ("nobody",)}, set()),
    ],
)
def test_findings_about_unwanted_sessions_alone_are_left_out(
    scope: dict[str, tuple[str, ...]], about: set[int]
) -> None:
    report = told(**scope)
    pids = {pid for one in report.findings for pid in one.sessions}
    assert pids >= about
    assert not scope or all(about & set(one.sessions) for one in report.findings if one.sessions)


def test_what_was_left_out_is_counted_and_the_sessions_still_are() -> None:
    report = told(only_users=("nobody",))
    assert report.inspected["sessions"] == 2
    assert report.inspected["findings left out"] >= 1
    assert "findings left out" not in told().inspected
