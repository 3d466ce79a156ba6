"""SIGINT, SIGTERM and SIGHUP end everything that waits: in order, with a documented code, without a traceback."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def started(*words: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = (sys.executable, "-m", "forge_doctor", *words)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ending(process: subprocess.Popen[bytes], number: int) -> tuple[int, bytes]:
    """The status and stderr; stdin stays open, as an editor's that only sends a signal."""
    assert process.stderr is not None
    process.send_signal(number)
    status = process.wait(60)
    return status, process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_ends_as_its_last_look_did(number: int, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    with started("lint", "--watch", "--no-cache", "-f", "concise", ".", cwd=tmp_path) as process:
        assert process.stdout is not None
        assert b"no findings" in process.stdout.readline()
        assert ending(process, number) == (0, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_look_that_is_not_done_ends_with_the_number_of_the_signal(number: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x"
        with started("pool", "--no-scan", "--connect-timeout", "20", "--dsn", dsn, cwd=tmp_path) as process:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)  # it waits for an answer now
                assert ending(process, number) == (128 + number, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_editors_server_ends_although_its_stdin_is_open(number: int, tmp_path: Path) -> None:
    pytest.importorskip("pygls")
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}).encode()
    with started("server", cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(asked), asked))
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"Content-")
        assert ending(process, number)[0] == -number  # of the signal itself, which a shell calls 128 + number


def test_what_is_to_be_ignored_stays_so(tmp_path: Path) -> None:
    """As under nohup; and a script's background job, which ignores SIGINT, is still ended by SIGTERM."""
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from forge_doctor.cli.shell.signals import ended_in_order\n"
        "with ended_in_order() as received:\n"
        "    os.kill(os.getpid(), signal.SIGHUP); print(received)\n"
        "    try: os.kill(os.getpid(), signal.SIGTERM)\n"
        "    except KeyboardInterrupt: print(received)\n"
        "print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout == f"[]\n[{int(signal.SIGTERM)}]\nTrue\n"


def test_a_forked_child_is_ended_by_what_was_meant_for_it(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "from forge_doctor.cli.shell.signals import ended_in_order\n"
        "with ended_in_order() as received:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os.kill(os.getpid(), signal.SIGTERM); os._exit(0)\n"
        "    print(os.WTERMSIG(os.waitpid(child, 0)[1]), received)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout == f"{int(signal.SIGTERM)} []\n"


@pytest.mark.parametrize("command", ["server", "mcp"])
def test_a_server_ends_where_nobody_reads_it_any_longer(command: str, tmp_path: Path) -> None:
    with started(command, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""
