"""Carries out or prints the changes `forge-doctor lint` makes to files, and says on stderr what became of them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from forge_doctor.cli.output import say
from forge_doctor.render.digest import counted

if TYPE_CHECKING:
    from forge_doctor.lint.mend import Change, Changes


def print_diff(changes: Changes) -> bool:
    """The changes as one patch on stdout; whether there are any."""
    for change in changes.changes:
        sys.stdout.buffer.write(change.diff().encode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    _tell(changes.changes, changes.problems, "would be fixed")
    return bool(changes.changes)


def write_changes(changes: Changes, verb: str) -> bool:
    """Write the files; one that cannot be written is named and the others go on. Whether any was."""
    problems = list(changes.problems)
    written = []
    for change in changes.changes:
        try:
            change.write(say)
            written.append(change)
        except (OSError, ValueError) as error:
            problems.append(f"{change.name}: left alone: {error}")
    _tell(written, problems, verb)
    return bool(written)


def _tell(changes: Iterable[Change], problems: Iterable[str], verb: str) -> None:
    for problem in problems:
        say(problem)
    settled: Counter[str] = Counter()
    names = set()
    for change in changes:
        settled += change.settled
        names.add(change.name)
    if settled:
        rules = ", ".join(f"{rule} {count}" for rule, count in settled.most_common())
        say(f"{verb}: {counted(settled.total(), 'findings')} in {counted(len(names), 'files')} ({rules})")
