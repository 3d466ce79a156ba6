"""Every suspended task of a process on Python 3.14, with its line: read from outside by the process's own interpreter.

`_remote_debugging` reads a process of its own minor version alone, so the interpreter that runs the process is run,
isolated (`-I -S`: no site packages, no start-up files, no variables). As root, one that another user may have written is
run as that process's user.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import replace
from forge_doctor.probes.application.call_stacks import ProcessStacks, SuspendedTask, suspended_task
from forge_doctor.probes.application.stacks import PAUSE_S, TIMEOUT_S, threads_of
from forge_doctor.probes.processes.workers import CodeLine
from forge_doctor.sql.quoting import quote_shell

READER = Path(__file__).with_name("task_reader.py")
FIRST = (3, 14)
NAMED = re.compile(r"python(\d)\.(\d+)t?(?: \(deleted\))?$")
SHARED = re.compile(r"/libpython(\d)\.(\d+)t?\.so")


def python_version(pid: int) -> tuple[int, int] | None:
    """(3, 14), by the name of its executable or of the library it has loaded; None where neither tells."""
    try:
        found = NAMED.search(os.readlink(f"/proc/{pid}/exe"))  # noqa: PTH115 - a link of /proc
        found = found or SHARED.search(Path(f"/proc/{pid}/maps").read_text(errors="replace"))
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else None


def read_tasks(pid: int, *, samples: int, package: str = "") -> ProcessStacks:
    """The tasks and threads of a process whose version is `FIRST` or later."""
    interpreter = _interpreter(pid)
    if interpreter is None:
        return ProcessStacks(
            pid=pid,
            why_not="its interpreter lies in a container, or was replaced since it started",
            remedy=f"in the container: python -m asyncio pstree {_inner_pid(pid)}",
        )
    answer = _run(interpreter, pid, samples)
    if "problem" not in answer:
        return _stacks(pid, interpreter, answer, samples, package)
    if answer.get("refused"):
        return ProcessStacks(
            pid=pid,
            why_not="its memory may not be read by this user",
            remedy=f"{_sudo(interpreter, pid)} {_pstree(interpreter, pid)}",
        )
    return ProcessStacks(
        pid=pid,
        why_not=f"its suspended tasks could not be read: {str(answer['problem'])[:160]}",
        remedy=_pstree(interpreter, pid),
    )


def _pstree(interpreter: str, pid: int) -> str:
    """Isolated: the folder it is typed in may have an `asyncio.py` of its own."""
    return f"{quote_shell(interpreter)} -I -m asyncio pstree {pid}"


def _sudo(interpreter: str, pid: int) -> str:
    """As root only what nobody else may have written, else as the process's own user."""
    try:
        owner = os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116 - of /proc
    except OSError:  # it ended meanwhile
        owner = 0
    return "sudo" if owner == 0 or _is_roots(interpreter) else f"sudo -u '#{owner}'"


def _interpreter(pid: int) -> str | None:
    """The file that runs it, where it is the same one in our own file system."""
    try:
        path = os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115 - a link of /proc
        return path if Path(path).samefile(f"/proc/{pid}/exe") else None
    except OSError:
        return None


def _inner_pid(pid: int) -> int:
    try:
        told = re.search(r"^NSpid:.*\t(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return pid
    return int(told[1]) if told else pid


def _run(interpreter: str, pid: int, samples: int) -> Mapping[str, Any]:
    try:
        done = subprocess.run(
            [interpreter, "-I", "-S", "-", str(pid), str(samples), str(PAUSE_S)],
            input=READER.read_bytes(),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env={},
            **_as_whom(interpreter, pid),
        )
        answer = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"problem": str(error)}
    except ValueError:
        words = done.stderr.decode(errors="replace").split("\n")
        return {"problem": next((word for word in reversed(words) if word.strip()), "it gave no answer")}
    return answer if isinstance(answer, dict) else {"problem": "it gave no answer"}


def _as_whom(interpreter: str, pid: int) -> dict[str, Any]:
    """Root runs nothing that somebody else may have written."""
    if os.geteuid() != 0:
        return {}
    owner = os.stat(f"/proc/{pid}")  # noqa: PTH116 - of /proc
    if _is_roots(interpreter):
        return {}
    return {} if owner.st_uid == 0 else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": ()}


def _is_roots(interpreter: str) -> bool:
    """Whether nobody but root may have written it."""
    try:
        status = Path(interpreter).stat()
    except OSError:
        return False
    return status.st_uid == 0 and not status.st_mode & 0o022


def _stacks(pid: int, interpreter: str, answer: Mapping[str, Any], samples: int, package: str) -> ProcessStacks:
    taken = [{number: ("", _frames(frames)) for number, frames in sample} for sample in answer["threads"]]
    return ProcessStacks(
        pid=pid,
        tool=Path(interpreter).name,
        samples=samples,
        threads=tuple(threads_of(_inner_pid(pid), taken, package)),
        tasks=tuple(one for one in _whole_tasks(answer["tasks"], package) if one.lines),
    )


def _whole_tasks(answer: Any, package: str) -> Iterator[SuspendedTask]:
    """One for each task nobody waits for, with what waits on its behalf: where its children (`gather`, a task group)
    wait in different lines, its own."""
    families: defaultdict[str, list[SuspendedTask]] = defaultdict(list)
    roots: dict[str, SuspendedTask] = {}
    for name, number, root, frames in answer:
        task = suspended_task(_frames(frames), package=package, name=name)
        if number == root:
            roots[root] = task
        else:
            families[root].append(task)
    for number, task in roots.items():
        longest = max((len(one.lines) for one in families[number]), default=0)
        below = {(one.lines, one.waits_for): one for one in families[number] if len(one.lines) == longest}
        alike = len(below) == 1 and longest > len(task.lines)
        yield replace(next(iter(below.values())), name=task.name) if alike else task


def _frames(frames: Any) -> tuple[CodeLine, ...]:
    return tuple(CodeLine(file=file, line=line, function=function) for file, line, function in frames)
