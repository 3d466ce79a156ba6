"""Services that die again and again: each server in its own words, whatever the exception is; healthy starts are silent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.telling.report import triage
from forge_doctor.report import exit_code
from tests.support.log_reading import read_scanned, read_whole

SITE = "/usr/local/lib/python3.12/site-packages"
IMPORTED = (f"{SITE}/uvicorn/importer.py", 19, "import_from_string")
LIFESPAN = (f"{SITE}/starlette/routing.py", 693, "lifespan")
LOADED = (f"{SITE}/gunicorn/util.py", 370, "import_app")
TARGET = (f"{SITE}/granian/_internal.py", 31, "load_module")
MIGRATED = (f"{SITE}/alembic/config.py", 636, "main")
OWN = ("/app/shop/settings.py", 14, "<module>")


def traceback(exception: str, through: tuple[str, int, str]) -> str:
    frames = "".join(
        f'  File "{file}", line {line}, in {function}\n    x()\n' for file, line, function in (through, OWN)
    )
    return f"Traceback (most recent call last):\n{frames}{exception}\n"


def uvicorn(exception: str, pid: int) -> str:
    """Its lifespan raises."""
    return (
        f"INFO:     Started server process [{pid}]\nINFO:     Waiting for application startup.\n"
        f"ERROR:    {traceback(exception, LIFESPAN)}\nERROR:    Application startup failed. Exiting.\n"
    )


def uvicorn_import(exception: str, pid: int) -> str:
    """The module can't be imported: nothing of uvicorn's before the traceback."""
    return traceback(exception, IMPORTED)


def uvicorn_workers(exception: str, pid: int) -> str:
    """A parent whose children can't import."""
    child = f"Process SpawnProcess-1:\n{traceback(exception, IMPORTED)}"
    head = "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)\n"
    return f"{head}INFO:     Started parent process [{pid}]\n{child}{child}INFO:     Waiting for child process [{pid + 1}]\n"


def gunicorn(exception: str, pid: int) -> str:
    """A master whose worker can't import."""
    head = "[2026-03-09 02:14:{:02} +0000] [{}] [{}] "
    at = pid % 60
    return (
        f"{head.format(at, pid, 'INFO')}Starting gunicorn 23.0.0\n{head.format(at, pid + 1, 'INFO')}Booting worker with pid: 8\n"
        f"{head.format(at, pid + 1, 'ERROR')}Exception in worker process\n{traceback(exception, LOADED)}"
        f"{head.format(at, pid + 1, 'INFO')}Worker exiting (pid: 8)\n"
        f"{head.format(at, pid, 'ERROR')}Reason: Worker failed to boot.\n"
    )


def migration(exception: str, pid: int) -> str:
    """An entrypoint that migrates first."""
    return traceback(exception, MIGRATED)


def granian(exception: str, pid: int) -> str:
    """A worker that can't import."""
    return (
        f"[INFO] Starting granian (main PID: {pid})\n[INFO] Spawning worker-1 with PID: {pid + 1}\n"
        f"Process granian-worker:\n{traceback(exception, TARGET)}[INFO] Shutting down granian\n"
    )


SERVERS = (uvicorn, uvicorn_import, uvicorn_workers, gunicorn, granian, migration)
STRANGE = ("ValueError: no DATABASE_URL", "shop.errors.Broken: 7", "ModuleNotFoundError: No module named 'shop.x'")
READY = (
    "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n"
    "INFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)\n"
)
ACCESS = 'INFO:     10.0.0.1:5 - "GET /healthz HTTP/1.1" 200 OK\n'


