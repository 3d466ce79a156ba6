from __future__ import annotations

import re

import pytest
from hypothesis import given

from forge_doctor.finding import NotRun, Severity
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.render.nagios import exit_status
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import blind, clean, finding, incident, report

# 'label'=value[UOM];[warn];[crit];[min];[max], as the plugin guidelines have it.
METRIC = re.compile(r"(?P<label>[^\s='|]+|'(?:[^'=|]|'')+')=(?P<value>-?[0-9.]+)(?:;[0-9.]*){0,4}(?: |$)")
MISSED = NotRun(check="holders", reason="no permission")


def lines_of(*reports: Report) -> list[str]:
    return render(reports, OutputFormat.NAGIOS, RenderOptions()).removesuffix("\n").split("\n")


def performance(line: str) -> dict[str, int]:
    _, _, data = line.partition(" | ")
    found = list(METRIC.finditer(data))
    assert "".join(match.group() for match in found) == data
    return {match["label"]: int(match["value"]) for match in found}


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ([clean()], 0),
        ([report(finding(severity=Severity.INFO))], 0),
        ([report(finding(severity=Severity.WARNING))], 1),
        ([report(finding(severity=Severity.ERROR))], 2),
        ([report(finding(severity=Severity.CRITICAL))], 2),
        ([blind()], 3),
        ([report(finding(severity=Severity.INFO), not_run=(MISSED,))], 3),
        ([report(finding(severity=Severity.WARNING), not_run=(MISSED,))], 1),
        ([clean(), report(finding(severity=Severity.ERROR), not_run=(MISSED,))], 2),
        ([report(inspected={})], 3),
        ([], 3),
    ],
)
def test_the_status_is_the_worst_known_fault_else_whether_all_was_seen(reports: list[Report], status: int) -> None:
    assert exit_status(reports) == status
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status]
    assert re.match(rf"FORGE_DOCTOR\w* {word}: ", lines_of(*reports)[0])


def test_the_first_line_has_headline_and_performance_data() -> None:
    first = lines_of(incident())[0]
    assert first.startswith("FORGE_DOCTOR_POOL CRITICAL: 2 critical, 1 warning, 1 info; 6 checks not run")
    assert "27 of 27 usable slots taken" in first.partition(" | ")[0]
    assert performance(first) == {
        "critical": 2,
        "error": 0,
        "warning": 1,
        "info": 1,
        "not_run": 6,
        "sessions": 37,
        "processes": 4,
    }


def test_it_is_one_line_that_ends_with_the_worst_finding() -> None:
    lines = lines_of(incident())
    assert len(lines) == 1
    assert "; slots-exhausted shop at db.example:5432: All 27" in lines[0]


def test_without_a_finding_it_says_why_something_was_not_examined() -> None:
    assert "; not run: holders: no permission" in lines_of(report(not_run=(MISSED,)))[0]


def test_a_bar_in_data_does_not_begin_performance_data() -> None:
    lines = lines_of(report(finding(message="a|b"), headline="x | y=1", inspected={"it's |=": 3}))
    assert performance(lines[0])["'it''s /_'"] == 3
    assert lines[0].count("|") == 1
    assert "a/b" in lines[0]


def test_an_endless_message_does_not_cost_the_performance_data() -> None:
    first = lines_of(report(headline="x" * 9999))[0]
    assert len(first) < 700
    assert performance(first)["sessions"] == 37


@QUICK
@given(REPORTS)
def test_any_characters_leave_one_line_and_readable_performance_data(reports: list[Report]) -> None:
    lines = lines_of(*reports)
    assert len(lines) == 1
    performance(lines[0])
    assert acting_characters("".join(lines)) == set()
