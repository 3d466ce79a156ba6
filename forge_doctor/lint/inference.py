"""What an expression is, from declarations and data flow; looks at no use of it (`evidence` does)."""

from __future__ import annotations

from dataclasses import replace

from forge_doctor.finding import Confidence
from forge_doctor.lint.annotation import external
from forge_doctor.lint.bindings import Binding, How
from forge_doctor.lint.classes import as_called_on
from forge_doctor.lint.functions import param_value
from forge_doctor.lint.kinds import NONE, OTHER, UNKNOWN, Kind, Value, one_of
from forge_doctor.lint.knowledge import Knowledge
from forge_doctor.lint.library import DEPENDS, LOOKALIKES
from forge_doctor.lint.methods import ATTRIBUTES, AWAITED, COROUTINES, ENTERED, PLAIN, STARTABLE
from forge_doctor.lint.narrowing import narrow
from forge_doctor.lint.nodes import (
    Assign,
    Attribute,
    Await,
    BoolOp,
    Call,
    ClassDef,
    Comprehension,
    ComprehensionFor,
    Constant,
    Dict,
    For,
    FunctionDef,
    IfExp,
    Lambda,
    Name,
    NamedExpr,
    Node,
    Sequence,
    Str,
    Subscript,
    With,
    WithItem,
)
from forge_doctor.lint.scopes import reaching
from forge_doctor.lint.source import SourceFile
from forge_doctor.lint.state import state_value

CALLED = {
    Kind.ASYNC_FACTORY: Kind.ASYNC_SESSION,
    Kind.ASYNC_SCOPED: Kind.ASYNC_SESSION,
    Kind.FACTORY: Kind.SESSION,
    Kind.SCOPED: Kind.SESSION,
}
MOST_ELEMENTS = 8  # a table of data has many
# Functions that give back the coroutine they are given, or a task of it.
SAME = frozenset({"wait_for", "shield", "create_task", "ensure_future"})


def value_of(knows: Knowledge, node: Node) -> Value:  # noqa: C901 - one line a sort of expression
    """What an expression is."""
    if isinstance(node, Name):
        return narrow(knows, node, _name(knows, node))
    if isinstance(node, Attribute):
        return narrow(knows, node, _attribute(knows, node))
    if isinstance(node, Call):
        return call_value(knows, node)
    if isinstance(node, Await):
        awaited = knows.value_of(node.value)
        return awaited.inner if awaited.kind in (Kind.COROUTINE, Kind.STARTABLE) else UNKNOWN
    if isinstance(node, IfExp):
        return one_of([knows.value_of(node.body), knows.value_of(node.orelse)])
    if isinstance(node, BoolOp):
        return one_of([knows.value_of(node.left), knows.value_of(node.right)])
    if isinstance(node, NamedExpr):
        return knows.value_of(node.value)
    if isinstance(node, Lambda):
        return Value(Kind.CALLABLE, of=knows.value_of(node.body))
    if isinstance(node, Subscript):
        return _subscript(knows, node)
    if isinstance(node, Constant):
        return NONE if node.text == "None" else OTHER
    if isinstance(node, Sequence | Comprehension):
        return _collection(knows, node)
    if isinstance(node, Str | Dict):
        return OTHER
    return UNKNOWN


def _collection(knows: Knowledge, node: Sequence | Comprehension) -> Value:
    """A list, tuple or set by its elements, where they are all of one sort."""
    elements = node.elts if isinstance(node, Sequence) else (node.element,)
    element = one_of([knows.value_of(one) for one in elements]) if len(elements) <= MOST_ELEMENTS else UNKNOWN
    return Value(Kind.COLLECTION, of=element) if element.kind.is_async or element.kind is Kind.INSTANCE else OTHER


def _subscript(knows: Knowledge, node: Subscript) -> Value:
    value = knows.value_of(node.value)
    if value.kind is Kind.COLLECTION and node.items and node.items[0].raw.type != "slice":
        return value.inner
    return value if value.kind is Kind.CLASS else UNKNOWN


