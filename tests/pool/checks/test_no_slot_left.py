"""no-slot-left: the hour without a slot still names who holds them."""

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Refusal
from tests.support.snapshots import findings, only, server, session, snapshot, worker

REFUSAL = Refusal(sqlstate="53300", message="sorry, too many clients already")


def test_one_free_slot_is_no_finding() -> None:
    seen = snapshot(*(session(pid) for pid in range(46)))
    assert findings("no-slot-left", seen) == ()


def test_the_last_slot_taken_is_critical_and_names_the_holder() -> None:
    found = only("no-slot-left", snapshot(*(session(pid) for pid in range(47))))
    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.HIGH)
    assert "47 of 47" in found.message
    assert "orker pid 4211 (uvicorn shop:app) holds 47" in found.message


def test_a_role_at_its_limit_is_told_once_and_takes_no_slot_of_others() -> None:
    held = [session(pid, user=f"cron{pid}" if pid < 8 else "shop") for pid in range(11)]
    seen = snapshot(*held, server=server(role_limits={"shop": 10}))
    assert findings("no-slot-left", seen) == ()
    assert Situation(seen).counted == tuple(held[8:])
    full = snapshot(*(session(pid) for pid in range(10)), server=server(role_limits={"shop": 10}))
    assert findings("no-slot-left", full) == ()
    assert only("connection-limit-low", full).severity is Severity.CRITICAL


@pytest.mark.parametrize(("kind", "column"), [("role", "usename"), ("database", "datname")])
def test_the_limit_of_one_is_relieved_by_its_own_sessions(kind: str, column: str) -> None:
    refusal = Refusal(sqlstate="53300", message=f'too many connections for {kind} "it\'s"')
    held = [session(pid) for pid in range(9)]
    seen = snapshot(server=None, refusal=refusal, processes=(worker(7, *held, parent_pid=6),))
    remedy = only("no-slot-left", seen).remedy
    assert f"interval '30 seconds' AND a.{column} = 'it''s';" in remedy
    assert "kill" not in remedy, "a superuser gets in"


def test_refused_ourselves_the_sockets_tell_who_holds_them() -> None:
    held = [session(pid) for pid in range(12)]
    seen = snapshot(server=None, refusal=REFUSAL, processes=(worker(7, *held[:9], parent_pid=6), worker(8, *held[9:])))
    found = only("no-slot-left", seen)
    assert "sorry, too many clients already" in found.message
    assert "orker pid 7 (uvicorn shop:app) holds 9, worker pid 8 (uvicorn shop:app) holds 3" in found.message
    assert found.remedy.startswith("psql -U postgres ")
    assert "&& kill -TERM 7   # where no superuser gets in" in found.remedy.splitlines()[-1]


def test_a_worker_nobody_would_start_again_is_not_ended() -> None:
    held = [session(pid) for pid in range(9)]
    for parent in (1, None):
        seen = snapshot(server=None, refusal=REFUSAL, processes=(worker(7, *held, parent_pid=parent),))
        assert "kill" not in only("no-slot-left", seen).remedy


def test_refused_and_nobody_found_says_where_to_look() -> None:
    seen = snapshot(server=None, refusal=REFUSAL, processes=())
    assert "--container NAME" in only("no-slot-left", seen).message
