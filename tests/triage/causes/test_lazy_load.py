"""A lazy load names its own line, and the rule says what to load."""

from forge_doctor.diagnosis import Verdict
from tests.support.triage_facts import diagnosed, only, problem, rule


def test_log_and_source():
    log = [problem("missing-greenlet", "/app/shop/api.py", 70, "show")]
    told = only(diagnosed(logs=log, lint=[rule("lazy-load-in-async", "shop/api.py", 70, "show")]))
    assert (told.cause, told.verdict, str(told.place)) == ("lazy-load", Verdict.CONFIRMED, "shop/api.py:70 show")
    assert told.change == ("mend lazy-load-in-async",)


def test_two_lines_are_two_causes():
    log = [
        problem("missing-greenlet", "/app/shop/api.py", 70, "show"),
        problem("missing-greenlet", "/app/shop/jobs.py", 8, "run"),
    ]
    assert {str(one.place) for one in diagnosed(logs=log).diagnoses} == {"shop/api.py:70 show", "shop/jobs.py:8 run"}
