"""Which files below a folder an application is made of, by the name its server was given (`shop.main:app`); runs none."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.code.files.discover import discover
from forge_doctor.code.files.reachable import reachable
from forge_doctor.code.files.walk import Scope
from forge_doctor.errors import UsageProblem

# A folder of so many files is looked at as a whole: what is loaded by name is found as well.
WHOLE = 300
INSTALLED = ("site-packages", "dist-packages")


def application_files(folder: Path, application: str) -> tuple[Path, ...]:
    """All Python files of a small project, else those the application's module brings in."""
    start = module_file(folder, application)
    if start is not None and (set(INSTALLED) & set(folder.parts)):
        return reachable(start, folder)
    try:
        every = discover([folder], Scope(base=folder)).files
    except UsageProblem:
        every = ()
    named = [path for path in every if path.name == application.partition(":")[0]]
    start = start or (named[0] if len(named) == 1 else None)
    if start is None or len(every) <= WHOLE:
        return every
    return reachable(start, folder)


def module_file(folder: Path, application: str) -> Path | None:
    """The file of `shop.main:app` below a folder; None where there is none."""
    module = application.partition(":")[0].strip()
    inner = module.replace(".", "/")
    for name in (module, f"{inner}.py", f"{inner}/__init__.py"):
        path = folder / name
        if module and path.suffix == ".py" and path.is_file():
            return path
    return None
