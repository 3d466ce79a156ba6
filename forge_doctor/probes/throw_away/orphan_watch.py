"""A process of its own that ends a throw-away server whose maker was killed, and removes its folder.

Run by its path, with the folder: it waits for the end of its input, which nothing that ends the maker can keep back, be it
SIGKILL or the kernel out of memory. The maker that comes to its end in order says so first, and nothing is done.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

IN_ORDER = b"put away\n"
PATIENCE_S = 30.0
GRACE_S = 3.0


def main() -> None:
    """Wait, and clean up where nobody else will."""
    folder = Path(sys.argv[1])
    if sys.stdin.buffer.read() == IN_ORDER:
        return
    deadline = time.monotonic() + PATIENCE_S
    # A server that was only being made goes on with it for a moment.
    while folder.exists() and time.monotonic() < deadline:
        end_server(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.1)


def end_server(data: Path) -> None:
    """Stop the server of a data directory at once: nothing in it is to be kept."""
    pid = server_of(data)
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)  # an immediate shutdown
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)


def server_of(data: Path) -> int | None:
    """The process that its postmaster.pid names, if that is the server of this directory."""
    with suppress(OSError, ValueError, IndexError):
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, named = abs(int(lines[0])), lines[1]
        if pid > 1 and named == str(data) and _may_be(pid, data):
            return pid
    return None


def _may_be(pid: int, data: Path) -> bool:
    """False where the system tells that another program has that number by now."""
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists()


if __name__ == "__main__":
    main()
