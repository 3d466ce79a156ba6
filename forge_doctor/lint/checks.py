"""The checks one run of the linter was asked for, loaded when they are first needed; runs none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forge_doctor.check import Check, load, select_checks

if TYPE_CHECKING:
    from forge_doctor.lint.judge import Rule
    from forge_doctor.suppression.ignore_audit import IgnoreAudit


class Checks:
    """The rules chosen, the chosen checks of ignore comments, and all there are.

    A run without findings whose results are all known from earlier runs loads none.
    """

    def __init__(
        self, select: Iterable[str] = (), ignore: Iterable[str] = (), elsewhere: Callable[[], Iterable[str]] = tuple
    ) -> None:
        """Raises `UsageProblem` for an entry that names no check of the linter.

        `elsewhere` gives the ids that other commands mute by the same comments; it is asked where a comment is.
        """
        self.entries = tuple(select), tuple(ignore)
        self._elsewhere = elsewhere
        if any(self.entries):
            select_checks(self.known, *self.entries)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules chosen."""
        from forge_doctor.lint import rules

        return tuple(check for check in load(rules) if check.id in self._chosen)

    @cached_property
    def audits(self) -> tuple[Check[[IgnoreAudit]], ...]:
        """The checks of ignore comments chosen."""
        from forge_doctor.suppression import ignores

        of_comments: tuple[Check[[IgnoreAudit]], ...] = load(ignores)
        return tuple(check for check in of_comments if check.id in self._chosen)

    @cached_property
    def known(self) -> tuple[Check[Any], ...]:
        """All there are."""
        from forge_doctor.lint import rules
        from forge_doctor.suppression import ignores

        return (*load(rules), *load(ignores))

    @cached_property
    def ids(self) -> frozenset[str]:
        """The rules chosen, by id."""
        return frozenset(rule.id for rule in self.rules)

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """Ids that mean something to another command."""
        return frozenset(self._elsewhere())

    @property
    def chosen(self) -> tuple[Check[Any], ...]:
        """All chosen, rules and checks of comments."""
        return tuple(check for check in self.known if check.id in self._chosen)

    @cached_property
    def _chosen(self) -> frozenset[str]:
        chosen: tuple[Check[Any], ...] = select_checks(self.known, *self.entries)
        return frozenset(check.id for check in chosen)
