"""foreign-holder: whoever takes slots and is no worker of the application."""

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import Number
from forge_doctor.probes.processes.workers import Role
from tests.support.snapshots import application, findings, only, session, snapshot, worker


def script(number: int, **overrides: object) -> tuple:  # type: ignore[type-arg]
    return tuple(session(100 + pid, application_name="report", user="cron", **overrides) for pid in range(number))


def test_two_connections_are_nothing_three_are_told() -> None:
    workers = (worker(7),)
    assert findings("foreign-holder", snapshot(*script(2), processes=workers)) == ()
    assert only("foreign-holder", snapshot(*script(3), processes=workers)).severity is Severity.INFO


def test_a_fifth_of_the_slots_is_a_warning() -> None:
    own = session(1)
    found = only("foreign-holder", snapshot(own, *script(10), processes=(worker(7, own),)))
    assert found.severity is Severity.WARNING
    assert found.remedy.startswith('ALTER ROLE "cron" CONNECTION LIMIT 10;')


def test_a_process_found_here_is_named_with_its_pid() -> None:
    held = script(4)
    psql = worker(99, *held, role=Role.OTHER, server="", application="", name="psql")
    found = only("foreign-holder", snapshot(*held, processes=(worker(7), psql)))
    assert found.message.startswith("pid 99 (psql), no worker of the application, holds 4 connections")
    assert found.confidence is Confidence.HIGH
    assert found.remedy == ""  # whoever it is: an info ends nothing


def test_other_replicas_of_the_application_are_not_foreign() -> None:
    elsewhere = tuple(session(pid, client_addr="10.0.0.9") for pid in range(6))
    own = application(replicas=Number(value=2, source="--replicas"))
    assert findings("foreign-holder", snapshot(*elsewhere, application=own, processes=(worker(7),))) == ()
