"""What joins two clues: the same sessions, the same line or function, a call from one to the other, the same table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from forge_doctor.dataclass import dataclass
from forge_doctor.diagnosis import Place
from forge_doctor.finding import Confidence
from forge_doctor.sql.shape import shape_of
from forge_doctor.triage.code_map import CodeMap, Function, last
from forge_doctor.triage.graph.clues import RULE, Clue
from forge_doctor.triage.graph.places import Spot, same_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`kind` in words (`same line`, `calls`), and how sure it makes that both clues are of one cause."""

    kind: str
    confidence: Confidence
    place: Place | None = None

    @property
    def rank(self) -> int:
        """For the best of several."""
        return self.confidence


SESSIONS = Edge(kind="same sessions", confidence=Confidence.HIGH)
SOME_SESSIONS = Edge(kind="some of the same sessions", confidence=Confidence.MEDIUM)
ONLY_ONE = Edge(kind="the only place in the source that fits", confidence=Confidence.LOW)


def edge(one: Clue, other: Clue, code: CodeMap) -> Edge | None:
    """The surest edge between two clues."""
    found = (*_by_sessions(one, other), *_by_place(one, other, code), *_by_table(one, other))
    return max(found, key=lambda each: each.rank, default=None)


class Edges:
    """The edges of one graph, each worked out once however often it is asked for."""

    def __init__(self, code: CodeMap) -> None:
        self.code = code
        # The clues are kept beside their edge: an id is one clue's for as long as that clue is there.
        self._known: dict[tuple[int, int], tuple[Clue, Clue, Edge | None]] = {}

    def between(self, one: Clue, other: Clue) -> Edge | None:
        """The surest edge between two clues."""
        key = (id(one), id(other))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (one, other, edge(one, other, self.code))
        return found[2]


def _by_sessions(one: Clue, other: Clue) -> Iterator[Edge]:
    if set(one.holding) & set(other.holding):
        yield SESSIONS
    elif one.sessions & other.sessions:
        yield SOME_SESSIONS


def _by_place(one: Clue, other: Clue, code: CodeMap) -> Iterator[Edge]:
    # Where a victim stands says nothing of what it suffers from.
    if one.victim or other.victim:
        return
    for spot in one.spots:
        for each in other.spots:
            found = between(spot, each, code)
            if found is not None:
                yield found


def between(one: Spot, other: Spot, code: CodeMap) -> Edge | None:
    """The edge between two lines."""
    by_rule = RULE in (one.how, other.how)
    sure = _of_the_live(one, other) if by_rule else min(one.confidence, other.confidence)
    near = [(one.place, other.place)]
    near += [(one.called_at, other.place)] if one.called_at else []
    near += [(one.place, other.called_at)] if other.called_at else []
    for kind, joins in (("same line", same_line), ("same function", same_function)):
        if any(joins(a, b, code) for a, b in near):
            return Edge(kind=kind, confidence=_agreed(kind, by_rule, sure), place=other.place)
    return _by_calls(one, other, code, sure)


def _agreed(kind: str, by_rule: bool, sure: Confidence) -> Confidence:
    """A rule in the very place makes a doubtful line less so; two doubtful lines make none sure."""
    if by_rule and kind == "same line":
        return Confidence.HIGH
    if by_rule and sure is Confidence.LOW:
        return Confidence.MEDIUM
    return Confidence.HIGH if sure > Confidence.LOW else Confidence.LOW


def _of_the_live(one: Spot, other: Spot) -> Confidence:
    """A rule is sure of its line whatever it is sure of beyond that."""
    live = [each.confidence for each in (one, other) if each.how != RULE]
    return live[0] if live else Confidence.LOW


def same_line(one: Place, other: Place, _: CodeMap) -> bool:
    """Whether both are the same line."""
    return one.line is not None and one.line == other.line and same_file(one.file, other.file)


def same_function(one: Place, other: Place, code: CodeMap) -> bool:
    """Whether both stand in one function, by its extent in the source, else by its name."""
    if not same_file(one.file, other.file):
        return False
    around, around_other = function_of(one, code), function_of(other, code)
    if around is not None and around_other is not None:
        return around.key == around_other.key or _nested(around, around_other)
    return bool(one.function and other.function) and last(one.function) == last(other.function)


def _nested(one: Function, other: Function) -> bool:
    inner, outer = sorted((one, other), key=lambda each: each.end_line - each.line)
    return inner.path == outer.path and outer.line <= inner.line and inner.end_line <= outer.end_line


def function_of(place: Place, code: CodeMap) -> Function | None:
    """The innermost function around a line."""
    return None if place.line is None else code.at(place.file, place.line)


def _by_calls(one: Spot, other: Spot, code: CodeMap, sure: Confidence) -> Edge | None:
    first, second = function_of(one.place, code), function_of(other.place, code)
    if first is None or second is None:
        return None
    steps = min(
        (n for n in (code.distance(first, second), code.distance(second, first)) if n is not None), default=None
    )
    if steps is not None:
        told = "calls it" if steps == 1 else f"calls it through {steps - 1} more"
        # Of several lines that may have sent a statement, a direct call from the rule's function tells which.
        level = Confidence.LOW if sure is Confidence.LOW and steps > 1 else Confidence.MEDIUM
        return Edge(kind=told, confidence=level, place=other.place)
    if code.caller_of_both(first, second):
        level = Confidence.MEDIUM if sure is Confidence.HIGH else Confidence.LOW
        return Edge(kind="called from the same function", confidence=level, place=other.place)
    return None


def _by_table(one: Clue, other: Clue) -> Iterator[Edge]:
    for live, rule in ((one, other), (other, one)):
        if rule.part == "lint" and live.live and not live.victim and rule.tables & tables_of(live):
            elsewhere = any(spot.confidence > Confidence.LOW for spot in live.spots)
            yield Edge(kind="same table", confidence=Confidence.LOW if elsewhere else Confidence.MEDIUM)


def tables_of(clue: Clue) -> frozenset[str]:
    """The tables of the statements a clue is about, without their schema."""
    named = (table for statement in clue.statements for table in _tables(statement))
    return clue.tables | {table.rpartition(".")[2].strip('"').lower() for table in named}


@lru_cache(maxsize=512)
def _tables(statement: str) -> tuple[str, ...]:
    return tuple(map(str, shape_of(statement).tables))
