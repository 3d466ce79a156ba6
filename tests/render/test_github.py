from __future__ import annotations

import re

import pytest
from hypothesis import given

from forge_doctor.finding import Location, Severity
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import blind, clean, finding, incident, report

COMMAND = re.compile(r"::(?P<name>notice|warning|error) (?P<properties>[^:]*)::(?P<message>.*)")


def lines_of(*reports: Report) -> list[str]:
    return render(reports, OutputFormat.GITHUB, RenderOptions()).removesuffix("\n").split("\n")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner does: properties at commas, then the escapes back."""
    match = COMMAND.fullmatch(line)
    assert match, line
    properties = dict(pair.split("=", 1) for pair in match["properties"].split(","))
    return match["name"], {name: unescape(value) for name, value in properties.items()}, unescape(match["message"])


def unescape(text: str) -> str:
    for escaped, plain in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escaped, plain)
    return text


def test_a_finding_in_a_file_is_an_annotation() -> None:
    where = Location(target="src/a,b.py", line=12, column=5, end_line=12, end_column=9)
    name, properties, message = read(lines_of(report(finding(location=where, message="50%0A: slow", remedy="a\nb")))[0])
    assert name == "warning"
    assert properties == {
        "file": "src/a,b.py",
        "line": "12",
        "endLine": "12",
        "col": "5",
        "endColumn": "9",
        "title": "idle-in-transaction (high confidence)",
    }
    assert message == "50%0A: slow\n\na\nb"


def test_an_end_column_is_given_only_within_a_line() -> None:
    where = Location(target="a.py", line=1, column=5, end_line=3, end_column=1)
    _, properties, _ = read(lines_of(report(finding(location=where)))[0])
    assert (properties["endLine"], properties["col"]) == ("2", "5")
    assert "endColumn" not in properties


def test_a_finding_without_a_file_names_its_place_in_the_message() -> None:
    name, properties, message = read(lines_of(incident())[1])
    assert name == "error"
    assert "file" not in properties
    assert message.startswith("pid 4211 gunicorn shop.main:app: Worker pid 4211")
    assert "oldest 243.7 s (now() - xact_start)" in message.splitlines()


@pytest.mark.parametrize(
    ("severity", "name"),
    [
        (Severity.INFO, "notice"),
        (Severity.WARNING, "warning"),
        (Severity.ERROR, "error"),
        (Severity.CRITICAL, "error"),
    ],
)
def test_severities_have_githubs_names(severity: Severity, name: str) -> None:
    assert read(lines_of(report(finding(severity=severity)))[0])[0] == name


def test_what_did_not_run_is_one_warning_a_reason() -> None:
    warning, counts = lines_of(blind())
    assert read(warning)[2] == (
        "shop at db.example:5432: 2 checks not run (holders, long-statements): "
        "role app sees only its own sessions\n\nGRANT pg_monitor TO app;"
    )
    assert counts.startswith("forge-doctor: no findings in what could be examined")


def test_clean_has_no_annotation() -> None:
    assert lines_of(clean()) == ["forge-doctor: no findings; 37 sessions and 4 processes inspected"]


def test_the_name_of_what_was_inspected_is_no_command() -> None:
    assert lines_of(report(inspected={"##[error]x ::error::y": 2}))[-1].endswith("2 # #[error]x : :error: :y inspected")


@QUICK
@given(REPORTS)
def test_no_characters_make_a_command_of_their_own(reports: list[Report]) -> None:
    *commands, counts = lines_of(*reports)
    for command in commands:
        read(command)
    assert counts.startswith("forge-doctor: ")
    assert "::" not in counts
    assert "##[" not in counts
    assert acting_characters("".join((*commands, counts))) == set()
