"""What became of one file's ignore comments: the facts the checks in `suppression/ignores` judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.finding import Location
from forge_doctor.suppression.comments import Ignore


class IgnoreAudit(NamedTuple):
    """The ignores of the file `target` with the rules that muted something by each; the ids that exist (`known`)
    and those that ran on this file to the end (`ran`)."""

    target: str
    used: tuple[tuple[Ignore, frozenset[str]], ...]
    known: frozenset[str]
    ran: frozenset[str]

    def unused(self) -> Iterator[tuple[Ignore, tuple[str, ...]]]:
        """The ignores that name rules which ran and found nothing to mute, with those rules."""
        for ignore, muting in self.used:
            idle = tuple(rule for rule in ignore.rules if rule in self.ran and rule not in muting)
            if idle:
                yield ignore, idle

    def place(self, ignore: Ignore) -> Location:
        """Where the comment stands."""
        return Location(
            target=self.target,
            line=ignore.line,
            column=ignore.column,
            end_line=ignore.line,
            end_column=ignore.end_column,
        )
