"""Whether a call awaits (or hands on) the coroutine it is given as an argument; looks one call deep."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.library.kinds import Kind, Value, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import relationship_names
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    FunctionDef,
    Keyword,
    Name,
    Node,
    Param,
    Starred,
    Subscript,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.coroutines.declared import (
    OPEN_TYPE,
    is_meant_for_coroutines,
    says_what_it_holds,
    text_of,
)
from forge_doctor.lint.dataflow.use_def import parameter_name
from forge_doctor.lint.dataflow.uses import Fate, Use, harmless
from forge_doctor.regex import regex

# Callables that take a coroutine to run it, by words anywhere in the name but not by those of `truncate` or `trace`.
TAKERS = regex(
    r"gather|task|coro|await|async|future|shield|timeout|nursery|spawn|schedule|submit|background|completed|measure"
    r"|partial|promise|fail_after|suspend|concurren|wait|soon|retry|delay|defer|limit|timed|loop|(?<![tp])run"
    r"|(?<![a-z])(?:fire|trio|race)",
)
CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])")
# Names of what is knowingly no result yet. A `task` may be one of the user's own.
KEPT_FOR_LATER = regex(r"(?:^|_)(?:coro|coroutine|awaitable|future|fut)s?(?:$|_)")
RUNS_COROUTINES = regex(rb"gather|create_task|ensure_future|start_soon|run_coroutine|\basyncio\.(?:wait|as_completed)")
COLLECTORS = frozenset({"append", "add", "extend", "put", "put_nowait", "insert", "appendleft", "push"})
# Builtins and library functions that want the result, never a coroutine.
WANTS_DATA = words(
    """list dict set tuple len str int float bool sorted print repr sum min max any all isinstance
    enumerate zip map filter iter next range abs round bytes frozenset getattr setattr hasattr type
    vars format reversed dumps jsonable_encoder model_validate from_orm parse_obj JSONResponse
    ORJSONResponse json_response jsonify send_json
    HTTPException info debug warning error exception join deepcopy copy validate_python TypeAdapter
    UUID Decimal reduce fsum mean median Counter nlargest nsmallest"""
)
# How a task of a queue is sent: with arguments that are written down.
SENDING = words("delay apply_async si kiq")
# What runs a function in a thread, by the place of the function; its arguments stand behind it.
RUN_IN_THREAD = {"to_thread": 0, "run_sync": 0, "run_in_threadpool": 0, "run_in_executor": 1}
# What a session does with a mapped object alone.
OF_MAPPED = words("add delete merge refresh expunge")
OF_SESSIONS = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)


def takes_coroutines(name: str) -> bool:
    """Whether something is called as if it ran the coroutines it is given."""
    return TAKERS.search(CAMEL.sub("_", name).lower()) is not None


def judge_argument(project: Project, call: Call, node: Node, around: Node, depth: int = 0) -> Fate:
    """What becomes of a coroutine as an argument; `around` is its keyword, else the call itself."""
    fault = Fate(use=Use.ARGUMENT, node=call)
    method = call.method
    function = project.called(call)
    if function is not None and depth < 4:
        return _judge_parameter(project, function, call, node, around)
    if method in WANTS_DATA or is_mapped_by_session(project, fault) or _is_sent(project, call):
        return fault
    if method in COLLECTORS and call.receiver is not None:
        return _fate_of_collected(project, call)
    if _is_data_of_thread(project, call, node):
        return fault._replace(confidence=Confidence.MEDIUM)
    class_ = project.value_of(call.func)
    field = _field_type(project, class_, around.name) if isinstance(around, Keyword) else None
    if field is not None and not OPEN_TYPE.fullmatch(field.text):
        return harmless(node) if is_meant_for_coroutines(project, field) else fault
    if class_.kind is Kind.CLASS and class_.inner.kind is Kind.INSTANCE and not takes_coroutines(call.func.text):
        return fault
    return _judge_unknown(call, node)


def is_mapped_by_session(project: Project, fate: Fate) -> bool:
    """Whether it is what a session is given to add, merge or refresh: no coroutine is mapped, and so it raises."""
    call = fate.node
    if fate.use is not Use.ARGUMENT or not isinstance(call, Call) or call.method not in OF_MAPPED:
        return False
    return call.receiver is not None and project.known(call.receiver).kind in OF_SESSIONS


def _is_sent(project: Project, call: Call) -> bool:
    """Whether it is `notify.delay(...)` of a function of the project."""
    if call.method not in SENDING or call.receiver is None:
        return False
    return isinstance(project.value_of(call.receiver).definition, FunctionDef)


def _is_data_of_thread(project: Project, call: Call, node: Node) -> bool:
    """Whether it goes to a parameter of a plain function that a thread runs, which is declared to hold something else:
    `to_thread.run_sync(count, rows)`."""
    place = RUN_IN_THREAD.get(call.method)
    if call.method == "run_sync" and (call.receiver is None or not call.receiver.text.endswith("to_thread")):
        return False
    if place is None or node not in call.args[place + 1 :]:
        return False
    function = project.value_of(call.args[place]).definition
    if not isinstance(function, FunctionDef) or function.is_async or function.is_method:
        return False
    name = next(iter(function.param_names[min(call.args.index(node) - place - 1, function.places) :]), "")
    param = function.param(name)
    annotation = None if param is None else param.annotation
    closed = annotation is not None and not OPEN_TYPE.fullmatch(annotation.text)
    return closed and not is_meant_for_coroutines(project, annotation)


def _judge_unknown(call: Call, node: Node) -> Fate:
    """By the name of what is called alone. A plain function can but hand it to something that runs it."""
    function = call.function
    plain = function is not None and not function.is_async
    if plain or not call.method or takes_coroutines(call.func.text):
        return harmless(node)
    return Fate(use=Use.ARGUMENT, node=call, confidence=Confidence.MEDIUM)


def _field_type(project: Project, class_: Value, name: str) -> Node | None:
    """The type of a field, as written in the body of a class of the project or of one of its bases."""
    definition = class_.inner.definition if class_.kind is Kind.CLASS else None
    bases = project.bases(definition) if isinstance(definition, ClassDef) else ()
    for owner in (base.inner.definition for base in bases):
        scope = None if owner is None else project.scopes(owner.file).opened_by(owner)
        for binding in [] if scope is None else scope.bindings(name):
            if isinstance(binding.node, Assign) and binding.node.annotation is not None:
                return binding.node.annotation
    return None


def _judge_parameter(project: Project, function: FunctionDef, call: Call, node: Node, around: Node) -> Fate:
    data = function.file.data[function.start : function.end]
    name = _parameter(project, function, call, node, around)
    if not name:
        may_await = _may_await_one_of_many(function, data) and not _loops_over_each(function, data)
        return harmless(node) if may_await else _judge_unknown(call, node)
    param = function.param(name)
    annotation = None if param is None else param.annotation
    if is_meant_for_coroutines(project, annotation):
        return harmless(node)
    if annotation is None and KEPT_FOR_LATER.search(name):
        return harmless(node)
    declared = text_of(annotation)
    word = re.escape(name).encode()
    if re.search(rb"await\s[\s(]*\*?" + word + rb"\b|\biscoroutine|\bisawaitable", data):
        return harmless(node)
    known = bool(declared) and not OPEN_TYPE.fullmatch(declared)
    # A type variable of the class stands for what is written with the class, and for data where that is a model.
    is_of_class = bool(declared) and function.class_ is not None and _is_variable_of(function.class_, declared)
    if not known and takes_coroutines(function.name):
        return harmless(node)
    if not known and function.is_stub:
        return Fate(use=Use.ARGUMENT, node=call, confidence=Confidence.MEDIUM) if is_of_class else harmless(node)
    handed = re.search(rb"[(,*=\[]\s*\*?" + word + rb"\s*[),\]]", data) is not None
    return Fate(use=Use.ARGUMENT, node=call, confidence=Confidence.HIGH if known or not handed else Confidence.MEDIUM)


def _is_variable_of(class_: ClassDef, name: str) -> bool:
    """Whether a name is among what the bases of a class are written with: `class Mapper(ABC, Generic[M, D])`."""
    return any(isinstance(one, Subscript) and name in [item.text for item in one.items] for one in class_.bases)


def _may_await_one_of_many(function: FunctionDef, data: bytes) -> bool:
    """Whether a function may run what it is given as one of many: it starts coroutines, or awaits something of its
    `*args` or `**kwargs`."""
    if RUNS_COROUTINES.search(data) is not None or takes_coroutines(function.name):
        return True
    spread = [name for one, name in zip(function.params, function.param_names, strict=True) if _is_spread(one)]
    words = b"|".join(re.escape(name).encode() for name in spread)
    taken = rb"await\s[\s(]*(?:" + words + rb")\s*[.\[]|\bin\b[^\n:]{0,300}\b(?:" + words + rb")\b"
    return bool(spread) and re.search(taken, data) is not None


def _loops_over_each(function: FunctionDef, data: bytes) -> bool:
    """Whether a plain function loops over every one of its `*args`, as over the rows of a result: no coroutine can be."""
    if function.is_async or RUNS_COROUTINES.search(data) is not None or takes_coroutines(function.name):
        return False
    names = b"|".join(re.escape(one.lstrip("*").encode()) for one in function.param_names)
    outer = re.finditer(rb"\bfor\s+(\w+)\s+in\s+(?:" + names + rb")\b", data) if names else ()
    return any(re.search(rb"\bin\s+" + one.group(1) + rb"\s*[:\])]", data) is not None for one in outer)


def _parameter(project: Project, function: FunctionDef, call: Call, node: Node, around: Node) -> str:
    """The parameter an argument is given to; empty for one of many (`*args`, `**kwargs`)."""
    name = parameter_name(function, call, node, around)
    if node in call.args and _is_unbound(project, function, call):
        name = next(iter(function.param_names[min(call.args.index(node), function.places) :]), "")
    pairs = zip(function.params, function.param_names, strict=True)
    return "" if any(_is_spread(one) for one, named in pairs if named == name) else name


def _is_unbound(project: Project, function: FunctionDef, call: Call) -> bool:
    """Whether it is `User.delete(user, db)`, a plain method called on its class with its object as an argument."""
    if not function.is_method or function.decorated_by("staticmethod", "classmethod"):
        return False
    return call.receiver is not None and project.value_of(call.receiver).kind is Kind.CLASS


def _is_spread(param: Node) -> bool:
    return isinstance(param, Starred) or (isinstance(param, Param) and param.is_spread)


def _fate_of_collected(project: Project, call: Call) -> Fate:
    """`tasks.append(session.execute(q))`: harmless if the list is handed to something that takes coroutines. What a
    relationship holds are mapped objects: `user.roles.append(load(session))`."""
    name = call.receiver
    function = call.function
    if isinstance(name, Attribute) and name.attr in relationship_names(project) and not takes_coroutines(name.attr):
        return Fate(use=Use.ARGUMENT, node=call, confidence=Confidence.MEDIUM)
    if not isinstance(name, Name) or function is None:
        return harmless(call)
    data = function.file.data[function.start : function.end]
    if takes_coroutines(name.text):
        return harmless(call)
    if awaits_each(data, name.text):
        return harmless(call)
    return Fate(use=Use.ARGUMENT, node=call, confidence=Confidence.MEDIUM)


def awaits_each(data: bytes, name: str) -> bool:
    """Whether code hands the elements of a list to something that takes coroutines, or awaits them one by one, be it
    as `await name.pop()`."""
    word = re.escape(name).encode()
    if re.search(rb"await\s[\s(]*" + word + rb"\s*[.\[]", data):
        return True
    if re.search(rb"\*\s*" + word + rb"\b|(?:gather|wait|as_completed|map|run\w*)\s*\([^()]*\b" + word + rb"\b", data):
        return True
    loops = re.finditer(rb"\bfor\s+(\w+)\s+in\s+" + word + rb"\b", data)
    return any(re.search(rb"await\s[\s(]*" + match.group(1) + rb"\b", data) for match in loops)


def are_wanted_as_data(project: Project, around: Node, node: Node) -> bool:
    """Whether a list or dict is an argument (`around` is the call or keyword) that is declared to hold anything but
    coroutines, or given to something that wants the data."""
    call = around.parent if isinstance(around, Keyword) else around
    if not isinstance(call, Call) or takes_coroutines(call.func.text):
        return False
    function = project.called(call)
    if function is not None:
        name = _parameter(project, function, call, node, around)
        param = function.param(name) if name else None
        if awaits_each(function.file.data[function.start : function.end], name):
            return False
        return says_what_it_holds(project, None if param is None else param.annotation)
    if call.method in WANTS_DATA:
        return True
    if isinstance(around, Keyword):
        return says_what_it_holds(project, _field_type(project, project.value_of(call.func), around.name))
    return False