def _name(knows: Knowledge, node: Name) -> Value:
    found = knows.scopes(node.file).lookup(node.text, node)
    if found is None:
        return _star_or_builtin(knows, node)
    scope, bindings = found
    if scope is knows.scopes(node.file).of(node):
        bindings = reaching(bindings, node)
    if len(bindings) == 1:
        return knows.bound_value(bindings[0], node.file)
    return one_of([knows.bound_value(one, node.file) for one in bindings])


def _star_or_builtin(knows: Knowledge, node: Name) -> Value:
    target = knows.export(node.file, node.text) if knows.scopes(node.file).module.star_imports else None
    if target is None:
        return Value(Kind.EXTERNAL, name=f"builtins.{node.text}")
    return target_value(knows, target.file, target.binding, target.dotted)


def target_value(knows: Knowledge, file: SourceFile | None, binding: Binding | None, dotted: str) -> Value:
    """What an import's target is."""
    if file is None:
        return external(dotted)
    if binding is None:
        return Value(Kind.MODULE, definition=file.module, name=dotted)
    return knows.bound_value(binding, file)


def bound_value(knows: Knowledge, binding: Binding, file: SourceFile) -> Value:
    """What a binding holds."""
    node = binding.node
    if binding.how is How.IMPORT:
        target = knows.target(binding, file)
        if target.binding is not None and target.binding.how is How.IMPORT:
            return UNKNOWN  # modules import the name from each other in a circle
        return target_value(knows, target.file, target.binding, target.dotted)
    if binding.how is How.PARAM:
        return param_value(knows, node)
    if isinstance(node, FunctionDef):
        return Value(Kind.FUNCTION, definition=node)
    if isinstance(node, Assign):
        return _assigned(knows, node, binding)
    if isinstance(node, NamedExpr):
        return knows.value_of(node.value)
    if isinstance(node, WithItem):
        value = UNKNOWN if binding.path else knows.entered(knows.value_of(node.value))
        statement = with_of(node)
        # A plain `with` of something unknown binds nothing of asyncio's: that all needs `async with`.
        plain = statement is not None and not statement.is_async
        return OTHER if plain and not value.is_known else value
    if isinstance(node, For | ComprehensionFor):
        iterated = knows.value_of(node.iter)
        kinds = (Kind.ASYNC_ITERATOR,) if node.is_async else (Kind.ITERATOR, Kind.COLLECTION)
        return iterated.inner if iterated.kind in kinds and not binding.path else UNKNOWN
    return UNKNOWN


def _assigned(knows: Knowledge, node: Assign, binding: Binding) -> Value:
    if node.is_augmented:
        return OTHER
    if node.annotation is not None:
        declared = knows.annotated(node.annotation, node)
        if declared.is_known:
            return declared.because(f"annotated in line {node.line}")
    value = node.value
    for index in binding.path:
        if not isinstance(value, Sequence) or not 0 <= index < len(value.elts):
            return UNKNOWN
        value = value.elts[index]
    return UNKNOWN if value is None else knows.value_of(value).because(f"assigned in line {node.line}")


def _attribute(knows: Knowledge, node: Attribute) -> Value:
    value, name = knows.value_of(node.value), node.attr
    if value.kind is Kind.MODULE and value.definition is not None:
        target = knows.export(value.definition.file, name)
        if target is not None:
            return target_value(knows, target.file, target.binding, target.dotted)
        inner = knows.module(f"{value.name}.{name}", node.file)
        return UNKNOWN if inner is None else Value(Kind.MODULE, definition=inner.module, name=f"{value.name}.{name}")
    if value.kind is Kind.EXTERNAL:
        return external(f"{value.name}.{name}")
    if isinstance(value.definition, ClassDef) or (value.kind is Kind.CLASS and value.inner.definition is not None):
        found = knows.attribute(value, name)
        if found.is_known:
            return found.at_most(value.confidence)
    if (value.kind, name) in ATTRIBUTES:
        return Value(ATTRIBUTES[(value.kind, name)], confidence=value.confidence, why=value.why)
    method = method_value(value, name)
    return Value(Kind.CALLABLE, of=method) if method.is_known else state_value(knows, node)


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
    return UNKNOWN


