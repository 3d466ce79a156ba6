"""What every finding about a session shows, and the session as an object."""

from __future__ import annotations

from dataclasses import replace

from forge_doctor.pool.inference.session_facts import fingerprint
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.run import run_pool
from forge_doctor.probes.postgres.backends.session import Lock
from forge_doctor.settings import Settings
from tests.support.snapshots import idle_in_transaction, server, serving, session, snapshot

HELD = Lock(pid=1, kind="relation", mode="RowExclusiveLock", granted=True, relation="orders")
SEEN = snapshot(
    idle_in_transaction(1, 60.0, statement="UPDATE orders SET n = ?", client_addr="10.0.0.7", tags={"route": "/buy"}),
    server=server(clock="2026-11-28T20:00:00+00:00"),
    locks=(HELD,),
)


def told(seen: object = SEEN) -> dict[str, object]:
    situation = Situation(seen)  # type: ignore[arg-type]
    return {one.label: one.value for one in situation.about(situation.sessions[0])}


def test_statement_application_client_locks_ages_and_tags() -> None:
    assert told() == {
        "route": "/buy",
        "application_name": "shop-api",
        "client": "10.0.0.7:40001",
        "holds": "RowExclusiveLock on orders",
        "transaction open for": "1 min 1 s",
        "state": "idle in transaction for 1 min",
        "process": "worker pid 4211 (uvicorn shop:app)",
        "last statement": "UPDATE orders SET n = ?",
    }


def test_no_query_hides_the_statement_everywhere_and_keeps_its_fingerprint() -> None:
    report = run_pool(replace(SEEN, show_query=False), Settings())
    assert "UPDATE orders" not in repr((report.findings, report.data))
    assert report.data["sessions"][0]["fingerprint"] == fingerprint("UPDATE orders SET n = ?")


def test_whether_its_worker_still_listens() -> None:
    one = session(1)
    assert str(told(snapshot(one, processes=(serving(7, one),)))["process"]).endswith(", listens")
    gone = serving(7, one, listens=False)
    assert str(told(snapshot(one, processes=(gone,)))["process"]).endswith(", no longer listens")


def test_of_a_hidden_session_only_what_may_be_seen() -> None:
    assert told(snapshot(session(1, hidden=True, client_addr=None, state=None), processes=())) == {
        "application_name": "shop-api"
    }


def test_sessions_are_objects_with_moments_by_the_servers_clock_and_findings_name_every_pid() -> None:
    many = [idle_in_transaction(pid, 60.0) for pid in range(40)]
    report = run_pool(snapshot(*many, server=server(clock="2026-11-28T20:00:00+00:00")), Settings())
    first = report.data["sessions"][0]
    assert first["state_change"] == "2026-11-28T19:59:00+00:00"
    assert first["worker"]["pid"] == 4211
    leak = next(found for found in report.findings if found.check == "leaked-transactions")
    assert leak.sessions == tuple(range(40))
