"""Objects of the project that are entered with a session of their own, and whether their way out commits anything; looks at
no caller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    FunctionDef,
    Node,
    Return,
    With,
    WithItem,
)
from forge_doctor.lint.dataflow.connections.connection_stretches import state_before, uses_in
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, Handle, Handles, handle_of
from forge_doctor.lint.dataflow.sessions.commits_at_exit import SESSIONS
from forge_doctor.regex import regex

# What may end a transaction well, or leads out of sight.
MAY_COMMIT = regex(rb"commit|begin|transaction|atomic|super\(|ExitStack", re.IGNORECASE)


class Unit(NamedTuple):
    """A block that holds one, and how the code inside writes the session."""

    block: With
    entered: Node
    class_: ClassDef
    handles: Handles


def units(project: Project, function: FunctionDef) -> Iterator[Unit]:
    """Every block of a function that enters one whose way out commits nothing."""
    return (one for one in entered_units(project, function) if _leaves_without_commit(project, one.class_))


def entered_units(project: Project, function: FunctionDef) -> tuple[Unit, ...]:
    """Every block of a function that enters one, whatever its way out does; found once."""
    known: dict[FunctionDef, tuple[Unit, ...]] = function.file.kept.setdefault(entered_units, {})
    if function not in known:
        known[function] = tuple(_entered_units(project, function))
    return known[function]


def _entered_units(project: Project, function: FunctionDef) -> Iterator[Unit]:
    for block in function.find(With, nested=False):
        for item in block.items:
            name = item.value.text if item.target is None else item.target.text
            value = project.value_of(item.value)
            class_ = value.definition if value.kind is Kind.INSTANCE else None
            if isinstance(class_, ClassDef) and (handle := _entered(project, class_)) is not None:
                inside = tuple((f"{name}.{attribute}", one) for attribute, one in handle.attributes)
                yield Unit(block, item.value, class_, tuple(sorted(((name, handle), *inside))))


def entered_again(project: Project, function: FunctionDef) -> Iterator[tuple[Call, Call, str]]:
    """What enters another unit of the same class while the first keeps the connection of a query: the call that does so, here
    or by a function that is awaited, the query, and the name of the first."""
    for unit in entered_units(project, function):
        for call in unit.block.find(Call, nested=False):
            if call.start < unit.entered.end or not _enters_again(project, function, unit, call):
                continue
            state = state_before(project, function, unit.handles, unit.entered.end, call.start)
            if state.at is not None and not state.handed:
                yield call, state.at, unit.handles[0][0]
                break


def _enters_again(project: Project, function: FunctionDef, first: Unit, call: Call) -> bool:
    """Whether a call makes a unit that is entered right there and queries, or runs a function that enters a new one."""
    if isinstance(call.parent, WithItem):
        found = [one for one in entered_units(project, function) if one.entered is call]
    else:
        called = project.called(call) if isinstance(call.parent, Await) else None
        is_named = called is not None and called.file.mentions(first.class_.name.encode())
        found = [*entered_units(project, called)] if called is not None and is_named else []
    again = (one for one in found if one.class_ is first.class_ and isinstance(one.entered, Call))
    return any(uses_in(project, one.block, one.handles).query is not None for one in again)


def _ways(project: Project, class_: ClassDef) -> list[FunctionDef | None]:
    """Its way in and its way out."""
    return [project.method(class_, f"__a{one}__") or project.method(class_, f"__{one}__") for one in ("enter", "exit")]


def _leaves_without_commit(project: Project, class_: ClassDef) -> bool:
    """Whether neither way may commit."""
    return all(one is not None and _commits_nothing(project, one, class_) for one in _ways(project, class_))


def _entered(project: Project, class_: ClassDef) -> Handle | None:
    """What `as` gives: None where the session is somebody else's."""
    enter, leave = _ways(project, class_)
    if enter is None or leave is None:
        return None
    known: dict[str, Handle] = {}
    for method in (project.method(class_, "__init__"), enter):
        for assign in () if method is None else method.find(Assign, nested=False):
            handle = _held(project, assign, known)
            if handle is not None:
                known[assign.target.text] = handle
    given = {one.value.text for one in enter.find(Return, nested=False) if one.value is not None}
    own = "".join(enter.param_names[:1])
    if len(given) != 1 or THE_SESSION not in known.values():
        return None
    holding = Handle(tuple(sorted((text.partition(".")[2], one) for text, one in known.items())))
    return holding if own in given else known.get(given.pop())


def _held(project: Project, assign: Assign, known: dict[str, Handle]) -> Handle | None:
    """The session that is made there, or an object made with it."""
    value = assign.value
    if not isinstance(assign.target, Attribute) or value is None:
        return None
    if isinstance(value, Call) and project.value_of(value).kind in SESSIONS:
        return THE_SESSION
    return handle_of(project, value, known)


def _commits_nothing(project: Project, method: FunctionDef, class_: ClassDef) -> bool:
    """Whether nothing in a method, nor in the methods of its object that it calls, may end a transaction well."""
    own = "".join(method.param_names[:1])
    calls = list(method.find(Call))
    if "exit" in method.name and any(given.text.startswith(f"{own}.") for call in calls for given in call.args):
        return False  # who gets the session there may end it
    # `self.factory()` makes the session, and is no method.
    called = (one for one in calls if one.is_on(own) and project.value_of(one).kind not in SESSIONS)
    methods = [method, *(project.method(class_, one.method) for one in called)]
    return all(one is not None and MAY_COMMIT.search(one.file.data[one.start : one.end]) is None for one in methods)
