"""A deadlock has its line, once for the application's log and the server's, and hides no cause that explains it."""

from dataclasses import replace

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.finding import Evidence
from forge_doctor.triage.facts import ANY_DATABASE
from tests.support.snapshots import snapshot
from tests.support.triage_facts import diagnosed, only, problem, said


def test_the_logs_of_both_sides_are_one_cause_with_the_line_that_was_rolled_back():
    log = [problem("deadlock"), problem("deadlock", "/app/shop/transfers.py", 11, "move")]
    told = only(diagnosed(snapshot(), logs=log))
    assert (told.cause, told.verdict, told.urgency) == ("lock-order", Verdict.LIKELY, Urgency.RISK)
    assert str(told.place) == "shop/transfers.py:11 move"
    assert "ORDER BY id FOR UPDATE" in told.change[0]


def test_what_the_server_counted_is_a_symptom_of_it():
    joined = diagnosed(
        snapshot(), logs=[problem("deadlock", "/app/shop/transfers.py", 11, "move")], slow=[said("deadlocks")]
    )
    assert not joined.unexplained


def test_a_count_alone_is_no_cause():
    joined = diagnosed(snapshot(), slow=[said("deadlocks")])
    assert not joined.diagnoses
    assert [one.check for one in joined.unexplained] == ["deadlocks"]


def test_a_deadlock_of_who_knows_which_database_is_no_cause():
    found, data = problem("deadlock")
    elsewhere = replace(found, evidence=(Evidence(label=ANY_DATABASE, value="any of the server's"),))
    joined = diagnosed(snapshot(), logs=[(elsewhere, data)])
    assert not joined.diagnoses
    assert [one.check for one in joined.unexplained] == ["deadlock"]
