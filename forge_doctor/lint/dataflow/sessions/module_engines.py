"""Which engine of a module a function works with, itself or through what it awaits; opens no session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from forge_doctor.code.orm.engines import EngineCall, engine_call
from forge_doctor.code.semantics.inference.decorators import wrapped_by
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import alias_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    For,
    FunctionDef,
    If,
    Name,
    Node,
    Return,
    With,
    WithItem,
    Yield,
)
from forge_doctor.lint.dataflow.call_settings import UNSET, Settings, may_run, settings_of
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.function_summaries import Summaries
from forge_doctor.lint.dataflow.sessions.begun_elsewhere import is_conditional
from forge_doctor.lint.dataflow.sessions.factories import factory_of, maker_behind
from forge_doctor.regex import regex

IDLE = frozenset({"commit", "rollback", "close", "expunge_all"})
DISPOSED = regex(r"\.dispose\(")
ENDS = regex(r"dispose|close|shut|stop|clean|teardown|tear_down|reset|release|disconnect|exit|end", re.IGNORECASE)


class EngineUse(NamedTuple):
    """An engine that a module keeps, and the place that takes a connection of it."""

    engine: EngineCall
    at: Node


class Called(NamedTuple):
    """A function as one call runs it."""

    function: FunctionDef
    settings: Settings


class Uses(NamedTuple):
    """The connections that one function takes of an engine, itself and by what it awaits, in order."""

    found: tuple[EngineUse | Called, ...]

    @property
    def calls(self) -> list[Called]:
        """The functions that it awaits."""
        return [one for one in self.found if isinstance(one, Called)]

    def summed_up(self, answer: Callable[[Called], EngineUse | None]) -> EngineUse | None:
        """The first of them."""
        used = (one if isinstance(one, EngineUse) else answer(one) for one in self.found)
        return next((one for one in used if one is not None), None)


def engine_used(project: Project, function: FunctionDef, call: Call | None = None) -> EngineUse | None:
    """The first engine kept by a module that the function takes a connection of; where it is known which call runs it,
    without what does not run for the options of that call."""
    known: Summaries[Called, EngineUse | None] = project.kept.setdefault(engine_used, Summaries(None))
    settings = UNSET if call is None else settings_of(project, function, call)
    return known.of(Called(function, settings), partial(_uses, project))


def taken_in(project: Project, function: FunctionDef) -> Iterator[EngineUse]:
    """The connections of such engines that the function takes itself."""
    for item in (*entered_by_decorators(project, function), *function.find(WithItem, nested=False)):
        if (
            isinstance(item.value, Call)
            and not is_idle(item)
            and (engine := engine_behind(project, item.value)) is not None
        ):
            yield EngineUse(engine, item.value)


def is_idle(block: For | WithItem, *, may_lend: bool = False) -> bool:
    """Whether the session of a block only commits, rolls back or closes, which takes no connection where nothing was sent."""
    statement = block if isinstance(block, For) else block.enclosing(With)
    name = block.target
    if not isinstance(name, Name) or statement is None:
        return False
    uses = [one for one in statement.find(Name) if one.text == name.text and one.start != name.start]
    return bool(uses) and all(_is_idle_use(one, may_lend) for one in uses)


def _is_idle_use(name: Name, may_lend: bool) -> bool:
    parent = name.parent
    if isinstance(parent, Attribute):
        return parent.attr in IDLE
    return (may_lend and isinstance(parent, Yield)) or (isinstance(parent, Call) and parent.func.text == "isinstance")


def lends_idle(project: Project, call: Call) -> bool:
    """Whether a generator that lends its session, and does no more with it itself, lends it to a block that sends nothing."""
    block = call.parent
    if not isinstance(block, For | WithItem) or not is_idle(block):
        return False
    lender = project.called(call)
    items = [] if lender is None else list(lender.find(WithItem, nested=False))
    awaited = [] if lender is None else list(lender.find(Await, nested=False))
    return bool(items) and all(is_idle(one, may_lend=True) for one in items) and all(_ends(one) for one in awaited)


def _ends(awaited: Await) -> bool:
    return isinstance(awaited.value, Call) and awaited.value.method in IDLE


def entered_by_decorators(project: Project, function: FunctionDef) -> Iterator[WithItem]:
    """What the decorators of the project enter around each call of the function, on no condition."""
    for wrapped in wrapped_by(project, function):
        for call in wrapped.calls[:1] if len(wrapped.calls) == 1 else ():
            blocks = [one for one in within_function(call) if isinstance(one, With)]
            if not is_conditional(call, wrapped.wrapper):
                yield from (item for block in reversed(blocks) for item in block.items)


def _uses(project: Project, key: Called) -> Uses:
    function, settings = key
    own = next((one for one in taken_in(project, function) if may_run(one.at, settings)), None)
    if own is not None:
        return Uses((own,))
    awaited = (
        one
        for one in function.find(Call, nested=False)
        if isinstance(one.parent, Await | For | WithItem) and not lends_idle(project, one)
    )
    called = ((project.called(one), one) for one in awaited if may_run(one, settings))
    return Uses(
        tuple(Called(one, settings_of(project, one, call, settings)) for one, call in called if one is not None)
    )


def engine_behind(project: Project, call: Call) -> EngineCall | None:
    """The engine of `Session()`, `engine.begin()` or `AsyncSession(engine)`, or of a function that gives one."""
    call = maker_behind(project, call)
    func = project.value_of(call.func)
    if call.receiver is not None and project.value_of(call.receiver).kind in (Kind.ASYNC_ENGINE, Kind.ENGINE):
        return _made(project, call.receiver)
    if func.kind is Kind.CLASS and call.args:
        made = _made(project, call.args[0])
        # A synchronous Session takes no connection of an asyncio engine: it fails before.
        return None if made is not None and made.is_async and func.inner.kind.is_sync_session else made
    factory = factory_of(project, call)
    if isinstance(factory, tuple):
        factory = _set_at_init(project, *factory)
    if not isinstance(factory, Call):
        return None
    bind = factory.argument(0, "bind")
    return None if bind is None else _made(project, bind)


def _made(project: Project, engine: Node) -> EngineCall | None:
    """The call that made it; where it is made in one of several ways, one that keeps connections."""
    calls = [one for one in _bound_to(project, engine) if isinstance(one, Call) and one.function is None]
    if isinstance(engine, Attribute) and engine.value.text == "self":
        calls += [one for one in (_set_at_init(project, engine.class_, engine.attr),) if one is not None]
    keeper = project.called(engine) if isinstance(engine, Call) else None
    if keeper is not None:
        calls += _kept_by(project, keeper)
    made = [one for one in (engine_call(call, project) for call in calls) if one is not None]
    kept = [one for one in made if one.pool_class != "NullPool"]
    return next(iter(kept or made), None)


def _set_at_init(project: Project, class_: Node | None, name: str) -> Call | None:
    """The call that `__init__` gives an attribute of an object which its own module makes once, `db = Database(url)`; None
    where it is set anywhere else as well."""
    init = project.method(class_, "__init__") if isinstance(class_, ClassDef) else None
    if init is None or init.owner is not class_ or not isinstance(class_, ClassDef) or not _is_made_once(class_):
        return None
    assigns = project.scopes(class_.file).attribute_assignments.get(name, ())
    own = [one for one in assigns if one.class_ is class_]
    made = own[0].value if len(own) == 1 and own[0].function is init else None
    return made if isinstance(made, Call) else None


def _is_made_once(class_: ClassDef) -> bool:
    """Whether its module makes an object of it as it is imported, and keeps it by a name."""
    bound = (one.parent for one in class_.file.calls(class_.name) if one.function is None)
    return any(isinstance(one, Assign) and isinstance(one.target, Name) and one.enclosing(If) is None for one in bound)


def _kept_by(project: Project, function: FunctionDef) -> Iterator[Call]:
    """What a function makes once and gives again each time: by a cache, or by a name of its module."""
    is_cached = function.decorated_by("cache", "lru_cache")
    outer = project.scopes(function.file).opened_by(function)
    kept = frozenset() if outer is None else outer.outer_names
    for given in function.find(Return, nested=False):
        if is_cached and isinstance(given.value, Call):
            yield given.value
        if isinstance(given.value, Name) and (is_cached or given.value.text in kept):
            for assign in function.find(Assign, nested=False):
                if isinstance(assign.value, Call) and assign.target.text == given.value.text:
                    yield assign.value


def _bound_to(project: Project, engine: Node) -> Iterator[Node]:
    if isinstance(engine, Name):
        found = project.scopes(engine.file).lookup(engine.text, engine)
        target = None if found is None else project.target(list(found[1])[-1], engine.file)
        if target is not None and target.file is not None and target.binding is not None:
            for one in project.scopes(target.file).module.bindings(target.binding.name):
                if isinstance(one.node, Assign) and one.node.value is not None:
                    yield one.node.value
        return
    made = engine if isinstance(engine, Call) else alias_of(project, engine)
    if made is not None:
        yield made


def is_disposed(project: Project, *functions: FunctionDef) -> bool:
    """Whether one of the functions gives the engine's connections up, by itself or in a function that it calls."""
    return any(DISPOSED.search(one.text) is not None or calls_disposer(project, one) for one in functions)


def calls_disposer(project: Project, function: FunctionDef) -> bool:
    """Whether a function of that file or another, whose name tells of an end, is called and disposes of the engine."""
    ending = [one for one in function.find(Call, nested=False) if ENDS.search(one.method) is not None]
    called = (project.called(one) for one in ending)
    return any(one is not None and DISPOSED.search(one.text) is not None for one in called)
