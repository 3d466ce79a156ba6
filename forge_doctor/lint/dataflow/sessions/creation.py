"""Calls that make a new AsyncSession: of a factory, the class, or a function that returns one; judges none."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.library.symbols import OBJECT_SESSIONS
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Name, Node, Return
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_double, is_mocked
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.use_def import reads_of
from forge_doctor.regex import regex

# What the name of something that makes a session has in it: names decide only where we look. One pattern for each
# word, since a search for a literal costs a tenth of a search for alternatives; with bounds, since text without blanks
# would take the square of its length.
WORDS = (b"ession", b"aker", b"actory", b"ocal", b"db", b"DB")
MAKERS = tuple(regex(word + rb"\w{0,100}+(?:\(\))?\s*\(") for word in WORDS)
# Other names the file itself gives to a factory: by import, by annotation.
RENAMED = tuple(regex(word + rb"\w{0,100}+\s++as\s++(\w{1,100}+)") for word in WORDS)
ANNOTATED = regex(rb"(\w{1,100}+)\s{0,40}[:=][^=,\n]{0,300}\Z")
# What such a name is given: a type, or at the end of a line something called like a factory, or what that gives.
GIVEN = (
    regex(rb"sessionmaker\b"),
    regex(rb"aker\w{0,100}+(?:\([^()\n]{0,100}\))?[ \t]*$", re.MULTILINE),
    regex(rb"actory\w{0,100}+(?:\([^()\n]{0,100}\))?[ \t]*$", re.MULTILINE),
)
WORD_BYTES = frozenset(string.ascii_letters.encode() + string.digits.encode() + b"_")
ENTERED_BEFORE = regex(rb"\basync\s+with\s+[\w.]*\Z")
NAME = regex(rb"\w*")
DEFINED_BEFORE = regex(rb"\b(?:def|class)\s+\Z")
FACTORY_NAME = regex(
    r"^_*(?:get_|create_|make_|new_)?(?:async_?)?(?:db_?|sql_?)?session_?(?:maker|factory|local)$"
    r"|^_*async_?session(?:_?local)?$",
    re.IGNORECASE,
)
CONNECTION_NAME = regex(r"(?:\w*_)?conn(?:ection)?", re.IGNORECASE)
# What such a callable gives is somebody else's.
GETTER = regex(r"getter$|(?:\b|_)current_", re.IGNORECASE)
MAX_DEPTH = 3
LONGEST = 200  # a name, or what stands before one


MAKES_SESSIONS = AnyWord(b"ession", b"actory", b"aker")


class Made(NamedTuple):
    """A new session: `node` is the expression that holds it (the `await` of a coroutine), `call` what makes it."""

    node: Node
    call: Call
    confidence: Confidence
    why: str

    @property
    def function(self) -> FunctionDef | None:
        """The function it is made in."""
        return self.node.function


def sessions_made(file: SourceFile, project: Project) -> tuple[Made, ...]:
    """Every new session of a file that is not entered right where it is made; found once for the rules that ask."""
    found: tuple[Made, ...] | None = file.kept.get(sessions_made)
    if found is None:
        found = file.kept[sessions_made] = tuple(_sessions_made(file, project))
    return found


def _sessions_made(file: SourceFile, project: Project) -> Iterator[Made]:
    may_be_known = project.has_async_sessions
    for offset in places_to_look_at(file.data):
        before = file.data[max(0, offset - 120) : offset]
        if ENTERED_BEFORE.search(before) or DEFINED_BEFORE.search(before):
            continue
        # Where nobody speaks of asyncio's sessions, one can be told by its maker's name alone.
        if not may_be_known and not is_named_like_factory(file.data, offset):
            continue
        call = _call_at(file, offset)
        made = None if call is None else made_by(project, call)
        if made is not None:
            yield made


def is_named_like_factory(data: bytes, offset: int) -> bool:
    """Whether the name at an offset is a usual one of something that makes sessions."""
    name = NAME.match(data, offset)
    return name is not None and FACTORY_NAME.match(name[0].decode("utf-8", "replace")) is not None


def places_to_look_at(data: bytes) -> Iterator[int]:
    """Where a name begins that is called and may make a session, in order of the text."""
    found = {word_start(data, match.start()) for maker in MAKERS for match in maker.finditer(data)}
    renamed = {name for name in _other_names(data) if not any(word in name for word in WORDS)}
    if renamed:
        pattern = rb"\b(?:" + b"|".join(sorted(renamed)) + rb")\s*\("
        found.update(match.start() for match in re.finditer(pattern, data))
    yield from sorted(found)


def word_start(data: bytes, offset: int) -> int:
    """Where the name begins that has something at an offset."""
    start = offset
    while start and offset - start < LONGEST and data[start - 1] in WORD_BYTES:
        start -= 1
    return start


def _other_names(data: bytes) -> Iterator[bytes]:
    for renamed in RENAMED:
        yield from (match.group(1) for match in renamed.finditer(data))
    for match in (one for given in GIVEN for one in given.finditer(data)):
        before = max(data.rfind(b"\n", 0, match.start()) + 1, match.start() - LONGEST)
        is_declared = any(data.find(mark, before, match.start()) >= 0 for mark in (b":", b"="))
        annotated = ANNOTATED.search(data, before, match.start()) if is_declared else None
        if annotated is not None:
            yield annotated.group(1)


def _call_at(file: SourceFile, offset: int) -> Call | None:
    node = file.node_at(offset)
    if not isinstance(node, Name):
        return None
    func: Node = node
    if isinstance(func.parent, Attribute) and func.parent.attr_node is func:
        func = func.parent
    call = func.parent
    if not isinstance(call, Call) or call.func is not func:
        return None
    around = call.parent
    return around if isinstance(around, Call) and around.func is call else call


def made_by(project: Project, call: Call, depth: int = 0) -> Made | None:
    """The session a call makes; None where it makes none, or gives one that somebody else holds."""
    made = _made_by(project, call, depth)
    return None if made is None or is_double(call.class_) or is_mocked(call.func) else made


def _made_by(project: Project, call: Call, depth: int) -> Made | None:
    func = project.value_of(call.func)
    if func.kind is Kind.ASYNC_FACTORY:
        return Made(node=call, call=call, confidence=func.confidence, why=func.why or f"{call.func.text} is a factory")
    if func.kind is Kind.CLASS and func.inner.kind is Kind.ASYNC_SESSION:
        if is_bound_to_connection(project, call):
            return None
        return Made(node=call, call=call, confidence=func.confidence, why=f"{call.func.text} is an AsyncSession class")
    if func.kind is Kind.CALLABLE and func.inner.kind is Kind.ASYNC_SESSION and isinstance(call.func, Name | Attribute):
        if func.name.rpartition(".")[2] in OBJECT_SESSIONS or is_kept_elsewhere(project, call):
            return None
        return Made(node=call, call=call, confidence=Confidence.MEDIUM, why=f"{call.func.text} gives an AsyncSession")
    if func.kind is Kind.FUNCTION and isinstance(func.definition, FunctionDef):
        return _made_by_function(project, call, func.definition, depth)
    if func.kind is Kind.UNKNOWN:
        return _made_by_name(project, call)
    return None


def is_bound_to_connection(project: Project, call: Call) -> bool:
    """Whether it works on a connection that somebody else has opened, and takes none of a pool: `AsyncSession(connection)`."""
    bind = call.keyword("bind") or (call.args[0] if call.args else None)
    if bind is None:
        return False
    kind = project.value_of(bind).kind
    return kind is Kind.ASYNC_CONNECTION or (
        kind is Kind.UNKNOWN and CONNECTION_NAME.fullmatch(bind.text.rpartition(".")[2]) is not None
    )


def is_kept_elsewhere(project: Project, call: Call) -> bool:
    """Whether it asks for one that was put away: `current.get()` of a ContextVar, `config.session_getter(request)`."""
    if GETTER.search(call.func.text) is not None:
        return True
    return call.receiver is not None and project.value_of(call.receiver).kind is Kind.CONTEXT_VAR


def _made_by_function(project: Project, call: Call, function: FunctionDef, depth: int) -> Made | None:
    if depth > MAX_DEPTH or not gives_fresh_session(project, function, depth):
        return None
    node: Node = call
    if function.is_async:
        if not isinstance(call.parent, Await):
            return None
        node = call.parent
    return Made(node=node, call=call, confidence=Confidence.HIGH, why=f"{function.qualname}() returns a new session")


def gives_fresh_session(project: Project, function: FunctionDef, depth: int = 0) -> bool:
    """Whether every `return` of a function hands over a session made in it; answered once for each depth."""
    known: dict[tuple[FunctionDef, int], bool] = function.file.kept.setdefault(gives_fresh_session, {})
    if (function, depth) not in known:
        known[(function, depth)] = _gives_fresh_session(project, function, depth)
    return known[(function, depth)]


def _gives_fresh_session(project: Project, function: FunctionDef, depth: int) -> bool:
    if function.decorators or function.is_generator:
        return False
    returned = [one.value for one in function.find(Return, nested=False)]
    return bool(returned) and all(_is_fresh(project, value, function, depth + 1) for value in returned)


def _is_fresh(project: Project, value: Node | None, function: FunctionDef, depth: int) -> bool:
    inner = value.value if isinstance(value, Await) else value
    if isinstance(inner, Call):
        made = made_by(project, inner, depth)
        return made is not None and made.node is value
    if not isinstance(value, Name):
        return False
    found = project.scopes(value.file).lookup(value.text, value)
    if found is None or found[0].node is not function or len(found[1]) != 1:
        return False
    binding = found[1][0].node
    return isinstance(binding, Assign) and _is_fresh(project, binding.value, function, depth + 1)


def _made_by_name(project: Project, call: Call) -> Made | None:
    """An untyped factory: told by its name and by what is awaited on the session it makes."""
    name, assign = call.method, call.parent
    if not FACTORY_NAME.match(name) or not isinstance(assign, Assign) or not isinstance(assign.target, Name):
        return None
    for read in reads_of(project, assign.target, assign):
        value: Value = project.known(read)
        if value.kind is Kind.ASYNC_SESSION and value.confidence > Confidence.LOW:
            return Made(node=call, call=call, confidence=Confidence.MEDIUM, why=value.why)
    return None
