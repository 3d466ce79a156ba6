"""What a triage is told instead of finding it; nothing of it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from forge_doctor.dataclass import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Each flag replaces one step of discovery. `targets` are names of applications, containers, compose services or
    projects, units, folders, ports or pids; `borrow` is whether a worker's own password may be used; `environ` is our
    own environment, which is asked last. `recorded` are the applications of a record whose sessions are diagnosed, so
    that no database is looked for; None where none is."""

    targets: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    containers: tuple[str, ...] = ()
    dsn: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    source: Path | None = None
    app: str = ""
    borrow: bool = True
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    since_s: float = 1800.0
    connect_timeout_s: float = 3.0
    recorded: frozenset[str] | None = None
