"""A suspicion: clues of one cause that belong together, how far they prove it, and where its code is."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.dataclass import dataclass, field
from forge_doctor.diagnosis import Place, Verdict
from forge_doctor.finding import Confidence
from forge_doctor.triage.cause import Cause
from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.graph.clues import Clue
from forge_doctor.triage.graph.edges import Edge
from forge_doctor.triage.graph.places import Spot
from forge_doctor.triage.graph.session_lines import STACK, WRITTEN
from forge_doctor.triage.verdicts.opening import engine_made, with_makers, with_openings

RANK = {Verdict.CONFIRMED: 2, Verdict.LIKELY: 1, Verdict.INCONCLUSIVE: 0}
# What was counted in the workers themselves, not asked of the server.
COUNTED = ("accepted sockets", "its accepted sockets", "accept queue", "its own state")
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
        if not self.live:
            return Verdict.LIKELY if self.cause.quiet and self.source else None
        if sure is None and by_source is None:
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
            yield from with_makers(one.clue.spots, code, self.cause.opened)
        if not self.source:
            yield from engine_made(code, self.cause.opened)
        if self.cause.held:
            lines = [spot for one in self._by_showing() if not one.victim for spot in one.spots]
            yield from with_openings(sorted(lines, key=lambda spot: -spot.confidence), code, self.cause.opened)

    def _by_showing(self) -> tuple[Clue, ...]:
        return (*self.showing, *(one for one in self.live if one not in self.showing))


def _of_worker(spot: Spot) -> bool:
    return spot.how in OF_THE_WORKER and spot.confidence is Confidence.HIGH
