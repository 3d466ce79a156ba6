"""gunicorn kills workers that did not stop when it was told to; those killed while it runs were killed by another."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

BEGAN = "[2026-11-30 07:30:00 +0000] [7] [INFO] Starting gunicorn 23.0.0\n"
KILLED = "[2026-11-30 07:35:48 +0000] [7] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?\n"
ENDED = "[2026-11-30 07:35:48 +0000] [7] [INFO] Shutting down: Master\n"


def handling(name: str) -> str:
    return f"[2026-11-30 07:35:18 +0000] [7] [INFO] Handling signal: {name}\n"


@pytest.mark.parametrize(
    ("log", "found"),
    [
        *((BEGAN + handling(name) + KILLED + ENDED, []) for name in ("int", "quit", "term")),
        (BEGAN + KILLED + handling("term") + ENDED, [("worker-oom", None, 1)]),
        (BEGAN + handling("hup") + KILLED, [("worker-oom", None, 1)]),
        (handling("term") + ENDED + BEGAN + KILLED, [("worker-oom", None, 1)]),
    ],
)
def test_who_killed_a_worker(log: str, found: list[tuple[str, str | None, int]]) -> None:
    assert told(log) == found
