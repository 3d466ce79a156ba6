"""One env.py with the alembic.ini and the project around it, and what is worked out of them once; opens env.py alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.files.project_folder import project_around
from forge_doctor.code.semantics.literals import dict_entries, followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.migrations.environment.loading import Loaded, loaded_by
from forge_doctor.migrations.environment.online import Online, Step, is_left_out, online_path
from forge_doctor.migrations.environment.sources import Sources
from forge_doctor.migrations.environment.upgrades import Upgrade, upgrades_in
from forge_doctor.migrations.environment.urls import WrittenUrl, code_urls, ini_urls


class IniFile(NamedTuple):
    """alembic.ini, or the pyproject.toml that stands for it: how findings name it, and its text."""

    path: str
    text: str


class EnvScript:
    """What the checks of the environment are asked about; `newest` are the revisions written last."""

    def __init__(
        self,
        project: Project,
        file: SourceFile,
        ini: IniFile | None,
        sources: Sources,
        newest: tuple[SourceFile, ...] = (),
    ) -> None:
        self.project = project
        self.file = file
        self.ini = ini
        self.sources = sources
        self.newest = newest

    @cached_property
    def online(self) -> Online:
        """What `alembic upgrade` runs of it."""
        return online_path(self.project, self.file)

    @cached_property
    def loaded(self) -> Loaded:
        """The modules of the project that it imports, and those they import."""
        return loaded_by(self.project, self.file)

    @cached_property
    def configures(self) -> tuple[Configure, ...]:
        """The calls of `context.configure()` on the way of `alembic upgrade`."""
        found = self.online.calls("configure")
        return tuple(Configure(self.project, one) for one in found if one.function is None and _is_alembic(self, one))

    @cached_property
    def every_configure(self) -> tuple[Configure, ...]:
        """All of them in the file, offline ones too."""
        calls = (Step(call) for call in self.file.calls("configure"))
        return tuple(Configure(self.project, one) for one in calls if _is_alembic(self, one))

    def mentions(self, *words: bytes) -> bool:
        """Whether env.py, or a module it loads, has one of the words."""
        return self.file.mentions(*words) or self.loaded.mention(*words)

    @cached_property
    def models_near(self) -> tuple[Path, ...]:
        """The files with tables of its own project, inside a repository of several."""
        near = project_around(self.file.absolute.parent, ("requirements.txt", "alembic.ini")) or self.project.root
        return tuple(path for path in self.sources.kept.models if path.is_relative_to(near))

    def is_habit(self, word: bytes) -> bool:
        """Whether half of the newest revisions have a word."""
        return bool(self.newest) and 2 * sum(one.mentions(word) for one in self.newest) >= len(self.newest)

    @cached_property
    def upgrades(self) -> tuple[Upgrade, ...]:
        """Where code of the application upgrades the database, with who runs that; tests are left out."""
        return tuple(upgrades_in(self.project, self.sources))

    @property
    def is_postgresql(self) -> bool:
        """Whether nothing in sight says that the database is another one."""
        return not self.dialects or any(one.startswith(("postgres", "cockroach")) for one in self.dialects)

    @cached_property
    def urls(self) -> tuple[WrittenUrl, ...]:
        """The URLs written in alembic.ini and env.py."""
        in_ini = () if self.ini is None else ini_urls(self.ini.path, self.ini.text)
        return (*in_ini, *code_urls(self.file))

    @property
    def dialects(self) -> frozenset[str]:
        """Those the URLs name; the one in the alembic.ini that Alembic writes names none."""
        return frozenset(one.dsn.dialect for one in self.urls) - {"driver"}


class Configure(NamedTuple):
    """One `context.configure()`."""

    project: Project
    step: Step

    @property
    def call(self) -> Call:
        """The call."""
        return self.step.call

    @property
    def settings(self) -> dict[str, Node] | None:
        """What it is given by name, through `**settings` written as a dict; None where not all can be seen."""
        found: dict[str, Node] = {}
        for one in self.call.keywords:
            if one.name:
                found[one.name] = one.value
                continue
            entries = dict_entries(self.project, one.value)
            if entries is None:
                return None
            found |= entries
        return found

    def setting(self, name: str) -> Node | None:
        """What a setting is given, through names bound once; None where it is not given in sight."""
        value = self.call.keyword(name) or (self.settings or {}).get(name)
        return None if value is None else followed(self.project, value)

    @property
    def is_online(self) -> bool:
        """Whether it is given a connection."""
        return bool(self.call.args) or self.setting("connection") is not None


def _is_alembic(script: EnvScript, step: Step) -> bool:
    if is_left_out(script.project, step.call):
        return False
    name = script.project.qualified(step.call.func)
    return not name or name.startswith("alembic.")


def statements_around(step: Step) -> Iterator[Node]:
    """Every node around a step in its own function, and around the calls it is run by in theirs, innermost first."""
    for call in reversed(step.places):
        yield from call.ancestors
