"""The checks one run over migrations was asked for, loaded when they are first needed; runs none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forge_doctor.check import Check, load, select_checks

if TYPE_CHECKING:
    from forge_doctor.migrations.environment.env_script import EnvScript
    from forge_doctor.migrations.history import History
    from forge_doctor.suppression.ignore_audit import IgnoreAudit


class Checks:
    """The checks chosen, by what they look at, and all there are."""

    def __init__(
        self, select: Iterable[str] = (), ignore: Iterable[str] = (), elsewhere: Callable[[], Iterable[str]] = tuple
    ) -> None:
        """Raises `UsageProblem` for an entry that names no check of this command.

        `elsewhere` gives the ids that other commands mute by the same comments; it is asked where a comment is.
        """
        self._elsewhere = elsewhere
        self.entries = tuple(select), tuple(ignore)
        if any(self.entries):
            select_checks(self.known, *self.entries)

    @cached_property
    def of_revisions(self) -> tuple[Check[[History]], ...]:
        """Those chosen that look at revisions and how they follow each other."""
        from forge_doctor.migrations import checks

        return self._taken(load(checks))

    @cached_property
    def of_environment(self) -> tuple[Check[[EnvScript]], ...]:
        """Those chosen that look at env.py, alembic.ini and the application's start."""
        from forge_doctor.migrations.environment import checks

        return self._taken(load(checks))

    @cached_property
    def of_round_trip(self) -> tuple[str, ...]:
        """The ids of those chosen that judge what a throw-away server said."""
        from forge_doctor.migrations.round_trip import checks

        return tuple(check.id for check in self._taken(load(checks)))

    @cached_property
    def of_live(self) -> tuple[str, ...]:
        """The ids of those chosen that judge a database."""
        from forge_doctor.migrations.live import checks

        return tuple(check.id for check in self._taken(load(checks)))

    @cached_property
    def of_drift(self) -> tuple[str, ...]:
        """The ids of those chosen that compare models with a database."""
        from forge_doctor.migrations.drift import checks

        return tuple(check.id for check in self._taken(load(checks)))

    @cached_property
    def audits(self) -> tuple[Check[[IgnoreAudit]], ...]:
        """Those chosen that look at ignore comments."""
        from forge_doctor.suppression import ignores

        return self._taken(load(ignores))

    @cached_property
    def known(self) -> tuple[Check[Any], ...]:
        """All there are."""
        from forge_doctor.suppression import ignores

        return (*own_checks(), *load(ignores))

    @cached_property
    def ids(self) -> frozenset[str]:
        """Those chosen that look at source, by id."""
        return frozenset(one.id for one in self.of_revisions) | frozenset(one.id for one in self.of_environment)

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """Ids that mean something to another command."""
        return frozenset(self._elsewhere())

    @property
    def chosen(self) -> tuple[Check[Any], ...]:
        """All chosen."""
        return self._taken(self.known)

    def _taken(self, checks: Iterable[Check[Any]]) -> tuple[Check[Any], ...]:
        """Those chosen; without a word on the command line, folders that nobody asks for are not loaded."""
        if not any(self.entries):
            return tuple(check for check in checks if check.default)
        return tuple(check for check in checks if check.id in self._chosen)

    @cached_property
    def _chosen(self) -> frozenset[str]:
        chosen: tuple[Check[Any], ...] = select_checks(self.known, *self.entries)
        return frozenset(check.id for check in chosen)


def own_checks() -> tuple[Check[Any], ...]:
    """Every check of this command."""
    from forge_doctor.migrations import checks
    from forge_doctor.migrations.drift import checks as drift_checks
    from forge_doctor.migrations.environment import checks as environment_checks
    from forge_doctor.migrations.live import checks as live_checks
    from forge_doctor.migrations.round_trip import checks as trip_checks

    folders = (checks, environment_checks, live_checks, trip_checks, drift_checks)
    return tuple(check for folder in folders for check in load(folder))
