"""Runs one function of a file in thought and writes down which libraries it calls, with what, and under which
conditions; imports and executes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from forge_doctor.code.syntax.nodes import Call, FunctionDef, Lambda, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.migrations.evaluation import calls, expressions, statements
from forge_doctor.migrations.evaluation.events import Event, Trace
from forge_doctor.migrations.evaluation.interface import Ends, Flow
from forge_doctor.migrations.evaluation.values import Frame, Function, Imported, Made, Unknown, Value, same

MOST_CALLS = 20_000
DEEPEST = 24
# Expressions and statements of one function or module: a revision that needs more is written to be read by nobody.
MOST_STEPS = 300_000
# What builds a value and touches no database is worth no entry in a trace.
BUILDERS = ("sqlalchemy.", "builtins.", "typing.", "datetime.", "uuid.", "logging.", "re.", "json.", "os.", "enum.")

# What an env.py hands to each revision, `context.run_migrations(op=op)`: Alembic's operations, by the name all use.
HANDED: Mapping[str, Value] = {"op": Imported("alembic.op")}
# A revision's own module is the first.
MOST_MODULES_DEEP = 4
LIBRARIES = ("sqlalchemy", "alembic.", "builtins.", "typing.", "datetime.", "collections.", "logging.", "os.", "re.")

# Opens the file of a module as a file imports it: None where it is not of this project.
Opener = Callable[[str, SourceFile], SourceFile | None]
Facts = Callable[[str], tuple[bool, Value]]
Texts = Callable[[str], str | None]


class TooMuch(Exception):
    """More steps than are followed."""


class Interpreter:
    """Evaluates modules and functions; keeps the frames of modules that were read.

    `facts` tells what is known of a library beforehand (`op.get_bind().dialect.name` is "postgresql").
    """

    def __init__(self, opener: Opener, facts: Facts, texts: Texts = lambda _path: None) -> None:
        self.trace = Trace()
        self.inside: tuple[Made, ...] = ()
        self.conditions: tuple[str, ...] = ()
        self.repeated = False
        self.fact = facts
        self._open = opener
        self._texts = texts
        self._modules: dict[SourceFile, Frame] = {}
        self._callers: tuple[Node, ...] = ()
        self._calls = 0
        self._steps = 0
        self._opening = 0

    # -- what is asked from outside

    def module(self, file: SourceFile) -> Frame:
        """The names of a module after its statements."""
        known = self._modules.get(file)
        if known is None:
            known = self._modules[file] = Frame(file)
            kept = self.trace, self.inside, self.conditions, self.repeated, self._callers, self._steps
            self.trace, self.inside, self.conditions, self.repeated, self._callers = Trace(), (), (), False, ()
            self._opening += 1
            self._steps = 0
            with suppress(TooMuch, RecursionError):  # the names up to there are known
                self.execute(file.module.body, known)
            self._opening -= 1
            self.trace, self.inside, self.conditions, self.repeated, self._callers, self._steps = kept
        return known

    def run(self, function: Function) -> Trace:
        """What calling the function without arguments does."""
        self.trace, self.inside, self.conditions, self.repeated = Trace(), (), (), False
        self._callers, self._calls, self._steps = (), 0, 0
        trace = self.trace
        try:
            self._run(function, function.node)
        except TooMuch:
            trace.unread.append((function.node, "does more than can be followed"))
        except RecursionError:
            trace.unread.append((function.node, "is nested too deep"))
        return trace

    def _run(self, function: Function, node: FunctionDef | Lambda) -> None:
        if isinstance(node, Lambda):
            self.evaluate(node.body, Frame(node.file, function.frame))
            return
        handed = HANDED if HANDED.keys() & set(node.param_names) else {}
        frame = Frame(node.file, function.frame, calls.bound(self, function, (), handed))
        flow = self.execute(node.body, frame)
        self._run_those_named(function, node)
        self.trace.raises = flow.at if flow is not None and flow.ends is Ends.RAISE else None

    def _run_those_named(self, function: Function, node: FunctionDef) -> None:
        """Run what `globals()["upgrade_" + engine]()` may run, as in Alembic's template for several databases."""
        if "globals()" in node.text:
            for name, value in [*function.frame.module.names.items()]:
                if name.startswith(f"{node.name}_") and isinstance(value, Function):
                    self.run_function(value, (), {}, node)

    # -- what the parts ask of each other

    def evaluate(self, node: Node, frame: Frame) -> Value:
        """What an expression is."""
        self.step()
        return expressions.evaluate(self, node, frame)

    def step(self) -> None:
        """Count what is followed; raises `TooMuch` where that is more than a revision needs."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooMuch

    def execute(self, body: Sequence[Node], frame: Frame) -> Flow | None:
        """Run statements."""
        self.step()
        return statements.execute(self, body, frame)

    def call(self, node: Call, frame: Frame) -> Value:
        """What a call gives."""
        self._calls += 1
        if self._calls > MOST_CALLS:
            return Unknown("")
        return calls.call(self, node, frame)

    def run_function(
        self, function: Function, args: Sequence[Value], keywords: Mapping[str, Value], node: Node
    ) -> Value:
        """What a function that was read gives."""
        body = function.node
        if len(self._callers) >= DEEPEST or self._calls > MOST_CALLS:
            self.trace.unread.append((node, "calls itself too deep"))
            return Unknown(node.text)
        kept, self._callers = self._callers, (*self._callers, node)
        conditions = self.conditions
        frame = Frame(body.file, function.frame, calls.bound(self, function, args, keywords))
        try:
            if isinstance(body, Lambda):
                return self.evaluate(body.body, frame)
            flow = self.execute(body.body, frame)
        finally:
            self._callers, self.conditions = kept, conditions
        value = flow.value if flow is not None and flow.ends is Ends.RETURN else None
        return Unknown(node.text) if not all(same(one, value) for one in frame.perhaps) else value

    def enter(self, node: Node, frame: Frame, body: Callable[[Value], None]) -> bool:
        """Run `body` where a context manager of our own yields; False where it is none."""
        if not isinstance(node, Call):
            return False
        function = self.evaluate(node.func, frame) if node.receiver is None or isinstance(node.receiver, Name) else None
        if not isinstance(function, Function) or isinstance(function.node, Lambda) or not function.node.is_generator:
            return False
        args, keywords = calls.arguments(self, node, frame)
        inner = Frame(function.node.file, function.frame, calls.bound(self, function, args, keywords))
        inner.on_yield = body
        self.execute(function.node.body, inner)
        return True

    @contextmanager
    def under(self, condition: str = "", *, repeated: bool = False, made: Made | None = None) -> Iterator[None]:
        """What stands around all that is evaluated meanwhile."""
        kept = self.conditions, self.repeated, self.inside
        self.conditions = (*self.conditions, condition) if condition else self.conditions
        self.repeated = self.repeated or repeated
        self.inside = self.inside if made is None else (*self.inside, made)
        try:
            yield
        finally:
            self.conditions, self.repeated, self.inside = kept

    def emit(self, made: Made) -> None:
        """Put a library's call into the trace."""
        if "(" not in made.path and made.path.startswith(BUILDERS):
            return
        self.trace.events.append(
            Event(made, self.inside, self.conditions, repeated=self.repeated, callers=self._callers)
        )

    def text_of(self, path: str) -> str | None:
        """What is in a file that holds SQL."""
        return self._texts(path)

    def resolve(self, imported: Imported, frame: Frame) -> Value:
        """What something imported is at home, where its module is of this project."""
        module, _, name = imported.path.rpartition(".")
        if not module.strip(".") or imported.path.startswith(LIBRARIES) or self._opening >= MOST_MODULES_DEEP:
            return imported
        file = self._open(module, frame.file)
        if file is None or file is frame.file:
            return imported
        return self.module(file).names.get(name, imported)

    def star_import(self, module: str, frame: Frame) -> Mapping[str, Value]:
        """The names of `from module import *`."""
        file = None if module.startswith(LIBRARIES) else self._open(module, frame.file)
        names = {} if file is None or file is frame.file else self.module(file).names
        return {name: value for name, value in names.items() if not name.startswith("_")}
