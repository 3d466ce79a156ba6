from __future__ import annotations

from hypothesis import given

from forge_doctor.finding import Location
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import blind, finding, report


def lines_of(*reports: Report) -> list[str]:
    return render(reports, OutputFormat.CONCISE, RenderOptions()).splitlines()


def test_a_finding_is_a_line_an_editor_can_jump_to() -> None:
    found = finding(location=Location(target="src/api.py", line=12, column=5), message="Two\nlines.")
    assert lines_of(report(found))[0] == "src/api.py:12:5: warning idle-in-transaction Two lines."


def test_what_did_not_run_has_its_line() -> None:
    assert lines_of(blind()) == [
        "shop at db.example:5432: not-run holders role app sees only its own sessions",
        "shop at db.example:5432: not-run long-statements role app sees only its own sessions",
        "forge-doctor: no findings in what could be examined; 2 checks not run; 1 session inspected",
    ]


@QUICK
@given(REPORTS)
def test_any_characters_give_one_line_each(reports: list[Report]) -> None:
    text = render(reports, OutputFormat.CONCISE, RenderOptions())
    assert text.count("\n") == 1 + sum(len(one.findings) + len(one.not_run) for one in reports)
    assert acting_characters(text) == set()
