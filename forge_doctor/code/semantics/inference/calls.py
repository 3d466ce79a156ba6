"""What a call gives: of the project's functions and classes, of SQLAlchemy's methods, of a few functions everybody
uses; looks into no other library."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.classes import SUPER, as_called_on, class_value
from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.library.kinds import OTHER, UNKNOWN, Kind, Value, one_of
from forge_doctor.code.semantics.library.methods import AWAITED, COROUTINES, ENTERED, PLAIN, PLAINLY, STARTABLE
from forge_doctor.code.semantics.library.symbols import DEPENDS, LOOKALIKES
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    BinOp,
    BoolOp,
    Call,
    ClassDef,
    FunctionDef,
    IfExp,
    Name,
    Node,
    Param,
    Str,
    Subscript,
)
from forge_doctor.dataclass import replace
from forge_doctor.finding import Confidence

CALLED = {
    Kind.ASYNC_FACTORY: Kind.ASYNC_SESSION,
    Kind.ASYNC_SCOPED: Kind.ASYNC_SESSION,
    Kind.FACTORY: Kind.SESSION,
    Kind.SCOPED: Kind.SESSION,
}
# Functions that give back the coroutine they are given, or a task of it.
SAME = frozenset({"wait_for", "shield", "create_task", "ensure_future"})

# What advanced-alchemy's configuration gives; the session of `provide_session()` is closed by Litestar.
CONFIGURED = {
    "get_session": Value(Kind.ASYNC_CONTEXT, of=Value(Kind.ASYNC_SESSION, why="given by get_session()")),
    "create_session_maker": Value(Kind.ASYNC_FACTORY, why="made by create_session_maker()"),
    "get_engine": Value(Kind.ASYNC_ENGINE, why="given by get_engine()"),
}
# Methods that give one of what something holds.
TAKING = {
    Kind.MAPPING: ("get", "pop", "setdefault"),
    Kind.COLLECTION: ("pop", "popleft"),
    Kind.CONTEXT_VAR: ("get",),
}
# Methods of sessions that give an instance of the class they are asked for.
GETTING = frozenset({"get", "get_one"})
# Methods of containers that give an instance of the class they are asked for.
TYPES = frozenset({"type", "Type", "typing.Type", "t.Type"})
GIVING = frozenset({"get", "resolve"})


def method_value(receiver: Value, name: str) -> Value:
    """What calling a method of one of SQLAlchemy's classes gives."""
    key = (receiver.kind, name)

    def told(kind: Kind, of: Value | None = None) -> Value:
        return Value(kind, of=of, confidence=receiver.confidence, why=receiver.why, name=name)

    if key in STARTABLE:
        return told(Kind.STARTABLE, told(STARTABLE[key]))
    if key in ENTERED:
        return told(Kind.ASYNC_CONTEXT, told(ENTERED[key]))
    if name in COROUTINES.get(receiver.kind, ()):
        return told(Kind.COROUTINE, told(AWAITED.get(key, Kind.OTHER)))
    if receiver.kind in (Kind.ASYNC_RESULT, Kind.RESULT) and name in PLAIN[Kind.ASYNC_RESULT]:
        return told(receiver.kind)
    if receiver.kind.is_sync_session and name in ("execute", "scalars", "exec"):
        return told(Kind.RESULT)
    if receiver.kind.is_sync_session and name in ("begin", "begin_nested"):
        return told(Kind.TRANSACTION)
    if receiver.kind is Kind.ENGINE and name in ("connect", "begin"):
        return told(Kind.CONNECTION)
    if receiver.kind is Kind.FACTORY and name == "begin":
        return told(Kind.CONTEXT, told(Kind.SESSION))
    return _element_value(receiver, name)


