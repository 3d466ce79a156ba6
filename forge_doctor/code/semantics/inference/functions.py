"""What calling a project's function gives, what its parameters hold, what a dependency provides."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.decorators import given_by_decorator
from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.inference.usage.usage_hints import SESSION_NAME
from forge_doctor.code.semantics.library.kinds import NONE, UNKNOWN, Kind, Value, one_of, words
from forge_doctor.code.semantics.library.symbols import (
    ASYNC_MANAGER_DECORATORS,
    HARMLESS_DECORATORS,
    MANAGER_DECORATORS,
    PROPERTY_DECORATORS,
    WRAPPING_DECORATORS,
)
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Call,
    ClassDef,
    FunctionDef,
    Lambda,
    Name,
    Node,
    Param,
    Return,
    Yield,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence

# Decorators that register a function and give it back.
REGISTERING = words(
    """get post put patch delete head options route api_route websocket on_event middleware
    exception_handler listens_for validates field_validator model_validator asynccontextmanager
    contextmanager fixture mark parametrize asyncio usefixtures skip skipif property
    cached_property setter message edited_message callback_query inline_query my_chat_member chat_join_request
    pre_checkout_query handle got event listener"""
)


def result(knows: Knowledge, function: FunctionDef) -> Value:
    """What calling it gives."""
    value = _undecorated(knows, function)
    plain = HARMLESS_DECORATORS | REGISTERING | PROPERTY_DECORATORS
    doubtful = [one for one in function.decorators if _name(one) not in plain and _home_name(knows, one) not in plain]
    if not doubtful:
        return value
    kept = function.is_async and not function.is_generator and all(_wraps_async(knows, one) for one in doubtful)
    return value.at_most(Confidence.MEDIUM if kept else Confidence.LOW, f"decorated by {_name(doubtful[0])}")


def _wraps_async(knows: Knowledge, decorator: Node) -> bool:
    """Whether it is a function of the project that puts an `async def` of its own in the place of another (or has one inside,
    where nobody can tell what it gives back), or has the name of a library's that does so."""
    called = knows.value_of(decorator.func if isinstance(decorator, Call) else decorator)
    if not isinstance(called.definition, FunctionDef):
        return _name(decorator) in WRAPPING_DECORATORS
    inside = [one for one in called.definition.find(FunctionDef) if not one.is_generator]
    put = _given_back(called.definition)
    if put is not called.definition and not put.is_async:
        makes = {one.name for one in inside if one.is_async}
        given = [one.value for one in put.find(Return, nested=False)]
        itself = any(isinstance(one, Name) and one.text in put.param_names for one in given)
        return itself or _hands_on(put) or any(isinstance(one, Call) and one.func.text in makes for one in given)
    return any(one.is_async or _hands_on(one) for one in inside)


def _given_back(decorator: FunctionDef) -> FunctionDef:
    """The innermost function that a decorator gives back by its name, or what one gives back that it makes; itself where it
    gives back something else."""
    inside = {one.name: one for one in decorator.find(FunctionDef)}
    returned = (one.value for one in decorator.find(Return, nested=False))
    given = next((inside[one.text] for one in returned if isinstance(one, Name) and one.text in inside), None)
    return decorator if given is None else _given_back(given)


def _hands_on(wrapper: FunctionDef) -> bool:
    """Whether each of its returns gives what the function gives that is decorated: `return wrapped(*args)`."""
    given = {name for one in wrapper.ancestors if isinstance(one, FunctionDef) for name in one.param_names}
    returned = [one.value for one in wrapper.find(Return, nested=False)]
    return bool(returned) and all(isinstance(one, Call) and one.func.text in given for one in returned)


