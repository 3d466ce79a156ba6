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
