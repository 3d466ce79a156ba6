"""What a function of a migration does when it is run: the calls of libraries in their order, each with what stands
around it."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes import Node
from forge_doctor.dataclass import dataclass, field
from forge_doctor.migrations.evaluation.values import Made


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One call, as it would happen.

    `inside` are the context managers entered around it, outermost first; `conditions` the tests that only the run can
    decide; `repeated` says that it stands in a loop whose rounds are not known; `callers` are the calls of local
    functions it was reached by, outermost first.
    """

    made: Made
    inside: tuple[Made, ...] = ()
    conditions: tuple[str, ...] = ()
    repeated: bool = False
    callers: tuple[Node, ...] = ()


@dataclass(slots=True)
class Trace:
    """What one function does, in order; `raises` is where it gives up whatever happens, `unread` what could not be
    followed: the node, and why."""

    events: list[Event] = field(default_factory=list)
    raises: Node | None = None
    unread: list[tuple[Node, str]] = field(default_factory=list)
