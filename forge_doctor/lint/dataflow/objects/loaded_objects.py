"""What is known of mapped objects in code: of which model they are, and how they came."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.inference.models import Model, Relationship
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.syntax.nodes import Call, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.lint.dataflow.objects.model_owners import Owner

ONE = words("first one one_or_none")
LISTED = words("all fetchall")
ONE_ROW = ONE | {"fetchone"}
ONE_OF_ROWS = words("scalar scalar_one scalar_one_or_none")


def place_for(node: Node, file: SourceFile) -> str:
    """Where a node stands, in words for a message about a file."""
    return f"in line {node.line}" if node.file is file else f"in {node.file.path}:{node.line}"


class Shape(Enum):
    """What holds the objects."""

    ROWS = auto()  # a Result: `.scalars()` gives the objects
    MANY = auto()  # a ScalarResult or a list of objects
    KEYED = auto()  # a dict whose values they are
    OBJECT = auto()
    ROW = auto()  # one Row, which has the object by its class's name
    ROW_LIST = auto()
    TUPLES = auto()  # a Result or list of rows with several columns, whose entities are told apart by their place
    TUPLE = auto()  # one of them


class Loaded(NamedTuple):
    """Objects of a model: the query that loaded them, the session that ran it, and how many functions lie between.

    `path` are the relationships that lead from the query's own objects to these, each with the model that has it. What was
    made and saved (`is_made`) instead of loaded has the call of the class for a query. `by` is the call of the function that
    queries, where that is another one.
    """

    model: Model
    sql: Sql
    shape: Shape
    session: Node
    call: Call
    hops: int = 0
    path: tuple[tuple[Model, Relationship], ...] = ()
    is_made: bool = False
    by: Call | None = None

    def place_for(self, file: SourceFile) -> str:
        """Where the query or the call of the class stands, in words for a message about a file."""
        return place_for(self.call, file)

    @property
    def one(self) -> Loaded:
        """An object of them."""
        return self._replace(shape=Shape.OBJECT)


class Way(NamedTuple):
    """How far from what was asked, and in a method of which object; `is_plain` asks for what plain sessions loaded, whose
    objects load what is missing as long as their session is open, `in_rows` for rows too that have an object each,
    `in_tuples` for rows of several columns, to take one of them, `place` for that one of the values a function returns."""

    hops: int = 0
    depth: int = 0
    owner: Owner | None = None
    is_plain: bool = False
    in_rows: bool = False
    in_tuples: bool = False
    place: int | None = None

    @property
    def deeper(self) -> Way:
        """One expression further."""
        return self._replace(depth=self.depth + 1)


HERE = Way()
PLAIN = Way(is_plain=True)
ROWS = Way(is_plain=True, in_rows=True)


def of_result(call: Call, inner: Loaded, way: Way) -> Loaded | None:
    """What a method of a result, or of a dict of objects, gives."""
    if inner.shape is Shape.KEYED:
        many = inner._replace(shape=Shape.MANY) if call.method == "values" else None
        return inner.one if call.method == "get" else many
    if inner.shape is Shape.TUPLES:
        kept = inner if call.method in LISTED or call.method == "tuples" else None
        return inner._replace(shape=Shape.TUPLE) if call.method in ONE_ROW else kept
    if inner.shape is Shape.ROWS:
        if call.method in ONE_OF_ROWS:
            return inner.one
        if way.in_rows and call.method in ONE_ROW | LISTED:
            return inner._replace(shape=Shape.ROW_LIST if call.method in LISTED else Shape.ROW)
        return inner._replace(shape=Shape.MANY) if call.method == "scalars" else None
    if call.method in ONE:
        return inner.one
    return inner if call.method in LISTED else None