def _undecorated(knows: Knowledge, function: FunctionDef) -> Value:
    declared = knows.annotated(function.returns, function) if function.returns is not None else UNKNOWN
    if function.is_generator:
        return _generated(knows, function, declared)
    if declared.kind is Kind.ASYNC_ITERATOR and not function.is_async and _is_managed(knows, function):
        return Value(Kind.ASYNC_CONTEXT, of=declared.of)
    value = declared
    if not declared.is_known and not function.is_stub:
        value = returned(knows, function)
    elif declared.kind is Kind.INSTANCE and is_property(function):
        value = _told_better(knows, function, declared)
    elif declared.kind is Kind.ASYNC_RESULT and not function.is_stub:
        # What `execute` and `scalars` give is easily taken for what `stream` gives.
        given = returned(knows, function)
        value = given if given.kind is Kind.RESULT else declared
    if function.is_async:
        if declared.kind is Kind.ASYNC_ITERATOR and function.is_stub:
            return declared
        return Value(Kind.COROUTINE, of=value, definition=function, why=f"{function.qualname} is async")
    return value


def _told_better(knows: Knowledge, function: FunctionDef, declared: Value) -> Value:
    """What a property gives: what it returns where that is of another class than it says, such as one that wraps it."""
    given = returned(knows, function)
    other = given.definition if given.kind is Kind.INSTANCE else None
    if not isinstance(other, ClassDef) or any(
        one.inner.definition is declared.definition for one in knows.bases(other)
    ):
        return declared
    return given


def _generated(knows: Knowledge, function: FunctionDef, declared: Value) -> Value:
    item = declared
    if declared.kind in (Kind.ASYNC_ITERATOR, Kind.ITERATOR, Kind.ASYNC_CONTEXT, Kind.CONTEXT):
        item = declared.inner
    if not item.is_known:
        values = [knows.value_of(one.value) for one in function.find(Yield, nested=False) if one.value is not None]
        item = one_of(values)
    item = item.because(f"yielded by {function.qualname}")
    if function.is_async:
        managed = _is_managed(knows, function)
        return Value(Kind.ASYNC_CONTEXT if managed else Kind.ASYNC_ITERATOR, of=item, definition=function)
    managed = decorated(function, MANAGER_DECORATORS)
    return Value(Kind.CONTEXT if managed else Kind.ITERATOR, of=item, definition=function)


def returned(knows: Knowledge, function: FunctionDef) -> Value:
    """What its `return` statements give."""
    returns = [one.value for one in function.find(Return, nested=False)]
    if not returns:
        return NONE
    return one_of([NONE if value is None else knows.value_of(value) for value in returns]).because(
        f"returned by {function.qualname}"
    )


def provided(knows: Knowledge, dependency: Value) -> Value:
    """What a framework hands over for a dependency: what it yields, returns or builds."""
    value = dependency
    if value.kind is Kind.FUNCTION and isinstance(value.definition, FunctionDef):
        value = _undecorated(knows, value.definition)
    elif value.kind in (Kind.CLASS, Kind.CALLABLE):
        value = value.inner
    elif value.kind is Kind.INSTANCE and isinstance(value.definition, ClassDef):
        call = knows.method(value.definition, "__call__")
        value = UNKNOWN if call is None else _undecorated(knows, call)
    elif value.kind in (Kind.ASYNC_FACTORY, Kind.FACTORY):
        value = Value(Kind.ASYNC_SESSION if value.kind is Kind.ASYNC_FACTORY else Kind.SESSION)
    while value.kind in (Kind.COROUTINE, Kind.ASYNC_ITERATOR, Kind.ITERATOR, Kind.ASYNC_CONTEXT, Kind.CONTEXT):
        value = value.inner
    return value.because("provided by a dependency")


