"""stopped-process: what a process holds stays held while it is kept from running."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.pool.causes import join_causes
from forge_doctor.pool.remedies import resume_process
from forge_doctor.probes.processes.workers import ListenSocket, Role, Suspended, Suspension
from tests.support.snapshots import (
    CHECKS,
    findings,
    idle_in_transaction,
    only,
    serving,
    session,
    snapshot,
    told,
    worker,
)

STOPPED = Suspension(how=Suspended.STOPPED)
DOCKER = "/sys/fs/cgroup/system.slice/docker-" + "a1" * 32 + ".scope"


def test_a_stopped_worker_holds_what_it_holds() -> None:
    held = [idle_in_transaction(pid, 40.0) for pid in (1, 2)]
    seen = snapshot(*held, processes=(serving(7, *held, requests=3, suspension=STOPPED),))
    found = only("stopped-process", seen)
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.HIGH)
    assert found.message.startswith(
        "worker pid 7 (uvicorn shop:app), stopped is stopped by a signal (SIGSTOP, or Ctrl-Z in its shell) and does nothing"
    )
    assert "2 connections, 2 of them with a transaction open" in found.message
    assert "3 requests wait for its answer" in found.message
    assert found.sessions == (1, 2)
    assert "&& kill -CONT 7 " in found.remedy


def test_what_runs_is_none() -> None:
    held = idle_in_transaction(1, 40.0)
    assert findings("stopped-process", snapshot(held, processes=(worker(7, held),))) == ()


@pytest.mark.parametrize(("state", "severity"), [("idle", Severity.WARNING), ("idle in transaction", Severity.ERROR)])
def test_a_console_in_the_background_is_as_grave_as_what_it_has_open(state: str, severity: Severity) -> None:
    held = session(1, state=state, xact_age_s=9.0)
    psql = worker(7, held, role=Role.OTHER, server="", application="", name="psql", suspension=STOPPED)
    assert only("stopped-process", snapshot(held, processes=(psql,))).severity is severity


def test_without_connections_only_a_worker_matters() -> None:
    for role, number in ((Role.WORKER, 1), (Role.MASTER, 0), (Role.OTHER, 0)):
        seen = snapshot(processes=(serving(7, requests=1, role=role, suspension=STOPPED), serving(8)))
        assert len(findings("stopped-process", seen)) == number


def test_of_a_debugger_it_is_not_known_how_long_it_stays() -> None:
    held = session(1)
    seen = snapshot(held, processes=(worker(7, held, suspension=Suspension(how=Suspended.TRACED, tracer_pid=99)),))
    found = only("stopped-process", seen)
    assert found.confidence is Confidence.MEDIUM
    assert "held by a debugger (pid 99)" in found.message
    assert "kill" not in found.remedy


def test_it_is_no_leak_no_blocked_loop_and_not_another_database() -> None:
    """All that it looks like becomes its evidence."""
    held = [idle_in_transaction(pid, 400.0, xact_age_s=500.0) for pid in range(1, 9)]
    queue = (ListenSocket(address="127.0.0.1", port=8000, accept_queue=9, stalled=9),)
    stopped = serving(7, *held, requests=12, suspension=STOPPED, requests_unread=9, listen=queue)
    seen = snapshot(*held, processes=(stopped, serving(8)))
    found = [(own, one) for own in CHECKS for one in told(own, seen) if isinstance(one, Finding)]
    joined = join_causes(replace(one, check=own) for own, one in found)
    above_info = {one.check for one in joined if one.severity > Severity.INFO}
    assert above_info == {"stopped-process"}
    assert findings("event-loop-blocked", seen) == ()
    assert findings("not-the-database", seen) == ()


@pytest.mark.parametrize(
    ("group", "typed"),
    [
        (
            DOCKER,
            """[ "$(docker inspect -f '{{.State.Paused}}' a1a1a1a1a1a1)" = true ] && docker unpause a1a1a1a1a1a1""",
        ),
        (
            DOCKER.replace("docker-", "libpod-"),
            """[ "$(podman inspect -f '{{.State.Paused}}' a1a1a1a1a1a1)" = true ] && podman unpause a1a1a1a1a1a1""",
        ),
        (
            "/sys/fs/cgroup/system.slice/shop api.service",
            """[ "$(systemctl show -P FreezerState -- 'shop api.service')" = frozen ] && systemctl thaw -- 'shop api.service'""",
        ),
        (
            "/sys/fs/cgroup/batch",
            '[ "$(cat /sys/fs/cgroup/batch/cgroup.freeze)" = 1 ] && echo 0 | sudo tee /sys/fs/cgroup/batch/cgroup.freeze',
        ),
        (
            "/sys/fs/cgroup/freezer/batch",
            (
                '[ "$(cat /sys/fs/cgroup/freezer/batch/freezer.state)" = FROZEN ] '
                "&& echo THAWED | sudo tee /sys/fs/cgroup/freezer/batch/freezer.state"
            ),
        ),
    ],
)
def test_a_frozen_group_goes_on_the_way_it_was_frozen(group: str, typed: str) -> None:
    held = session(1)
    seen = snapshot(held, processes=(worker(7, held, suspension=Suspension(how=Suspended.FROZEN, group=group)),))
    assert only("stopped-process", seen).remedy == typed


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_printed_lets_it_go_on_and_only_it() -> None:
    from forge_doctor.probes.processes.identity import read_identity

    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        try:
            assert read_identity(process.pid).suspension is None
            os.kill(process.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            assert read_identity(process.pid).suspension == STOPPED
            # As it would be seen two seconds from now: what starts in the same second may be another process.
            ours = next(resume_process(process.pid, STOPPED, (datetime.now(UTC) + timedelta(seconds=2)).isoformat()))
            older = next(resume_process(process.pid, STOPPED, "2001-01-01T00:00:00+00:00"))
            assert subprocess.run(["sh", "-c", older], check=False).returncode != 0, "what has this pid now is younger"
            assert read_identity(process.pid).suspension == STOPPED
            assert subprocess.run(["sh", "-c", ours], check=False).returncode == 0
            os.waitid(os.P_PID, process.pid, os.WCONTINUED | os.WNOWAIT)
            assert read_identity(process.pid).suspension is None
        finally:
            process.kill()
