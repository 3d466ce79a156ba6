"""Whether a relationship of a loaded object is surely not there yet; quiet as soon as anything may have loaded it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.orm.mapped_attributes import is_collection
from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name, Node, Sequence, Starred
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.mentions import Asked, is_named_in, source_beside
from forge_doctor.lint.dataflow.objects.row_entities import is_in_same_row
from forge_doctor.lint.dataflow.objects.saved_objects import is_told_to_have_none
from forge_doctor.lint.dataflow.sessions.transactions import opened_by
from forge_doctor.regex import regex

# Loader options that load nothing but what they name.
LOADERS = frozenset(
    """selectinload joinedload subqueryload immediateload contains_eager load_only defer undefer noload raiseload
    lazyload defaultload with_loader_criteria""".split()  # noqa: SIM905 - a table, read as text
)
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION})
GENERIC = frozenset({"Mapped", "Optional", "Union", "None", "Annotated"})
MAX_DEPTH = 1  # of functions behind the one that is given the object
WORDS = regex(r"\w+")
AWAITED_ATTRIBUTES = regex(rb"\.awaitable_attrs\b")
MAY_LOAD = regex(rb"\brun_sync\b|\bawaitable_attrs\b|\binspect\s*\(|\bunloaded\b|MissingGreenlet")


def is_unloaded(project: Project, held: Loaded, relationship: Relationship, read: Node) -> bool:
    """Whether neither the query nor anything else in its function loads the relationship, and all that leads to it from
    the query's own objects is there."""
    if held.path and not _is_first_missing(project, held, relationship, read):
        return False
    name = relationship.name
    asked = Asked(project, held.model, name, held.by)
    if not held.sql.understood or not all(_is_plain(one, asked) for one in options_of(held.sql)):
        return False
    if any(is_named_in(part, asked) for part in held.sql.parts):
        return False
    if held.is_made and (_may_be_filled(held, name, read) or is_told_to_have_none(project, held, relationship)):
        return False
    if not held.path and is_in_same_row(held, relationship):
        return False
    if _is_loaded_again(project, held, relationship, read):
        return False
    functions = {one for one in (held.call.function, read.function) if one is not None}
    return all(_says_nothing_of(one, asked) for one in functions)


def _is_first_missing(project: Project, held: Loaded, relationship: Relationship, read: Node) -> bool:
    """Whether the relationships before it are loaded; what leads back to one of those models is in the session."""
    for number, (model, before) in enumerate(held.path):
        prefix = held._replace(model=model, path=held.path[:number])
        if before.loads_on_access and is_unloaded(project, prefix, before, read):
            return False
    passed = {model.class_.name for model, _ in held.path}
    return is_collection(relationship) or not any(name in passed for name in WORDS.findall(relationship.target))


def _is_loaded_again(project: Project, held: Loaded, relationship: Relationship, read: Node) -> bool:
    """Whether it is asked for by the key of an object that is here and has the relationship: the session gives that very
    object once more, with all it has: `order = await Order.get(session, order.id)`."""
    for key in () if held.by is None or held.path else held.by.args:
        name = key.value if isinstance(key, Attribute) else None
        here = loaded(project, name) if isinstance(name, Name) else None
        if here is None or here.by is held.by or here.model.class_ is not held.model.class_:
            continue
        if here.shape is Shape.OBJECT and not is_unloaded(project, here, relationship, read):
            return True
    return False


def _may_be_filled(held: Loaded, name: str, read: Node) -> bool:
    """Whether a new object's relationship was touched, or the object given to another one, before it is read."""
    function = held.call.function
    if function is None or function is not read.function:
        return function is None
    made = held.call.parent
    bound = made.target.text if isinstance(made, Assign) else ""
    word, data = re.escape(bound).encode(), function.file.data[held.call.end : read.start]
    handed = rb"=\s*" + word + rb"\s*[,)]|\.(?:append|extend)\(\s*" + word + rb"\b"
    return not bound or re.search(handed + rb"|\b" + word + rb"\." + name.encode() + rb"\b", data) is not None


def options_of(sql: Sql) -> Iterator[Node]:
    """What `.options(...)` and `session.get(..., options=...)` are given."""
    for call in (one for part in sql.parts for one in (part, *part.find(Call)) if isinstance(one, Call)):
        if call.method == "options":
            yield from call.args
        given = call.keyword("options") if call.method in ("get", "get_one") else None
        yield from () if given is None else given.elts if isinstance(given, Sequence) else (given,)


def _is_plain(option: Node, asked: Asked) -> bool:
    """Whether it is a loader we know, that does not name the relationship or everything."""
    return (
        isinstance(option, Call)
        and root_of(option) in LOADERS
        and "*" not in option.text
        and not is_named_in(option, asked)
    )


def root_of(call: Call) -> str:
    """The first loader of a chain of them."""
    receiver = call.receiver
    return root_of(receiver) if isinstance(receiver, Call) else call.method


def _says_nothing_of(function: FunctionDef, asked: Asked) -> bool:
    """Whether a function loads the relationship in no other way: by another query, a refresh, an assignment."""
    known: dict[tuple[Node | str | None, ...], bool] = function.file.kept.setdefault(_says_nothing_of, {})
    key = (function, asked.model.class_, asked.name, asked.by)
    if key not in known:
        named = _names_in_text(source_beside(function, asked), asked.name)
        known[key] = not named and not _gives_to_loader(asked, function)
    return known[key]


