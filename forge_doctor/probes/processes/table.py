"""The processes of this machine with their parents, from /proc or psutil; reads no socket and judges nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from forge_doctor.dataclass import dataclass, field
from forge_doctor.probes.processes.command_line import Program, parse_command_line

PROC = Path("/proc")
# Both set the number of workers where no flag does; UVICORN_WORKERS is uvicorn's spelling of its flag.
COUNT_VARIABLES = ("WEB_CONCURRENCY", "UVICORN_WORKERS")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One process: its place in the tree and what it runs; the command line itself is not kept.

    `same_as_parent` is True where parent and child have one command line, as after a plain fork.
    """

    pid: int
    parent_pid: int
    program: Program
    age_s: float | None = None
    same_as_parent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRule:
    """A published port of a container: docker-proxy takes `host_port` to `address`:`port`."""

    host_port: int
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTable:
    """Every process that could be listed, by pid; `hidden` is True where /proc shows only our own."""

    rows: Mapping[int, TableRow] = field(default_factory=dict)
    proxies: tuple[ProxyRule, ...] = ()
    from_proc: bool = True
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The worker counts a process's environment sets; `readable` is False where it may not be read, `overwritten` True
    where the process wrote its title over it (setproctitle)."""

    counts: Mapping[str, int] = field(default_factory=dict)
    readable: bool = True
    overwritten: bool = False


def read_process_table() -> ProcessTable:
    """List the processes once. Takes no database address, so it can run before the connection is up."""
    return _read_proc() if sys.platform == "linux" else read_with_psutil()


def build_table(processes: Iterable[tuple[int, int, tuple[str, ...], float | None]], **flags: bool) -> ProcessTable:
    """The table of (pid, parent's pid, command line, age in seconds)."""
    known = {pid: (parent, argv, age) for pid, parent, argv, age in processes}
    rows: dict[int, TableRow] = {}
    proxies: list[ProxyRule] = []
    for pid, (parent, argv, age) in known.items():
        program = parse_command_line(argv)
        same = parent in known and known[parent][1] == argv
        rows[pid] = TableRow(pid=pid, parent_pid=parent, program=program, age_s=age, same_as_parent=same)
        if program.name == "docker-proxy" and (rule := _proxy_rule(argv)):
            proxies.append(rule)
    return ProcessTable(rows=rows, proxies=tuple(proxies), **flags)


def read_environment(pid: int) -> Environment:
    """The worker counts in the environment `pid` was started with; every other variable is dropped unread."""
    if sys.platform != "linux":
        return _environment_with_psutil(pid)
    try:
        text = _read(f"/proc/{pid}/environ")
        if not any(name in text for name in COUNT_VARIABLES):
            return Environment(overwritten="=" not in text)
        pairs = (entry.partition("=") for entry in text.split("\0"))
        return _counts((key, value) for key, _, value in pairs)
    except OSError:
        return Environment(readable=False)


def _environment_with_psutil(pid: int) -> Environment:
    import psutil

    try:
        return _counts(psutil.Process(pid).environ().items())
    except psutil.Error:
        return Environment(readable=False)


def _counts(variables: Iterable[tuple[str, str]]) -> Environment:
    found = {key: value.strip() for key, value in variables if key in COUNT_VARIABLES}
    return Environment(counts={key: int(value) for key, value in found.items() if value.isascii() and value.isdigit()})


def _read_proc() -> ProcessTable:
    uptime = float(_read("/proc/uptime").split()[0])
    ticks = os.sysconf("SC_CLK_TCK")
    own_only = not PROC.joinpath("1").exists()  # mounted with hidepid: other users' processes are not listed
    return build_table(_proc_processes(uptime, ticks), hidden=own_only)


def _proc_processes(uptime: float, ticks: int) -> Iterable[tuple[int, int, tuple[str, ...], float | None]]:
    for entry in os.listdir("/proc"):  # noqa: PTH208 - hundreds of names, no Path needed
        if not entry.isdigit():
            continue
        try:
            cmdline = _read(f"/proc/{entry}/cmdline")
            if not cmdline:  # a kernel thread, or a zombie: neither holds a socket
                continue
            # The program's name in the second field may hold spaces and parentheses.
            fields = _read(f"/proc/{entry}/stat").rpartition(")")[2].split()
        except OSError:  # ended meanwhile, or not ours to read
            continue
        yield int(entry), int(fields[1]), tuple(cmdline.rstrip("\0").split("\0")), uptime - int(fields[19]) / ticks


def read_with_psutil() -> ProcessTable:
    """The table where there is no /proc; command lines of other users may be missing."""
    import time

    import psutil

    now = time.time()
    found: list[tuple[int, int, tuple[str, ...], float | None]] = []
    for process in psutil.process_iter(["pid", "ppid", "cmdline", "create_time"]):
        info = process.info
        created = info["create_time"]
        age = None if created is None else max(0.0, now - created)
        if info["cmdline"]:
            found.append((info["pid"], info["ppid"] or 0, tuple(info["cmdline"]), age))
    return build_table(found, from_proc=False)


def _proxy_rule(argv: tuple[str, ...]) -> ProxyRule | None:
    options = dict(zip(argv[1::2], argv[2::2], strict=False))
    try:
        address, port = options["-container-ip"], int(options["-container-port"])
        return ProxyRule(host_port=int(options["-host-port"]), address=address, port=port)
    except (KeyError, ValueError):
        return None


def _read(path: str) -> str:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - half the cost of Path.read_bytes, and there are hundreds
        return file.read().decode("utf-8", "replace")
