"""Which version table belongs to which tree, where the database stands in it, and what is pending; asks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.history import Change, History
from forge_doctor.migrations.live.snapshot import DEFAULT_VERSION_TABLE, LiveSnapshot, VersionTable

CONFIGURED = re.compile(rb"""\b(version_table|version_table_schema)["']?\s*[=:]\s*["']([\w-]+)["']""")


@dataclass(frozen=True, eq=False, kw_only=True)
class Placement:
    """A tree and the version table it is about; `rivals` are other tables that could be it."""

    history: History
    table: VersionTable | None
    rivals: tuple[VersionTable, ...] = ()
    expected: str = DEFAULT_VERSION_TABLE

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The revisions the database is at that the tree has."""
        graph = self.history.tree.graph
        return tuple(one for one in self._recorded if one in graph.by_id)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Those that are in no file of the tree."""
        return tuple(one for one in self._recorded if one not in self.history.tree.graph.by_id)

    @property
    def _recorded(self) -> tuple[str, ...]:
        return (self.table.revisions or ()) if self.table else ()

    @property
    def is_readable(self) -> bool:
        """Whether the role may read where the database stands."""
        return self.table is None or self.table.revisions is not None

    @cached_property
    def applied(self) -> frozenset[str]:
        """Every revision behind the ones the database is at, and these."""
        graph = self.history.tree.graph
        at = [graph.by_id[one] for one in self.known]
        behind = (one.id for revision in at for one in graph.ancestors(revision))
        return frozenset((*self.known, *behind))

    @cached_property
    def pending(self) -> tuple[Change, ...]:
        """The upgrades that are still to be run, in order; none where it cannot be told what has been."""
        if not self.is_readable or self.unknown:
            return ()
        return tuple(up for up, _ in self.history.changes if up.revision.id not in self.applied)

    @cached_property
    def overlapping(self) -> tuple[tuple[str, str], ...]:
        """Pairs of rows of which the second already contains the first."""
        graph = self.history.tree.graph
        behind = {one: {a.id for a in graph.ancestors(graph.by_id[one])} for one in self.known}
        return tuple((first, second) for first in self.known for second in self.known if first in behind[second])


def placements(snapshot: LiveSnapshot, histories: Sequence[History]) -> tuple[Placement, ...]:
    """Each tree with its table: the one its env.py names, the one that holds its revisions, else the default one."""
    return tuple(_placed(snapshot, history, alone=len(histories) == 1) for history in histories)


def _placed(snapshot: LiveSnapshot, history: History, *, alone: bool) -> Placement:
    name, schema = _configured(history)
    ids = history.tree.graph.by_id.keys()
    holding = [one for one in snapshot.version_tables if set(one.revisions or ()) & ids]
    named = [one for one in snapshot.version_tables if one.name == name and schema in ("", one.schema)]
    named = sorted(named, key=lambda one: _rank(snapshot, one))
    # A table that holds revisions of another tree alone is that tree's.
    candidates = [*holding, *(one for one in named if one not in holding and (alone or not one.revisions))]
    chosen = next((one for one in named if one in holding), candidates[0] if candidates else None)
    rivals = tuple(one for one in (holding or candidates) if one is not chosen)
    expected = f"{schema}.{name}" if schema not in ("", "public") else name
    return Placement(history=history, table=chosen, rivals=rivals, expected=expected)


def _configured(history: History) -> tuple[str, str]:
    """The version table's name and schema as env.py writes them; the default where it does not."""
    env = history.tree.env
    told = {key.decode(): value.decode() for key, value in CONFIGURED.findall(env.data)} if env is not None else {}
    return told.get("version_table", DEFAULT_VERSION_TABLE), told.get("version_table_schema", "")


def _rank(snapshot: LiveSnapshot, table: VersionTable) -> tuple[int, str]:
    path = schemas_of(snapshot)
    return (path.index(table.schema) if table.schema in path else len(path), table.schema)


def schemas_of(snapshot: LiveSnapshot) -> list[str]:
    """The search path of the role that looked, `$user` as its name."""
    parts: Iterable[str] = (one.strip().strip('"') for one in snapshot.server.search_path.split(","))
    return [snapshot.server.role if one == "$user" else one for one in parts]
