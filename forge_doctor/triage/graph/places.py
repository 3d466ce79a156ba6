"""One system of paths: a line as a process, a log or a rule names it, from the source root; compares, reads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from forge_doctor.dataclass import dataclass
from forge_doctor.diagnosis import Place
from forge_doctor.finding import Confidence
from forge_doctor.probes.processes.workers import CodeLine
from forge_doctor.triage.facts import Application, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A line that a clue stands in: `how` it is known (`written down`, `task`, `traceback`, `rule` ...), and how surely.

    `called_at` is the application's own caller, where the source of the clue names it.
    """

    place: Place
    how: str
    confidence: Confidence
    called_at: Place | None = None


class Places:
    """Names lines from the source root, whoever saw them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._named = cache(self._name)

    def place(self, file: str, line: int, function: str = "", application: Application | None = None) -> Place:
        """The line; `seen` keeps the path as it was told where that differs."""
        path = self._named(file, application.name if application else "")
        return Place(file=path, line=line, function=function, seen="" if path == file else file)

    def of(self, line: CodeLine, application: Application | None = None) -> Place:
        """The same of a line that a process names."""
        return self.place(line.file, line.line, line.function, application)

    def _name(self, file: str, application: str) -> str:
        owner = next((one for one in self._facts.case.applications if one.name == application), None)
        plain = file.replace("\\", "/").removeprefix("./")
        for one in (owner, None) if owner else (None,):
            short = self._facts.relative(plain, one)
            if short != plain:
                return short
        return best_known(plain, self._facts.code.files)


def best_known(path: str, files: Iterable[str]) -> str:
    """The one file of the source that ends as the path does, or that the path ends as; else the path as it is."""
    known = [one for one in files if same_file(one, path)]
    longest = max((_shared(one, path) for one in known), default=0)
    best = [one for one in known if _shared(one, path) == longest]
    return best[0] if len(best) == 1 else path


def same_file(one: str, other: str) -> bool:
    """Whether two paths may be the same file, one of them with more folders before it."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _shared(one: str, other: str) -> int:
    return min(one.count("/"), other.count("/"))
