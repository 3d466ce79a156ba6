"""Rules switched off for some paths by the configuration (`per-file-ignores`); opens no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from forge_doctor.check import Check, matching
from forge_doctor.code.files.path_patterns import Patterns
from forge_doctor.errors import UsageProblem


class PerFileIgnores(NamedTuple):
    """Patterns of paths, each with the ids it switches off."""

    entries: tuple[tuple[Patterns, frozenset[str]], ...] = ()

    def ignored(self, path: str) -> frozenset[str]:
        """The ids switched off for a path relative to the configuration's folder."""
        return frozenset(rule for patterns, rules in self.entries if patterns.cover(path) for rule in rules)


def parse_per_file_ignores(
    table: Mapping[str, Iterable[str]], checks: Iterable[Check[Any]], source: Path | None
) -> PerFileIgnores:
    """Entries as `--ignore` takes them; raises `UsageProblem` naming the pattern for one that matches nothing."""
    known: tuple[Check[Any], ...] = tuple(checks)
    entries = []
    for pattern, names in table.items():
        if pattern.startswith("!"):
            raise UsageProblem(f"{source}: per-file-ignores {pattern!r}: a pattern cannot begin with ! here")
        try:
            ids = _ids(names, known)
        except UsageProblem as error:
            raise UsageProblem(f"{source}: per-file-ignores {pattern!r}: {error}") from error
        entries.append((Patterns(written=(pattern,)), ids))
    return PerFileIgnores(entries=tuple(entries))


def _ids(names: Iterable[str], known: Iterable[Check[Any]]) -> frozenset[str]:
    ids: set[str] = set()
    for name in names:
        found: tuple[Check[Any], ...] = matching(known, name)
        ids.update(check.id for check in found)
    return frozenset(ids)
