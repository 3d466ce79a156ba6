"""From statements to the lines of a source that may have sent them; reads files of the project, runs none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.slow.inference.repeats import repeats
from forge_doctor.slow.logged_repeats import logged_repeats
from forge_doctor.slow.situation import WHOLE, Situation
from forge_doctor.slow.snapshot import SlowSnapshot, StatementLine
from forge_doctor.slow.statement import Statement

if TYPE_CHECKING:
    from forge_doctor.code.orm.origins.search import Origin, Statements

# More lines than that, and the right one may be any of them: then none is named.
MOST_STATEMENTS, MOST_LINES, MOST_ASKED = 200, 5, 40
Key = str


@dataclass(slots=True)
class _Tracer:
    """Asks for each statement once."""

    known: Statements
    found: dict[Key, tuple[Origin, ...]] = field(default_factory=dict)

    def origins(self, statement: Statement) -> tuple[Origin, ...]:
        if statement.key not in self.found:
            # Of pg_stat_statements and logs a text is whole, or was cut by us.
            cut_at = 0 if statement.stats is not None and statement.stats.is_cut else WHOLE
            self.found[statement.key] = self.known.origins(statement.text, most=MOST_ASKED, cut_at=cut_at)
        return self.found[statement.key]


def traced(snapshot: SlowSnapshot, source: Path) -> SlowSnapshot:
    """The snapshot with the lines of what costs the most, by time or by round trips.

    Of a statement that is repeated the lines in a loop are kept where there are any, with the loop's; of its parent those
    of the same function, which is where an option for the relationship belongs.
    """
    from forge_doctor.code.orm.origins.search import Statements
    from forge_doctor.code.semantics.project import Project

    tracer, situation = _Tracer(Statements(Project(source))), Situation(snapshot)
    parents = _parents(situation)
    lines: dict[Key, tuple[StatementLine, ...]] = {}
    for statement in _worth_it(situation):
        origins = tracer.origins(statement)
        if statement.key in parents:
            origins = tuple(one for one in origins if one.loop is not None) or origins
            parent = parents[statement.key]
            own = _beside(tracer.origins(parent), origins) if parent is not None else ()
            lines[statement.key] = tuple(_line(statement, one, _parent_of(one, own)) for one in few(origins))
            if parent is not None and own:
                lines[parent.key] = tuple(_line(parent, one) for one in few(own))
        elif statement.key not in lines:
            lines[statement.key] = tuple(_line(statement, one) for one in few(origins))
    return replace(snapshot, lines=tuple(one for found in lines.values() for one in found))


def few(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """All of them, where they are few enough to be looked at; else none."""
    return origins if len(origins) <= MOST_LINES else ()


def _parents(situation: Situation) -> dict[Key, Statement | None]:
    """What is repeated, each with the statement it is sent behind."""
    found = {one.child.key: one.parent for one in repeats(situation)}
    return found | {one.statement.key: one.parent for one in logged_repeats(situation)}


def _beside(parents: Iterable[Origin], children: Iterable[Origin]) -> tuple[Origin, ...]:
    """Those in a function that one of the others is in; all where none is."""
    every = tuple(parents)
    places = {(one.path, one.function) for one in children}
    return tuple(one for one in every if (one.path, one.function) in places) or every


def _parent_of(child: Origin, parents: Iterable[Origin]) -> str:
    every = tuple(parents)
    own = [one for one in every if (one.path, one.function) == (child.path, child.function)] or every
    return f"{own[0].path}:{own[0].line}" if len(own) == 1 else ""


def _line(statement: Statement, one: Origin, parent: str | None = None) -> StatementLine:
    """`parent` is None for what is not repeated, whose loop is of no interest."""
    return StatementLine(
        key=statement.key,
        file=one.path,
        line=one.line,
        function=one.function,
        confidence=one.confidence,
        why=one.why,
        repeated_by=one.loop if parent is not None else None,
        parent=parent or "",
    )


def _worth_it(situation: Situation) -> tuple[Statement, ...]:
    by_time = situation.statements[:MOST_STATEMENTS]
    by_trips = sorted(situation.statements, key=lambda one: -one.calls)[:MOST_STATEMENTS]
    return tuple({one.key: one for one in (*by_trips, *by_time)}.values())
