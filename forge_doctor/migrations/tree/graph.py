"""How revisions follow each other: parents, heads, order, and where that cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from forge_doctor.migrations.tree.revision import Revision


class Graph:
    """The revisions of one tree by id; of a duplicate id the one whose file comes last, as Alembic does.

    A parent is named by its whole id, what is depended on by its id or a branch label.
    """

    def __init__(self, revisions: Iterable[Revision]) -> None:
        self.all = tuple(revisions)
        self.by_id: dict[str, Revision] = {one.id: one for one in self.all}

    def find(self, name: str) -> Revision | None:
        """The revision of an id or of a branch label."""
        return self.by_id.get(name) or next((one for one in self.all if name in one.labels), None)

    def parents(self, revision: Revision) -> tuple[Revision, ...]:
        """Those it follows, as far as they are there."""
        return tuple(self.by_id[name] for name in revision.down if name in self.by_id)

    def needed(self, revision: Revision) -> tuple[Revision, ...]:
        """Those that run before it: its parents and what it depends on."""
        others = (found for name in revision.depends_on if (found := self.find(name)) is not None)
        return (*self.parents(revision), *others)

    @cached_property
    def children(self) -> dict[str, tuple[Revision, ...]]:
        """Those that follow, by id."""
        found: dict[str, list[Revision]] = {}
        for one in self.by_id.values():
            for parent in self.parents(one):
                found.setdefault(parent.id, []).append(one)
        return {id_: tuple(inner) for id_, inner in found.items()}

    @cached_property
    def duplicates(self) -> tuple[tuple[Revision, ...], ...]:
        """Revisions that share an id."""
        found: dict[str, list[Revision]] = {}
        for one in self.all:
            found.setdefault(one.id, []).append(one)
        return tuple(tuple(inner) for inner in found.values() if len(inner) > 1)

    @cached_property
    def heads(self) -> tuple[Revision, ...]:
        """Those that nothing follows; what is part of a cycle, or needs it, is none."""
        return tuple(one for one in self.by_id.values() if not self.children.get(one.id) and one in self.order)

    @cached_property
    def bases(self) -> tuple[Revision, ...]:
        """Those that follow nothing."""
        return tuple(one for one in self.by_id.values() if not one.down)

    @cached_property
    def missing(self) -> tuple[tuple[Revision, str], ...]:
        """Revisions with an id they follow that is in no file."""
        return tuple((one, name) for one in self.by_id.values() for name in one.down if name not in self.by_id)

    @cached_property
    def missing_dependencies(self) -> tuple[tuple[Revision, str], ...]:
        """Revisions with what they depend on that is neither the id nor the label of any."""
        return tuple((one, name) for one in self.by_id.values() for name in one.depends_on if self.find(name) is None)

    @cached_property
    def order(self) -> tuple[Revision, ...]:
        """Every revision behind all it needs, along each branch as far as it goes; cycles are left out."""
        waiting = {one.id: {need.id for need in self.needed(one)} for one in self.by_id.values()}
        followers: dict[str, list[str]] = {}
        for id_, needs in waiting.items():
            for need in needs:
                followers.setdefault(need, []).append(id_)
        ready = [id_ for id_, needs in waiting.items() if not needs][::-1]
        ordered: list[Revision] = []
        while ready:
            id_ = ready.pop()
            ordered.append(self.by_id[id_])
            for follower in followers.get(id_, ()):
                waiting[follower].discard(id_)
                if not waiting[follower]:
                    ready.append(follower)
        return tuple(ordered)

    @cached_property
    def cycles(self) -> tuple[Revision, ...]:
        """Those that follow each other in a circle; not those that only come after it."""
        ordered = {one.id for one in self.order}
        stuck = [one for one in self.by_id.values() if one.id not in ordered]
        return tuple(one for one in stuck if one.id in self._reached_from(one))

    def _reached_from(self, revision: Revision) -> set[str]:
        seen: set[str] = set()
        waiting = [one.id for one in self.needed(revision)]
        while waiting:
            id_ = waiting.pop()
            if id_ not in seen:
                seen.add(id_)
                waiting += [one.id for one in self.needed(self.by_id[id_])]
        return seen

    def ancestors(self, revision: Revision) -> Iterator[Revision]:
        """Everything it follows or depends on, nearest last."""
        reached = self._reached_from(revision) - {revision.id}
        return (one for one in self.order if one.id in reached)
