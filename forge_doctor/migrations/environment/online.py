"""What `alembic upgrade` runs of env.py: its module's statements, then every function they call; runs none of it.

Followed are calls, functions handed to a call (`connection.run_sync(migrate)`), lambdas, and modules of the project that
env.py imports and that have to do with Alembic. What only `--sql` runs, or nothing (`if __name__ == "__main__"`, since
Alembic loads env.py under another name), is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    Expr,
    FunctionDef,
    If,
    IfExp,
    Lambda,
    Module,
    Name,
    Node,
    UnaryOp,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.migrations.environment.loading import imported_modules

RUN = "run_migrations"
OFFLINE = "is_offline_mode"
DEEPEST = 16
# What makes a task of a coroutine: it runs when the loop comes to it, which is after env.py has ended.
TASKS = frozenset({"create_task", "ensure_future"})


class Step(NamedTuple):
    """A call that is run, the calls it is run by, outermost first, and the function of the project that it runs."""

    call: Call
    stack: tuple[Call, ...] = ()
    function: FunctionDef | None = None

    @property
    def places(self) -> tuple[Call, ...]:
        """The calls around it and itself."""
        return (*self.stack, self.call)


class Online(NamedTuple):
    """What is run; `dropped` are the calls among them whose coroutine nobody awaits, with what they would have run."""

    steps: tuple[Step, ...]
    dropped: tuple[tuple[Step, Online], ...] = ()

    def calls(self, *methods: str) -> Iterator[Step]:
        """The steps that call something by one of these names."""
        return (one for one in self.steps if one.call.method in methods)

    @property
    def runs_migrations(self) -> tuple[Step, ...]:
        """The calls of `context.run_migrations()`; a function of the project may have that name as well."""
        return tuple(one for one in self.calls(RUN) if one.function is None)


def online_path(project: Project, file: SourceFile) -> Online:
    """What `alembic upgrade` runs of an env.py."""
    walk = _Walk(project, file)
    walk.module(file, ())
    return walk.online()


class _Walk:
    """One walk over what is run; each function is entered once."""

    def __init__(self, project: Project, file: SourceFile, entered: set[Node] | None = None) -> None:
        self.project = project
        self.file = file
        self.entered: set[Node] = set() if entered is None else entered
        self.steps: list[Step] = []
        self.dropped: list[tuple[Step, Online]] = []

    def online(self) -> Online:
        return Online(tuple(self.steps), tuple(self.dropped))

    def module(self, file: SourceFile, stack: tuple[Call, ...]) -> None:
        """The statements of a module, and of those it imports that have to do with Alembic."""
        if file.module in self.entered:
            return
        self.entered.add(file.module)
        for dotted in imported_modules(file.data):
            imported = self.project.module(dotted, file)
            if imported is not None and RUN.encode() in imported.data:
                self.module(imported, stack)
        self.body(file.module, stack)

    def body(self, scope: Node, stack: tuple[Call, ...]) -> None:
        """The calls of a function or module, not those of functions defined in it."""
        if len(stack) > DEEPEST:
            return
        for call in scope.find(Call, nested=False):
            if not is_left_out(self.project, call):
                self.call(Step(call, stack))

    def call(self, step: Step) -> None:
        call = step.call
        step = step._replace(function=self.project.called(call))
        self.steps.append(step)
        function = self.followed(step.function)
        handed = [one for one in map(self.handed, _given(call)) if one is not None]
        if is_coroutine(self.project, call, function) and is_dropped(call):
            # What another way has run already would have been run by this one as well.
            around = {one.function for one in step.places if one.function is not None}
            inner = _Walk(self.project, self.file, {*around})
            for one in (function, *handed):
                inner.enter(one, step.places)
            self.dropped.append((step, inner.online()))
            return
        for one in (function, *handed):
            self.enter(one, step.places)

    def enter(self, function: FunctionDef | Lambda | None, stack: tuple[Call, ...]) -> None:
        """Look into a function, once."""
        if function is None or function in self.entered:
            return
        self.entered.add(function)
        if isinstance(function, Lambda):
            for call in function.find(Call):
                self.call(Step(call, stack))
        else:
            self.body(function, stack)

    def handed(self, given: Node) -> FunctionDef | Lambda | None:
        """The function an argument is."""
        if isinstance(given, Lambda):
            return given
        if isinstance(given, Call) and given.method == "partial" and given.args:
            return self.handed(given.args[0])
        if not isinstance(given, Name | Attribute):
            return None
        value = self.project.value_of(given)
        definition = value.definition if value.kind is Kind.FUNCTION else None
        return self.followed(definition if isinstance(definition, FunctionDef) else None)

    def followed(self, function: FunctionDef | None) -> FunctionDef | None:
        """The function, where it may have to do with migrations."""
        if function is None:
            return None
        mentions = b"alembic" in function.file.data or RUN.encode() in function.file.data
        return function if function.file is self.file or mentions else None


def is_left_out(project: Project, node: Node) -> bool:
    """Whether only `--sql` runs it, or nothing does."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef | Lambda | ClassDef | Module):
            return False
        if isinstance(around, If | IfExp) and not around.test.contains(node):
            test, positive = _plain(project, around.test)
            body = around.body if isinstance(around, If) else (around.body,)
            held = any(one.contains(node) for one in body) is positive
            if (is_offline_test(test) and held) or (_is_main_test(test) and held):
                return True
    return False


def is_offline_test(test: Node) -> bool:
    """Whether it asks `context.is_offline_mode()`."""
    return isinstance(test, Call) and test.method == OFFLINE


def _is_main_test(test: Node) -> bool:
    return "__name__" in test.text and "__main__" in test.text and "==" in test.text and " or " not in test.text


def _plain(project: Project, test: Node) -> tuple[Node, bool]:
    """The test without its `not`, through a name bound once."""
    positive = True
    while isinstance(test, UnaryOp) and test.text.startswith("not"):
        positive = not positive
        test = (test.children or (test,))[0]
    return followed(project, test), positive


def _given(call: Call) -> Iterator[Node]:
    yield from call.args
    for one in call.keywords:
        if one.name:
            yield one.value


def is_coroutine(project: Project, call: Call, function: FunctionDef | None) -> bool:
    """Whether a call gives a coroutine, or makes a task of one."""
    if function is not None and function.is_async and not function.is_generator:
        return True
    if call.method == "run_sync" and not call.file.mentions(b"anyio.to_thread"):
        return project.called(call) is None and project.qualified(call.func).partition(".")[0] != "anyio"
    return project.value_of(call).kind is Kind.COROUTINE


def is_dropped(call: Call) -> bool:
    """Whether nobody awaits what a call gives: it stands alone, is made a task that stands alone, or is bound to a name
    that is never read."""
    around = call.parent
    if isinstance(around, Call) and around.method in TASKS and call in around.args:
        return not isinstance(around.parent, Await) and is_dropped(around)
    if isinstance(around, Expr):
        return True
    if isinstance(around, Assign) and isinstance(around.target, Name) and around.value is call:
        scope = call.function or call.file.module
        name = around.target.id
        return not any(one.id == name and one is not around.target for one in scope.find(Name))
    return False
