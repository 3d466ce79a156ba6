"""An engine of two loops is named by the source, and takes the errors of whoever queried next."""

from forge_doctor.diagnosis import Verdict
from tests.support.triage_facts import diagnosed, only, problem, rule
from tests.triage.causes.test_fork_shared_connection import shared

LOG = [
    problem("different-loop", "/app/shop/api.py", 5, "home"),
    problem("asyncpg-another-operation", "/app/shop/api.py", 9, "show"),
]


def test_the_engine_and_not_who_queried():
    told = only(diagnosed(logs=LOG, lint=[rule("engine-across-event-loops", "shop/db.py", 12, "warm_up")]))
    assert (told.cause, told.verdict, str(told.place)) == (
        "engine-across-loops",
        Verdict.CONFIRMED,
        "shop/db.py:12 warm_up",
    )
    assert "asyncpg-another-operation" in {one.check for one in told.symptoms}


def test_without_the_source_no_line_is_named():
    told = only(diagnosed(logs=LOG))
    assert (told.verdict, told.place) == (Verdict.LIKELY, None)


def test_a_fork_is_another_cause():
    assert "fork-shared-connection" in {one.cause for one in diagnosed(shared(), logs=LOG).diagnoses}
