"""What a subclass puts in the place of a type variable of its base: `Service[Users]`; knows no variable of a function."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value
from forge_doctor.code.syntax.nodes import Assign, ClassDef, FunctionDef, Name, Node, Subscript
from forge_doctor.regex import regex

PARAMETER = regex(rb"\w+")
OR_NONE = regex(r"\s{0,40}\|\s{0,40}None$|^Optional\[|\]$")
MAX_DEPTH = 8


def type_variables(class_: ClassDef) -> tuple[str, ...]:
    """The type variables of a class, in order: of `class A[T]`, of `Generic[T]`, else of its other bases."""
    own = class_.raw.child_by_field_name("type_parameters")
    if own is not None:
        found = (PARAMETER.search(one.text or b"") for one in own.named_children)
        return tuple(one.group().decode() for one in found if one is not None)
    bases = [one for one in class_.bases if isinstance(one, Subscript)]
    generic = [one for one in bases if one.value.text.rpartition(".")[2] in ("Generic", "Protocol")]
    return tuple(dict.fromkeys(item.text for base in generic or bases for item in base.items if isinstance(item, Name)))


def bound_of(name: str, at: Node) -> Node | None:
    """What a type variable of the function or class around a place is bound to, `S: AsyncSession` of `def f[S: AsyncSession]`;
    None where it is free, or one of several types."""
    for around in (at, *at.ancestors):
        written = (
            around.raw.child_by_field_name("type_parameters") if isinstance(around, FunctionDef | ClassDef) else None
        )
        for one in () if written is None else written.named_children:
            constrained = one.named_children[0] if one.named_children else None
            if constrained is not None and constrained.type == "constrained_type":
                variable, bound = constrained.named_children[:2]
                inner = bound.named_children[0] if bound.type == "type" and bound.named_children else bound
                if at.file.text_of(variable) == name:
                    return None if inner.type == "tuple" else at.file.node(inner)
    return None


def in_place_of(knows: Knowledge, class_: ClassDef, base: ClassDef, variable: str, depth: int = 0) -> Value:
    """What a value of that type variable of `base` is for `class_`."""
    for written in class_.bases if depth < MAX_DEPTH else ():
        parent = knows.value_of(written.value if isinstance(written, Subscript) else written).inner.definition
        if not isinstance(parent, ClassDef):
            continue
        name = variable
        if parent is not base:
            # What the parent itself puts there may be one of its own variables.
            value = in_place_of(knows, parent, base, variable, depth + 1)
            if value.kind is not Kind.OTHER and value.is_known:
                return value
            name = value.name
        variables = type_variables(parent)
        if isinstance(written, Subscript) and name in variables and variables.index(name) < len(written.items):
            return _argument(knows, class_, written.items[variables.index(name)])
    return UNKNOWN


def _argument(knows: Knowledge, class_: ClassDef, item: Node) -> Value:
    """The class that is written there; of a variable of the class its name."""
    written = knows.value_of(item)
    if written.kind is Kind.CLASS:
        return written.inner
    declared = knows.annotated(item, class_)  # an alias: `AnySession = AsyncSession | async_scoped_session`
    if declared.kind.is_async:
        return declared
    return Value(Kind.OTHER, name=item.text) if item.text in type_variables(class_) else UNKNOWN


def declared_variable(class_: ClassDef, assigns: Iterator[Assign]) -> str:
    """The type variable that the assignments to an attribute declare it as; empty where none does."""
    variables = type_variables(class_)
    for assign in assigns if variables else ():
        function = assign.function
        param = None if function is None or assign.value is None else function.param(assign.value.text)
        for annotation in (assign.annotation, None if param is None else param.annotation):
            plain = "" if annotation is None else OR_NONE.sub("", annotation.text.strip("\"'"))
            if plain in variables:
                return plain
    return ""
