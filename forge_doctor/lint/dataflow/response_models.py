"""Which response model a FastAPI route or a `model_validate`, there or in a plain function that is given the object, reads an
object with; asks only for models in sight."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    BinOp,
    Call,
    ClassDef,
    Comprehension,
    Constant,
    FunctionDef,
    Name,
    Node,
    Return,
    Str,
    Subscript,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

ROUTES = words("get post put patch delete api_route")
LISTS = words("list List Sequence set Set tuple Iterable")
WRAPPERS = words("Optional Annotated Union")
PYDANTIC = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})

DECORATED = regex(rb"@\w[\w.]*\.(?:" + "|".join(sorted(ROUTES)).encode() + rb")\s*\(")


def objects_read(file: SourceFile, project: Project) -> Iterator[tuple[Node, ClassDef]]:
    """What routes return and async functions validate, with the class that reads it."""
    yield from returned(file, project)
    yield from validated(file, project)
    yield from validated_by_others(file, project)


def returned(file: SourceFile, project: Project, *, is_plain: bool = False) -> Iterator[tuple[Node, ClassDef]]:
    """What async routes return, or with `is_plain` plain ones too, with the class that reads it."""
    if DECORATED.search(file.data) is None:
        return
    for function in project.scopes(file).functions:
        if not function.decorators or not (function.is_async or is_plain):
            continue
        for statement in function.find(Return, nested=False):
            class_ = reads_response(project, statement)
            if class_ is not None and statement.value is not None:
                yield statement.value, class_


def validated(file: SourceFile, project: Project) -> Iterator[tuple[Node, ClassDef]]:
    """`UserOut.model_validate(user)` in async functions."""
    for call in file.calls("model_validate", "from_orm", "validate_python"):
        function = call.function
        if function is None or not function.is_async:
            continue
        class_ = validated_class(project, call)
        if class_ is not None and not is_lambda_inside(call, call.parent):
            yield call.args[0], class_


@kept_for_the_run
def validating_names(project: Project) -> frozenset[str]:
    """The names of functions with a `model_validate` behind their head."""
    return marked_functions(project, Mark.VALIDATES)


def validated_by_others(file: SourceFile, project: Project) -> Iterator[tuple[Node, ClassDef]]:
    """`serialize(user)` in async functions, where that is a plain function which validates what it is given."""
    for call in file.calls(*sorted(validating_names(project) & file.names_called)):
        if call.function is None or not call.function.is_async or is_lambda_inside(call, call.parent):
            continue
        reader = project.called(call)
        if reader is None or reader.is_async or reader.is_generator or reader.name == "__init__":
            continue
        for name, class_ in validated_parameters(project, reader):
            given = reader.argument(call, name)
            if given is not None:
                yield given, class_


def validated_parameters(project: Project, reader: FunctionDef) -> tuple[tuple[str, ClassDef], ...]:
    """The parameters of which a function always makes a pydantic object, with its class; found once."""
    known: dict[FunctionDef, tuple[tuple[str, ClassDef], ...]] = reader.file.kept.setdefault(validated_parameters, {})
    if reader not in known:
        known[reader] = tuple(_validated_parameters(project, reader))
    return known[reader]


def _validated_parameters(project: Project, reader: FunctionDef) -> Iterator[tuple[str, ClassDef]]:
    scope = project.scopes(reader.file).opened_by(reader)
    for call in reader.find(Call, nested=False):
        given = call.args[0] if call.method in ("model_validate", "from_orm") and call.args else None
        if not isinstance(given, Name) or given.text not in reader.param_names or call.statement.parent is not reader:
            continue
        # One that is given something else before is no longer what the caller gave.
        if scope is None or len(scope.bindings(given.text)) != 1:
            continue
        class_ = validated_class(project, call)
        if class_ is not None:
            yield given.text, class_


def is_lambda_inside(call: Call, around: Node | None) -> bool:
    """Whether the call runs later, in a generator nobody iterates here."""
    return isinstance(around, Comprehension) and around.is_generator and around.contains(call)


def route_decorator(project: Project, node: Node) -> Call | None:
    """The decorator that makes the function around a node a route of FastAPI."""
    function = node.function
    for one in () if function is None else function.decorators:
        if isinstance(one, Call) and isinstance(one.func, Attribute) and one.method in ROUTES and one.args:
            return one if is_fastapi(project, one.func.value) else None
    return None


def is_fastapi(project: Project, receiver: Node) -> bool:
    """Whether the receiver of a decorator is a FastAPI app or router, or in a file that imports fastapi."""
    return receiver.file.mentions(b"fastapi") or "fastapi" in project.value_of(receiver).name


def reads_response(project: Project, statement: Return) -> ClassDef | None:
    """The class whose fields are read from what a route returns."""
    decorator = route_decorator(project, statement)
    function = statement.function
    if decorator is None or function is None:
        return None
    declared = decorator.keyword("response_model")
    annotation = declared if declared is not None else function.returns
    return None if annotation is None else response_class(project, annotation)


def validated_class(project: Project, call: Call) -> ClassDef | None:
    """The pydantic class of `UserOut.model_validate(user)`, `UserOut.from_orm(user)` and
    `TypeAdapter(list[UserOut]).validate_python(users)`."""
    if call.method == "validate_python" and call.receiver is not None and call.args:
        made = followed(project, call.receiver)
        adapts = isinstance(made, Call) and project.qualified(made.func) == "pydantic.TypeAdapter" and made.args
        return response_class(project, made.args[0]) if adapts and isinstance(made, Call) else None
    if call.method not in ("model_validate", "from_orm") or call.receiver is None or not call.args:
        return None
    class_ = project.value_of(call.receiver).inner.definition
    return class_ if isinstance(class_, ClassDef) and is_pydantic(project, class_) else None


def response_class(project: Project, annotation: Node, depth: int = 0) -> ClassDef | None:
    """The pydantic class in `X`, `list[X]`, `X | None`."""
    if depth > 5 or isinstance(annotation, Constant):
        return None
    if isinstance(annotation, Str):
        return None
    if isinstance(annotation, BinOp):
        sides = [one for one in (annotation.left, annotation.right) if one.text != "None"]
        return response_class(project, sides[0], depth + 1) if len(sides) == 1 else None
    if isinstance(annotation, Subscript):
        name = annotation.value.text.rpartition(".")[2]
        known = name in LISTS | WRAPPERS and annotation.items
        items = [one for one in annotation.items if one.text not in ("None", "...")]
        return (
            response_class(project, items[0], depth + 1) if known and (name == "Annotated" or len(items) == 1) else None
        )
    class_ = project.value_of(annotation)
    definition = class_.inner.definition if class_.kind is Kind.CLASS else None
    return definition if isinstance(definition, ClassDef) and is_pydantic(project, definition) else None


def is_pydantic(project: Project, class_: ClassDef) -> bool:
    """Whether a class is one of pydantic's."""
    return any(base.name in PYDANTIC for base in project.bases(class_))


def fields(project: Project, class_: ClassDef) -> dict[str, Assign] | None:
    """The fields read from an object's attributes; None where a validator of the whole may change that."""
    found: dict[str, Assign] = {}
    for base in project.bases(class_):
        definition = base.inner.definition
        if not isinstance(definition, ClassDef):
            continue
        if any(one.decorated_by("model_validator", "root_validator") for one in definition.methods):
            return None
        for one in definition.body:
            if isinstance(one, Assign) and isinstance(one.target, Name) and one.annotation is not None:
                found.setdefault(one.target.id, one)
    return {name: one for name, one in found.items() if _is_read(one)}


def _is_read(field: Assign) -> bool:
    annotation = "" if field.annotation is None else field.annotation.text
    value = "" if field.value is None else field.value.text
    if isinstance(field.value, Call) and field.value.method == "Relationship":
        return False  # SQLModel's: an attribute of the table, and no field
    return "ClassVar" not in annotation and "alias" not in value and "alias" not in annotation
