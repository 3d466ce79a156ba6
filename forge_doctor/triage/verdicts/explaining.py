"""Which suspicions stand, best first, and which symptoms each takes out; what nothing takes is left over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.diagnosis import Verdict
from forge_doctor.finding import Confidence, Severity
from forge_doctor.triage.cause import Cause
from forge_doctor.triage.graph.clues import Clue
from forge_doctor.triage.graph.edges import Edge, Edges
from forge_doctor.triage.graph.words import EXHAUSTION, HELD
from forge_doctor.triage.verdicts.grouping import suspicions
from forge_doctor.triage.verdicts.suspicion import RANK, Suspicion

IN_TIME = Edge(kind="order in time", confidence=Confidence.MEDIUM)
NO_TIME = Edge(kind="a symptom of it, without a time", confidence=Confidence.LOW)
SAME_POOL = Edge(kind="the same connections run out", confidence=Confidence.LOW)
# A clock says a moment, a look takes one.
SLACK_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A symptom and the edge to its cause."""

    clue: Clue
    edge: Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A suspicion that stands, with its symptoms; `rivals` are the causes that would have had the same clues."""

    suspicion: Suspicion
    symptoms: tuple[Explained, ...] = ()
    rivals: tuple[Suspicion, ...] = ()


def standing(
    causes: Iterable[Cause], clues: Sequence[Clue], links: Edges
) -> tuple[tuple[Standing, ...], tuple[Clue, ...]]:
    """The suspicions that stand, best first, and the live clues that none of them explains."""
    known = tuple(causes)
    left = list(clues)
    found: list[Standing] = []
    while True:
        thought = [one for cause in known for one in suspicions(cause, left, links) if one.verdict is not None]
        thought = [_weighed(one, left) for one in thought]
        best = max(thought, key=lambda one: one.strength, default=None)
        if best is None:
            break
        rivals = tuple(one for one in thought if one is not best and set(one.showing) & set(best.live))
        found.append(Standing(suspicion=best, rivals=rivals))
        taken = {id(one) for one in best.clues}
        left = [one for one in left if id(one) not in taken and not _follows(best, one, links)]
    return _with_symptoms(found, clues, links)


def _weighed(one: Suspicion, clues: Sequence[Clue]) -> Suspicion:
    """The same with what speaks against it, of the same sessions."""
    found = (
        each
        for each in clues
        if each.says & one.cause.against and (not each.sessions or not one.sessions or each.sessions & one.sessions)
    )
    return replace(one, against=tuple(dict.fromkeys(each.check for each in found)))


def _follows(best: Suspicion, clue: Clue, links: Edges) -> bool:
    """Whether a clue may not begin a suspicion of its own any more."""
    return clue.live and relation(best, clue, links) is not None


def relation(suspicion: Suspicion, clue: Clue, links: Edges) -> Edge | None:
    """How a symptom hangs on a suspicion; None where it is not its."""
    own = suspicion.cause.explains
    is_state = clue.part == "pool" and clue.check in HELD
    if not clue.says & own and not (is_state and clue.sessions and clue.sessions <= suspicion.sessions):
        return None
    if clue.sessions and suspicion.sessions:
        return _of_sessions(suspicion, clue)
    if clue.sessions and clue.check not in EXHAUSTION and suspicion.cause.local:
        # Nobody saw which sessions are its own: those whose lines lead to its lines.
        near = (links.between(each, clue) for each in suspicion.clues)
        if not clue.spots:
            return NO_TIME
        return max((each for each in near if each is not None), key=lambda each: each.rank, default=None)
    return _in_time(suspicion, clue)


def _of_sessions(suspicion: Suspicion, clue: Clue) -> Edge | None:
    if clue.sessions <= suspicion.sessions:
        return Edge(kind="same sessions", confidence=Confidence.HIGH)
    if clue.sessions & suspicion.sessions:
        return Edge(kind="some of the same sessions", confidence=Confidence.MEDIUM)
    return SAME_POOL if clue.check in EXHAUSTION else None


def _in_time(suspicion: Suspicion, clue: Clue) -> Edge | None:
    began = min((one.first for one in suspicion.live if one.first is not None), default=None)
    if began is None or clue.last is None:
        return NO_TIME
    return IN_TIME if clue.last >= began - SLACK_S else None


def _with_symptoms(
    found: Sequence[Standing], clues: Sequence[Clue], links: Edges
) -> tuple[tuple[Standing, ...], tuple[Clue, ...]]:
    taken = {id(clue) for one in found for clue in one.suspicion.clues}
    symptoms: list[list[Explained]] = [[] for _ in found]
    left: list[Clue] = []
    for clue in clues:
        if not clue.live or id(clue) in taken:
            continue
        at = _best(found, clue, links)
        if at is None:
            left.append(clue)
        else:
            symptoms[at[0]].append(Explained(clue=clue, edge=at[1]))
    told = tuple(replace(one, symptoms=tuple(own)) for one, own in zip(found, symptoms, strict=True))
    return told, tuple(one for one in left if one.finding.severity > Severity.INFO)


def _best(found: Sequence[Standing], clue: Clue, links: Edges) -> tuple[int, Edge] | None:
    """The suspicion that explains it best: by the edge, then by how far it is proven, then by what it holds."""
    edges = [(at, hangs) for at, one in enumerate(found) if (hangs := relation(one.suspicion, clue, links)) is not None]
    return max(edges, key=lambda each: (each[1].rank, *_weight(found[each[0]].suspicion)), default=None)


def _weight(one: Suspicion) -> tuple[int, int, int]:
    verdict = RANK[one.verdict or Verdict.INCONCLUSIVE]
    return (verdict, len(one.sessions), -one.cause.depth)
