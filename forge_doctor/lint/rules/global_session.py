"""One session is made once and shared by everything that runs.

Why: requests run at the same time, and this session has one connection and one transaction for all of them. An error
in one makes the others fail, objects go stale, and the connection never returns to the pool.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))
    session = Session()

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def get_session():
        async with Session() as session:
            yield session

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (When do I construct a Session?)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    FunctionDef,
    Lambda,
    Name,
    Node,
    Param,
    Subscript,
)
from forge_doctor.code.syntax.prefilter import Either, WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.connections.module_objects import (
    cached,
    given_at_import,
    in_lasting_object,
    kept_by_module,
)
from forge_doctor.lint.dataflow.objects.expiry import provider_of
from forge_doctor.lint.dataflow.sessions.creation import Made, sessions_made
from forge_doctor.lint.dataflow.uses import at_place
from forge_doctor.lint.rules.unclosed_session import SUSPECT as MAKES
from forge_doctor.regex import regex

# `manager.session = db`: somebody else's session is kept by an object.
STORES = WordsThen(
    rb"\.\w{1,40}[ \t]?=[ \t]?\w{0,40}(?:session|db|conn|tx)[ \t]*[#\r\n]", b"session", b"= db", b"conn", b"= tx"
)
# `ctx["db"] = await anext(get_db())`
LENT = WordsThen(rb"=[ \t]*(?:await[ \t]+a)?next\(", b"next(")
SUSPECT = Either(MAKES, Either(STORES, LENT))
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.SESSION})
ITERATORS = (Kind.ITERATOR, Kind.ASYNC_ITERATOR)
CONTEXTS = ("ctx", "context", "app", "application")
STARTS = regex(r"start_?up|on_start|lifespan|before_server_start|init|set_?up")


@check(severity=Severity.ERROR)
def global_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at where every new session is kept."""
    for made in sessions_made(file, project):
        where = where_shared(project, made)
        if where:
            doubt = is_test_file(file) or isinstance(made.node, Await)
            yield file.finding(
                global_session,
                made.call,
                f"this session is {where}: requests and tasks that run at the same time share its one connection and "
                "its transaction",
                confidence=min(made.confidence, Confidence.MEDIUM if doubt else Confidence.HIGH),
                remedy=f"async with {made.call.text} as session:  (in each request or task; keep the factory global)",
                evidence=(Evidence(label="made by", value=made.call.text, source=made.why),),
            )
    if file.mentions(b"next("):
        yield from of_defaults(file, project)
        yield from of_generators(file, project)
    if file.mentions(b".state.") or STORES.is_in(file):
        yield from entered_and_kept(file, project)
    if file.mentions(b"Singleton("):
        yield from provided_once(file, project)


