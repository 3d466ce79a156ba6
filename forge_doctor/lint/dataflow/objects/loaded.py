"""Which objects of which model an expression holds, and what query loaded them; guesses at none out of sight."""

from __future__ import annotations

from forge_doctor.code.orm.mapped_attributes import is_collection
from forge_doctor.code.orm.related_model import related_model
from forge_doctor.code.orm.statements import Sql, sql_of
from forge_doctor.code.semantics.inference.functions import decorated
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.library.symbols import HARMLESS_DECORATORS
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    Comprehension,
    ComprehensionFor,
    Constant,
    For,
    FunctionDef,
    Keyword,
    Lambda,
    Name,
    NamedExpr,
    Node,
    Param,
    Return,
    Subscript,
    Tuple,
    UnaryOp,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.expiry import provider_of
from forge_doctor.lint.dataflow.objects.legacy_queries import fetched
from forge_doctor.lint.dataflow.objects.loaded_objects import HERE, Loaded, Shape, Way, of_result
from forge_doctor.lint.dataflow.objects.model_owners import model_kept, owner_of
from forge_doctor.lint.dataflow.objects.object_bindings import got_or_made, is_of_model, keyed_by, narrowed, values_at
from forge_doctor.lint.dataflow.objects.row_entities import rows_of, taken
from forge_doctor.lint.dataflow.objects.saved_objects import saved
from forge_doctor.lint.dataflow.objects.taken_sessions import same_session, session_here

MAX_HOPS = 2
MOST_RETURNS = 4
KEYED = words("sorted min max")
QUERYING = words("get get_one scalar scalars execute exec")
ROW_OF = {
    Shape.ROWS: Shape.ROW,
    Shape.ROW_LIST: Shape.ROW,
    Shape.MANY: Shape.OBJECT,
    Shape.TUPLES: Shape.TUPLE,
}


def loaded(project: Project, node: Node, way: Way = HERE) -> Loaded | None:
    """What an expression holds; None for anything but objects that a query in sight loaded."""
    if way.depth > 12:
        return None
    known: dict[tuple[Node, Way], Loaded | None] = node.file.kept.setdefault(loaded, {})
    if (node, way) not in known:
        known[node, way] = _held(project, node, way)
    return known[node, way]


def _held(project: Project, node: Node, way: Way) -> Loaded | None:
    if way.place is not None and not isinstance(node, Await):
        return None
    if isinstance(node, Name):
        held = _named(project, node, way)
        return held and held._replace(model=narrowed(project, node, held.model))
    if isinstance(node, Await):
        return _awaited(project, node.value, way)
    if isinstance(node, Call):
        return _called(project, node, way)
    if isinstance(node, NamedExpr):
        return loaded(project, node.value, way.deeper)
    if isinstance(node, Attribute):
        return _related(project, node, way)
    if isinstance(node, Subscript):
        return _part(project, node, way)
    return _kept(project, node, way) if isinstance(node, Comprehension) else None


def _part(project: Project, node: Subscript, way: Way) -> Loaded | None:
    """`users[0]`, `by_name[name]`, `row[1]`."""
    inner = loaded(project, node.value, way.deeper)
    if inner is not None and inner.shape is Shape.KEYED:
        return inner.one
    index = node.items[0] if len(node.items) == 1 else None
    if not isinstance(index, Constant | UnaryOp):
        return None
    if inner is None:
        return taken(project, _tuple(project, node.value, way), index.text)
    return each_of(inner, way) if inner.shape in (Shape.MANY, Shape.ROW_LIST, Shape.TUPLES) else None


def _kept(project: Project, made: Comprehension, way: Way) -> Loaded | None:
    """`[user for user in users if ...]`, `{user.name: user for user in users}`."""
    if len(made.loops) != 1 or made.kept.text != made.loops[0].target.text:
        return None
    inner = loaded(project, made.loops[0].iter, way.deeper)
    if inner is not None and made.is_dict:
        return inner._replace(shape=Shape.KEYED) if inner.shape is Shape.MANY else None
    return inner if inner and inner.shape in (Shape.MANY, Shape.ROW_LIST) else None


def _related(project: Project, node: Attribute, way: Way) -> Loaded | None:
    """What a relationship of a loaded object leads to."""
    owner = loaded(project, node.value, way.deeper)
    if owner is None and node.attr[:1].isupper():  # `row.User`
        return taken(project, _tuple(project, node.value, way), node.attr)
    return None if owner is None or owner.shape is not Shape.OBJECT else related(project, owner, node.attr)


