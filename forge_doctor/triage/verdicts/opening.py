"""Where the session was made whose statement or connection was seen: the code to change lies there, not in the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forge_doctor.diagnosis import Place
from forge_doctor.triage.cause import Opened
from forge_doctor.triage.code_map import CodeMap, Function
from forge_doctor.triage.graph.edges import function_of
from forge_doctor.triage.graph.places import Spot


def opened_at(spot: Spot, code: CodeMap, opened: Opened) -> Place | None:
    """The line that makes the session, where exactly one can be meant."""
    around = function_of(spot.place, code)
    if around is None or opened not in (Opened.AROUND, Opened.AND_LEFT, Opened.BESIDE, Opened.STREAMED):
        return None
    if opened is Opened.STREAMED:
        return _streaming(around, code)
    if opened is Opened.BESIDE:
        return _only(code.beside(around), leaves=False)
    caller = function_of(spot.called_at, code) if spot.called_at else None
    for one in (around, caller):
        if one is not None and one.opens:
            return _line(one, opened is Opened.AND_LEFT)
    found = code.openers(around)
    if opened is Opened.AND_LEFT:
        # A session that a `with` ends is not left open there, whoever else begins none.
        return _only(tuple(one for one in found if one.left_open), leaves=True)
    return _only(found, leaves=False)


def _streaming(around: Function, code: CodeMap) -> Place | None:
    """The one generator, but those that make a session for others, that leads to the statement."""
    found = [one for one in code.functions if one.yields and not one.opens and code.distance(one, around) is not None]
    return Place(file=found[0].path, line=found[0].line, function=found[0].name) if len(found) == 1 else None


def engine_made(code: CodeMap, opened: Opened) -> Iterator[Place]:
    """The application's engine, or the line of the one function that makes engines."""
    if opened is Opened.SETTING and code.engine is not None:
        yield Place(file=code.engine[0], line=code.engine[1])
    if opened is not Opened.ENGINE:
        return
    found = [one for one in code.functions if one.engines]
    if len(found) == 1:
        yield Place(file=found[0].path, line=found[0].engines[0], function=found[0].name)


def _loops(spots: list[Spot], code: CodeMap) -> Iterator[Place]:
    """The one loop that sends the statement for each step; of several the one that sends the first statement as well."""
    functions = [around for spot in spots if (around := function_of(spot.place, code)) is not None]
    found = dict.fromkeys(each for one in functions for each in code.loops(one))
    if len(found) > 1:
        found = {each: None for each in found if all(code.distance(each[0], one) is not None for one in functions)}
    if len(found) == 1:
        ((one, line),) = found
        yield Place(file=one.path, line=line, function=one.name)


def _only(found: tuple[Function, ...], *, leaves: bool) -> Place | None:
    return _line(found[0], leaves) if len(found) == 1 else None


def _line(one: Function, leaves: bool) -> Place:
    line = next(iter(one.left_open if leaves and one.left_open else one.opens))
    return Place(file=one.path, line=line, function=one.name)


def with_makers(spots: Iterable[Spot], code: CodeMap, opened: Opened) -> Iterator[Place]:
    """The lines of a rule, each behind the one line that makes the session: which that function leaves open, or which what it
    calls opens beside its own."""
    for spot in spots:
        around = function_of(spot.place, code)
        if around is not None and opened is Opened.AND_LEFT and len(around.left_open) == 1:
            yield _line(around, leaves=True)
        if around is not None and opened is Opened.BESIDE and not around.opens:
            beside = _only(code.beside(around), leaves=False)
            yield from () if beside is None else (beside,)
        yield spot.place


def with_openings(spots: list[Spot], code: CodeMap, opened: Opened) -> Iterator[Place]:
    """The lines of a holder, surest first, each behind the line that made its session."""
    if opened is Opened.LOOPED:
        yield from _loops(spots, code)
    for spot in spots:
        made = opened_at(spot, code, opened)
        if made is not None:
            yield made
        yield spot.place
