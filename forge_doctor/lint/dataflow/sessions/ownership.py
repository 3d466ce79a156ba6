"""Who may close a session it gets: the calls, attributes and objects that take one over, and the record of it."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, Node, WithItem, Yield
from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Confidence
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


def is_own(target: Attribute) -> bool:
    """`self.x` in a method."""
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


def is_entered(call: Call) -> bool:
    """Whether `with` or `async with` enters what the call gives."""
    fate, _ = at_place(call)
    return fate.use in (Use.ENTERED, Use.ENTERED_SYNC)


def is_class(project: Project, call: Call) -> bool:
    """Whether the call makes an object, by its definition or its name."""
    return project.value_of(call.func).kind is Kind.CLASS or call.method[:1].isupper()


def kept_by_object(project: Project, call: Call, found: Lifetime) -> None:
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
