"""A loop that queries is told by its round trips, and takes the small pool with it."""

from forge_doctor.diagnosis import Verdict
from forge_doctor.finding import Location, Severity
from tests.support.triage_facts import diagnosed, only, problem, rule, said

LOOP = Location(target="shop/reports.py", line=20)


def test_statistics_and_source_confirm_each_other():
    trips = said("n-plus-one", Severity.ERROR, location=LOOP)
    told = only(diagnosed(slow=[trips], lint=[rule("query-in-loop", "shop/reports.py", 20, "totals")]))
    assert (told.cause, told.verdict) == ("query-in-loop", Verdict.CONFIRMED)
    assert told.place is not None
    assert (told.place.file, told.place.line) == ("shop/reports.py", 20)


def test_a_loop_in_the_source_alone_is_no_incident():
    assert not diagnosed(lint=[rule("query-in-loop", "shop/reports.py", 20, "totals")]).diagnoses


def test_it_explains_requests_that_waited_for_the_pool():
    trips = said("n-plus-one", Severity.ERROR, location=LOOP)
    told = only(diagnosed(slow=[trips], logs=[problem("pool-timeout", "/app/shop/api.py", 5, "listed")]))
    assert told.cause == "query-in-loop"
    assert [one.check for one in told.symptoms] == ["pool-timeout"]
    assert str(told.place) == "shop/reports.py:20"
