"""Where the source of an application is, as we can read it, and which of its files the application is made of."""

from __future__ import annotations

import os
from pathlib import Path

from forge_doctor.code.files.application_files import application_files
from forge_doctor.probes.application.runtime import Runtime, find_source
from forge_doctor.probes.deployment.mounts import seen_from_here
from forge_doctor.triage.discovery.processes import Running
from forge_doctor.triage.facts import SourceTree


def source_of(running: Running) -> tuple[SourceTree | None, str, str]:
    """(its source, where that was learned, why there is none)."""
    if running.runtime is None:
        return None, "", f"the process of user {running.user} may not be looked into"
    found = find_source(running.runtime, running.name)
    if found is None:
        return None, "", f"no folder of pid {running.runtime.pid} has the module of {running.name}"
    seen = str(found)[len(running.runtime.root) :] or "/"
    here = seen_from_here(running.runtime.pid, seen)
    return SourceTree(here=Path(here), seen=seen, others=_links(here)), _learned(running.runtime, seen), ""


def _links(here: str) -> tuple[str, ...]:
    """The folder by its real name, where a link leads to it: interpreters name files by either."""
    real = os.path.realpath(here)
    return () if real == here else (real,)


def _learned(runtime: Runtime, seen: str) -> str:
    if seen == os.path.normpath(runtime.directory):
        return f"the working directory of pid {runtime.pid}"
    place = "its command line, PYTHONPATH or a .pth file of its environment"
    return f"the module search path of pid {runtime.pid}: {place}"


def told_source(folder: Path, running: Running | None) -> SourceTree:
    """The folder named by a flag, with the one the processes have it under, where that can be told."""
    here = folder.absolute()
    seen = ""
    if running is not None and running.runtime is not None:
        found = find_source(running.runtime, running.name)
        seen = str(found)[len(running.runtime.root) :] if found is not None else running.runtime.directory
    return SourceTree(here=here, seen=seen or str(here), others=_links(str(here)))


def files_of(source: SourceTree, application: str) -> tuple[Path, ...]:
    """The Python files that matter: all of a small project, else those the application's module brings in."""
    return application_files(source.here, application) if source.files is None else source.files
