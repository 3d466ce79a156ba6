"""Reports: a crash is a result, the worst comes first, and the exit code hides nothing."""

from collections.abc import Iterator

import pytest

from forge_doctor.check import Check
from forge_doctor.finding import Confidence, Finding, Location, NotRun, Severity
from forge_doctor.report import Report, exit_code, run_check, sort_outcomes

HERE = Location(target="shop")


def finding(severity: Severity, confidence: Confidence = Confidence.HIGH, check: str = "idle") -> Finding:
    return Finding(check=check, severity=severity, confidence=confidence, message="m", location=HERE)


def report(*findings: Finding, not_run: tuple[NotRun, ...] = ()) -> Report:
    return Report(command="pool", subject="shop", findings=findings, not_run=not_run)


def check_of(run) -> Check:  # type: ignore[no-untyped-def, type-arg]
    return Check(id="idle", summary="", manual="", severity=Severity.INFO, run=run)


def test_a_check_that_crashes_half_way_is_said_to_have_crashed() -> None:
    def run() -> Iterator[Finding]:
        yield finding(Severity.ERROR)
        raise ZeroDivisionError("by nought")

    assert run_check(check_of(run)) == (
        NotRun(check="idle", reason="crashed: ZeroDivisionError: by nought", crashed=True),
    )


def test_what_a_check_says_bears_its_id() -> None:
    told = run_check(check_of(lambda: (finding(Severity.INFO, check=""), NotRun(reason="no permission"))))
    assert [one.check for one in told] == ["idle", "idle"]


def test_the_worst_and_surest_come_first() -> None:
    mixed = [
        finding(Severity.INFO),
        NotRun(check="b", reason=""),
        finding(Severity.ERROR, Confidence.LOW),
        finding(Severity.ERROR),
        NotRun(check="a", reason=""),
    ]
    findings, not_run = sort_outcomes(mixed)
    assert [(one.severity.label, one.confidence.label) for one in findings] == [
        ("error", "high"),
        ("error", "low"),
        ("info", "high"),
    ]
    assert [one.check for one in not_run] == ["a", "b"]


@pytest.mark.parametrize(
    ("reports", "fail_on", "confidence", "code"),
    [
        ([report()], Severity.ERROR, Confidence.MEDIUM, 0),
        ([report(finding(Severity.WARNING))], Severity.ERROR, Confidence.MEDIUM, 0),
        ([report(finding(Severity.ERROR))], Severity.ERROR, Confidence.MEDIUM, 1),
        ([report(finding(Severity.CRITICAL))], None, Confidence.MEDIUM, 0),
        ([report(finding(Severity.ERROR, Confidence.MEDIUM))], Severity.ERROR, Confidence.HIGH, 0),
        ([report(not_run=(NotRun(check="a", reason=""),))], Severity.ERROR, Confidence.MEDIUM, 3),
        (
            [report(finding(Severity.ERROR), not_run=(NotRun(check="a", reason=""),))],
            Severity.ERROR,
            Confidence.MEDIUM,
            1,
        ),
        ([report(), report(not_run=(NotRun(check="a", reason=""),))], Severity.ERROR, Confidence.MEDIUM, 3),
        ([report(not_run=(NotRun(check="a", reason=""),))], None, Confidence.MEDIUM, 3),
    ],
)
def test_the_exit_code(reports: list[Report], fail_on: Severity | None, confidence: Confidence, code: int) -> None:
    assert exit_code(reports, fail_on, confidence) == code


def test_a_report_is_shown_from_a_confidence_on() -> None:
    seen = report(finding(Severity.ERROR, Confidence.LOW), finding(Severity.INFO))
    assert [one.severity for one in seen.at_least(Confidence.MEDIUM).findings] == [Severity.INFO]
    assert (seen.worst, report().worst) == (Severity.ERROR, None)
