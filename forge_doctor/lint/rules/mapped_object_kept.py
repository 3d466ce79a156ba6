"""A mapped object is kept for longer than its session.

Why: an object belongs to the session that loaded it. In `app.state`, a global, a class or a cache it outlives that: its columns
show what was true when it was loaded, and what was not loaded cannot be any more: DetachedInstanceError, or
MissingGreenlet while the session lives. Two requests may change it at once.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    class Base(DeclarativeBase): ...

    class Settings(Base):
        __tablename__ = "settings"
        id: Mapped[int] = mapped_column(primary_key=True)

    async def startup(app):
        async with Session() as session:
            app.state.settings = await session.get(Settings, 1)

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def startup(app, Settings):
        async with Session() as session:
            settings = await session.get(Settings, 1)
            app.state.currency = settings.currency

A pickle in a cache of another process comes back without a session as well. A module's dict, list or cache of
cachetools counts, and so does that of an object which its module makes.

Wrong when: the object is made a plain one before it is kept (a pydantic model, a dict, `expunge` and all it needs
loaded). Only an object that a query in sight loaded, kept as it is, is told; `expunge` and `make_transient` in the
function keep this rule silent; a cache with a `ttl` has bounded how stale they grow, and is told with less confidence.

Source: https://docs.sqlalchemy.org/en/20/errors.html#error-bhk3;
https://docs.sqlalchemy.org/en/20/orm/session_basics.html (Is the Session a cache?)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Comprehension,
    FunctionDef,
    Keyword,
    Name,
    Node,
    Return,
    Subscript,
)
from forge_doctor.code.syntax.prefilter import AnyWord, Either, WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import PLAIN, Loaded, Shape
from forge_doctor.regex import regex

KEEPING = (b"app.state.", b"global ", b"cache", b"application.state.", b"pickle", b"classmethod")
# A dict or list that begins empty, of a module or an object, with a type.
STORE = WordsThen(
    rb"(?m)^(?:[ \t]+self\.)?\w+[ \t]*:[ \t]*\w*(?:[dD]ict|[lL]ist|[sS]et)\[[^\n]{1,120}\][ \t]*=[ \t]*(?:\{\}|\[\]|\w+\(\))",
    *(b"= {}", b"= []", b"dict()", b"list()", b"set()"),
)
SUSPECT = Either(AnyWord(*KEEPING), STORE)
# A module that keeps what others load may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
# Those that keep the objects themselves; others write them down and read them again.
CACHES = ("lru_cache", "alru_cache")
CASHEWS = words("cashews.cache cashews.cache.early cashews.cache.soft cashews.cache.hit")
# Those of cachetools; one of them forgets by the clock.
CACHE_CLASSES = words(
    "cachetools.TTLCache cachetools.LRUCache cachetools.LFUCache cachetools.Cache cachetools.FIFOCache"
)
TYPED = regex(rb"(?m)^(?:[ \t]+self\.)?(\w+)[ \t]*:[^\n=]{1,140}=[ \t]*(?:\{\}|\[\]|\w+\(\))")
EMPTY = words("{} [] dict() list() set()")
PUTTING = words("append extend add update setdefault insert")
# What caches of other processes are given, and what turns an object into what they keep.
STORING = words("set setex psetex setnx hset getset mset put add")
PICKLES = words("pickle.dumps cloudpickle.dumps dill.dumps")
LET_GO = regex(r"expunge|make_transient|model_validate|model_dump|asdict")


@check(severity=Severity.WARNING)
def mapped_object_kept(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is kept in an application's state, in globals and by caches."""
    if is_test_file(file):
        return
    for function in project.scopes(file).functions:
        if LET_GO.search(function.text):
            continue
        for value, where in put_away(project, function):
            yield from told(file, project, value, where, is_bounded="TTL" in where or "pickle" in where)
        if is_cached(project, function):
            for statement in function.find(Return, nested=False):
                if statement.value is not None:
                    where = f"the cache of {function.name}()"
                    yield from told(file, project, statement.value, where, is_bounded=has_limit(function))


def put_away(project: Project, function: FunctionDef) -> Iterator[tuple[Node, str]]:
    """What a function puts where it is kept for longer than a request, and where that is."""
    for assign in function.find(Assign, nested=False):
        where = kept_in(project, function, assign.target)
        if where and assign.value is not None:
            yield assign.value, where
    yield from pickled(project, function)
    for call in putting_calls(function.file):
        where = store_of(project, call.receiver) if call.function is function else ""
        if where:
            yield call.args[-1], where


def pickled(project: Project, function: FunctionDef) -> Iterator[tuple[Node, str]]:
    """What a function hands to a store as a pickle, `await redis.setex(key, 60, pickle.dumps(user))`: it comes back without a
    session."""
    for call in function.file.calls("dumps") if function.file.mentions(b"pickle") else ():
        outer = call.parent.parent if isinstance(call.parent, Keyword) else call.parent
        if call.function is not function or not call.args or not isinstance(outer, Call) or outer.receiver is None:
            continue
        if outer.method in STORING and project.qualified(call.func) in PICKLES:
            yield call.args[0], f"a pickle in `{outer.receiver.text}`"


@kept_with_file
def putting_calls(file: SourceFile) -> tuple[Call, ...]:
    """The calls that may put something into a store that the file types, or that is called a cache; found once a file."""
    names = {one.group(1) for one in TYPED.finditer(file.data)}
    if not names and not file.mentions(b"cache"):
        return ()
    kept = ((one, one.receiver.text.rpartition(".")[2]) for one in file.calls(*PUTTING) if one.receiver and one.args)
    return tuple(call for call, name in kept if name.encode() in names or "cache" in name.lower())