def of_defaults(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`def orders(db: Session = next(get_db()))`: what the generator lends once, when the module is imported."""
    for call in file.calls("next"):
        given = call.args[0] if len(call.args) == 1 else None
        value = project.value_of(given) if isinstance(given, Call) and is_default(call) else UNKNOWN
        if value.kind is Kind.ITERATOR and value.inner.kind in SESSIONS and value.confidence > Confidence.LOW:
            yield file.finding(
                global_session,
                call,
                "this session is a default argument, made once when the function is defined: requests and tasks that run "
                "at the same time share its one connection and its transaction",
                confidence=min(value.confidence, Confidence.MEDIUM if is_test_file(file) else Confidence.HIGH),
                remedy="a parameter without a default, which a dependency or the caller fills for each request",
                evidence=(Evidence(label="made by", value=call.text, source=value.why),),
            )


def of_generators(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`ctx["db"] = await anext(get_db())`: what a dependency lends, kept by whoever starts the worker or the application."""
    for call in file.calls("next", "anext"):
        # What a module asks for as it is run is most often a script's, and its alone.
        given = call.args[0] if len(call.args) == 1 and call.function is not None else None
        value = project.value_of(given) if isinstance(given, Call) and not is_default(call) else UNKNOWN
        if value.kind not in ITERATORS or value.inner.kind not in SESSIONS or value.confidence is Confidence.LOW:
            continue
        node = call.parent if isinstance(call.parent, Await) else call
        where = where_shared(project, Made(node, call, value.confidence, value.why))
        if where and given is not None:
            yield file.finding(
                global_session,
                call,
                f"this session is {where}: requests and tasks that run at the same time share its one connection and its "
                "transaction, and the generator that lends it never comes to its end",
                confidence=min(value.confidence, Confidence.MEDIUM),
                remedy="keep the factory there, and open a session in each request or task: `async with factory() as session:`",
                evidence=(Evidence(label="lent by", value=given.text, source=value.why),),
            )


def provided_once(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`Singleton(AsyncSession, engine)` of a container of dependency-injector: every object is given the same session."""
    for call in file.calls("Singleton", "ThreadSafeSingleton"):
        if not call.args or not project.qualified(call.func).startswith("dependency_injector."):
            continue
        given = project.value_of(call.args[0])
        gives = Kind.ASYNC_SESSION if given.kind is Kind.ASYNC_FACTORY else given.inner.kind
        if given.kind in (Kind.CLASS, Kind.CALLABLE, Kind.ASYNC_FACTORY) and gives in SESSIONS:
            yield file.finding(
                global_session,
                call,
                "the container makes this session once and gives it to everybody: requests and tasks that run at the same "
                "time share its one connection and its transaction",
                confidence=min(given.confidence, Confidence.MEDIUM if is_test_file(file) else Confidence.HIGH),
                remedy="make the factory the Singleton, and open a session in each request or task",
                evidence=(Evidence(label="made by", value=call.text, source=given.why),),
            )


def entered_and_kept(file: SourceFile, project: Project) -> Iterator[Finding]:
    """`app.state.session = session` in the block that opens the session: it is open for the life of the application."""
    for assign in (one for many in project.scopes(file).attribute_assignments.values() for one in many):
        target, given = assign.target, assign.value
        if not isinstance(target, Attribute) or not isinstance(given, Name):
            continue
        if not is_of_application(target) and not (is_of_request(project, given) and is_of_module(project, target)):
            continue
        value = project.value_of(given)
        if value.kind not in SESSIONS or value.confidence is Confidence.LOW or is_made_here(project, given):
            continue
        yield file.finding(
            global_session,
            assign,
            f"this session is kept in `{target.value.text}`, which all requests and tasks have: those that run at the same time "
            "share its one connection and its transaction",
            confidence=min(value.confidence, Confidence.MEDIUM if is_test_file(file) else Confidence.HIGH),
            remedy=f"keep the factory there, and open a session in each request: `async with {target.text}() as session:`",
            evidence=(Evidence(label="session", value=given.text, source=value.why),),
        )


def is_of_application(target: Attribute) -> bool:
    """Whether it is an attribute of `app.state`; a request's state lives as long as the request."""
    return re.search(r"(?:^|\.)app(?:lication)?\.(?:state|ctx)$", target.value.text) is not None


def is_of_request(project: Project, given: Name) -> bool:
    """Whether a dependency gives it to the function, for one request."""
    param = None if given.function is None else given.function.param(given.text)
    return param is not None and provider_of(project, param) is not None and not is_test_file(given.file)


def is_of_module(project: Project, target: Attribute) -> bool:
    """Whether it is an attribute of an object that a module of the project makes when it is imported."""
    kept = target.value
    found_at = project.scopes(target.file).lookup(kept.text, kept) if isinstance(kept, Name) else None
    if found_at is None or found_at[0].raw.type != "module" or target.function is None:
        return False
    made = followed(project, kept)
    if not isinstance(made, Call) or made.function is not None:
        return False
    value = project.value_of(made)
    return value.kind is Kind.INSTANCE and isinstance(value.definition, ClassDef)


def is_of_worker(target: Subscript | Attribute, function: FunctionDef) -> bool:
    """Whether it is what a start hook keeps: `ctx["session"]` of arq and SAQ, `app["session"]` of aiohttp, `state.session`
    of taskiq."""
    given = function.param_names[:1]
    if isinstance(target, Attribute):
        hook = function.decorated_by("on_event") and STARTS.search(function.name) is not None
        return hook and target.value.text == "state" and target.value.text in given
    return target.value.text in given and target.value.text in CONTEXTS and STARTS.search(function.name) is not None


def is_made_here(project: Project, given: Name) -> bool:
    """Whether the name was given the session by a call, which is told at the call."""
    bound = project.scopes(given.file).lookup(given.text, given)
    return bound is not None and any(isinstance(one.node, Assign) for one in bound[1])


def where_shared(project: Project, made: Made) -> str:
    """Where it is kept for everybody; empty where it is not."""
    if made.node.enclosing(Lambda) is not None:
        return ""
    if is_default(made.node):
        return "a default argument, made once when the function is defined"
    _, place = at_place(made.node)
    assign = place.parent
    if not isinstance(assign, Assign):
        return cached(made.function) or given_at_import(project, place)
    target, function = assign.target, assign.function
    if function is None:
        return kept_by_module(target, assign)
    if isinstance(target, Name) and target.text in project.scopes(made.node.file).of(target).outer_names:
        return "kept in a global variable" if f"global {target.text}" in function.text else ""
    if isinstance(target, Attribute) and is_of_application(target):
        return f"kept in `{target.value.text}` for the life of the application"
    if isinstance(target, Attribute) and (kept := in_lasting_object(target, function)):
        return kept
    if isinstance(target, Subscript | Attribute) and is_of_worker(target, function):
        return f"kept in `{target.text}` for the life of the process"
    return cached(function)


def is_default(node: Node) -> bool:
    """Whether it is (part of) a parameter's default; a call given to `Depends` is another matter."""
    for around in node.ancestors:
        if isinstance(around, Param):
            return around.default is not None and around.default.contains(node)
        if isinstance(around, Call | FunctionDef | ClassDef):
            return False
    return False
