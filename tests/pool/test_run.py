"""The slice as a whole: a healthy service is calm, limits and selection count, tables tell the arithmetic."""

from pathlib import Path

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Severity
from forge_doctor.pool.run import all_checks, run_pool
from forge_doctor.pool.snapshot import Looks
from forge_doctor.settings import Settings, parse_settings
from tests.support.snapshots import idle_in_transaction, session, snapshot


def test_a_healthy_service_has_no_finding_at_all() -> None:
    report = run_pool(snapshot(session(1), session(2, state="active")), Settings())
    assert (report.findings, report.not_run) == ((), ())
    assert (
        report.headline
        == "2 of 47 usable connection slots taken; the largest holder is worker pid 4211 (uvicorn shop:app) with 2. "
        + report.verdict
    )
    assert report.verdict == (
        "Nothing above info in 2 sessions and what they do, locks (0 waiting), limits and settings, 2 workers with 0 "
        "requests in flight."
    )


def test_the_configured_limit_counts() -> None:
    settings = parse_settings({"limits": {"idle_in_transaction": {"idle-s": 90}}}, Path("pyproject.toml"))
    settings.reject_unknown_limits(all_checks())
    assert run_pool(snapshot(idle_in_transaction(1, 80.0)), settings, select=["idle-in"]).findings == ()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"limits": {"idle_in_transactions": {"idle_s": 1}}}, "did you mean 'idle-in-transaction'"),
        ({"limits": {"idle-in-transaction": {"idel_s": 1}}}, "did you mean 'idle_s'"),
    ],
)
def test_unknown_limits_are_refused_with_the_nearest_name(table: dict[str, object], words: str) -> None:
    with pytest.raises(UsageProblem, match=words):
        parse_settings(table, Path("pyproject.toml")).reject_unknown_limits(all_checks())


def test_selection_by_prefix_and_by_underscores() -> None:
    report = run_pool(snapshot(idle_in_transaction(1, 80.0)), Settings(), select=["idle_in"], ignore=["leaked"])
    assert [found.check for found in report.findings] == ["idle-in-transaction"]


def test_the_worst_comes_first() -> None:
    sessions = [idle_in_transaction(pid, 60.0) for pid in range(45)]
    severities = [found.severity for found in run_pool(snapshot(*sessions), Settings()).findings]
    assert severities == sorted(severities, reverse=True)
    assert severities[0] is Severity.CRITICAL


def test_the_tables_give_every_input_with_its_source() -> None:
    holders, sizing = run_pool(snapshot(session(1)), Settings()).tables
    assert holders.rows[0] == ("worker pid 4211 (uvicorn shop:app)", 1, 0, 1, 0, "-")
    assert ("workers", 2, "--workers") in sizing.rows
    assert sizing.rows[-1][1] == "pool_size=11, max_overflow=11"


def test_the_report_carries_the_manuals_of_the_checks_that_ran() -> None:
    report = run_pool(snapshot(), Settings(), select=["deadlocks"])
    assert list(report.rules) == ["deadlocks"]
    assert "Why:" in report.rules["deadlocks"][1]


def test_several_looks_size_the_pool_for_the_load_they_saw() -> None:
    seen = snapshot(session(1), looks=Looks(window_s=30.0, opened=0, in_use=4.0))
    sizing = run_pool(seen, Settings()).tables[-1]
    assert sizing.rows[-1][1] == "pool_size=2, max_overflow=4"
    assert "4.0 sessions in use on the mean" in sizing.note