def call_value(knows: Knowledge, call: Call) -> Value:
    """What a call gives."""
    func = knows.value_of(call.func)
    if func.kind is Kind.FUNCTION and isinstance(func.definition, FunctionDef):
        result = knows.result(func.definition)
        return result if call.receiver is None else as_called_on(knows.value_of(call.receiver), func.definition, result)
    if func.kind is Kind.CLASS:
        return _made(knows, call, func)
    if func.kind is Kind.CALLABLE:
        return func.inner
    if func.kind in CALLED:
        return Value(CALLED[func.kind], confidence=func.confidence, why=func.why or f"made by {call.func.text}()")
    if func.kind is Kind.INSTANCE and isinstance(func.definition, ClassDef):
        method = knows.method(func.definition, "__call__")
        return UNKNOWN if method is None else knows.result(method)
    if func.kind is Kind.EXTERNAL and func.name.partition(".")[0] in LOOKALIKES:
        return OTHER
    return _known_call(knows, call)


def _made(knows: Knowledge, call: Call, class_: Value) -> Value:
    if class_.inner.kind is Kind.FACTORY:
        made = call.keyword("class_")
        if (made is not None and knows.value_of(made).inner.kind.is_async_session) or "AsyncSession" in call.func.text:
            return Value(Kind.ASYNC_FACTORY, why=f"made in line {call.line}")
    return class_.inner.because(f"made in line {call.line}")


def _known_call(knows: Knowledge, call: Call) -> Value:  # noqa: C901 - one line a function
    name, args = call.method, call.args
    if name in DEPENDS:
        dependency = args[0] if args else call.keyword("dependency")
        return UNKNOWN if dependency is None else Value(Kind.DEPENDENCY, of=knows.provided(knows.value_of(dependency)))
    if name == "super" and call.class_ is not None:
        return Value(Kind.INSTANCE, definition=call.class_)
    if not args:
        if name == "__anext__" and call.receiver is not None:
            return Value(Kind.COROUTINE, of=knows.value_of(call.receiver).inner)
        return UNKNOWN
    if name == "anext":
        return Value(Kind.COROUTINE, of=knows.value_of(args[0]).inner)
    if name == "enter_async_context":
        return Value(Kind.COROUTINE, of=knows.entered(knows.value_of(args[0])))
    if name in ("enter_context", "next"):
        entered = knows.value_of(args[0])
        return entered.inner if entered.kind is Kind.ITERATOR else knows.entered(entered)
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
        made = knows.provided(knows.value_of(args[0]))
        kind = Kind.ASYNC_CONTEXT if name.startswith("async") else Kind.CONTEXT
        return Value(Kind.CALLABLE, of=Value(kind, of=made))
    if name == "cast" and len(args) > 1:
        return knows.annotated(args[0], call)
    return UNKNOWN


def entered(knows: Knowledge, manager: Value) -> Value:
    """What `with` or `async with` binds."""
    if manager.kind in (Kind.ASYNC_CONTEXT, Kind.STARTABLE, Kind.CONTEXT):
        return manager.inner
    if manager.kind in (Kind.ASYNC_ITERATOR, Kind.ITERATOR):
        return manager.inner.at_most(Confidence.MEDIUM)
    if isinstance(manager.definition, ClassDef):
        for name in ("__aenter__", "__enter__"):
            method = knows.method(manager.definition, name)
            if method is not None:
                value = knows.result(method)
                return value.inner if value.kind is Kind.COROUTINE else value
    return manager if manager.kind.is_async or manager.kind.is_sync or manager.kind is Kind.OTHER else UNKNOWN


def with_of(item: WithItem) -> With | None:
    """The statement an item belongs to."""
    return item.enclosing(With)
