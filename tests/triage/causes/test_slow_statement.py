"""A long statement is the cause where it waits for nobody; its line comes from the statement, not from a timeout."""

from forge_doctor.diagnosis import Verdict
from forge_doctor.finding import Location, Severity
from tests.support.snapshots import serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem, said, sent_at

SLOW = "SELECT sum(total) FROM orders WHERE lower(note) LIKE ?"


def busy(count=4, seconds=90.0):
    return [
        session(100 + at, state="active", statement=SLOW, query_age_s=seconds, state_age_s=seconds, xact_age_s=seconds)
        for at in range(count)
    ]


def test_the_server_its_statistics_and_the_line():
    held = busy()
    lines = tuple(sent_at(one.pid, "shop/reports.py", 20, "search") for one in held)
    seen = snapshot(*held, processes=(serving(4211, *held, requests=4),), statement_lines=lines)
    plan = said("missing-index", Severity.WARNING, location=Location(target="shop/reports.py", line=20))
    victim = problem("statement-timeout", "/app/shop/api.py", 9, "home")
    told = only(diagnosed(seen, slow=[plan], logs=[victim]))
    assert (told.cause, told.verdict) == ("slow-statement", Verdict.CONFIRMED)
    assert told.place is not None
    assert (told.place.file, told.place.line) == ("shop/reports.py", 20)


def test_a_timeout_alone_names_nobody():
    joined = diagnosed(logs=[problem("statement-timeout", "/app/shop/api.py", 9, "home")])
    assert not joined.diagnoses
    assert [one.check for one in joined.unexplained] == ["statement-timeout"]


def test_a_pool_whose_connections_are_in_one_long_statement_is_not_too_small():
    held = busy(count=10, seconds=9.0)
    lines = tuple(sent_at(one.pid, "shop/reports.py", 20, "search") for one in held)
    seen = snapshot(*held, processes=(serving(4211, *held, requests=25),), statement_lines=lines)
    told = only(diagnosed(seen, logs=[problem("pool-timeout", "/app/shop/api.py", 9, "home")]))
    assert (told.cause, str(told.place)) == ("slow-statement", "shop/reports.py:20 search")
    assert told.verdict is Verdict.CONFIRMED, "the server and the sockets of the worker"