@given(
    st.sampled_from(SERVERS),
    st.sampled_from(STRANGE),
    st.integers(2, 12),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_service_that_never_starts_is_one_problem_whatever_its_server_and_its_exception(
    server, exception, times, before
):
    log = (READY + ACCESS if before else "") + "".join(server(exception, 10 + n) for n in range(times))
    report = triage(read_scanned(log.encode()), "shop")
    (problem,) = report.data["problems"]
    assert (problem["signature"], problem["count"], problem["severity"]) == ("crash-loop", times, "critical")
    assert (problem["culprit"]["file"], problem["culprit"]["line"]) == OWN[:2]
    assert problem["message"].startswith(exception.partition(":")[0])
    assert report.data["other_errors"] == []
    assert exit_code([report]) == 1


@given(st.sampled_from(SERVERS), st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_where_the_exception_is_a_known_fault_the_starts_are_evidence_of_it(server, times):
    words = "TypeError: connect() got an unexpected keyword argument 'sslmode'"
    report = triage(read_whole("".join(server(words, 10 + n) for n in range(times))), "shop")
    (problem,) = report.data["problems"]
    assert problem["signature"] == "invalid-connect-option"
    assert problem["ended_starts"] >= times


def test_one_failed_start_is_an_error_that_ended_a_start():
    report = triage(read_whole(uvicorn(STRANGE[0], 9)), "shop")
    assert report.data["problems"] == []
    (found,) = report.findings
    assert (found.check, found.severity.label, found.confidence.label) == ("unknown-error", "error", "medium")
    assert ("ended", 1) in [(one.label, one.value) for one in found.evidence]


def test_five_workers_that_raise_in_one_start_are_no_loop():
    head = "[2026-03-09 02:14:{:02} +0000] [{}] [{}] "
    log = head.format(1, 7, "INFO") + "Starting gunicorn 23.0.0\n"
    log += "".join(head.format(1, pid, "INFO") + f"Booting worker with pid: {pid}\n" for pid in range(8, 13))
    raised = (
        head.format(2, pid, "ERROR") + "Exception in worker process\n" + traceback(STRANGE[0], LOADED)
        for pid in range(8, 13)
    )
    report = triage(read_whole(log + "".join(raised)), "shop")
    assert report.data["problems"] == []
    assert [(one.check, one.severity.label) for one in report.findings] == [("unknown-error", "error")]


def test_a_loop_that_ended_in_a_start_is_a_warning():
    log = 3 * uvicorn(STRANGE[0], 9) + READY + ACCESS
    report = triage(read_whole(log), "shop")
    assert [(one.check, one.severity.label) for one in report.findings] == [("crash-loop", "warning")]


def silent(count: int, pause_s: int = 16, more: str = "") -> str:
    head = "[2026-03-09 02:{:02}:{:02} +0000] [{}] [INFO] "
    lines = [
        head.format(0, 0, 1) + "Starting gunicorn 23.0.0",
        head.format(0, 0, 1) + "Using worker: uvicorn.workers.UvicornWorker",
    ]
    for n in range(count):
        at = divmod(n * pause_s, 60)
        lines += [head.format(*at, 8 + n) + f"Booting worker with pid: {8 + n}"]
        lines += [head.format(*at, 8 + n) + more] if more else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("count", [5, 9, 40])
def test_workers_that_are_booted_again_and_again_without_a_word_are_a_loop(count):
    report = triage(read_scanned(silent(count).encode()), "shop")
    assert [(one["signature"], one["count"]) for one in report.data["problems"]] == [("worker-boot-loop", 1)]


@pytest.mark.parametrize(
    "log",
    [
        silent(4),
        silent(16, pause_s=0),  # as many workers, booted at once
        silent(9, more="Application startup complete."),
        silent(9, more="Autorestarting worker after current request."),
        READY,
        5 * (READY + ACCESS),
        # Four children of one parent whose line is not in the log: all start, then all are ready.
        4 * "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n"
        + 4 * "INFO:     Application startup complete.\n",
        # Without a lifespan nothing ever says that it is ready.
        6 * ("INFO:     Started server process [1]\nINFO:     Uvicorn running on http://0.0.0.0:8000\n" + ACCESS),
        # Deploys of sync workers, which never say that they are ready.
        6 * "[2026-03-09 02:14:01 +0000] [1] [INFO] Starting gunicorn 23.0.0\n",
    ],
)
def test_healthy_starts_are_none(log):
    report = triage(read_whole(log), "shop")
    assert (report.data["problems"], report.findings) == ([], ())


def test_starts_that_wait_for_the_application_and_begin_anew_are_a_loop_without_an_exception():
    log = 4 * "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n"
    (problem,) = triage(read_whole(log), "shop").data["problems"]
    assert (problem["signature"], problem["count"], problem["culprit"]) == ("crash-loop", 3, None)


@given(st.integers(0, 40), st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_what_is_known_of_starts_survives_being_added_up_and_sent(cut, times):
    log = "".join(uvicorn(STRANGE[1], 10 + n) for n in range(times))
    summary = read_whole(log)
    again = Summary.from_data(json.loads(json.dumps(summary.to_data())))
    assert Summary().merge(again).merge(Summary()).to_data() == summary.to_data()
