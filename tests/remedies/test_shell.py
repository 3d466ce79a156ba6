"""Lines for a shell, typed into bash where every program they name is a stand-in that writes down what it was given."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest

from forge_doctor import extras
from forge_doctor.check import load
from forge_doctor.migrations import checks
from forge_doctor.migrations.history import History
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.tree.places import places
from forge_doctor.pool.snapshot import Refusal
from forge_doctor.probes.application import tasks_314
from forge_doctor.probes.application.stacks import _unread
from forge_doctor.probes.application.tasks_314 import read_tasks
from forge_doctor.probes.processes.workers import CodeLine, HeldConnection, ListenSocket, Suspended, Suspension
from tests.support.live_migrations import at, judge
from tests.support.live_migrations import snapshot as snapshot_of_database
from tests.support.migration_cases import judged
from tests.support.migration_trees import ENV, INI, MODELS, write
from tests.support.snapshots import only, serving, session, snapshot, worker
from tests.support.typed import HOSTILE

# A statement is the same on every Python.
pytestmark = pytest.mark.slow

# No process has it, nor can have.
NOBODY = 2_147_000_000
STANDS_IN = (
    "docker",
    "kubectl",
    "psql",
    "pg_isready",
    "getent",
    "ls",
    "ping",
    "pip",
    "sudo",
    "py-spy",
    "alembic",
    "python",
    "podman",
    "systemctl",
    "cat",
    "grep",
)
WRITES = '#!/bin/sh\nfor word in "$0" "$@"; do printf "%s\\0" "$word"; done >> "$WRITTEN"\nprintf "%s" "$ANSWER"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`remedy` prints it for a name; `words` are what the programs are given, in which the name is whole.

    Of one with a condition `asked` are the words of that, and `answer` is what makes it true.
    """

    id: str
    remedy: Callable[[str], str]
    words: Callable[[str], tuple[str, ...]]
    names: tuple[str, ...] = HOSTILE
    answer: str = ""
    asked: Callable[[str], tuple[str, ...]] = lambda _: ()


def lines(remedy: str) -> tuple[str, ...]:
    """Those a shell is given: without those of SQL and of Python, and without sentences."""
    return tuple(one for one in remedy.split("\n") if one.startswith((*STANDS_IN, "[ ")))


def blocked(_: str) -> str:
    listening = (ListenSocket(address="127.0.0.1", port=8000, accept_queue=9, stalled=9),)
    return only("event-loop-blocked", snapshot(processes=(worker(NOBODY, listen=listening),))).remedy


def not_the_database(_: str) -> str:
    idle = session(1)
    return only("not-the-database", snapshot(idle, processes=(serving(NOBODY, idle, requests=20),))).remedy


def held(name: str) -> str:
    taken = tuple(
        HeldConnection(
            backend_pid=pid, local_port=40_000 + pid, held_s=60.0, lines=(CodeLine(file=name, line=1, function=name),)
        )
        for pid in range(1, 4)
    )
    process = replace(worker(7, *(session(one.backend_pid) for one in taken)), held=taken, requests_exact=True)
    refusal = Refusal(sqlstate="53300", message="sorry, too many clients already")
    return only("connections-held-at-line", snapshot(server=None, refusal=refusal, processes=(process,))).remedy


def full(_: str) -> str:
    sessions = [session(pid) for pid in range(9)]
    refusal = Refusal(sqlstate="53300", message="sorry, too many clients already")
    holder = worker(NOBODY, *sessions, parent_pid=6)
    return only("no-slot-left", snapshot(server=None, refusal=refusal, processes=(holder,))).remedy


