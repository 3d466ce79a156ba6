"""Objects that are made once, by a module or a cached function, and keep a session for everybody; judges no session."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    FunctionDef,
    If,
    Keyword,
    Name,
    Node,
    Return,
)
from forge_doctor.lint.dataflow.connections.handles import THE_SESSION, kept_by

CACHES = ("lru_cache", "cache", "cached", "singleton")


def given_at_import(project: Project, given: Node) -> str:
    """`layer = Layer(Session())` of a module, where the object keeps what it is given."""
    made = given.parent.parent if isinstance(given.parent, Keyword) else given.parent
    bound = made.parent if isinstance(made, Call) else None
    if not isinstance(made, Call) or not isinstance(bound, Assign) or made.function is not None:
        return ""
    if not kept_by_module(bound.target, bound):
        return ""
    func = project.value_of(made.func)
    init = project.method(func.inner.definition, "__init__") if isinstance(func.inner.definition, ClassDef) else None
    name = "" if init is None or func.kind is not Kind.CLASS else next(iter(name_given(init, made, given)), "")
    if init is None or not name or not any(kept_by(project, init, {name: THE_SESSION})):
        return ""
    return f"given to `{bound.target.text}`, an object that is made once when the module is imported"


def name_given(function: FunctionDef, call: Call, given: Node) -> Iterator[str]:
    """The parameter that a call hands an expression to."""
    return (one for one in function.param_names if function.argument(call, one) is given)


def in_lasting_object(target: Attribute, function: FunctionDef) -> str:
    """Which object that a module or a cached function makes once keeps the session, made by its `__init__` or where it has
    none yet; empty where none does, or where the attribute is set anywhere else."""
    owner = function.owner
    if not isinstance(owner, ClassDef) or target.value.text not in function.param_names[:1]:
        return ""
    attribute = rf"\bself\.{re.escape(target.attr)}"
    others = re.findall(rf"{attribute}\s*(?::[^=\n]+)?=(?!=)\s*(None\b)?", owner.text)
    if function.name == "__init__":
        if len(others) != 1:
            return ""
    elif (
        sorted(others) != ["", "None"]
        or re.search(rf"\bif\s+(?:not\s+{attribute}|{attribute}\s+is\s+None)\s*:", function.text) is None
        or not any("None" in one.text for one in initial_values(owner, target.attr))
    ):
        return ""
    for call in function.file.calls(owner.name):
        bound = call.parent
        if isinstance(bound, Assign) and call.function is None and kept_by_module(bound.target, bound):
            return f"kept by `{bound.target.text}`, an object that is made once when the module is imported"
        if isinstance(bound, Return) and (given := cached(call.function)):
            return f"kept by {given}"
    return ""


def initial_values(owner: ClassDef, name: str) -> Iterator[Assign]:
    """What the `__init__` of a class, or its body, sets an attribute to."""
    init = next((one for one in owner.body if isinstance(one, FunctionDef) and one.name == "__init__"), None)
    assigns = () if init is None else init.find(Assign, nested=False)
    return (one for one in assigns if isinstance(one.target, Attribute) and one.target.attr == name)


def kept_by_module(target: Node, assign: Assign) -> str:
    """Kept by a module or class body; not what only a script run by itself does."""
    guard = assign.enclosing(If)
    if guard is not None and "__main__" in guard.test.text:
        return ""
    owner = assign.owner
    if isinstance(owner, ClassDef):
        return f"an attribute of the class {owner.name}, made once"
    return "made once when the module is imported" if isinstance(target, Name) else ""


def cached(function: FunctionDef | None) -> str:
    """Made in a function that is run only once."""
    if function is None or not function.decorated_by(*CACHES) or function.is_generator:
        return ""
    returned = re.search(r"return\b", function.text) is not None
    return f"what the cached {function.name}() gives to everybody" if returned else ""
