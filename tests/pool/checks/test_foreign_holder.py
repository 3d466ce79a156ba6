"""foreign-holder: whoever takes slots and is no worker of the application."""

import pytest

from forge_doctor.finding import Confidence, NotRun, Severity
from forge_doctor.pool.snapshot import Number
from forge_doctor.probes.processes.workers import Role
from tests.support.snapshots import application, findings, only, server, session, snapshot, told, worker


def script(number: int, **overrides: object) -> tuple:  # type: ignore[type-arg]
    return tuple(session(100 + pid, application_name="report", user="cron", **overrides) for pid in range(number))


def test_two_connections_are_nothing_three_are_told() -> None:
    workers = (worker(7),)
    assert findings("foreign-holder", snapshot(*script(2), processes=workers)) == ()
    assert only("foreign-holder", snapshot(*script(3), processes=workers)).severity is Severity.INFO


def test_a_fifth_of_the_slots_is_a_warning_where_slots_are_scarce() -> None:
    own = [session(pid) for pid in range(23)]
    few, many = (
        only("foreign-holder", snapshot(*own[:size], *script(10), processes=(worker(7, *own),))) for size in (1, 23)
    )
    assert (few.severity, few.remedy) == (Severity.INFO, "")
    found = many
    assert found.severity is Severity.WARNING
    assert found.remedy.startswith('ALTER ROLE "cron" CONNECTION LIMIT 10;')


def test_a_process_found_here_is_named_with_its_pid() -> None:
    held = script(4)
    psql = worker(99, *held, role=Role.OTHER, server="", application="", name="psql")
    found = only("foreign-holder", snapshot(*held, processes=(worker(7), psql)))
    assert found.message.startswith("consoles (pid 99 (psql)) hold 4 connections")
    assert found.confidence is Confidence.HIGH
    assert found.remedy == ""  # whoever it is: an info ends nothing


def test_other_replicas_of_the_application_are_not_foreign() -> None:
    elsewhere = tuple(session(pid, client_addr="10.0.0.9") for pid in range(6))
    own = application(replicas=Number(value=2, source="--replicas"))
    assert findings("foreign-holder", snapshot(*elsewhere, application=own, processes=(worker(7),))) == ()


def test_clients_of_one_kind_are_told_together() -> None:
    consoles = tuple(session(100 + pid, application_name="psql", user=f"u{pid}") for pid in range(3))
    assert findings("foreign-holder", snapshot(*consoles[:2], processes=(worker(7),))) == ()
    found = only("foreign-holder", snapshot(*consoles, processes=(worker(7),)))
    assert found.message.startswith("consoles (psql (u0 from 127.0.0.1), psql (u1 from 127.0.0.1), psql (u2 ")
    assert (found.severity, found.remedy) == (Severity.INFO, "")


def test_the_same_application_on_another_host_is_a_replica_nobody_told_of() -> None:
    own = session(1)
    elsewhere = tuple(session(10 + pid, client_addr="10.0.0.9") for pid in range(6))
    one = application(replicas=Number(value=1, source="not told", assumed=True))
    assert findings("foreign-holder", snapshot(own, *elsewhere, application=one, processes=(worker(7, own),))) == ()


def test_two_connections_are_told_where_they_are_a_fifth_of_the_slots() -> None:
    def number(slots: int) -> int:
        small = server(max_connections=slots + 3, superuser_reserved=3)
        return len(findings("foreign-holder", snapshot(*script(2), processes=(worker(7),), server=small)))

    assert (number(11), number(10)) == (0, 1)


def test_one_client_of_no_kind_is_told_with_how_many_are_idle_and_how_old_they_are() -> None:
    ages = (200.0, None, 400.0, 300.0)
    held = tuple(
        session(100 + at, application_name="report", user="cron", backend_age_s=age, state="active" if at else "idle")
        for at, age in enumerate(ages)
    )
    found = only("foreign-holder", snapshot(*held, processes=(worker(7),)))
    assert found.message == (
        "report (cron from 127.0.0.1), no worker of the application, holds 4 connections (1 idle), the oldest for "
        "6 min 40 s. Its connections come out of the same slots."
    )
    assert found.sessions == (100, 101, 102, 103)
    client = next(one for one in found.evidence if one.label == "client")
    assert client.value == "127.0.0.1:40100"
    assert found.evidence[0].source == "pg_stat_activity"