def history_of(*ids: str) -> History:
    """A tree whose first revision makes a table; the others follow it side by side."""
    made = 'op.create_table("orders", sa.Column("id", sa.Integer))'
    with TemporaryDirectory() as folder:
        files = {
            f"migrations/versions/r{number}.py": "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = {one!r}\ndown_revision = {ids[0] if number else None!r}\n"
            f"def upgrade():\n    {'pass' if number else made}\ndef downgrade():\n    op.drop_table('orders')\n"
            for number, one in enumerate(ids)
        }
        write(Path(folder), {"alembic.ini": INI, "migrations/env.py": ENV, "models.py": MODELS, **files})
        return read(next(iter(places(Path(folder)))), Path(folder))


def command(remedy: str) -> str:
    """The command that stands in a sentence."""
    found = re.search(r"alembic (?:merge|stamp|downgrade) .*", remedy)
    assert found is not None, remedy
    return found[0].rstrip("`")


def merged(name: str) -> str:
    found = judged(history_of("a", name, "c"), [one for one in load(checks) if one.id == "multiple-heads"]).findings
    return command(found[0].remedy)


def stamped(name: str) -> str:
    limits = {"version-table-missing": {"tables": 1.0}}
    report = judge(snapshot_of_database(version_tables=()), history_of(name), limits=limits)
    return command(next(one.remedy for one in report.findings if one.check == "version-table-missing"))


def gone_back(name: str) -> str:
    report = judge(snapshot_of_database(version_tables=(at("elsewhere"),)), history_of(name))
    return command(next(one.remedy for one in report.findings if one.check == "database-ahead-of-code"))


def frozen(group: str) -> str:
    held = session(1)
    process = worker(NOBODY, held, suspension=Suspension(how=Suspended.FROZEN, group=group))
    return only("stopped-process", snapshot(held, processes=(process,))).remedy


def traced(_: str) -> str:
    held = session(1)
    process = worker(NOBODY, held, suspension=Suspension(how=Suspended.TRACED))
    return only("stopped-process", snapshot(held, processes=(process,))).remedy


def tasks_of(name: str) -> str:
    """Of a process that may not be read, and whose interpreter lies in a folder of that name."""
    answer = {"problem": "no", "refused": True}
    with (
        patch.object(tasks_314, "_interpreter", lambda _pid: f"/nowhere/{name}/python3.14"),
        patch.object(tasks_314, "_run", lambda *_: answer),
    ):
        return read_tasks(os.getpid(), samples=1).remedy


def installed(name: str, origin: str | None) -> str:
    with patch.object(extras, "_origin", lambda: origin):
        return extras.install_line("stacks", [name])


CONTAINER = "a1" * 32
GROUPS = "/sys/fs/cgroup"


def paused(engine: str, group: str) -> Command:
    asks = (engine, "inspect", "-f", "{{.State.Paused}}", CONTAINER[:12])
    return Command(
        id=f"paused-{engine}",
        remedy=lambda _: frozen(group),
        asked=lambda _: asks,
        words=lambda _: (*asks, engine, "unpause", CONTAINER[:12]),
        answer="true",
        names=("x",),
    )


