"""What the uses of a name tell of it: another awaited call on the same receiver, or its name; no proof."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.inference.narrowing import TESTED, tested_names
from forge_doctor.code.semantics.inference.usage.same_source import bound_alike
from forge_doctor.code.semantics.inference.usage.usage_regions import METHOD_CALLED, bound_where, root_of
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.library.methods import COROUTINES, PLAIN, STARTABLE, TELLING, TELLING_DRIVERS
from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.semantics.names.scopes import Scopes
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Call,
    FunctionDef,
    Name,
    Node,
    Sequence,
    Str,
    Tuple,
    With,
)
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.text_places import places_of, stands_behind_await
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex

SESSION_NAME = regex(r"^_*(?:async_?)?(?:db|sql|sqla|database|orm|pg)?_?session$|^_*(?:async_?)?db$", re.IGNORECASE)
FACTORY_NAME = regex(
    r"(?:^|[a-z_])(?:[Ss]ession_?(?:[Mm]aker|[Ff]actory|[Ll]ocal|[Pp]ool)|[Dd]b_?[Ff]actory)$|^(?:Async)?Session(?:Local|Maker|Factory)?$"
)
OTHER_DRIVERS = regex(rb"\b(?:aiosqlite|asyncpg|psycopg|databases|motor|aiomysql|aioodbc|edgedb|redis|neo4j)\b")
# Libraries whose own connections take SQLAlchemy's statements, and begin and iterate in ways of their own.
WRAPPERS = WordsThen(
    rb"(?m)^[ \t]*(?:from|import)[ \t]+(?:aiopg|aiomysql|asyncpgsa|gino|databases)\b",
    *(b"aiopg", b"aiomysql", b"asyncpgsa", b"gino", b"databases"),
)
OF_ASYNCIO = (b"sqlalchemy.ext.asyncio", b"AsyncSession", b"sqlmodel")
LIBRARY = (b"sqlalchemy", b"sqlmodel", b"AsyncSession")
CHAIN = regex(r"\w+(?:\.\w+)*")
MAX_TEXT = 80
# What is awaited of sessions and connections, rightly or by mistake.
OF_SESSIONS = frozenset({"query"}).union(
    *(
        methods[kind]
        for kind in (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION)
        for methods in (COROUTINES, PLAIN)
    ),
    (method for _, method in STARTABLE),
)
# Methods of results, caches and other things as well.
AMBIGUOUS = frozenset({"scalar", "scalars", "refresh"})
# What no synchronous session has.
ASYNC_ALONE = frozenset({"stream_scalars", "run_sync"})
BEGUN = "by its name, and by the `async with ….begin()` that gives it"
NONE_SEEN: frozenset[str] = frozenset()


class Evidence(NamedTuple):
    """The uses of one receiver in its region (the function of a name, the class of `self.x`).

    `awaited` are the methods seen behind `await`, `plain` those seen without, `in_async` whether
    it stands in an `async def`, `is_begun` whether an `async with ….begin()` gives it.
    """

    text: str
    awaited: frozenset[str] = NONE_SEEN
    plain: frozenset[str] = NONE_SEEN
    named_like_session: bool = False
    near_library: bool = False
    in_async: bool = False
    is_begun: bool = False

    def judge(self, declared: Value) -> Value:
        """What the uses make of a value that is unknown, or declared sync."""
        telling = self.awaited & (TELLING if self.named_like_session else TELLING - AMBIGUOUS)
        if not OF_SESSIONS.issuperset(self.awaited) and not declared.kind.is_sync_session:
            return declared  # an object of the project's own, which sends statements too
        if declared.kind.is_sync_session:
            # Of a parameter or variable: code for either session calls the same methods both ways.
            is_one = self.in_async and "." not in self.text and not telling & self.plain
            if len(telling) > 1 or (telling and (is_one or len(self.plain & TELLING) == 0)):
                return Value(
                    Kind.ASYNC_SESSION, definition=declared.definition, confidence=Confidence.MEDIUM,
                    why=f"declared {declared.label}, but `await {self.text}.{min(telling)}()` stands beside",
                )  # fmt: skip
            return declared
        # Elsewhere they prove nothing: classes with a sync twin of each method keep either session in one attribute.
        if telling and self.near_library and self.in_async:
            kind = Kind.ASYNC_CONNECTION if "exec_driver_sql" in self.awaited else Kind.ASYNC_SESSION
            return Value(kind, confidence=Confidence.MEDIUM, why=f"`await {self.text}.{min(telling)}()` stands beside")
        if self.named_like_session and self.near_library and self.in_async:
            if self.plain & ASYNC_ALONE:
                why = f"`{self.text}.{min(self.plain & ASYNC_ALONE)}()` stands beside"
                return Value(Kind.ASYNC_SESSION, confidence=Confidence.MEDIUM, why=why)
            if self.is_begun:
                return Value(Kind.ASYNC_SESSION, confidence=Confidence.MEDIUM, why=BEGUN)
            return Value(Kind.ASYNC_SESSION, confidence=Confidence.LOW, why="by its name only")
        return declared

    def confidence_in(self, method: str, value: Value) -> Confidence:
        """How sure it is that `method` is a coroutine, where the kind itself was told by uses."""
        if value.confidence is not Confidence.MEDIUM or not ("stands beside" in value.why or value.why == BEGUN):
            return value.confidence
        if method in self.awaited or method in TELLING or self.plain & {"add", "add_all", "expunge"}:
            return Confidence.MEDIUM
        if self.named_like_session and self.awaited & TELLING:
            return Confidence.MEDIUM
        sessions = COROUTINES[Kind.ASYNC_SESSION]
        return Confidence.MEDIUM if len(self.awaited & sessions) > 1 else Confidence.LOW


NO_EVIDENCE = Evidence(text="")


def evidence_for(
    knows: Knowledge, scopes: Scopes, node: Name | Attribute, region: Node, without: tuple[Node, ...] = ()
) -> Evidence:
    """What the uses of an expression in a region tell, those in some blocks left out; nothing for anything but a name or a
    chain of attributes."""
    text = node.text
    if len(text) > MAX_TEXT or not CHAIN.fullmatch(text):
        return NO_EVIDENCE
    awaited, plain = _seen(region, text, without)
    function = node.function
    in_async = function is not None and function.is_async
    named = bool(SESSION_NAME.match(text.rpartition(".")[2]))
    near = near_library(node.file) or (named and knows.has_async_sessions and not OTHER_DRIVERS.search(node.file.data))
    near = near and not is_asked_for_rows(node.file, text) and not is_of_wrapper(node.file)
    near = near and text not in given_plain_sql(node.file)
    if text in tested_names(node.file) and is_tested(node.file.data[region.start : region.end], text):
        awaited, plain = NONE_SEEN, NONE_SEEN  # what stands in the branches is told there
    elif in_async and near and not awaited & TELLING:
        awaited, plain = _seen_elsewhere(scopes, node, awaited, plain)
    return Evidence(
        text=text,
        awaited=awaited,
        plain=plain,
        named_like_session=named,
        near_library=near,
        in_async=in_async,
        is_begun=isinstance(region, With) and region.is_async and _is_begun(region, text),
    )


def _is_begun(statement: With, text: str) -> bool:
    given = [one.value for one in statement.items if one.target is not None and one.target.text == text]
    return any(isinstance(one, Call) and one.method == "begin" for one in given)


def _seen_elsewhere(
    scopes: Scopes, node: Name | Attribute, awaited: frozenset[str], plain: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """The same with the uses of what is bound to the same elsewhere in the file."""
    root = root_of(node)
    bound = bound_where(scopes, root)
    for name, region in bound_alike(bound[1][0]) if bound is not None and len(bound[1]) == 1 else ():
        text = name + node.text.removeprefix(root.text)
        more_awaited, more_plain = _seen(region, text)
        awaited, plain = awaited | more_awaited, plain | more_plain
    if bound is not None and len(bound[1]) == 1 and not awaited & TELLING and SESSION_NAME.match(node.text):
        awaited |= _awaited_alike(scopes, bound[1][0])
    return awaited, plain


def _awaited_alike(scopes: Scopes, binding: Binding) -> frozenset[str]:
    """What the other async functions of the file await on a parameter of the same name and declaration, where all of them
    await it: a Session that is declared by mistake is declared so throughout."""
    function = binding.node.parent if binding.how is How.PARAM else None
    if not isinstance(function, FunctionDef):
        return NONE_SEEN
    known: dict[tuple[str, str], Alike] = function.file.kept.setdefault(_awaited_alike, {})
    key = (binding.name, _declaration(function, binding.name))
    if key not in known:
        known[key] = _alike(scopes, *key)
    return NONE_SEEN if any(one is not function for one in known[key].not_awaiting) else known[key].awaited


class Alike(NamedTuple):
    """What the async functions of a file await on a parameter of one name and declaration, and the first two that do not."""

    awaited: frozenset[str]
    not_awaiting: tuple[FunctionDef, ...]


def _alike(scopes: Scopes, name: str, declaration: str) -> Alike:
    same = (one for one in scopes.functions if one.is_async and name in one.param_names)
    seen = [(one, _seen(one, name)) for one in same if _declaration(one, name) == declaration]
    plain = (one for one, (_, not_awaited) in seen if not_awaited & (TELLING - AMBIGUOUS))
    return Alike(NONE_SEEN.union(*(awaited for _, (awaited, _) in seen)), tuple(islice(plain, 2)))


def _declaration(function: FunctionDef, name: str) -> str:
    """The type of a parameter as written; empty for none."""
    param = function.param(name)
    return "" if param is None or param.annotation is None else param.annotation.text


def near_library(file: SourceFile) -> bool:
    """Whether the file mentions SQLAlchemy or SQLModel at all."""
    return file.mentions(*LIBRARY)


@kept_with_file
def is_of_wrapper(file: SourceFile) -> bool:
    """Whether a file has its connections from a library around SQLAlchemy's statements, and none of SQLAlchemy's own."""
    return not file.mentions(*OF_ASYNCIO) and WRAPPERS.is_in(file)


def is_tested(data: bytes, text: str) -> bool:
    """Whether code asks `isinstance` of the name."""
    return any(text.encode() == one for one in TESTED.findall(data))


def is_asked_for_rows(file: SourceFile, text: str) -> bool:
    """Whether something written the same is asked in the file for what only a driver's own connection gives:
    `db.fetch_all()`."""
    methods = TELLING_DRIVERS & file.names_called  # a search of the whole file for each of them costs more
    return any(f"{text}.{method}(".encode() in file.data for method in methods)


@kept_with_file
def given_plain_sql(file: SourceFile) -> frozenset[str]:
    """What is executed on as SQLAlchemy never allows, but a driver's own connection or a wrapper of the project may:
    `db.execute(query, (key,))`, and any plain string where the file says no word of the library."""
    calls = file.calls("execute") if "execute" in file.names_called else ()
    told = (one.receiver for one in calls if one.receiver is not None and one.args and is_of_driver(one))
    return frozenset(one.text for one in told)


def is_of_driver(execute: Call) -> bool:
    """Whether its arguments are those of the DB-API."""
    statement, last = execute.args[0], execute.args[-1]
    if isinstance(statement, Str):
        return isinstance(last, Sequence) or not near_library(execute.file)
    return isinstance(last, Tuple) and last is not statement


def is_called_like_factory(node: Node) -> bool:
    """Whether it is `Session()`, `self.session_factory()` or `self.Session.begin()` in a file that mentions the
    library."""
    called = node.func if isinstance(node, Call) else None
    if isinstance(called, Attribute) and called.attr == "begin":
        called = called.value
    if not isinstance(called, Name | Attribute) or not node.file.mentions(*LIBRARY):
        return False
    return FACTORY_NAME.search(called.text.rpartition(".")[2]) is not None


def _seen(region: Node, text: str, without: tuple[Node, ...] = ()) -> tuple[frozenset[str], frozenset[str]]:
    """What is called on a receiver within a region, behind `await` and without; not in the blocks `without`."""
    known: dict[tuple[Node | str | tuple[Node, ...], ...], tuple[frozenset[str], frozenset[str]]]
    known = region.file.kept.setdefault(_seen, {})
    key = (region, text, without)
    if key not in known:
        data = region.file.data[region.start : region.end]
        for one in without:
            start, end = one.start - region.start, one.end - region.start
            data = data[:start] + b" " * (end - start) + data[end:]
        known[key] = _called_on(data, text.encode())
    return known[key]


def _called_on(data: bytes, word: bytes) -> tuple[frozenset[str], frozenset[str]]:
    awaited: set[str] = set()
    plain: set[str] = set()
    for at in places_of(word, data):
        called = METHOD_CALLED.match(data, at + len(word))
        if called is not None:
            (awaited if stands_behind_await(data, at) else plain).add(called.group(1).decode())
    return frozenset(awaited), frozenset(plain)
