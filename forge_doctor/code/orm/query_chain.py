"""A legacy `session.query(...)` chain and the 2.0 form that means the same; judges no session."""

from __future__ import annotations

from typing import NamedTuple

from forge_doctor.code.orm.sqlalchemy_imports import imported_name
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Await, Call, Lambda, Node, Starred
from forge_doctor.finding import Edit
from forge_doctor.regex import regex

# Methods of Query that Select has too, with the same meaning; `filter` is spelled `where`.
SHARED = frozenset(
    """filter where filter_by order_by group_by having limit offset distinct options execution_options
    with_for_update join outerjoin select_from""".split()  # noqa: SIM905 - a table, read as text
)
# Those after which one entity may come in several rows, which Query makes one again.
MULTIPLYING = frozenset({"join", "outerjoin", "select_from", "options"})
FETCHERS = {"all": "all", "first": "first", "one": "one", "one_or_none": "one_or_none", "scalar": "scalar_one_or_none"}
# What makes a part of another statement; nothing is sent.
EMBEDDED = frozenset({"subquery", "scalar_subquery", "cte", "label"})
ENDS = frozenset({*FETCHERS, "get", "count", "delete", "update", "exists"})
CLASS_NAME = regex(r"(?:\w++\.)*+(?=[A-Z][A-Z0-9_]*+[a-z])\w++")


class QueryChain(NamedTuple):
    """`session.query(A).filter(...).first()`: `query` is the innermost call, `outer` the last of the chain."""

    project: Project
    query: Call
    outer: Call
    steps: tuple[Call, ...]

    @property
    def end(self) -> str:
        """The method that fetches or writes; empty where the chain is only built."""
        return self.outer.method if self.outer is not self.query and self.outer.method in ENDS else ""

    @property
    def place(self) -> Node:
        """What an edit replaces: an `await` before the chain goes with it."""
        around = self.outer.parent
        return around if isinstance(around, Await) else self.outer

    @property
    def middle(self) -> tuple[Call, ...]:
        """The steps between `query(...)` and the end."""
        return self.steps[:-1] if self.end else self.steps

    @property
    def model(self) -> Model | None:
        """The model the query is about, or whose column it reads, if it is of the project."""
        entity = self.query.args[0] if len(self.query.args) == 1 else None
        root = entity.value if isinstance(entity, Attribute) else entity
        found = None if root is None else self.project.model_of(root)
        return found or (None if entity is None else self.project.model_of(entity))

    @property
    def is_entity(self) -> bool:
        """Whether it asks for one mapped class (rather than columns)."""
        args = self.query.args
        if len(args) != 1:
            return False
        return self.project.model_of(args[0]) is not None or CLASS_NAME.fullmatch(args[0].text) is not None

    @property
    def is_proven(self) -> bool:
        """Whether the 2.0 form is known to mean the same."""
        if self.model is None or self.query.keywords or any(isinstance(one, Starred) for one in self.query.args):
            return False
        return self.end == "get" or all(one.method in SHARED for one in self.middle)

    def select(self, *more: str) -> str:
        """`select(A).where(...)`, steps with a name of their own kept as they are."""
        steps = "".join(f".{'where' if one.method == 'filter' else one.method}{_args(one)}" for one in self.middle)
        return f"select{_args(self.query)}{steps}" + "".join(more)

    def rewritten(self, *, is_async: bool) -> str:
        """The expression to write; where there is no plain one, the statement to start from."""
        session, wait = self.query.receiver, "await " if is_async else ""
        name = "session" if session is None else session.text
        if self.end == "get":
            args = ", ".join(one for one in (_inner(self.query), _inner(self.outer)) if one)
            return f"{wait}{name}.get({args})"
        if self.end == "count":
            return f"{wait}{name}.scalar(select(func.count()).select_from({self.select()}.subquery()))"
        if self.end == "exists":
            return f"{self.select()}.exists()"
        if self.end in ("delete", "update"):
            return self._written(f"{wait}{name}")
        return self._fetched(f"{wait}{name}", is_async)

    def _fetched(self, session: str, is_async: bool) -> str:
        if any(one.method in EMBEDDED for one in self.steps):
            return self.select()
        if not self.end:
            return f"{session}.{'scalars' if self.is_entity else 'execute'}({self.select()})"
        by_scalars = self.is_entity and self.end != "scalar"
        statement = self.select(".limit(1)" if self.end == "first" else "")
        call = f"{session}.{'scalars' if by_scalars else 'execute'}({statement})"
        unique = ".unique()" if self.is_entity and self._may_repeat else ""
        return f"{f'({call})' if is_async else call}{unique}.{FETCHERS[self.end]}()"

    def _written(self, session: str) -> str:
        """`delete(A).where(...)`, `update(A).where(...).values(...)`."""
        statement = self.select().replace("select", self.end, 1)
        if self.end == "update":
            values = self.outer.args[0].text if self.outer.args else "..."
            statement += f".values({values})"
        return f"{session}.execute({statement})"

    @property
    def _may_repeat(self) -> bool:
        """Whether one entity may come twice, or a joined collection asks for `unique()`."""
        model = self.model
        if model is None or any(one.method in MULTIPLYING for one in self.middle):
            return True
        return any(one.lazy in ("joined", None) for one in model.relationships)

    def edits(self, *, is_async: bool) -> tuple[Edit, ...]:
        """The edit for the simple forms (and the import of `select`): safe only where it is proven; else none."""
        simple = self.end in FETCHERS or (self.end == "get" and not self.middle)
        if not simple or not self.is_proven or not self._fits(is_async):
            return ()
        file = self.query.file
        edit = file.replacement(self.place, self.rewritten(is_async=is_async))
        if self.end == "get":
            return (edit,)
        select = imported_name(self.project, self.query, "select")
        return () if select is None else (*select.edits, edit)

    def _fits(self, is_async: bool) -> bool:
        """Whether the replacement can stand there: its `await` needs an async function, and nothing chained behind."""
        if not is_async:
            return True
        function, around = self.place.function, self.place.parent
        if function is None or not function.is_async or isinstance(self.place.owner, Lambda):
            return False
        chained = isinstance(around, Attribute) or (isinstance(around, Call) and around.func is self.place)
        return not (self.end == "get" and chained)


def query_chain(project: Project, query: Call) -> QueryChain:
    """The chain that begins with this call of `query`."""
    steps: list[Call] = []
    outer = query
    while not steps or outer.method not in ENDS:
        attribute = outer.parent
        call = attribute.parent if isinstance(attribute, Attribute) and attribute.value is outer else None
        if not isinstance(call, Call) or call.func is not attribute:
            break
        steps.append(call)
        outer = call
    return QueryChain(project=project, query=query, outer=outer, steps=tuple(steps))


def _args(call: Call) -> str:
    raw = call.raw.child_by_field_name("arguments")
    return "()" if raw is None else call.file.text_of(raw)


def _inner(call: Call) -> str:
    return _args(call)[1:-1].strip().rstrip(",")
