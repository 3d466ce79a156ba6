"""What an expression is, from declarations and data flow; looks at no use of it (`evidence` does)."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.annotation import collection_of, external
from forge_doctor.code.semantics.inference.app_state import set_before, state_value
from forge_doctor.code.semantics.inference.calls import call_value, class_of, is_of_sync_engine, method_value
from forge_doctor.code.semantics.inference.classes import TWINS, as_called_on, in_its_place
from forge_doctor.code.semantics.inference.functions import param_value
from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.inference.narrowing import narrow
from forge_doctor.code.semantics.inference.unpacking import entered_part, paired_source, part_of
from forge_doctor.code.semantics.inference.usage.usage_hints import is_called_like_factory
from forge_doctor.code.semantics.library.kinds import (
    NONE,
    OTHER,
    SELF_ENTERED_KINDS,
    UNKNOWN,
    Kind,
    Value,
    one_of,
)
from forge_doctor.code.semantics.library.methods import ATTRIBUTES
from forge_doctor.code.semantics.library.symbols import APPLICATION_OBJECTS, REPOSITORY_SESSION, is_async_repository
from forge_doctor.code.semantics.names.bindings import Binding, How, captured
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.syntax.nodes import (
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
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence

ENTERED_BY_NAME = Value(Kind.ASYNC_SESSION, confidence=Confidence.MEDIUM, why="entered, and its maker named like one")
MOST_WAYS = 64  # to give a name its value
MOST_ELEMENTS = 8  # a table of data has many


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
        if awaited.kind in (Kind.COROUTINE, Kind.STARTABLE):
            return awaited.inner
        return OTHER if awaited == OTHER else UNKNOWN  # another driver's `connect()`
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
    if isinstance(node, Sequence | Comprehension | Dict):
        return _collection(knows, node)
    if isinstance(node, Str):
        return OTHER
    return UNKNOWN


def _collection(knows: Knowledge, node: Sequence | Comprehension | Dict) -> Value:
    """A list, tuple or set by its elements, a dict by its values, where they are all of one sort."""
    if isinstance(node, Comprehension):
        pair = node.element
        elements, is_mapping = (pair.children[-1:], True) if pair.raw.type == "pair" else ((pair,), False)
    elif isinstance(node, Dict):
        elements, is_mapping = tuple(value for _, value in node.items), True
    else:
        elements, is_mapping = node.elts, False
    element = one_of([knows.value_of(one) for one in elements]) if len(elements) <= MOST_ELEMENTS else UNKNOWN
    return collection_of(element, Kind.MAPPING if is_mapping else Kind.COLLECTION)


def _subscript(knows: Knowledge, node: Subscript) -> Value:
    value = knows.value_of(node.value)
    if value.kind in (Kind.COLLECTION, Kind.MAPPING) and node.items and node.items[0].raw.type != "slice":
        return value.inner.at_most(value.confidence)
    return value if value.kind is Kind.CLASS else UNKNOWN


def _name(knows: Knowledge, node: Name) -> Value:
    found = knows.scopes(node.file).lookup(node.text, node)
    if found is None:
        return _star_or_builtin(knows, node)
    scope, all_bindings = found
    bindings = reaching(all_bindings, node) if scope is knows.scopes(node.file).of(node) else all_bindings
    if len(bindings) == 1:
        return knows.bound_value(bindings[0], node.file)
    if len(bindings) > MOST_WAYS:
        return UNKNOWN
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
    if binding.how is How.MATCH:
        return _matched(knows, node, binding.name)
    if isinstance(node, FunctionDef):
        return Value(Kind.FUNCTION, definition=node)
    if isinstance(node, Assign):
        return _assigned(knows, node, binding)
    if isinstance(node, NamedExpr):
        return knows.value_of(node.value)
    if isinstance(node, WithItem):
        return _entered(knows, node, binding)
    if isinstance(node, For | ComprehensionFor):
        return _iterated(knows, node, binding)
    return UNKNOWN


def _matched(knows: Knowledge, clause: Node, name: str) -> Value:
    """What a pattern binds: an object of the class it asks for."""
    class_ = next((one for bound, one in captured(clause) if bound == name), None)
    value = UNKNOWN if class_ is None else knows.value_of(class_)
    return value.inner.because(f"matched in line {clause.line}") if value.kind is Kind.CLASS else UNKNOWN


def _iterated(knows: Knowledge, node: For | ComprehensionFor, binding: Binding) -> Value:
    kinds: tuple[Kind, ...] = (Kind.ASYNC_ITERATOR,) if node.is_async else (Kind.ITERATOR, Kind.COLLECTION)
    source = node.iter
    if binding.path:
        paired = None if node.is_async or not isinstance(source, Call) else paired_source(source, binding.path)
        if paired is None:
            return UNKNOWN
        kinds, source = paired
    iterated = knows.value_of(source)
    return iterated.inner.at_most(iterated.confidence) if iterated.kind in kinds else UNKNOWN


def _assigned(knows: Knowledge, node: Assign, binding: Binding) -> Value:
    if node.is_augmented:
        return OTHER
    if node.annotation is not None:
        declared = knows.annotated(node.annotation, node)
        if declared.is_known and not _is_twin(knows, declared, node):
            return declared.because(f"annotated in line {node.line}")
    if node.value is None:
        return UNKNOWN
    value = part_of(knows, node.value, binding.path) if binding.path else knows.value_of(node.value)
    return value.because(f"assigned in line {node.line}")


def _is_twin(knows: Knowledge, declared: Value, node: Assign) -> bool:
    """Whether something async is annotated as its sync class: `make: sessionmaker = make_async_session`; or the rows that
    were awaited as those that arrive one by one: `rows: AsyncResult = await session.execute(query)`."""
    twin = Kind.RESULT if declared.kind is Kind.ASYNC_RESULT else TWINS.get(declared.kind)
    return twin is not None and node.value is not None and knows.value_of(node.value).kind is twin


def _entered(knows: Knowledge, item: WithItem, binding: Binding) -> Value:
    if binding.path:
        return entered_part(knows, knows.value_of(item.value), binding.path)
    manager = knows.value_of(item.value)
    value, statement = knows.entered(manager), with_of(item)
    if statement is None:
        return value
    if statement.is_async:
        # No sync session, connection or transaction can itself be entered with `async with`; what enters may give one.
        twin = TWINS.get(manager.kind)
        if twin is not None:
            if is_of_sync_engine(knows, item.value):
                return OTHER
            return Value(twin, confidence=Confidence.MEDIUM, why="entered with `async with`")
        return value if value.is_known or not is_called_like_factory(item.value) else ENTERED_BY_NAME
    # A plain `with` of something unknown binds nothing of asyncio's: that all needs `async with`.
    return value if value.is_known else OTHER


def _attribute(knows: Knowledge, node: Attribute) -> Value:
    value, name = knows.value_of(node.value), node.attr
    if value.kind is Kind.MODULE and value.definition is not None:
        target = knows.export(value.definition.file, name)
        if target is not None:
            return target_value(knows, target.file, target.binding, target.dotted)
        inner = knows.module(f"{value.name}.{name}", node.file)
        return UNKNOWN if inner is None else Value(Kind.MODULE, definition=inner.module, name=f"{value.name}.{name}")
    if value.kind is Kind.EXTERNAL:
        dotted = f"{value.name}.{name}"
        # Of a package without a mark only its modules are there.
        inner = None if dotted.startswith("builtins.") else knows.module(dotted, node.file)
        return external(dotted) if inner is None else Value(Kind.MODULE, definition=inner.module, name=dotted)
    if isinstance(value.definition, ClassDef) or (value.kind is Kind.CLASS and value.inner.definition is not None):
        found = knows.attribute(value, name)
        if found.is_known:
            return in_its_place(knows, node, found).at_most(value.confidence)
    if name == "__class__":
        return class_of(value)
    if value.kind is Kind.OTHER and value.of is not None and name in APPLICATION_OBJECTS:
        return value.of.at_most(Confidence.MEDIUM, f"the class that {node.value.text} is annotated with")
    kept = _kept_by_library(value, name)
    if kept.is_known:
        return kept
    method = _begun(knows, value) if (value.kind, name) == (Kind.ASYNC_ENGINE, "begin") else method_value(value, name)
    if method.is_known:
        return Value(Kind.CALLABLE, of=method)
    of_state = state_value(knows, node)
    return of_state if of_state.is_known else set_before(knows, node)


def _kept_by_library(value: Value, name: str) -> Value:
    """What an object of a library keeps: `transaction.connection`, `repository.session`."""
    if value.kind is Kind.OTHER and name == "session" and is_async_repository(value.name):
        return REPOSITORY_SESSION
    kind = ATTRIBUTES.get((value.kind, name))
    return UNKNOWN if kind is None else Value(kind, confidence=value.confidence, why=value.why)


def _begun(knows: Knowledge, engine: Value) -> Value:
    """What `begin()` of an engine gives: SQLAlchemy's asks `connect()`, which a class of the project may have its own of."""
    own = engine.definition
    connect = knows.method(own, "connect") if isinstance(own, ClassDef) else None
    if connect is None:
        return method_value(engine, "begin")
    return Value(Kind.ASYNC_CONTEXT, of=knows.entered(knows.result(connect)))


def entered(knows: Knowledge, manager: Value) -> Value:
    """What `with` or `async with` binds."""
    if manager.kind in (Kind.ASYNC_CONTEXT, Kind.STARTABLE, Kind.CONTEXT):
        return manager.inner.at_most(manager.confidence)
    if manager.kind in (Kind.ASYNC_ITERATOR, Kind.ITERATOR):
        return manager.inner.at_most(Confidence.MEDIUM)
    if isinstance(manager.definition, ClassDef):
        for name in ("__aenter__", "__enter__"):
            method = knows.method(manager.definition, name)
            if method is not None:
                value = as_called_on(manager, method, knows.result(method))
                return value.inner if value.kind is Kind.COROUTINE else value
    is_itself = manager.kind.is_async or manager.kind.is_sync or manager.kind in SELF_ENTERED_KINDS
    return manager if is_itself or manager.kind is Kind.OTHER else UNKNOWN


def with_of(item: WithItem) -> With | None:
    """The statement an item belongs to."""
    return item.enclosing(With)