def _gives_to_loader(asked: Asked, function: FunctionDef, depth: int = 0) -> bool:
    """Whether it awaits a function of the project that is given something, and that awaits attributes or may load the
    relationship of it: `await fill(session, user)`."""
    project = asked.project
    for call in function.find(Call):
        given = (*call.args, *(one.value for one in call.keywords))
        called = project.called(call) if any(_is_object(project, one) for one in given) else None
        if called is None or called is function or not called.is_async:
            continue
        if AWAITED_ATTRIBUTES.search(called.file.data, called.start, called.end):
            return True
        if _names_in_text(source_beside(called, asked), asked.name):
            return True
        if depth < MAX_DEPTH and _gives_to_loader(asked, called, depth + 1):
            return True
    return False


def _is_object(project: Project, given: Node) -> bool:
    """Whether what is passed may be, or lead to, loaded objects: named, alone or in a list, and no session."""
    if isinstance(given, Sequence):
        return any(_is_object(project, one) for one in given.elts)
    name = given.value if isinstance(given, Starred) else given
    return isinstance(name, Name) and project.known(name).kind not in SESSIONS


def _names_in_text(data: bytes, name: str) -> bool:
    if MAY_LOAD.search(data) is not None:
        return True
    word = re.escape(name).encode()
    # A key of a dict to be returned loads nothing: only names handed over, as to refresh(), do.
    named = (
        rb"[\"']"
        + word
        + rb"[\"'](?!\s*:)|(?<!row\.)\b[A-Z]\w*\."
        + word
        + rb"\b|\."
        + word
        + rb"\s*(?::[^=\n]+)?=[^=]"
    )
    return re.search(named, data) is not None


def confidence_of(project: Project, held: Loaded, relationship: Relationship, read: Node) -> Confidence:
    """HIGH for a collection, and for one object whose session is opened in the same function with nothing else
    in it that may hold it; a single object may be in the session already, and is then found by its key: LOW where the
    function that loads or the one that reads queries its class."""
    if held.is_made and (not is_collection(relationship) or any(not one.name for one in held.call.keywords)):
        return Confidence.MEDIUM
    if not is_collection(relationship) and _is_queried_too(held, relationship, read):
        return Confidence.LOW
    if held.path and not is_collection(relationship):
        return Confidence.MEDIUM
    if held.hops or project.known(held.session).confidence < Confidence.HIGH:
        return Confidence.MEDIUM
    if is_collection(relationship):
        return Confidence.HIGH
    # What the query joins, or loads of another class by the same name, may be the object that is asked for.
    if opened_by(held.session) is not None and re.search(rf"\b{re.escape(relationship.name)}\b", held.sql.text) is None:
        return Confidence.HIGH
    return Confidence.MEDIUM


def _is_queried_too(held: Loaded, relationship: Relationship, read: Node) -> bool:
    """Whether one of the functions loads objects of the relationship's class by themselves, be it before the read:
    `session.get(User, order.user_id)`, or gives its key to what is awaited: `users.by_id(order.user_id)`."""
    targets = _classes_named(relationship)
    if not targets or held.model.class_.name in targets:
        return False
    queried = rf"\b(?:get|get_one|select)\(\s*(?:\w+\.)*(?:{'|'.join(map(re.escape, targets))})\s*[,)]".encode()
    by_key = rf"\bawait\s[^\n]{{0,200}}\.{re.escape(relationship.name)}_id\s*[,)]".encode()
    places = [(one, one.end) for one in (held.call.function,) if one is not None]
    if read.function is not None and read.function is not held.call.function:
        places.append((read.function, read.start))
    texts = [one.file.data[one.start : end] for one, end in places]
    return any(re.search(queried, one) is not None or re.search(by_key, one) is not None for one in texts)


def _classes_named(relationship: Relationship) -> list[str]:
    """The classes in what a relationship says that it leads to."""
    return [one for one in WORDS.findall(relationship.target) if one[:1].isupper() and one not in GENERIC]


def may_be_there(held: Loaded, relationship: Relationship, place: Node) -> bool:
    """Whether the session may hold the one object that a relationship leads to: one of the functions has a name for it, for its
    key or its class."""
    if is_collection(relationship):
        return False
    targets = _classes_named(relationship)
    names = "|".join(map(re.escape, (relationship.name, *targets)))
    word = re.compile(rf"(?<!\.)\b(?:\w+_)?(?:{names})(?:s|es|_\w+)?\b".encode(), re.IGNORECASE)
    functions = {one for one in (held.call.function, place.function) if one is not None}
    return any(word.search(one.file.data, one.start, one.end) is not None for one in functions)


def not_loaded_by(held: Loaded, file: SourceFile) -> str:
    """In words, for messages about a file: what would have to load it."""
    if held.is_made:
        return f"nothing has loaded for the object made {held.place_for(file)}"
    return f"the query {held.place_for(file)} does not load"


def loading(held: Loaded, relationship: Relationship) -> str:
    """What loads it: an option of the query, a refresh of what was just made."""
    if held.is_made:
        made = held.call.parent
        name = made.target.text if isinstance(made, Assign) else "it"
        return f'await {held.session.text}.refresh({name}, ["{relationship.name}"])  # before it is read'
    steps = ".".join(f"selectinload({model.class_.name}.{one.name})" for model, one in held.path)
    last = f"selectinload({held.model.class_.name}.{relationship.name})"
    return f".options({f'{steps}.{last}' if steps else last})  # in the query"
