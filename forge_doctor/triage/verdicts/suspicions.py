"""Clues of one cause that belong together: a suspicion, how far it is proven, and where its code is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from forge_doctor.diagnosis import Place, Verdict
from forge_doctor.finding import Confidence
from forge_doctor.triage.cause import Cause
from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.graph.clues import Clue
from forge_doctor.triage.graph.edges import ONLY_ONE, Edge, edge
from forge_doctor.triage.graph.places import Spot
from forge_doctor.triage.graph.session_lines import STACK, WRITTEN
from forge_doctor.triage.verdicts.opening import with_left_open, with_openings

RANK = {Verdict.CONFIRMED: 2, Verdict.LIKELY: 1, Verdict.INCONCLUSIVE: 0}
SERVICE_WIDE = Edge(kind="of the same service", confidence=Confidence.MEDIUM)
# What was counted in the workers themselves, not asked of the server.
COUNTED = ("accepted sockets", "its accepted sockets", "accept queue")
OF_THE_WORKER = (WRITTEN, STACK, "task", "thread")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A clue of the source and the edge that joins it to what was seen."""

    clue: Clue
    edge: Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A cause, what was seen of it, the rules that say it of the source, surest edge first, and what speaks against it."""

    cause: Cause
    live: tuple[Clue, ...]
    source: tuple[Joined, ...] = ()
    links: tuple[Edge, ...] = ()
    against: tuple[str, ...] = field(default=())

    @property
    def clues(self) -> tuple[Clue, ...]:
        """All of them."""
        return (*self.live, *(one.clue for one in self.source))

    @property
    def showing(self) -> tuple[Clue, ...]:
        """The live ones that say this very cause."""
        return tuple(one for one in self.live if self.cause.shown_by(one.part, one.says))

    @property
    def holding(self) -> tuple[int, ...]:
        """The sessions that are the trouble: what says how all sessions of a worker are speaks of others as well."""
        told = [one for one in self.showing if one.holding] or self.live
        return tuple(dict.fromkeys(pid for one in told for pid in one.holding))

    @property
    def sessions(self) -> frozenset[int]:
        """All sessions it is about."""
        told = [one for one in self.showing if one.sessions] or self.live
        return frozenset(pid for one in told for pid in one.sessions)

    @property
    def sources(self) -> frozenset[str]:
        """Who says it, of those who are independent."""
        return frozenset(self._sources())

    def _sources(self) -> Iterator[str]:
        for one in self.live:
            yield one.part
            sure = one.finding.confidence is Confidence.HIGH and one.part == "pool"
            if sure and self.cause.held and any(_of_worker(spot) for spot in one.spots):
                yield "worker"
            if sure and any(each.source.startswith(COUNTED) for each in one.finding.evidence):
                yield "worker"
        if any(one.edge.confidence > Confidence.LOW and self._says(one.clue) for one in self.source):
            yield "source"

    def _says(self, clue: Clue) -> bool:
        return self.cause.shown_by(clue.part, clue.says)

    @property
    def verdict(self) -> Verdict | None:
        """How far it is proven; None where nothing says this very cause."""
        sure = max((one.finding.confidence for one in self.showing), default=None)
        by_source = max((one.edge.confidence for one in self.source if self._says(one.clue)), default=None)
        if not self.live or (sure is None and by_source is None):
            return None
        proven = self._proven(sure, by_source)
        return min(proven, self.cause.most, key=RANK.__getitem__)

    def _proven(self, sure: Confidence | None, by_source: Confidence | None) -> Verdict:
        if len(self.sources) > 1 and not self.against:
            if sure is not None and sure > Confidence.LOW:
                return Verdict.CONFIRMED
            if by_source is Confidence.HIGH:
                return Verdict.CONFIRMED
        told = (sure or Confidence.LOW) > Confidence.LOW or (by_source or Confidence.LOW) > Confidence.LOW
        return Verdict.LIKELY if told else Verdict.INCONCLUSIVE

    @property
    def strength(self) -> tuple[int, ...]:
        """The best suspicion has the greatest."""
        sure = sum(one.edge.confidence for one in self.source[:1]) + sum(one.finding.confidence for one in self.showing)
        rank = RANK[self.verdict or Verdict.INCONCLUSIVE]
        return (rank, not self.against, len(self.sources), -self.cause.depth, sure)

    def places(self, code: CodeMap) -> list[Place]:
        """The lines of the cause, the one to change first: the rule's, else where the holder's session was made, else the
        holder's own; never a victim's."""
        found: dict[tuple[str, int | None], Place] = {}
        for one in self._places(code):
            found.setdefault((one.file, one.line), one)
        return list(found.values())

    def _places(self, code: CodeMap) -> Iterator[Place]:
        for one in sorted(self.source, key=lambda one: not self._says(one.clue)):
            yield from with_left_open(one.clue.spots, code, self.cause.opened)
        if self.cause.held:
            lines = [spot for one in self._by_showing() if not one.victim for spot in one.spots]
            yield from with_openings(sorted(lines, key=lambda spot: -spot.confidence), code, self.cause.opened)

    def _by_showing(self) -> tuple[Clue, ...]:
        return (*self.showing, *(one for one in self.live if one not in self.showing))


def _of_worker(spot: Spot) -> bool:
    return spot.how in OF_THE_WORKER and spot.confidence is Confidence.HIGH


def suspicions(cause: Cause, clues: Sequence[Clue], code: CodeMap) -> list[Suspicion]:
    """Every suspicion of one cause that these clues give."""
    live = [one for one in clues if one.live and _is_of(cause, one)]
    source = [one for one in clues if not one.live and _is_of(cause, one)]
    if not live:
        return []
    groups = _around(cause, live, code) if cause.local else [tuple(live)]
    found = [Suspicion(cause=cause, live=group, links=_links(group, code)) for group in groups]
    if not cause.local:
        joined = [Joined(clue=one, edge=SERVICE_WIDE) for one in source if cause.shown_by(one.part, one.says)]
        return [replace(found[0], source=tuple(joined))]
    return _merged(_with_source(found, source, code), code)


def _merged(found: Sequence[Suspicion], code: CodeMap) -> list[Suspicion]:
    """Those of one line together: it is one cause in several workers."""
    kept: dict[tuple[str, int | None], Suspicion] = {}
    alone: list[Suspicion] = []
    for one in found:
        place = next(iter(one.places(code)), None)
        if place is None:
            alone.append(one)
            continue
        key = (place.file, place.line)
        before = kept.get(key)
        kept[key] = one if before is None else _both(before, one)
    return [*kept.values(), *alone]


def _both(one: Suspicion, other: Suspicion) -> Suspicion:
    source = {id(each.clue): each for each in (*other.source, *one.source)}
    live, links = (*one.live, *other.live), (*one.links, *other.links)
    return replace(one, live=live, links=links, source=tuple(sorted(source.values(), key=_surest)))


def _is_of(cause: Cause, clue: Clue) -> bool:
    return cause.shown_by(clue.part, clue.says) or cause.fitted_by(clue.part, clue.says | clue.also)


def _around(cause: Cause, live: Sequence[Clue], code: CodeMap) -> list[tuple[Clue, ...]]:
    """What says this cause, put together; what only looks like it joins one of these, and never makes one of two."""
    showing = [one for one in live if cause.shown_by(one.part, one.says)]
    groups = [list(group) for group in _grouped(showing, code)]
    alone: list[Clue] = []
    for one in live:
        if one in showing:
            continue
        near = [(max(_rank(one, each, code) for each in group), at) for at, group in enumerate(groups)]
        best = max(near, key=lambda each: (each[0], -each[1]), default=(0, 0))
        (groups[best[1]] if best[0] > Confidence.LOW else alone).append(one)
    return [*(tuple(group) for group in groups), *_grouped(alone, code)]


def _rank(one: Clue, other: Clue, code: CodeMap) -> int:
    found = edge(one, other, code)
    return found.rank if found is not None else 0


def _grouped(live: Sequence[Clue], code: CodeMap) -> list[tuple[Clue, ...]]:
    """What was seen, put together where an edge of at least medium confidence joins it."""
    groups: list[list[Clue]] = []
    for one in live:
        near = [group for group in groups if any(_is_sure(edge(one, each, code)) for each in group)]
        groups = [group for group in groups if group not in near]
        groups.append([clue for group in near for clue in group] + [one])
    return [tuple(group) for group in groups]


def _is_sure(found: Edge | None) -> bool:
    return found is not None and found.confidence > Confidence.LOW


def _links(group: Sequence[Clue], code: CodeMap) -> tuple[Edge, ...]:
    pairs = (edge(one, other, code) for at, one in enumerate(group) for other in group[at + 1 :])
    return tuple(one for one in pairs if one is not None)


def _with_source(found: Sequence[Suspicion], source: Sequence[Clue], code: CodeMap) -> list[Suspicion]:
    """Each rule's finding goes to the suspicion it is joined to best; a lone one to the only suspicion without."""
    told: list[list[Joined]] = [[] for _ in found]
    faint: list[list[Joined]] = [[] for _ in found]
    alone: list[Clue] = []
    for clue in source:
        edges = [(at, best) for at, one in enumerate(found) if (best := _best_edge(one, clue, code)) is not None]
        if not edges:
            alone.append(clue)
            continue
        at, best = max(edges, key=lambda each: each[1].rank)
        (told if best.confidence > Confidence.LOW else faint)[at].append(Joined(clue=clue, edge=best))
    for at, one in enumerate(found):
        if not told[at]:
            told[at] = faint[at] if len(faint[at]) == 1 else []
        if not told[at] and not faint[at] and _is_unplaced(one):
            fitting = [clue for clue in alone if one.cause.shown_by(clue.part, clue.says)]
            told[at] = [Joined(clue=clue, edge=ONLY_ONE) for clue in fitting] if len(fitting) == 1 else []
    return [replace(one, source=tuple(sorted(joined, key=_surest))) for one, joined in zip(found, told, strict=True)]


def _best_edge(one: Suspicion, clue: Clue, code: CodeMap) -> Edge | None:
    found = (edge(each, clue, code) for each in one.live)
    return max((each for each in found if each is not None), key=lambda each: each.rank, default=None)


def _surest(one: Joined) -> tuple[int, ...]:
    finding = one.clue.finding
    return (-one.edge.rank, -finding.severity, -finding.confidence)


def _is_unplaced(one: Suspicion) -> bool:
    """Whether nothing tells where it is: then the only place in the source that fits may be it."""
    return not any(spot.confidence > Confidence.LOW for clue in one.live if not clue.victim for spot in clue.spots)
