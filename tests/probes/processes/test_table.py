"""Environments of processes: the counts in them, and what a title was written over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from forge_doctor.probes.processes.scan import _environments
from forge_doctor.probes.processes.table import Environment, ProcessTable, read_environment, read_process_table

# A server that calls itself by a title, below the shell that was told how many workers it shall have.
CHILD = (
    "import setproctitle, sys; setproctitle.setproctitle('gunicorn: master [shop:app]' + ' ' * 4000);"
    "print('on', flush=True); sys.stdin.read()"
)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_a_title_was_written_over_is_still_its_parents() -> None:
    told = {**os.environ, "WEB_CONCURRENCY": "3"}
    started = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {CHILD!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", started], env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "on\n"
        table = read_process_table()
        (child,) = (row.pid for row in table.rows.values() if row.parent_pid == parent.pid)
        assert read_environment(child) == Environment(overwritten=True)
        assert _environments((), table)(child).counts == {"WEB_CONCURRENCY": 3}
        parent.communicate("")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_environment_that_is_whole_is_the_processs_own() -> None:
    own = {key: value for key, value in os.environ.items() if key != "WEB_CONCURRENCY"}
    # Its word says that it is past its start, while which the kernel shows no environment yet.
    command = [sys.executable, "-c", "print('on', flush=True); input()"]
    with subprocess.Popen(command, env=own, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        assert read_environment(process.pid) == Environment()
        assert _environments((), ProcessTable())(process.pid) == Environment()
        process.communicate(b"\n")