def is_cached(project: Project, function: FunctionDef) -> bool:
    """Whether what it gives is kept as it is and given again."""
    if function.decorated_by(*CACHES):
        return True
    return any(project.qualified(one) == "functools.cache" or is_in_memory(project, one) for one in function.decorators)


def is_in_memory(project: Project, decorator: Node) -> bool:
    """Whether it is the decorator of aiocache, which keeps the objects themselves where no other cache is named, or that of
    cashews, which keeps them or a pickle of them."""
    if not isinstance(decorator, Call):
        return False
    name = project.qualified(decorator.func)
    if name in CASHEWS or name != "aiocache.cached":
        return name in CASHEWS
    return (
        all(one.name not in ("", "cache", "alias", "serializer") for one in decorator.keywords) and not decorator.args
    )


def objects_in(project: Project, value: Node) -> Loaded | None:
    """The objects of a query in what is kept: the query's own result, or a comprehension that has each of them."""
    if isinstance(value, Comprehension) and len(value.loops) == 1:
        pair, each = value.element, value.loops[0]
        given = pair.children[-1] if pair.raw.type == "pair" else pair
        value = each.iter if given.text == each.target.text else value
    function = value.function
    is_plain = function is not None and not function.is_async
    return loaded(project, value) or (loaded(project, value, PLAIN) if is_plain else None)


def kept_in(project: Project, function: FunctionDef, target: Node) -> str:
    """Where an assignment keeps a value for longer than a request; empty where it does not."""
    if isinstance(target, Attribute) and re.search(r"(?:^|\.)app(?:lication)?\.state$", target.value.text):
        return f"`{target.text}`"
    if isinstance(target, Name) and target.text in project.scopes(function.file).of(target).outer_names:
        return f"the global `{target.text}`" if f"global {target.text}" in function.text else ""
    if isinstance(target, Attribute) and is_of_class(function, target):
        return f"the class attribute `{target.text}`"
    return store_of(project, target.value) if isinstance(target, Subscript) else ""


def is_of_class(function: FunctionDef, target: Attribute) -> bool:
    """`cls.default = ...` in a class method."""
    return target.value.text in function.param_names[:1] and function.is_method and function.decorated_by("classmethod")


def store_of(project: Project, kept: Node | None) -> str:
    """The cache, dict or list of a module, or of an object that a module makes, in words; empty for any other expression."""
    if isinstance(kept, Name):
        found = project.scopes(kept.file).lookup(kept.text, kept)
        if found is None or found[0].raw.type != "module":
            return ""
        made = followed(project, kept)
        if isinstance(made, Call) and (cache := project.qualified(made.func)) in CACHE_CLASSES:
            return f"the {cache.rpartition('.')[2]} `{kept.text}`"
        assign = found[1][0].node if len(found[1]) == 1 else None
        return f"`{kept.text}`" if "cache" in kept.text.lower() or is_typed_store(project, assign) else ""
    if (
        isinstance(kept, Attribute)
        and kept.value.text == "self"
        and kept.class_ is not None
        and is_made_once(kept.class_)
    ):
        assigns = project.scopes(kept.file).attribute_assignments.get(kept.attr, [])
        own = [
            one for one in assigns if one.class_ is kept.class_ and one.value is not None and one.value.text in EMPTY
        ]
        return f"`{kept.text}`" if any(is_typed_store(project, one) for one in own) else ""
    return ""


def is_typed_store(project: Project, assign: Node | None) -> bool:
    """Whether it binds an empty dict or list that is typed with a mapped class."""
    if not isinstance(assign, Assign) or assign.value is None or assign.value.text not in EMPTY:
        return False
    types = assign.annotation.items if isinstance(assign.annotation, Subscript) else ()
    return any(project.model_of(one) is not None for one in types[-1:])


def is_made_once(class_: ClassDef) -> bool:
    """Whether its module makes an object of it, for all that run."""
    made = rb"(?m)^\w+(?:[ \t]*:[ \t]*\w+)?[ \t]*=[ \t]*%s\(" % re.escape(class_.name.encode())
    return re.search(made, class_.file.data) is not None


def typed(project: Project, value: Node) -> Model | None:
    """The mapped class that the annotation of a parameter says of what is kept."""
    param = value.function.param(value.text) if isinstance(value, Name) and value.function is not None else None
    if param is None or param.annotation is None:
        return None
    said = project.annotated(param.annotation, param)
    return project.model(said.definition) if isinstance(said.definition, ClassDef) else None


def has_limit(function: FunctionDef) -> bool:
    """Whether the cache forgets by the clock (`@alru_cache(ttl=60)`): how stale they may grow has been decided."""
    return any(isinstance(one, Call) and one.keyword("ttl") is not None for one in function.decorators)


def told(file: SourceFile, project: Project, value: Node, where: str, *, is_bounded: bool = False) -> Iterator[Finding]:
    """The finding, where what is kept are objects of a query."""
    held = objects_in(project, value)
    model = typed(project, value) if held is None else held.model
    if model is None or (held is not None and held.shape is Shape.ROWS):
        return
    loads = () if held is None else (Related(message="loaded here", location=held.call.file.location(held.call)),)
    yield file.finding(
        mapped_object_kept,
        value,
        f"{where} keeps `{model.class_.name}` objects for longer than the session that loaded them: they grow stale, and "
        "what is not loaded raises DetachedInstanceError",
        confidence=Confidence.MEDIUM if is_bounded or held is None or held.hops else Confidence.HIGH,
        remedy="keep what is needed of them (values, a pydantic model), or load them in each request",
        related=loads,
    )
