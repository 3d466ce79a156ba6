"""One cause, one finding: symptoms about the same sessions become its evidence."""

from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.pool.causes import EXPLAINS, join_causes
from forge_doctor.pool.run import all_checks


def finding(check: str, *sessions: int, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        check=check,
        severity=severity,
        confidence=Confidence.HIGH,
        message=f"{check} it is",
        location=Location(target="here"),
        sessions=sessions,
    )


def joined(*findings: Finding) -> list[tuple[str, list[str]]]:
    return [(one.check, sorted(other.check for other in one.related)) for one in join_causes(findings)]


def test_a_symptom_of_the_same_sessions_is_taken_in_with_its_words_and_its_severity() -> None:
    cause = finding("held-by-requests", 1, 2, 3)
    (one,) = join_causes([cause, finding("idle-in-transaction", 1, 2, severity=Severity.CRITICAL)])
    assert (one.check, one.severity) == ("held-by-requests", Severity.CRITICAL)
    assert [(other.check, other.message) for other in one.related] == [
        ("idle-in-transaction", "idle-in-transaction it is")
    ]


def test_a_session_the_cause_has_not_keeps_its_own_finding() -> None:
    assert joined(finding("held-by-requests", 1, 2), finding("idle-in-transaction", 1, 2, 3)) == [
        ("held-by-requests", []),
        ("idle-in-transaction", []),
    ]


def test_two_causes_together_have_the_symptoms_of_both() -> None:
    told = joined(
        finding("leaked-transactions", 1, 2, 3),
        finding("leaked-transactions", 4, 5, 6),
        finding("idle-in-transaction", 1, 2, 3, 4, 5, 6),
    )
    assert [check for check, _ in told] == ["leaked-transactions"] * 2
    assert sum(len(symptoms) for _, symptoms in told) == 1


def test_a_chain_ends_at_its_deepest_cause() -> None:
    told = joined(
        finding("worker-at-limit", 1, 2, 3),
        finding("leaked-transactions", 1, 2, 3),
        finding("pool-waits-for-itself", 1, 2, 3),
        finding("slow-code-in-transaction", 1, 2),
        finding("no-slot-left"),
    )
    assert told == [
        ("pool-waits-for-itself", ["leaked-transactions", "slow-code-in-transaction", "worker-at-limit"]),
        ("no-slot-left", []),
    ]


def test_every_name_is_a_check_and_nothing_explains_itself_in_the_end() -> None:
    known = {check.id for check in all_checks()}
    assert EXPLAINS.keys() | {name for names in EXPLAINS.values() for name in names} <= known
    for start in EXPLAINS:
        reached: set[str] = set()
        pending = list(EXPLAINS[start])
        while pending:
            name = pending.pop()
            if name not in reached:
                reached.add(name)
                pending += EXPLAINS.get(name, ())
        assert start not in reached
