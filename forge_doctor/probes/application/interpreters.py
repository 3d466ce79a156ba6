"""Which Python can import an application: that of a worker that runs it, else one that lies at hand; runs none."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from forge_doctor.probes.application.app_engine import Interpreter
from forge_doctor.probes.application.runtime import Runtime, find_source, read_runtime
from forge_doctor.probes.processes.command_line import Kind
from forge_doctor.probes.processes.table import read_process_table
from forge_doctor.redaction.held import hold_environment

# What a worker's environment says of itself alone.
NOT_PASSED_ON = frozenset(
    {"WEB_CONCURRENCY", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "COVERAGE_PROCESS_START"}
)

SERVING = frozenset({Kind.SERVER, Kind.MASTER, Kind.WORKER, Kind.SPAWNED})


def find_interpreter(spec: str, *, python: Path | None, variables: Mapping[str, str]) -> Interpreter:
    """The Python for `--app spec`: `--python`, a worker's that has the module, VIRTUAL_ENV, `.venv`, ours.

    A worker's comes with its folder and its environment, where the settings of the application are.
    """
    worker = next(_workers(spec), None)
    if python is not None:
        folder, environment = (worker.folder, worker.environment) if worker else (None, None)
        # Not resolved: the Python of a virtual environment is a link, and what it leads to knows nothing of it.
        return Interpreter(path=os.path.abspath(python), folder=folder, environment=environment)  # noqa: PTH100
    if worker is not None:
        return worker
    return Interpreter(path=python_at_hand(variables, Path()))


def python_at_hand(variables: Mapping[str, str], *folders: Path) -> str:
    """The Python of VIRTUAL_ENV, of the `.venv` of one of the folders, else ours."""
    for home in (variables.get("VIRTUAL_ENV"), *(folder / ".venv" for folder in folders)):
        for inner in ("bin/python", "Scripts/python.exe"):
            if home and (path := Path(home, inner)).exists():
                # Not resolved: as above.
                return os.path.abspath(path)  # noqa: PTH100
    return sys.executable


def _workers(spec: str) -> Iterator[Interpreter]:
    """Python processes of this host, in our own file system, whose folders have the module of the application: servers
    and their workers before other programs, those in our own folder before the rest."""
    if sys.platform != "linux":
        return
    found = []
    for pid, row in sorted(read_process_table().rows.items()):
        is_program = row.program.kind is Kind.PYTHON
        if pid == os.getpid() or not (is_program or row.program.kind in SERVING):
            continue
        runtime = read_runtime(pid, row.parent_pid)
        folder = None if runtime is None or runtime.root else find_source(runtime, _file_of(spec))
        if runtime is None or folder is None or not Path(runtime.interpreter or "/-").exists():
            continue
        # Whatever stands in the folder: a shell's one-liner, a formatter. What runs the application has its library.
        if not is_program or _has_sqlalchemy(runtime):
            found.append((is_program, folder != Path.cwd(), pid, folder, runtime))
    for *_, folder, runtime in sorted(found, key=lambda one: one[:3]):
        yield Interpreter(path=runtime.interpreter, folder=folder, environment=_environment(runtime))


def _has_sqlalchemy(runtime: Runtime) -> bool:
    """Whether it lies where this Python looks, a distribution's folder among them."""
    environment = Path(runtime.interpreter).parent.parent
    libraries = (*map(Path, runtime.folders), *environment.glob("lib*/python3*/*-packages"))
    if any(folder.joinpath("sqlalchemy").is_dir() for folder in libraries):
        return True
    try:
        told = environment.joinpath("pyvenv.cfg").read_text(errors="replace").lower()
    except OSError:
        return False
    return bool(re.search(r"include-system-site-packages\s*=\s*true", told))


def _file_of(spec: str) -> str:
    return spec.partition(":")[0]


def _environment(runtime: Runtime) -> Mapping[str, str]:
    try:
        text = Path(f"/proc/{runtime.pid}/environ").read_text(errors="surrogateescape")
    except OSError:
        return {}
    pairs = (entry.partition("=")[::2] for entry in text.split("\0") if "=" in entry)
    environment = {name: value for name, value in pairs if name not in NOT_PASSED_ON}
    # An import error may quote what the application is set to.
    hold_environment(environment)
    return environment