def _tuple(project: Project, node: Node, way: Way) -> Loaded | None:
    """The row of several columns that an expression holds."""
    row = None if way.in_tuples else loaded(project, node, way.deeper._replace(in_tuples=True))
    return row if row is not None and row.shape is Shape.TUPLE else None


def related(project: Project, owner: Loaded, name: str) -> Loaded | None:
    """What a relationship of each of the objects leads to."""
    relationship = owner.model.relationship(name)
    model = None if relationship is None else related_model(project, relationship)
    if relationship is None or model is None:
        return None
    shape = Shape.MANY if is_collection(relationship) else Shape.OBJECT
    return owner._replace(model=model, shape=shape, path=(*owner.path, (owner.model, relationship)))


def _named(project: Project, name: Name, way: Way) -> Loaded | None:
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    if found is None or found[0].raw.type == "module":
        return None
    bindings = reaching(found[1], name) if found[0] is scopes.of(name) else found[1]
    if len(bindings) > 1:
        first = got_or_made(project, bindings)
        held = None if first is None else _bound(project, first, way)
        return None if held is None else held._replace(hops=held.hops + 1)
    return (saved(project, name, bindings[0], way.owner) or _bound(project, bindings[0], way)) if bindings else None


def _bound(project: Project, binding: Binding, way: Way) -> Loaded | None:
    node = binding.node
    if isinstance(node, For | ComprehensionFor) and (keyed := keyed_by(node)) is not None:
        held = loaded(project, keyed, way.deeper) if binding.path == (1,) else None
        return held.one if held is not None and held.shape is Shape.KEYED else None
    if len(binding.path) == 1 and not way.in_tuples:  # `for user, order in result`
        row = _bound(project, binding._replace(path=()), way._replace(in_tuples=True))
        return taken(project, row, str(binding.path[0])) or _of_several(project, binding, way)
    if binding.path:
        return None
    if isinstance(node, Assign | NamedExpr):
        return None if node.value is None else loaded(project, node.value, way.deeper)
    if isinstance(node.parent, Lambda):
        return _of_each(project, node.parent, way)
    if isinstance(node, Param):
        return _injected(project, node, way)
    if isinstance(node, For | ComprehensionFor) and not node.is_async:
        return each_of(loaded(project, node.iter, way.deeper), way)
    return None


def _of_several(project: Project, binding: Binding, way: Way) -> Loaded | None:
    """What one of the names stands for in `users, total = await page()`."""
    value, place = binding.node.value if isinstance(binding.node, Assign) else None, binding.path[0]
    asked = way.deeper._replace(place=place) if isinstance(value, Await) and isinstance(place, int) else None
    return None if asked is None or value is None else loaded(project, value, asked)


def each_of(many: Loaded | None, way: Way) -> Loaded | None:
    """One of the objects that are walked over, or one row of a result where rows are asked for."""
    shape = None if many is None else ROW_OF.get(many.shape)
    is_asked = way.in_rows or shape in (Shape.OBJECT, Shape.TUPLE)
    return many._replace(shape=shape) if many is not None and shape and is_asked else None


def _of_each(project: Project, function: Lambda, way: Way) -> Loaded | None:
    """What a lambda is called with: `sorted(users, key=lambda user: ...)`, `map(lambda user: ..., users)`."""
    around = function.parent
    call = around.parent if isinstance(around, Keyword) else around
    if not isinstance(call, Call) or call.receiver is not None or len(function.params) != 1:
        return None
    if isinstance(around, Keyword):
        walked = call.args[0] if around.name == "key" and call.method in KEYED and len(call.args) == 1 else None
    else:
        walked = call.args[1] if call.method in ("map", "filter") and len(call.args) == 2 else None
    many = None if walked is None else loaded(project, walked, way.deeper)
    return many.one if many is not None and many.shape is Shape.MANY else None


def _injected(project: Project, param: Param, way: Way) -> Loaded | None:
    """What a dependency has loaded: `user: User = Depends(current_user)`."""
    provider = provider_of(project, param) if way.hops < MAX_HOPS else None
    found = None if provider is None else _given_by(project, provider, way._replace(owner=None))
    if found is None or provider is None:
        return None
    return found._replace(session=same_session(project, param, provider, found.session))