def _element_value(receiver: Value, name: str) -> Value:
    """What a method of a dict, a list, a context variable, a driver's connection or a session's configuration gives, and
    `start()` of what has not begun yet."""
    if receiver.kind is Kind.STARTABLE and name == "start" and name in COROUTINES.get(receiver.inner.kind, ()):
        return Value(Kind.COROUTINE, of=receiver.of, confidence=receiver.confidence, why=receiver.why, name=name)
    if receiver.kind is Kind.CLASS and receiver.inner.kind is Kind.PSYCOPG_CONNECTION and name == "connect":
        return Value(Kind.COROUTINE, of=receiver.inner.because("AsyncConnection.connect()"))
    if receiver.kind is Kind.SESSION_CONFIG:
        return CONFIGURED.get(name, UNKNOWN)
    if (receiver.kind, name) in PLAINLY:
        return Value(PLAINLY[receiver.kind, name], confidence=receiver.confidence, why=receiver.why, name=name)
    takes = TAKING.get(receiver.kind, ())
    if name == "values" and receiver.kind is Kind.MAPPING:
        return Value(Kind.COLLECTION, of=receiver.of, confidence=receiver.confidence)
    return receiver.inner.at_most(receiver.confidence) if name in takes else UNKNOWN


def call_value(knows: Knowledge, call: Call) -> Value:
    """What a call gives."""
    func = knows.value_of(call.func)
    if func.kind is Kind.FUNCTION and isinstance(func.definition, FunctionDef):
        result = _of_given_class(knows, call, func.definition, knows.result(func.definition)).at_most(func.confidence)
        return result if call.receiver is None else as_called_on(knows.value_of(call.receiver), func.definition, result)
    if func.kind is Kind.CLASS:
        return _made(knows, call, func)
    if func.kind is Kind.CALLABLE:
        return _asked_for(knows, call, func.inner) if func.inner.name in GETTING else func.inner
    if func.kind in CALLED:
        return Value(CALLED[func.kind], confidence=func.confidence, why=func.why or f"made by {call.func.text}()")
    if func.kind is Kind.INSTANCE and isinstance(func.definition, ClassDef):
        method = knows.method(func.definition, "__call__")
        return UNKNOWN if method is None else knows.result(method).at_most(func.confidence)
    if func.kind is Kind.EXTERNAL and func.name.partition(".")[0] in LOOKALIKES:
        return OTHER
    return _known_call(knows, call)


def _of_given_class(knows: Knowledge, call: Call, function: FunctionDef, result: Value) -> Value:
    """What `def require(self, key: type[T]) -> T` gives, where nothing else is known of it: an instance of the class."""
    inner = result.inner if result.kind is Kind.COROUTINE else result
    returns = function.returns
    if inner.is_known or not isinstance(returns, Name | BinOp | Subscript):
        return result
    for param in function.params:
        annotation = param.annotation if isinstance(param, Param) else None
        if isinstance(param, Param) and isinstance(annotation, Subscript) and annotation.items:
            variable = annotation.items[0].text
            if annotation.value.text in TYPES and returns.text in (
                variable,
                f"{variable} | None",
                f"Optional[{variable}]",
            ):
                argument = function.argument(call, param.name)
                class_ = UNKNOWN if argument is None else knows.value_of(argument)
                given = class_.inner if class_.kind is Kind.CLASS else UNKNOWN
                given = given.at_most(Confidence.MEDIUM, f"what {call.func.text}() is asked for")
                return replace(result, of=given) if result.kind is Kind.COROUTINE else given
    return result


def _asked_for(knows: Knowledge, call: Call, gives: Value) -> Value:
    """What `session.get(User, key)` gives: an instance, or None."""
    entity = call.argument(0, "entity")
    class_ = UNKNOWN if gives.kind is not Kind.COROUTINE or entity is None else knows.value_of(entity)
    is_own = class_.kind is Kind.CLASS and class_.inner.kind is Kind.INSTANCE
    return replace(gives, of=class_.inner.at_most(gives.confidence)) if is_own else gives


def _made(knows: Knowledge, call: Call, class_: Value) -> Value:
    if class_.inner.kind is Kind.FACTORY:
        made = call.keyword("class_")
        if (made is not None and knows.value_of(made).inner.kind.is_async_session) or "AsyncSession" in call.func.text:
            return Value(Kind.ASYNC_FACTORY, why=f"made in line {call.line}")
    return class_.inner.because(f"made in line {call.line}")


