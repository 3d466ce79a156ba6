"""A mapped class is the schema of a request or a response.

Why: what the table holds and what the API shows are then one: a new column is public at once, a relationship is read
while the response is made, and a client may set every column it names. This is advice on structure: it runs only when
selected.

Bad:

    from fastapi import APIRouter
    from sqlmodel import Field, SQLModel

    router = APIRouter()

    class User(SQLModel, table=True):
        id: int = Field(primary_key=True)
        password_hash: str

    @router.get("/users/{number}", response_model=User)
    async def user(number: int): ...

Good:

    from fastapi import APIRouter
    from sqlmodel import Field, SQLModel

    router = APIRouter()

    class User(SQLModel, table=True):
        id: int = Field(primary_key=True)
        password_hash: str

    class UserPublic(SQLModel):
        id: int

    @router.get("/users/{number}", response_model=UserPublic)
    async def user(number: int): ...

Wrong when: `response_model_include` or `response_model_exclude` says which columns are shown, which keeps this rule silent;
or the class has no column that should not be shown or set; that is for the reader to judge, so that confidence
is medium.

Source: https://sqlmodel.tiangolo.com/tutorial/fastapi/multiple-models/; https://fastapi.tiangolo.com/tutorial/response-model/
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.literals import alias_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, BinOp, ClassDef, FunctionDef, Name, Node, Param, Str, Subscript
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator, marker_of
from forge_doctor.regex import regex

SUSPECT = regex(rb"@\w{1,60}\.(?:get|post|put|patch|delete|api_route)\(")
# Whoever takes what another module makes may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
MAX_DEPTH = 4
# With these a response shows some of the columns.
CUTS = ("response_model_include", "response_model_exclude")


@check(severity=Severity.INFO, default=False)
def mapped_class_as_schema(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the response model and the body of every endpoint."""
    if is_test_file(file):
        return
    for function in project.scopes(file).functions:
        decorator = endpoint_decorator(project, function) if function.decorators else None
        if decorator is None:
            continue
        response = decorator.keyword("response_model") or function.returns
        is_cut = any(decorator.keyword(name) is not None for name in CUTS)
        if response is not None and not is_cut and (model := mapped(project, response)) is not None:
            yield found(file, response, model, "shows every column of it to the client")
        yield from of_bodies(file, project, function)


def of_bodies(file: SourceFile, project: Project, function: FunctionDef) -> Iterator[Finding]:
    """Parameters that a request fills, every column by its name."""
    for param in function.params:
        if isinstance(param, Param) and param.annotation is not None and marker_of(project, param) is None:
            model = mapped(project, param.annotation)
            if model is not None:
                yield found(file, param.annotation, model, "lets the client set every column of it")


def mapped(project: Project, annotation: Node, depth: int = 0) -> Model | None:
    """The mapped class in `User`, `list[models.User]`, `"User" | None`, or what stands for one of them."""
    if isinstance(annotation, Subscript) and depth < MAX_DEPTH:
        inner = (mapped(project, one, depth + 1) for one in annotation.items)
        return next((one for one in inner if one is not None), None)
    if isinstance(annotation, BinOp) and depth < MAX_DEPTH:
        return mapped(project, annotation.left, depth + 1) or mapped(project, annotation.right, depth + 1)
    if isinstance(annotation, Str):
        said = project.annotated(annotation, annotation).definition
        return project.model(said) if isinstance(said, ClassDef) else None
    if not isinstance(annotation, Name | Attribute):
        return None
    meant = None if depth > MAX_DEPTH else alias_of(project, annotation)
    return project.model_of(annotation) if meant is None else mapped(project, meant, depth + 1)


def found(file: SourceFile, place: Node, model: Model, consequence: str) -> Finding:
    """The finding, where the class is named."""
    class_ = model.class_
    return file.finding(
        mapped_class_as_schema,
        place,
        f"`{class_.name}` is mapped to a table and is the schema of this endpoint as well, which {consequence}",
        confidence=Confidence.MEDIUM,
        remedy=f"a class of its own with the fields of this endpoint: `class {class_.name}Public(...)`",
        related=(Related(message="mapped here", location=class_.file.location(class_)),),
    )