COMMANDS = (
    paused("docker", f"{GROUPS}/system.slice/docker-{CONTAINER}.scope"),
    paused("podman", f"{GROUPS}/machine.slice/libpod-{CONTAINER}.scope"),
    Command(
        id="frozen-unit",
        remedy=lambda name: frozen(f"{GROUPS}/system.slice/{name}.service"),
        asked=lambda name: ("systemctl", "show", "-P", "FreezerState", "--", f"{name}.service"),
        words=lambda name: (
            *("systemctl", "show", "-P", "FreezerState", "--", f"{name}.service"),
            *("systemctl", "thaw", "--", f"{name}.service"),
        ),
        answer="frozen",
        names=(*(one for one in HOSTILE if "/" not in one), "-.slice", "--user"),
    ),
    Command(
        id="tasks-refused",
        remedy=tasks_of,
        words=lambda name: (
            *("sudo", *(("-u", f"#{os.getuid()}") if os.getuid() else ())),
            *(f"/nowhere/{name}/python3.14", "-I", "-m", "asyncio", "pstree", str(os.getpid())),
        ),
    ),
    Command(
        id="stacks-unread",
        remedy=lambda said: "\n".join(_unread(NOBODY, one).remedy for one in ("permission denied", said)),
        words=lambda _: ("py-spy", "dump", "--pid", str(NOBODY)),
    ),
    Command(
        id="install-from-where-it-came",
        remedy=lambda name: installed(name, f"file:///home/{name}"),
        words=lambda name: ("pip", "install", f"forge-doctor[stacks] @ file:///home/{name}"),
        names=tuple(one for one in HOSTILE if one.isprintable()),
    ),
    Command(
        id="install-by-name",
        remedy=lambda name: installed(name, None),
        words=lambda name: ("pip", "install", name),
        names=("py-spy",),
    ),
    Command(
        id="frozen-group",
        remedy=lambda name: frozen(f"{GROUPS}/{name}"),
        asked=lambda name: ("cat", f"{GROUPS}/{name}/cgroup.freeze"),
        words=lambda name: ("cat", f"{GROUPS}/{name}/cgroup.freeze", "sudo", "tee", f"{GROUPS}/{name}/cgroup.freeze"),
        answer="1",
    ),
    Command(
        id="frozen-group-of-version-1",
        remedy=lambda name: frozen(f"{GROUPS}/freezer/{name}"),
        asked=lambda name: ("cat", f"{GROUPS}/freezer/{name}/freezer.state"),
        words=lambda name: (
            *("cat", f"{GROUPS}/freezer/{name}/freezer.state"),
            *("sudo", "tee", f"{GROUPS}/freezer/{name}/freezer.state"),
        ),
        answer="FROZEN",
    ),
    Command(id="traced", remedy=traced, words=lambda _: ("grep", "TracerPid", f"/proc/{NOBODY}/status"), names=("x",)),
    Command(id="multiple-heads", remedy=merged, words=lambda name: ("alembic", "merge", "-m", "join", "c", name)),
    Command(id="version-table-missing", remedy=stamped, words=lambda name: ("alembic", "stamp", name)),
    Command(id="database-ahead-of-code", remedy=gone_back, words=lambda name: ("alembic", "downgrade", name)),
    Command(
        id="event-loop-blocked", remedy=blocked, words=lambda _: ("py-spy", "dump", "--pid", str(NOBODY)), names=("x",)
    ),
    Command(
        id="not-the-database",
        remedy=not_the_database,
        words=lambda _: ("py-spy", "dump", "--pid", str(NOBODY)),
        names=("x",),
    ),
    Command(id="connections-held-at-line", remedy=held, words=lambda _: ("psql", "-U", "postgres")),
    # The number of a process that is gone: nobody is ended.
    Command(id="no-slot-left", remedy=full, words=lambda _: ("psql", "-U", "postgres"), names=("x",)),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.id)
def test_each_word_arrives_whole(command: Command, tmp_path: Path) -> None:
    folder, programs, written = tmp_path / "here", tmp_path / "bin", tmp_path / "written"
    folder.mkdir()
    programs.mkdir()
    for name in STANDS_IN:
        (programs / name).write_text(WRITES)
        (programs / name).chmod(stat.S_IRWXU)
    given = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "WRITTEN": str(written), "LC_ALL": "C.UTF-8"}
    for name in command.names:
        typed = "\n".join(lines(command.remedy(name)))
        assert typed
        for answer, wanted in {
            "": command.asked(name) or command.words(name),
            command.answer: command.words(name),
        }.items():
            written.unlink(missing_ok=True)
            done = subprocess.run(
                ["bash", "-s"], input=typed, env={**given, "ANSWER": answer}, cwd=folder, text=True, capture_output=True
            )
            assert "syntax" not in done.stderr, done.stderr
            words = written.read_bytes().decode().split("\0")[:-1]
            assert sorted(one.removeprefix(f"{programs}/") for one in words) == sorted(wanted)
            assert list(folder.iterdir()) == []