def param_value(knows: Knowledge, node: Node) -> Value:
    """What a parameter holds, told by its type, its default, its place or a fixture of its name."""
    function = node.parent
    if isinstance(function, Lambda) or not isinstance(function, FunctionDef):
        return UNKNOWN
    if isinstance(node, Param):
        if node.is_spread:
            return UNKNOWN
        declared = _declared(knows, node, function)
        if declared.is_known:
            return declared.because(f"parameter of {function.qualname}")
    name = node.name if isinstance(node, Param) else node.text
    if function.is_method and function.param_names[:1] == (name,) and not function.decorated_by("staticmethod"):
        owner = function.owner
        instance = Value(Kind.INSTANCE, definition=owner)
        return Value(Kind.CLASS, of=instance) if function.decorated_by("classmethod") else instance
    if is_test(function):
        fixture = find_fixture(knows, name, function)
        if fixture is not None:
            return provided(knows, Value(Kind.FUNCTION, definition=fixture)).because(f"fixture {name}")
    is_untyped = not isinstance(node, Param) or (node.annotation is None and node.default is None)
    if is_untyped and function.decorators and (given := given_by_decorator(knows, name, function)).is_known:
        return given
    return _handed_over(knows, name, function) if is_untyped and SESSION_NAME.match(name) else UNKNOWN


def _handed_over(knows: Knowledge, name: str, function: FunctionDef) -> Value:
    """What the calls in its own file give for a parameter called like a session, where all of them are understood."""
    values = []
    for call in function.file.calls(function.name):
        if knows.value_of(call.func).definition is function:
            argument = function.argument(call, name)
            values.append(UNKNOWN if argument is None else knows.known(argument))
    if not values or any(not one.kind.is_async or one.confidence is Confidence.LOW for one in values):
        return UNKNOWN
    return one_of(values).at_most(Confidence.MEDIUM, f"handed over by calls of {function.qualname}")


def _declared(knows: Knowledge, node: Param, function: FunctionDef) -> Value:
    value = knows.annotated(node.annotation, function) if node.annotation is not None else UNKNOWN
    if node.default is None or (value.is_known and value.kind is not Kind.SESSION):
        return value
    default = knows.value_of(node.default)
    given = default.inner if default.kind is Kind.DEPENDENCY else UNKNOWN
    if not value.is_known and default.kind in (Kind.ASYNC_FACTORY, Kind.FACTORY):
        return default  # who gives another one gives a factory as well
    # A framework does not look at the type: what is said to be a Session is what the dependency gives.
    return value if value.is_known and given.kind is not Kind.ASYNC_SESSION else given


def is_test(function: FunctionDef) -> bool:
    """Whether pytest fills in the parameters of a function."""
    return function.name.startswith("test") or function.decorated_by("fixture")


def find_fixture(knows: Knowledge, name: str, at: FunctionDef) -> FunctionDef | None:
    """The pytest fixture of that name: in the file, else in the nearest conftest.py."""
    files: list[SourceFile | None] = [at.file]
    files += [knows.open(folder / "conftest.py", at.file) for folder in at.file.absolute.parents[:6]]
    for file in files:
        if file is None or name.encode() not in file.data:
            continue
        for binding in knows.scopes(file).module.bindings(name):
            if isinstance(binding.node, FunctionDef) and binding.node is not at:
                return binding.node
    return None


def decorated(function: FunctionDef, names: frozenset[str]) -> bool:
    """Whether a decorator's last name is one of these."""
    return any(_name(one) in names for one in function.decorators)


def _is_managed(knows: Knowledge, function: FunctionDef) -> bool:
    """Whether it is an `@asynccontextmanager`, by whatever name that is imported."""
    if decorated(function, ASYNC_MANAGER_DECORATORS):
        return True
    return any(_home_name(knows, one) in ASYNC_MANAGER_DECORATORS for one in function.decorators)


def is_property(function: FunctionDef) -> bool:
    """Whether it is read like an attribute."""
    return decorated(function, PROPERTY_DECORATORS)


def _name(decorator: Node) -> str:
    func = decorator.func if isinstance(decorator, Call) else decorator
    return func.attr if isinstance(func, Attribute) else func.text


def _home_name(knows: Knowledge, decorator: Node) -> str:
    """The name an imported decorator has at home; its own where that is not known."""
    func = decorator.func if isinstance(decorator, Call) else decorator
    value = knows.value_of(func)
    return value.name.rpartition(".")[2] if value.kind is Kind.EXTERNAL else _name(decorator)
