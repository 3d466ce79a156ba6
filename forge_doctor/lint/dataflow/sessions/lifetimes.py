"""Who closes a session that was made: follows it through names, arguments and attributes; looks at no transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    ClassDef,
    FunctionDef,
    Keyword,
    Lambda,
    Name,
    NamedExpr,
    Node,
    Return,
    Subscript,
    With,
    WithItem,
    Yield,
)
from forge_doctor.code.syntax.stubs import is_declaration
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.lent_sessions import lent_with
from forge_doctor.lint.dataflow.use_def import all_reads, param_reads
from forge_doctor.lint.dataflow.uses import Use, at_place
from forge_doctor.regex import regex

# Methods after which a session holds no connection and wants no further care.
CLOSERS = words("close aclose close_all invalidate remove __aexit__ __exit__")
CONNECTING = COROUTINES[Kind.ASYNC_SESSION] - CLOSERS - {"rollback", "reset"}
# Calls that take over what they are given.
OWNERS = regex(
    r"(?:^|_)(?:a?clos\w*|clean\w*|dispose|release|finali[sz]er?|addfinalizer|teardown|shutdown|exit|enter|callback"
    r"|push|append|register|setattr|getattr)(?:_|$)|^(?:set|setdefault|put|put_nowait|insert|store|attach|extend)$",
    re.IGNORECASE,
)
HARMLESS_CALLS = words("isinstance print repr str id type bool hasattr len callable is_instance_of debug info")
MAX_DEPTH = 12  # functions that hand it on to each other
MOST_FOLLOWED = 64  # expressions of one function that hold it one after the other


@dataclass(slots=True)
class Lifetime:
    """What was seen of a session.

    `closes` are the places that close it; `returns` and `yields` hand it to a caller; `elsewhere`
    says that something else took it over; `connects` are uses that check a connection out;
    `strangers` are functions we cannot see that got it as an argument. `followed` are the expressions
    that held it, each looked at once.
    """

    closes: list[Node] = field(default_factory=list)
    returns: list[Node] = field(default_factory=list)
    yields: list[Node] = field(default_factory=list)
    connects: list[Node] = field(default_factory=list)
    strangers: dict[str, None] = field(default_factory=dict)
    elsewhere: bool = False
    followed: set[Node] = field(default_factory=set)

    @property
    def is_kept(self) -> bool:
        """Whether somebody else may close it."""
        return self.elsewhere or bool(self.returns)

    @property
    def confidence(self) -> Confidence:
        """How sure it is that nobody else closes it."""
        return Confidence.MEDIUM if self.strangers else Confidence.HIGH


_of_params: WeakKeyDictionary[Project, dict[tuple[FunctionDef, str], Lifetime]] = WeakKeyDictionary()


def lifetime_of(project: Project, node: Node) -> Lifetime:
    """Follow a session from the expression that makes it, once for all who ask."""
    known: dict[Node, Lifetime] = node.file.kept.setdefault(lifetime_of, {})
    found = known.get(node)
    if found is None:
        found = known[node] = Lifetime()
        _follow(project, node, found, 0)
    return found


def lifetime_of_param(project: Project, function: FunctionDef, name: str, depth: int = 0) -> Lifetime:
    """Follow a session a function is given."""
    known = _of_params.setdefault(project, {})
    found = known.get((function, name))
    if found is None:
        found = known[(function, name)] = Lifetime()  # a cycle adds nothing
        for read in param_reads(project, function, name):
            _follow(project, read, found, depth)
    return found


def _follow(project: Project, node: Node, found: Lifetime, depth: int) -> None:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one not in found.followed:
            found.followed.add(one)
            if depth > MAX_DEPTH or len(found.followed) > MOST_FOLLOWED:
                found.connects.append(one)
                found.strangers[one.text] = None
                return
            waiting.extend(reversed(_held_by(project, one, found, depth)))


def _held_by(project: Project, node: Node, found: Lifetime, depth: int) -> list[Node]:
    """Notes what is done with the session there; gives the further expressions of the function that hold it then."""
    fate, place = at_place(node)
    if fate.use in (Use.ENTERED, Use.ENTERED_SYNC):
        found.closes.append(fate.node)
    elif fate.use is Use.CHAINED and isinstance(fate.node, Attribute):
        _method(fate.node, found)
    elif fate.use is Use.ASSIGNED:
        return list(_assigned(project, place, found))
    elif fate.use is Use.ARGUMENT:
        return _argument(project, place, fate.node, found, depth)
    elif fate.use is Use.RETURNED:
        _returned(project, node, fate.node, found)
    elif isinstance(fate.node, Yield):
        found.yields.append(fate.node)
    elif fate.use is Use.HANDED_ON:
        found.elsewhere = True
    return []


def _method(attribute: Attribute, found: Lifetime) -> None:
    name = attribute.attr
    if isinstance(attribute.parent, Assign) and attribute in attribute.parent.targets:
        return
    if name in CLOSERS:
        found.closes.append(attribute)
    elif name in ("__aenter__", "__enter__"):
        found.elsewhere = True
    elif name in CONNECTING or name in ("begin", "begin_nested"):
        found.connects.append(attribute)
    elif name == "sync_session":
        further = attribute.parent.attr if isinstance(attribute.parent, Attribute) else ""
        found.elsewhere = found.elsewhere or not further or further in CLOSERS


def _returned(project: Project, node: Node, statement: Node, found: Lifetime) -> None:
    """A function inside that returns the session of the one around it lends it out, and closes nothing."""
    around = node.enclosing(Lambda)
    inner = node.function
    bound = project.scopes(node.file).lookup(node.text, node) if isinstance(node, Name) else None
    if around is not None or inner is None or not isinstance(statement, Return):
        found.elsewhere = True
    elif bound is not None and bound[0].node is not inner:
        found.connects.append(statement)
        found.strangers[inner.name] = None
    else:
        found.returns.append(statement)


# -- names


def _assigned(project: Project, place: Node, found: Lifetime) -> Iterator[Node]:
    assign = place if isinstance(place, NamedExpr) else place.parent
    targets = (
        assign.targets if isinstance(assign, Assign) else (assign.target,) if isinstance(assign, NamedExpr) else ()
    )
    for target in targets:
        if isinstance(target, Name) and assign is not None and not _is_outer(project, target):
            yield from all_reads(project, target, assign)
        elif isinstance(target, Attribute) and _is_own(target):
            found.elsewhere = found.elsewhere or not is_never_closed(target)
        elif isinstance(target, Subscript) and (call := lent_with(target)) is not None:
            found.connects.append(call)
            found.strangers[call.func.text] = None
        else:
            found.elsewhere = True
    if isinstance(assign, NamedExpr):
        inner, _ = at_place(assign)
        if inner.use not in (Use.BARE, Use.ASSIGNED):
            yield assign


def _is_outer(project: Project, name: Name) -> bool:
    """Whether a name is declared `global` or `nonlocal`, or is of a module or class."""
    return name.function is None or name.text in project.scopes(name.file).of(name).outer_names


# -- attributes


def _is_own(target: Attribute) -> bool:
    function = target.function
    return function is not None and function.is_method and target.value.text in function.param_names[:1]


def is_never_closed(target: Attribute) -> bool:
    """Whether nothing in the class, its bases or its file closes `self.x`, enters it or hands it out."""
    class_ = target.class_
    if class_ is None or not _bases_in_sight(class_):
        return False
    name = re.escape(target.attr).encode()
    handed = re.compile(
        rb"\." + name + rb"\s*\.\s*(?:a?close|__aexit__|invalidate|remove)\b"
        rb"|(?:with|return|yield|=)\s+(?:await\s+)?[\w.]+\." + name + rb"\b(?!\s*[.(])"
        rb"|(?:clos|clean|enter|callback|push|exit)\w*\([\w., ]*\." + name + rb"\b"
    )
    return handed.search(target.file.data) is None


def _bases_in_sight(class_: ClassDef) -> bool:
    return all(base.text in ("object", "ABC", "abc.ABC") for base in class_.bases)


# -- arguments


def _argument(project: Project, place: Node, around: Node, found: Lifetime, depth: int) -> list[Node]:
    call = around.parent if isinstance(around, Keyword) else around
    if not isinstance(call, Call):
        found.elsewhere = True
        return []
    function = project.called(call)
    if call.method in HARMLESS_CALLS or (call.method == "getattr" and "close" not in call.text):
        return []
    if function is not None:
        return _parameter(project, function, call, place, around, found, depth)
    if _is_class(project, call):
        _kept_by_object(project, call, found)
    elif OWNERS.search(call.method) or not call.method or _is_entered(call):
        found.elsewhere = True
    else:
        found.connects.append(call)
        found.strangers[call.func.text] = None
    return []


def _parameter(
    project: Project, function: FunctionDef, call: Call, place: Node, around: Node, found: Lifetime, depth: int
) -> list[Node]:
    name = parameter_name(function, call, place, around)
    param = lifetime_of_param(project, function, name, depth + 1) if name else Lifetime(elsewhere=True)
    if param.closes:
        found.closes.append(call)
    elif function.name == "__init__":
        _kept_by_object(project, call, found)
    elif param.elsewhere or (is_declaration(function) and OWNERS.search(function.name)):
        found.elsewhere = True
    elif param.returns or param.yields:
        return [call.parent if isinstance(call.parent, Await) else call]
    else:
        found.connects.append(call)
        found.strangers |= param.strangers
    return []


def parameter_name(function: FunctionDef, call: Call, place: Node, around: Node) -> str:
    """The parameter an argument of a call goes to; empty where it cannot be told."""
    names = function.param_names
    if isinstance(around, Keyword):
        return around.name if around.name in names else ""
    offset = 1 if function.is_method and not function.decorated_by("staticmethod") else 0
    if place not in call.args:
        return ""
    index = call.args.index(place) + offset
    return names[index] if index < len(names) else ""


def _is_entered(call: Call) -> bool:
    fate, _ = at_place(call)
    return fate.use in (Use.ENTERED, Use.ENTERED_SYNC)


def _is_class(project: Project, call: Call) -> bool:
    return project.value_of(call.func).kind is Kind.CLASS or call.method[:1].isupper()


def _kept_by_object(project: Project, call: Call, found: Lifetime) -> None:
    """`Repository(session)`: the object may close it only if its class closes anything at all."""
    definition = project.value_of(call.func).inner.definition
    if not isinstance(definition, ClassDef):
        found.connects.append(call)
        found.strangers[call.func.text] = None
        return
    closes = re.compile(
        rb"(?:session|db|self)\w*\s*\.\s*(?:a?close|__aexit__|invalidate)\s*\(|def (?:__aexit__|a?close)\b"
        rb"|async with self\.\w+(?::|\s+as\b)"
    )
    for base in project.bases(definition):
        inner = base.inner.definition
        if isinstance(inner, ClassDef) and closes.search(inner.file.data, inner.start, inner.end):
            found.elsewhere = True
            return
    outer, _ = at_place(call)
    if isinstance(outer.node, Yield):
        found.yields.append(outer.node)
    elif outer.use is Use.RETURNED or isinstance(outer.node, WithItem):
        found.elsewhere = True
    found.connects.append(call)


def is_within_begin(node: Node) -> bool:
    """Whether a use stands in `async with session.begin():`, which gives the connection back."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return False
        if isinstance(around, With) and any(
            isinstance(i.value, Call) and i.value.method == "begin" for i in around.items
        ):
            return True
    return False