def test_an_age_nobody_knows_makes_no_age() -> None:
    held = script(3, backend_age_s=None)
    found = only("foreign-holder", snapshot(*held, processes=(worker(7),)))
    assert "holds 3 connections (3 idle). Its connections" in found.message


def test_a_server_that_gave_no_connection_is_told_and_judged_no_further() -> None:
    (found,) = told("foreign-holder", snapshot(server=None, processes=(worker(7),)))
    assert isinstance(found, NotRun)
    assert not found.crashed


def test_one_client_of_a_kind_is_told_with_its_kind() -> None:
    held = tuple(session(100 + pid, application_name="datadog", user="dd") for pid in range(3))
    found = only("foreign-holder", snapshot(*held, processes=(worker(7),)))
    assert found.message.startswith("exporters (datadog (dd from 127.0.0.1)) hold 3 connections (3 idle), the oldest")


def test_the_first_three_of_a_kind_are_named_and_the_rest_counted() -> None:
    def names(number: int) -> str:
        consoles = (session(100 + pid, application_name="psql", user=f"u{pid}") for pid in range(number))
        return only("foreign-holder", snapshot(*consoles, processes=(worker(7),))).message.partition(") hold ")[0]

    assert names(3).endswith("psql (u2 from 127.0.0.1)")
    assert names(4).endswith("psql (u2 from 127.0.0.1) and 1 more")
    assert names(6).endswith("psql (u2 from 127.0.0.1) and 3 more")


def test_nothing_is_asked_where_no_worker_was_found() -> None:
    # Without one nothing tells the application from everybody else.
    assert findings("foreign-holder", snapshot(*script(9), processes=())) == ()


def test_slots_are_scarce_from_seven_tenths_on() -> None:
    def severity(own: int) -> Severity:
        mine = [session(pid) for pid in range(own)]
        small = server(max_connections=23, superuser_reserved=3)
        seen = snapshot(*mine, *script(4), processes=(worker(7, *mine),), server=small)
        return only("foreign-holder", seen).severity

    assert (severity(9), severity(10)) == (Severity.INFO, Severity.WARNING)


def test_a_server_that_leaves_no_slot_to_anybody_is_no_division_by_zero() -> None:
    none = server(max_connections=3, superuser_reserved=3)
    assert (
        only("foreign-holder", snapshot(*script(1), processes=(worker(7),), server=none)).severity is Severity.WARNING
    )


def test_a_role_the_application_has_too_is_not_to_be_limited() -> None:
    own = [session(pid) for pid in range(23)]
    same = tuple(session(100 + pid, application_name="report") for pid in range(10))
    found = only("foreign-holder", snapshot(*own, *same, processes=(worker(7, *own),)))
    assert (found.severity, found.remedy) == (Severity.WARNING, "")


def test_less_than_a_fifth_of_scarce_slots_is_no_warning() -> None:
    own = [session(pid) for pid in range(17)]
    small = server(max_connections=23, superuser_reserved=3)
    found = only("foreign-holder", snapshot(*own, *script(3), processes=(worker(7, *own),), server=small))
    assert (found.severity, found.remedy) == (Severity.INFO, "")


@pytest.mark.parametrize("role", ["aaa", "zzz"])
def test_one_role_is_limited_whatever_it_is_called_and_several_are_not(role: str) -> None:
    own = [session(pid) for pid in range(23)]
    one = tuple(session(100 + pid, application_name="report", user=role) for pid in range(10))
    found = only("foreign-holder", snapshot(*own, *one, processes=(worker(7, *own),)))
    assert found.remedy.startswith(f'ALTER ROLE "{role}" CONNECTION LIMIT 10;')
    consoles = tuple(session(100 + pid, application_name="psql", user=f"{role}{pid % 2}") for pid in range(10))
    found = only("foreign-holder", snapshot(*own, *consoles, processes=(worker(7, *own),)))
    assert (found.severity, found.remedy) == (Severity.WARNING, "")


def test_a_transaction_that_idles_is_not_counted_as_idle() -> None:
    held = script(2, state="idle")
    open_ = session(110, application_name="report", user="cron", state="idle in transaction")
    assert "(2 idle)" in only("foreign-holder", snapshot(*held, open_, processes=(worker(7),))).message
