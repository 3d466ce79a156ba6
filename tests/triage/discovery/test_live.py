"""What discovery finds of real application servers, each started as people start it: nothing is told but a pid."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.discover import discover
from forge_doctor.triage.facts import Discovery, Step
from tests.support.app_server import APPLICATION, ROOT, AppServer, StartApp, running_apps
from tests.support.unprivileged import without_root

# Of another process of these tests it is another application: it serves another database.
SHOP = f"shop{os.getpid()}"
DSN = f"postgresql://eve:hunter2hunter@db.invalid:5433/{SHOP}"
KINDS = (
    *("gunicorn", "hypercorn", "granian"),
    *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("uvicorn-in-shell", "gunicorn-plain", "fastapi-run")),
)


def discovered(folder: Path, **asked: object) -> Discovery:
    told: list[Step] = []
    found = discover(Asked(**asked), folder, told.append)  # type: ignore[arg-type]
    assert tuple(told) == found.steps
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """One for all tests that ask it the same way."""
    with running_apps(tmp_path_factory.mktemp("uvicorn")) as start:
        yield start(DSN, "uvicorn", workers=2)


def test_uvicorn_tells_all_there_is_to_know(server: AppServer, tmp_path: Path) -> None:
    everything_is_found(server, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_so_does_every_other_server(kind: str, app_server: StartApp, tmp_path: Path) -> None:
    everything_is_found(app_server(f"{DSN}_{kind}", kind, workers=2), tmp_path, f"{SHOP}_{kind}")


def everything_is_found(server: AppServer, tmp_path: Path, database: str = SHOP) -> None:
    found = discovered(tmp_path, pids=(server.workers[0],))
    (case,) = found.cases
    (one,) = case.applications
    assert one.name.rpartition("patient_app")[2] in (":app", ".py") or one.name == APPLICATION
    assert {worker.pid for worker in one.workers if worker.role == "worker"} == set(server.workers)
    assert case.target is not None
    assert case.target.label == f"eve@db.invalid:5433/{database}"
    assert "PATIENT_DSN in the environment of pid" in case.target_source
    assert one.source is not None
    assert one.source.here == ROOT
    assert [log.word for log in one.logs] == [str(server.log)]
    assert all(step.source or step.missing for step in found.steps)
    assert "hunter2hunter" not in repr(found)


def test_two_applications_with_two_databases_are_two_cases(
    server: AppServer, app_server: StartApp, tmp_path: Path
) -> None:
    other = app_server(f"{DSN}_other", "uvicorn")
    found = discovered(tmp_path, pids=(server.pid, other.pid), environ={})
    assert [case.target and case.target.database for case in found.cases] == [SHOP, f"{SHOP}_other"]
    pids = [{worker.pid for one in case.applications for worker in one.workers} for case in found.cases]
    assert pids[0] >= set(server.workers)
    assert pids[1] >= set(other.workers)
    assert not pids[0] & pids[1]
    joined = discovered(tmp_path, pids=(server.pid, other.pid), dsn=("postgresql://eve@h/both",))
    (case,) = joined.cases
    assert len(case.applications) == 2


@pytest.mark.parametrize("word", ["{port}", ":{port}", "{name}", "{module}", "{folder}", "{pid}"])
def test_an_application_is_named_in_many_ways(server: AppServer, word: str, tmp_path: Path) -> None:
    names = {"port": server.port, "name": APPLICATION, "folder": ROOT, "pid": server.workers[1]}
    told = word.format(module=APPLICATION.partition(":")[0], **names)
    found = discovered(tmp_path, targets=(told,), environ={})
    pids = {worker.pid for case in found.cases for one in case.applications for worker in one.workers}
    assert set(server.workers) <= pids


def test_flags_replace_the_steps_they_name_and_no_other(server: AppServer, tmp_path: Path) -> None:
    log = tmp_path / "told.log"
    log.write_text("nothing\n")
    found = discovered(
        tmp_path, pids=(server.pid,), dsn=("postgresql://other@elsewhere/x",), logs=(str(log),), source=tmp_path
    )
    (case,) = found.cases
    assert case.target is not None
    assert (case.target.label, case.target_source) == ("other@elsewhere:5432/x", "--dsn")
    assert [one.word for one in case.logs] == [str(log)]
    assert case.applications[0].source is not None
    assert case.applications[0].source.here == tmp_path
    assert {worker.pid for worker in case.applications[0].workers} >= set(server.workers)


def test_the_workers_database_is_not_used_where_that_is_forbidden(server: AppServer, tmp_path: Path) -> None:
    (case,) = discovered(tmp_path, pids=(server.pid,), borrow=False, environ={}).cases
    assert case.target is None
    (own,) = discovered(
        tmp_path, pids=(server.pid,), borrow=False, environ={"DATABASE_URL": "postgresql://me@here/mine"}
    ).cases
    assert own.target is not None
    assert own.target.label == "me@here:5432/mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_users_processes_are_named_with_what_lets_us_look(server: AppServer, tmp_path: Path) -> None:
    place = tmp_path / "own"
    place.mkdir()
    with without_root(place):
        found = discovered(place, pids=(server.pid,), environ={"DATABASE_URL": "postgresql://me@here/mine"})
    denied = [step for step in found.steps if "Permission denied" in step.missing]
    assert {"workers", "database", "application log"} <= {step.name for step in denied}
    assert all("sudo forge-doctor triage" in step.remedy for step in denied)
    (case,) = found.cases
    assert case.target is not None
    assert case.target.label == "me@here:5432/mine"


def test_a_word_that_means_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no-such-thing-here: no application that runs here"):
        discovered(tmp_path, targets=("no-such-thing-here",), environ={})
    with pytest.raises(UsageProblem, match="--pid 4194303: no such process"):
        discovered(tmp_path, pids=(2**22 - 1,), environ={})