def is_of_sync_engine(knows: Knowledge, made: Node) -> bool:
    """Whether `sessionmaker(bind=engine)` gives it with an engine of `create_engine()`: a session that no `async with` enters,
    and of which nobody knows what its author meant by one."""
    found = (
        knows.scopes(made.file).lookup(made.func.text, made)
        if isinstance(made, Call) and isinstance(made.func, Name)
        else None
    )
    bound = [] if found is None else [one.node for one in found[1]]
    factory = bound[0].value if len(bound) == 1 and isinstance(bound[0], Assign) else None
    if not isinstance(factory, Call) or factory.keyword("class_") is not None:
        return False
    engine = factory.argument(0, "bind")
    return engine is not None and knows.value_of(engine).kind is Kind.ENGINE


def class_of(instance: Value) -> Value:
    """What `type(instance)` gives, and `instance.__class__`: the class that it is known to be of, or one derived of that."""
    known = instance.kind is Kind.INSTANCE and instance.definition is not None
    return Value(Kind.CLASS, of=instance, confidence=instance.confidence) if known else UNKNOWN


def _known_call(knows: Knowledge, call: Call) -> Value:  # noqa: C901 - one line a function
    name, args = call.method, call.args
    if name in DEPENDS:
        dependency = args[0] if args else call.keyword("dependency")
        return UNKNOWN if dependency is None else Value(Kind.DEPENDENCY, of=knows.provided(knows.value_of(dependency)))
    if name == "super" and call.class_ is not None:
        return replace(class_value(knows, call.class_).inner, name=SUPER)
    if not args:
        if name == "__anext__" and call.receiver is not None:
            return Value(Kind.COROUTINE, of=knows.value_of(call.receiver).inner)
        return UNKNOWN
    if name == "type" and call.receiver is None and len(args) == 1:
        return class_of(knows.value_of(args[0]))
    if name == "anext":
        return Value(Kind.COROUTINE, of=knows.value_of(args[0]).inner)
    if name == "enter_async_context":
        return Value(Kind.COROUTINE, of=knows.entered(knows.value_of(args[0])))
    if name in ("enter_context", "next"):
        entered = knows.value_of(args[0])
        return entered.inner if entered.kind in (Kind.ITERATOR, Kind.COLLECTION) else knows.entered(entered)
    if name in SAME:
        return replace(knows.value_of(args[0]), definition=None)
    if name == "partial":
        partial = knows.value_of(args[0])
        return (
            Value(Kind.CALLABLE, of=knows.result(partial.definition))
            if isinstance(partial.definition, FunctionDef)
            else UNKNOWN
        )
    if name in ("asynccontextmanager", "contextmanager"):
        made = one_of([knows.provided(knows.value_of(one)) for one in _choices(args[0])])
        kind = Kind.ASYNC_CONTEXT if name.startswith("async") else Kind.CONTEXT
        return Value(Kind.CALLABLE, of=Value(kind, of=made))
    if name == "cast" and len(args) > 1:
        return knows.annotated(args[0], call)
    if name == "import_module" and isinstance(args[0], Str) and not args[0].interpolations:
        module = knows.module(args[0].value, call.file)
        return UNKNOWN if module is None else Value(Kind.MODULE, definition=module.module, name=args[0].value)
    if name in GIVING and call.receiver is not None and len(args) == 1 and not call.keywords:
        return _given_by_container(knows, call, args[0])
    return UNKNOWN


def _choices(node: Node) -> tuple[Node, ...]:
    """What an expression chooses from: `given or usual`, `given if given else usual`; itself where it does not choose."""
    if isinstance(node, BoolOp):
        return (*_choices(node.left), *_choices(node.right))
    return (*_choices(node.body), *_choices(node.orelse)) if isinstance(node, IfExp) else (node,)


def _given_by_container(knows: Knowledge, call: Call, asked: Node) -> Value:
    """What `container.get(Users)` gives: an instance, or one to await where somebody awaits it."""
    class_ = knows.value_of(asked)
    if class_.kind is not Kind.CLASS or not (class_.inner.kind.is_async or class_.inner.kind is Kind.INSTANCE):
        return UNKNOWN
    given = class_.inner.at_most(Confidence.MEDIUM, f"what {call.func.text}() is asked for")
    return Value(Kind.COROUTINE, of=given) if isinstance(call.parent, Await) else given
