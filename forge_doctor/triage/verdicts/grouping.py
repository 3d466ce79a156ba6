"""Which clues of one cause belong together: suspicions, made of edges alone; proves none of them."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.dataclass import replace
from forge_doctor.finding import Confidence, Severity
from forge_doctor.triage.cause import Cause
from forge_doctor.triage.graph.clues import Clue
from forge_doctor.triage.graph.edges import ONLY_ONE, Edge, Edges
from forge_doctor.triage.verdicts.suspicion import Joined, Suspicion

SAID = Edge(kind="said by the source alone", confidence=Confidence.LOW)
SERVICE_WIDE = Edge(kind="of the same service", confidence=Confidence.MEDIUM)


def suspicions(cause: Cause, clues: Sequence[Clue], links: Edges) -> list[Suspicion]:
    """Every suspicion of one cause that these clues give."""
    live = [one for one in clues if one.live and not one.astray and _is_of(cause, one)]
    source = [one for one in clues if not one.live and _is_of(cause, one)]
    if not live:
        return _unseen(cause, source)
    groups = _around(cause, live, links) if cause.local else [tuple(live)]
    found = [Suspicion(cause=cause, live=group) for group in groups]
    if not cause.local:
        joined = [Joined(clue=one, edge=SERVICE_WIDE) for one in source if cause.shown_by(one.part, one.says)]
        return [replace(found[0], source=tuple(joined))]
    return _merged(_with_source(found, source, links), links)


def _merged(found: Sequence[Suspicion], links: Edges) -> list[Suspicion]:
    """Those of one line together: it is one cause in several workers."""
    kept: dict[tuple[str, int | None], Suspicion] = {}
    alone: list[Suspicion] = []
    for one in found:
        place = next(iter(one.places(links.code)), None)
        if place is None:
            alone.append(one)
            continue
        key = (place.file, place.line)
        before = kept.get(key)
        kept[key] = one if before is None else _both(before, one)
    return [*kept.values(), *alone]


def _both(one: Suspicion, other: Suspicion) -> Suspicion:
    source = {id(each.clue): each for each in (*other.source, *one.source)}
    return replace(one, live=(*one.live, *other.live), source=tuple(sorted(source.values(), key=_surest)))


def _unseen(cause: Cause, source: Sequence[Clue]) -> list[Suspicion]:
    """What the source says for sure and nobody would see happen: a write that is lost makes no noise."""
    sure = (
        one
        for one in source
        if cause.quiet
        and cause.shown_by(one.part, one.says)
        and one.finding.confidence is Confidence.HIGH
        and one.finding.severity >= Severity.ERROR
    )
    return [Suspicion(cause=cause, live=(), source=(Joined(clue=one, edge=SAID),)) for one in sure]


def _is_of(cause: Cause, clue: Clue) -> bool:
    return cause.shown_by(clue.part, clue.says) or cause.fitted_by(clue.part, clue.says | clue.also)


def _around(cause: Cause, live: Sequence[Clue], links: Edges) -> list[tuple[Clue, ...]]:
    """What says this cause, put together; what only looks like it joins one of these, and never makes one of two."""
    showing = [one for one in live if cause.shown_by(one.part, one.says)]
    groups = [list(group) for group in _grouped(showing, links)]
    alone: list[Clue] = []
    for one in live:
        if one in showing:
            continue
        near = [(max(_rank(one, each, links) for each in group), at) for at, group in enumerate(groups)]
        best = max(near, key=lambda each: (each[0], -each[1]), default=(0, 0))
        (groups[best[1]] if best[0] > Confidence.LOW else alone).append(one)
    return [*(tuple(group) for group in groups), *_grouped(alone, links)]


def _rank(one: Clue, other: Clue, links: Edges) -> int:
    found = links.between(one, other)
    return found.rank if found is not None else 0


def _grouped(live: Sequence[Clue], links: Edges) -> list[tuple[Clue, ...]]:
    """What was seen, put together where an edge of at least medium confidence joins it."""
    groups: list[list[Clue]] = []
    for one in live:
        near = [group for group in groups if any(_is_sure(links.between(one, each)) for each in group)]
        groups = [group for group in groups if group not in near]
        groups.append([clue for group in near for clue in group] + [one])
    return [tuple(group) for group in groups]


def _is_sure(found: Edge | None) -> bool:
    return found is not None and found.confidence > Confidence.LOW


def _with_source(found: Sequence[Suspicion], source: Sequence[Clue], links: Edges) -> list[Suspicion]:
    """Each rule's finding goes to the suspicion it is joined to best; a lone one to the only suspicion without."""
    told: list[list[Joined]] = [[] for _ in found]
    faint: list[list[Joined]] = [[] for _ in found]
    alone: list[Clue] = []
    for clue in source:
        edges = [(at, best) for at, one in enumerate(found) if (best := _best_edge(one, clue, links)) is not None]
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


def _best_edge(one: Suspicion, clue: Clue, links: Edges) -> Edge | None:
    found = (links.between(each, clue) for each in one.live)
    return max((each for each in found if each is not None), key=lambda each: each.rank, default=None)


def _surest(one: Joined) -> tuple[int, ...]:
    finding = one.clue.finding
    return (-one.edge.rank, -finding.severity, -finding.confidence)


def _is_unplaced(one: Suspicion) -> bool:
    """Whether nothing tells where it is: then the only place in the source that fits may be it."""
    return not any(spot.confidence > Confidence.LOW for clue in one.live if not clue.victim for spot in clue.spots)
