"""Where real processes write: files, pipes, terminals, and the files they append to."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forge_doctor.probes.deployment.outputs import Way, read_outputs, readers_of, written_by
from tests.support.app_server import wait_for

WAITS = "import sys; print('up', flush=True); sys.stdin.read()"


@contextmanager
def running(code: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def test_files_and_what_is_appended_to_are_told_apart(tmp_path: Path) -> None:
    log, handler, plain, book = (tmp_path / name for name in ("out.log", "app.log", "export.csv", "x.sqlite3"))
    code = (
        f"import sys, logging; h = logging.FileHandler({str(handler)!r}); w = open({str(plain)!r}, 'w');"
        f"b = open({str(book)!r}, 'a'); " + WAITS
    )
    with log.open("wb") as out, running(code, stdout=out, stderr=out) as process:
        assert wait_for(lambda: log.read_bytes() or None, 30)
        found = read_outputs(process.pid)
    assert [(one.way, one.path) for one in found.standard] == [(Way.FILE, str(log))] * 2
    assert [one.path for one in found.files] == [str(handler)]


def test_a_log_that_was_moved_away_is_still_reached(tmp_path: Path) -> None:
    log = tmp_path / "out.log"
    with log.open("wb") as out, running(WAITS, stdout=out, stderr=subprocess.DEVNULL) as process:
        assert wait_for(lambda: log.read_bytes() or None, 30)
        log.unlink()
        one, nowhere = read_outputs(process.pid).standard
        assert Path(one.path).read_bytes() == b"up\n"
        assert one.seen == str(log)
        assert nowhere.way is Way.NOWHERE


def test_a_pipe_leads_to_who_reads_it_and_to_their_file(tmp_path: Path) -> None:
    log = tmp_path / "kept.log"
    with log.open("ab") as kept, running(WAITS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        reader = subprocess.Popen(["cat"], stdin=process.stdout, stdout=kept, stderr=subprocess.DEVNULL)
        try:
            assert wait_for(lambda: log.read_bytes() or None, 30)
            (one, _) = read_outputs(process.pid).standard
            assert one.way is Way.PIPE
            assert reader.pid in readers_of(one.inode, iter([process.pid, reader.pid]))
            assert [each.path for each in written_by(reader.pid)] == [str(log)]
        finally:
            reader.kill()
            reader.wait()


def test_a_terminal_keeps_nothing() -> None:
    leader, follower = pty.openpty()
    try:
        with running(WAITS, stdout=follower, stderr=follower) as process:
            assert wait_for(lambda: os.read(leader, 10) or None, 30)
            assert {one.way for one in read_outputs(process.pid).standard} == {Way.TERMINAL}
    finally:
        os.close(leader)
        os.close(follower)


def test_a_process_that_ended_and_one_we_may_not_look_into() -> None:
    assert read_outputs(2**22 - 1).standard == ()
    assert read_outputs(2**22 - 1).readable
