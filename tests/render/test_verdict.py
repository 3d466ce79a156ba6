"""The answer stands in every format that has room for a sentence; a healthy one says what was looked at."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report

WITHOUT_SENTENCES = {OutputFormat.GITLAB, OutputFormat.PROMETHEUS}
FOUND = Finding(
    check="deadlock",
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    message="two waited",
    location=Location(target="a.log"),
)
SICK = Report(
    command="logs",
    subject="a.log",
    findings=(FOUND,),
    inspected={"lines": 9},
    verdict="Worst: deadlock\nWhat to do: retry",
)
WELL = Report(command="logs", subject="a.log", inspected={"lines": 9}, verdict="No fault found; looked for tracebacks")


@pytest.mark.parametrize("chosen", [one for one in OutputFormat if one not in WITHOUT_SENTENCES])
def test_a_healthy_answer_names_what_was_looked_at(chosen):
    assert "No fault found; looked for tracebacks" in render([WELL], chosen, RenderOptions())


@pytest.mark.parametrize(
    "chosen", [one for one in OutputFormat if one not in {*WITHOUT_SENTENCES, OutputFormat.NAGIOS}]
)
def test_what_is_worst_and_what_to_do_are_both_said(chosen):
    told = render([SICK], chosen, RenderOptions())
    assert "Worst: deadlock" in told
    assert "What to do: retry" in told


def test_the_text_ends_with_the_answer():
    assert render([SICK], OutputFormat.TEXT, RenderOptions()).splitlines()[-2:] == [
        "Worst: deadlock",
        "What to do: retry",
    ]


def test_what_the_headline_says_is_not_said_again():
    report = Report(
        command="pool",
        subject="shop",
        inspected={"sessions": 1},
        headline="2 of 9 slots. All is well.",
        verdict="All is well.",
    )
    assert render([report], OutputFormat.TEXT, RenderOptions()).count("All is well.") == 1
