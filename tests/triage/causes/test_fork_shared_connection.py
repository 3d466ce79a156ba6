"""A connection shared after a fork explains the errors of every line that used it."""

from dataclasses import replace

from forge_doctor.diagnosis import Verdict
from tests.support.snapshots import serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem


def shared():
    one = session(100, state="active", statement="SELECT 1")
    first = serving(4211, one)
    sockets = tuple(replace(each, inode=77) for each in first.database_sockets)
    first, second = replace(first, database_sockets=sockets), replace(first, pid=4212, database_sockets=sockets)
    return snapshot(one, processes=(first, second))


def test_sockets_and_log():
    log = [
        problem("asyncpg-another-operation", "/app/shop/api.py", 5, "home"),
        problem("fork-shared-connection", "/app/shop/api.py", 9, "show"),
    ]
    told = only(diagnosed(shared(), logs=log))
    assert (told.cause, told.verdict) == ("fork-shared-connection", Verdict.CONFIRMED)
    assert told.place is None
    assert "asyncpg-another-operation" in {*told.explains}
