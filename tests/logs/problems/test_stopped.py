"""gunicorn kills, all at once, what has not stopped when it was told to; a kill while it runs, or before a worker ends, is another's."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

BEGAN = "[2026-11-30 07:30:00 +0000] [7] [INFO] Starting gunicorn 23.0.0\n"
KILLED = "[2026-11-30 07:35:48 +0000] [7] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?\n"
ENDED = "[2026-11-30 07:35:48 +0000] [7] [INFO] Shutting down: Master\n"


def handling(name: str) -> str:
    return f"[2026-11-30 07:35:18 +0000] [7] [INFO] Handling signal: {name}\n"


def exiting(clock: str) -> str:
    return f"[2026-11-30 07:{clock} +0000] [8] [INFO] Worker exiting (pid: 8)\n"


@pytest.mark.parametrize(
    ("log", "found"),
    [
        *((BEGAN + handling(name) + KILLED + ENDED, []) for name in ("int", "quit", "term")),
        (BEGAN + KILLED + handling("term") + ENDED, [("worker-oom", None, 1)]),
        (BEGAN + handling("hup") + KILLED, [("worker-oom", None, 1)]),
        (handling("term") + ENDED + BEGAN + KILLED, [("worker-oom", None, 1)]),
        (BEGAN + handling("term") + KILLED + exiting("35:52") + ENDED, [("worker-oom", None, 1)]),
        (BEGAN + handling("term") + 2 * KILLED + exiting("35:49") + exiting("35:51"), [("worker-oom", None, 2)]),
        (BEGAN + handling("term") + KILLED + exiting("35:49") + ENDED, []),
        (handling("term") + KILLED + ENDED + BEGAN + exiting("59:00"), []),
    ],
)
def test_who_killed_a_worker(log: str, found: list[tuple[str, str | None, int]]) -> None:
    assert told(log) == found


OVER = "[2026-11-30 10:01:00,373: ERROR/MainProcess] Hard time limit (60s) exceeded for shop.mail[44dfa3fd-f801-4d8d-b15f-eec05c1e04b4]\n"
LIMIT = ("task-time-limit", None, 1)


def gone(clock: str, how: str = "signal 9 (SIGKILL)") -> str:
    return f"[2026-11-30 10:{clock},500: ERROR/MainProcess] Process 'ForkPoolWorker-3' pid:27 exited with '{how}'\n"


@pytest.mark.parametrize(
    ("log", "found"),
    [
        (OVER + gone("01:01"), [LIMIT]),
        (OVER + gone("01:01") + gone("01:02"), [LIMIT, ("celery-worker-lost", None, 1)]),
        (OVER + gone("09:00"), [LIMIT, ("celery-worker-lost", None, 1)]),
        (gone("00:59") + OVER, [("celery-worker-lost", None, 1), LIMIT]),
        (3 * (OVER + gone("01:01")), [("task-time-limit", None, 3)]),
        (gone("01:01"), [("celery-worker-lost", None, 1)]),
    ],
)
def test_celery_ends_the_process_of_a_task_over_its_hard_limit(
    log: str, found: list[tuple[str, str | None, int]]
) -> None:
    assert sorted(told(log)) == sorted(found)


RESPAWN = "Mon Nov 30 10:00:01 2026 - DAMN ! worker 1 (pid: {}) died, killed by signal 9 :( trying respawn ...\n"
HARAKIRI = "Mon Nov 30 10:00:00 2026 - *** HARAKIRI ON WORKER 1 (pid: 178, try: 1{}) ***\n"


@pytest.mark.parametrize("graceful", ["", ", graceful: yes"])
def test_uwsgi_ends_a_worker_by_harakiri_and_another_ends_one_without(graceful: str) -> None:
    assert told(RESPAWN.format(178) + RESPAWN.format(179)) == [("worker-oom", None, 2)]
    assert told(HARAKIRI.format(graceful) + RESPAWN.format(178)) == [("gunicorn-worker-timeout", None, 1)]
    both = told(HARAKIRI.format(graceful) + RESPAWN.format(178) + RESPAWN.format(179))
    assert sorted(both) == [("gunicorn-worker-timeout", None, 1), ("worker-oom", None, 1)]