def _awaited(project: Project, call: Node, way: Way) -> Loaded | None:
    if not isinstance(call, Call):
        return None
    receiver = call.receiver
    if receiver is not None and call.method in QUERYING and way.place is None:
        value = project.known(receiver)
        if value.kind.is_async_session and value.confidence > Confidence.LOW:
            return _queried(project, call, receiver, way)
    return _returned(project, call, way) if way.hops < MAX_HOPS else None


def _queried(project: Project, call: Call, session: Node, way: Way) -> Loaded | None:
    owner = way.owner
    if call.method in ("get", "get_one"):
        entity = call.argument(0, "entity")
        spread = any(not one.name for one in call.keywords)
        sql = Sql(verb="select", entities=call.args[:1], parts=(call,), understood=not spread)
    else:
        sql = sql_of(project, call.argument(0, "statement"))
        if way.in_tuples and call.method == "execute":
            return rows_of(project, sql, session, call)
        entity = sql.entities[0] if len(sql.entities) == 1 else None
    if entity is None or sql.verb != "select":
        return None
    model = None if owner is None else model_kept(project, entity, owner)
    if model is None and isinstance(entity, Name):
        model = project.model_of(entity)
    if model is None:
        return None
    shape = {"execute": Shape.ROWS, "scalars": Shape.MANY, "exec": Shape.MANY}.get(call.method, Shape.OBJECT)
    return Loaded(model=model, sql=sql, shape=shape, session=session, call=call)


def _called(project: Project, call: Call, way: Way) -> Loaded | None:
    """`.scalars()`, `.all()`, `.first()` of a result, `list(result)`."""
    if call.receiver is None:
        inner = loaded(project, call.args[0], way.deeper) if call.method == "list" and call.args else None
        return inner if inner is not None and inner.shape in (Shape.MANY, Shape.TUPLES) else None
    if way.is_plain and call.method in QUERYING:
        value = project.known(call.receiver)
        if value.kind.is_sync_session and value.confidence > Confidence.LOW:
            return _queried(project, call, call.receiver, way)
    held = fetched(project, call) if way.is_plain else None
    if held is not None:
        return held
    inner = loaded(project, call.receiver, way.deeper)
    if inner is None or inner.shape not in (Shape.ROWS, Shape.MANY, Shape.TUPLES, Shape.KEYED):
        return None
    return inner if call.method == "unique" else of_result(call, inner, way)


def _returned(project: Project, call: Call, way: Way) -> Loaded | None:
    """What an async function of the project loads and returns."""
    function = project.value_of(call).definition
    if not isinstance(function, FunctionDef):
        return None
    owner = owner_of(project, call, way.owner)
    found = _given_by(project, function, way._replace(owner=owner))
    if found is None:
        return None
    return found._replace(session=session_here(project, call, function, found.session, owner), by=found.by or call)


def _given_by(project: Project, function: FunctionDef, way: Way) -> Loaded | None:
    """What the one `return` of a function gives, beside those of None and of an object that it was given or has made; worked
    out once for each way that leads there."""
    known: dict[tuple[FunctionDef, Way], Loaded | None] = function.file.kept.setdefault(_given_by, {})
    if (function, way) not in known:
        known[function, way] = _given(project, function, way)
    return known[function, way]


def _given(project: Project, function: FunctionDef, way: Way) -> Loaded | None:
    if function.is_generator or function.is_stub:
        return None
    if function.decorators and not decorated(function, HARMLESS_DECORATORS):
        return None
    returns = [one.value for one in function.find(Return, nested=False)]
    values: list[Node] = [one for one in returns if one is not None and one.text != "None"]
    further = way.deeper._replace(hops=way.hops + 1)
    if way.place is not None and all(isinstance(one, Tuple) for one in values):
        values, further = values_at(values, way.place), further._replace(place=None)
    held = [(one, loaded(project, one, further)) for one in values[:MOST_RETURNS]]
    queried = [one for _, one in held if one is not None]
    if len(queried) != 1 or len(held) != len(values):
        return None
    # What it returns where nothing was found, given to it or made in it, is lost and not loaded as well.
    others = [one for one, object_ in held if object_ is None]
    if not all(is_of_model(project, one, queried[0].model) for one in others):
        return None
    return queried[0]._replace(hops=queried[0].hops + 1)
