from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence, Evidence, Location, NotRun, Severity
from forge_doctor.render.digest import (
    counted,
    evidence_text,
    fails,
    group_unexamined,
    is_clean,
    is_file,
    last_line,
    ranked,
    summary_sentence,
    value_text,
)
from forge_doctor.render.fingerprint import fingerprints
from tests.support.reports import blind, clean, finding, incident, report


def test_the_worst_comes_first_over_all_reports() -> None:
    mild, grave = finding(severity=Severity.INFO), finding(severity=Severity.CRITICAL)
    assert [found for _, found in ranked([report(mild), report(grave)])] == [grave, mild]


def test_clean_is_said_only_where_everything_was_looked_at() -> None:
    assert summary_sentence([clean()]) == "no findings; 37 sessions and 4 processes inspected"
    assert summary_sentence([blind()]) == (
        "no findings in what could be examined; 2 checks not run; 1 session inspected"
    )
    assert summary_sentence([report(inspected={})]) == "no findings in what could be examined; nothing inspected"
    assert [is_clean(reports) for reports in ([clean()], [blind()], [report(inspected={})], [], [incident()])] == [
        *(True, False, False, False, False)
    ]


def test_checks_that_stop_for_one_reason_are_told_together_crashes_first() -> None:
    groups = group_unexamined(incident().not_run)
    assert [(group.crashed, len(group.checks)) for group in groups] == [(True, 1), (False, 5)]


@pytest.mark.parametrize(
    ("count", "plural", "said"),
    [
        (1, "processes", "1 process"),
        (1, "queries", "1 query"),
        (1, "databases", "1 database"),
        (1, "indexes", "1 index"),
        (1, "staff", "1 staff"),
        (0, "files", "0 files"),
    ],
)
def test_one_is_singular(count: int, plural: str, said: str) -> None:
    assert counted(count, plural) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (243.68, "243.7"),
        (0.03217, "0.0322"),
        (5118.0, "5118"),
        (123456.7, "123457"),
        (90110, "90110"),
        (None, "unknown"),
        (True, "yes"),
        (float("inf"), "inf"),
    ],
)
def test_values_have_no_more_digits_than_tell(value: float | None, said: str) -> None:
    assert value_text(value) == said


def test_evidence_names_its_source() -> None:
    evidence = Evidence(label="idle for", value=312.44, unit="s", source="state_change")
    assert evidence_text(evidence) == "idle for 312.4 s (state_change)"


def test_what_is_not_known_has_no_unit() -> None:
    evidence = Evidence(label="requests in flight", value=None, unit="requests", source="its sockets")
    assert evidence_text(evidence) == "requests in flight unknown (its sockets)"


@pytest.mark.parametrize(
    ("location", "file"),
    [
        (Location(target="src/shop/api.py"), True),
        (Location(target="pyproject.toml"), True),
        (Location(target="src/my shop/api.py", line=3), True),
        (Location(target="Dockerfile", line=3), True),
        (Location(target="localhost:5432/shop"), False),
        (Location(target="db.example"), False),
        (Location(target="api-7f9c stderr", line=12), False),
        (Location(target="pid 4711 python main.py"), False),
        (Location(target="", line=1), False),
    ],
)
def test_files_are_told_from_databases_and_streams(location: Location, file: bool) -> None:
    assert is_file(location) is file


@pytest.mark.parametrize(("end", "last"), [((None, None), 4), ((5, None), 4), ((6, 1), 5), ((6, 3), 6), ((4, 9), 4)])
def test_the_end_is_exclusive(end: tuple[int | None, int | None], last: int) -> None:
    assert last_line(Location(target="a.py", line=4, column=1, end_line=end[0], end_column=end[1])) == last


def test_the_command_fails_from_both_limits_on() -> None:
    found = finding(severity=Severity.ERROR, confidence=Confidence.MEDIUM)
    assert fails(found, Severity.ERROR, Confidence.MEDIUM)
    assert not fails(found, Severity.CRITICAL, Confidence.LOW)
    assert not fails(found, Severity.INFO, Confidence.HIGH)
    assert not fails(found, None, Confidence.LOW)


def test_a_fingerprint_outlives_lines_and_figures_but_not_the_place() -> None:
    def mark(**fields: object) -> str:
        return fingerprints([finding(**fields)])[0]

    assert mark(message="idle for 312.4 s") == mark(
        message="idle for 7 s", location=Location(target="pid 9 shop_api@shop")
    )
    assert mark(location=Location(target="a.py", line=3)) == mark(location=Location(target="a.py", line=90))
    assert mark(location=Location(target="0001_a.py")) != mark(location=Location(target="0002_a.py"))
    assert mark(check="a") != mark(check="b")


def test_no_two_findings_share_a_fingerprint() -> None:
    assert len(set(fingerprints([finding(), finding(), finding()]))) == 3


def test_a_check_not_run_twice_is_named_once() -> None:
    (group,) = group_unexamined([NotRun(check="a", reason="r"), NotRun(check="a", reason="r")])
    assert group.checks == ("a",)
