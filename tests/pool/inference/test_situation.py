"""Sessions find their processes, roots of pile-ups are found, and the application is told from others."""

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Bouncer, Number
from forge_doctor.probes.processes.workers import DatabaseSocket, Endpoint, Role
from tests.support.snapshots import application, session, snapshot, worker


def test_a_session_belongs_to_the_process_that_has_its_socket() -> None:
    one, two = session(1), session(2)
    situation = Situation(snapshot(one, two, processes=(worker(7, one), worker(8, two))))
    assert [(holder.name, holder.connections) for holder in situation.holders] == [
        ("worker pid 7 (uvicorn shop:app)", 1),
        ("worker pid 8 (uvicorn shop:app)", 1),
    ]


def test_the_same_port_on_another_address_is_another_client() -> None:
    here, elsewhere = session(1), session(2, client_port=40001, client_addr="10.0.0.9")
    situation = Situation(snapshot(here, elsewhere, processes=(worker(7, here),)))
    assert situation.process_of(elsewhere) is None
    assert situation.holder_of(elsewhere) == "shop-api (shop from 10.0.0.9)"


def test_a_translated_address_is_found_by_its_port_where_the_container_is_known() -> None:
    masqueraded = session(1, client_addr="192.168.1.5", client_port=51000)
    inside = DatabaseSocket(
        local=Endpoint(address="172.17.0.3", port=51000), remote=Endpoint(address="192.168.1.9", port=5432)
    )
    contained = worker(7, container="api-1", database_sockets=(inside,))
    assert Situation(snapshot(masqueraded, processes=(contained,))).process_of(masqueraded) == contained
    on_the_host = worker(7, database_sockets=(inside,))
    assert Situation(snapshot(masqueraded, processes=(on_the_host,))).process_of(masqueraded) is None


def test_clients_without_a_process_are_taken_together_by_name_role_and_address() -> None:
    sessions = [
        session(1, client_addr="10.0.0.9"),
        session(2, client_addr="10.0.0.9"),
        session(3, client_addr=None, client_port=-1),
    ]
    situation = Situation(snapshot(*sessions, processes=()))
    assert [(holder.name, holder.connections) for holder in situation.holders] == [
        ("shop-api (shop from 10.0.0.9)", 2),
        ("shop-api (shop from a Unix socket)", 1),
    ]


def test_others_are_all_that_no_worker_holds() -> None:
    own, foreign = session(1), session(2, user="cron", client_addr="10.0.0.9")
    assert Situation(snapshot(own, foreign, processes=(worker(7, own),))).others == 1


def test_a_replica_elsewhere_is_the_application_where_there_is_more_than_one() -> None:
    own, replica = session(1), session(2, client_addr="10.0.0.9")
    seen = snapshot(own, replica, processes=(worker(7, own),))
    assert Situation(seen).others == 1
    two = application(replicas=Number(value=2, source="--replicas"))
    assert Situation(snapshot(own, replica, processes=(worker(7, own),), application=two)).others == 0


def test_a_pgbouncer_brings_the_application() -> None:
    through = session(1)
    pgbouncer = worker(9, through, role=Role.OTHER, server="", application="", name="pgbouncer")
    assert Situation(snapshot(through, processes=(worker(7), pgbouncer))).others == 1
    assert Situation(snapshot(through, processes=(worker(7), pgbouncer), bouncer=Bouncer(pools=()))).others == 0


def test_roots_are_found_through_the_queue() -> None:
    sessions = [
        session(1, state="active"),
        session(2, blocked_by=(1,)),
        session(3, blocked_by=(1, 2)),
        session(4, blocked_by=(3,)),
    ]
    (pileup,) = Situation(snapshot(*sessions)).pileups
    assert (pileup.root_pid, [one.pid for one in pileup.blocked]) == (1, [2, 3, 4])


def test_a_deadlock_has_no_root() -> None:
    assert Situation(snapshot(session(1, blocked_by=(2,)), session(2, blocked_by=(1,)))).pileups == ()


def test_the_role_of_the_workers_is_the_applications() -> None:
    own = session(1, user="api")
    others = [session(pid, user="cron", client_addr="10.0.0.9") for pid in range(2, 9)]
    situation = Situation(snapshot(own, *others, processes=(worker(7, own),)))
    assert (situation.application_user, situation.application_database) == ("api", "shop")
