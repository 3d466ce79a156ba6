"""What a type as written says of coroutines: whether it is meant for them, open to anything, or names what is inside."""

from __future__ import annotations

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Name, Node
from forge_doctor.regex import regex

# Types as written of what is awaited later, and of what may be anything.
AWAITED_LATER = regex(r"(?:\b|(?<=[a-z0-9]))(?:Awaitable|Coro|Future|Deferred)|\bTask\b")
OPEN_TYPE = regex(
    r"(?:Any|object|typing\.Any|t\.Any|_?[A-Z]\w?|\w+(?:_co|_contra)|[A-Z]\w*(?:T|Type))(?:\s*\|\s*None)?"
)
HOLDING = regex(r"\[[^\]]{0,300}\w\w")
OPEN_INSIDE = regex(r"\b(?:Any|object|_?[A-Z]\w?|\w+(?:_co|_contra)|[A-Z]\w*T)\b|Callable")


def text_of(annotation: Node | None) -> str:
    """As written; empty for none."""
    return "" if annotation is None else annotation.text


def is_meant_for_coroutines(project: Project, annotation: Node | None) -> bool:
    """Whether a type says that what it is of is awaited: `Awaitable[User]`, `asyncio.Task`, but no class `Task` of the
    project's own."""
    if annotation is None or AWAITED_LATER.search(annotation.text) is None:
        return False
    named = [*annotation.find(Attribute), *annotation.find(Name)]
    named += [annotation] if isinstance(annotation, Attribute | Name) else []
    outermost = [one for one in named if not isinstance(one.parent, Attribute) or one.parent not in named]
    telling = [one for one in outermost if AWAITED_LATER.search(one.text)]
    return not telling or not all(project.value_of(one).inner.kind is Kind.INSTANCE for one in telling)


def says_what_it_holds(project: Project, annotation: Node | None) -> bool:
    """Whether a type names what is inside, and that is no coroutine: `list[User]`, not `list[T]`."""
    declared = text_of(annotation)
    if HOLDING.search(declared) is None or OPEN_INSIDE.search(declared) is not None:
        return False
    return not is_meant_for_coroutines(project, annotation)


def is_declared_as_data(project: Project, annotation: Node | None) -> bool:
    """Whether a type is that of a result, and no coroutine: `user: User`, not `user: Any`."""
    declared = text_of(annotation)
    return bool(declared) and not OPEN_TYPE.fullmatch(declared) and not is_meant_for_coroutines(project, annotation)
