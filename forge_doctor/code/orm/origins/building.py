"""What the parts of an expression add to a statement in the making; follows no chain."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.code.orm.origins.references import ANY, Names
from forge_doctor.code.orm.origins.tables import Mapped
from forge_doctor.code.syntax.nodes import (
    BoolOp,
    Call,
    Compare,
    Dict,
    IfExp,
    Name,
    Node,
    Starred,
    Str,
)
from forge_doctor.dataclass import dataclass, field

STARTS = ("select", "query", "insert", "update", "delete")
CLAUSES = {
    "where": "where", "filter": "where", "filter_by": "where", "having": "where", "order_by": "order",
    "group_by": "group", "values": "set", "ordered_values": "set",
}  # fmt: skip
FLAGS = {
    "limit": "limit", "offset": "offset", "distinct": "distinct", "with_for_update": "for update",
    "returning": "returning", "on_conflict_do_nothing": "on conflict", "on_conflict_do_update": "on conflict",
    "slice": "limit", "union": "union", "union_all": "union", "first": "limit", "exists": "exists",
}  # fmt: skip
JOINS = frozenset(
    {"join", "outerjoin", "select_from", "join_from", "outerjoin_from", "select_entity_from", "add_entity"}
)
QUIET = frozenset(
    {"options", "execution_options", "params", "correlate", "prefix_with", "with_hint", "enable_eagerloads"}
)
EMBEDDED = frozenset({"subquery", "cte", "scalar_subquery", "lateral", "alias", "exists", "as_scalar"})
# Loaders that send a statement of their own, and what a statement is put into.
SEPARATE = frozenset({"selectinload", "subqueryload", "lazyload", "immediateload"})
AROUND = frozenset(
    {*STARTS, *JOINS, "where", "filter", "having", "exists", "in_", "not_in", "notin_", "union", "union_all", "except_"}
) | {"intersect", "order_by", "values", "from_select", "add_columns", "coalesce", "any_", "all_"}
SENDERS = frozenset(
    {
        "execute",
        "scalars",
        "scalar",
        "stream",
        "stream_scalars",
        "exec",
        "fetch_one",
        "fetch_all",
        "str",
        "print",
        "len",
    }
)
QUERY_ENDS = frozenset(
    {"all", "one", "one_or_none", "scalar", "scalars", "count", "get", "delete", "update", "yield_per"}
)
PARTIAL = frozenset({"load_only", "defer", "with_only_columns", "with_entities", "undefer", "raiseload"})
UNKNOWN_PARTS = frozenset({"has", "any", "contains", "with_parent", "from_statement"})
# A word of SQL, however it is written: `func.distinct(x)`, `x.distinct()`, `select().distinct()`.
DISTINCT = "distinct"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place that builds a statement. `always` and `maybe` hold (clause, `table.column`) or (`flag`, word) pairs.

    `tables` are always there. `entities` are loaded whole; `is_generic` where one is known only at run time.
    `is_open`: more may be added elsewhere. `is_legacy`: `session.query`, whose columns have labels. `is_part`: it is
    put into another statement and not sent by itself.
    """

    node: Node
    verb: str
    entities: tuple[Mapped, ...] = ()
    is_generic: bool = False
    always: frozenset[Key] = frozenset()
    maybe: frozenset[Key] = frozenset()
    tables: frozenset[str] = frozenset()
    maybe_tables: frozenset[str] = frozenset()
    is_open: bool = False
    is_legacy: bool = False
    is_part: bool = False
    is_partial: bool = False

    @property
    def everything(self) -> frozenset[Key]:
        """What it can have."""
        return self.always | self.maybe


@dataclass(slots=True)
class Build:
    """A site in the making."""

    names: Names
    generic: str = ""
    entities: tuple[Mapped, ...] = ()
    always: set[Key] = field(default_factory=set)
    maybe: set[Key] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    maybe_tables: set[str] = field(default_factory=set)
    is_open: bool = False
    is_part: bool = False
    is_partial: bool = False

    def take(self, clause: str, node: Node, *, sure: bool) -> None:
        """What an argument of a clause says."""
        found = False
        sure = sure and not isinstance(node, Starred | IfExp)
        for one in self.names.references(node, self.generic):
            found = True
            into = self.always if sure and one.is_sure and not _is_conditional(node) else self.maybe
            into.add((clause, one.text))
            self.is_open |= not one.is_sure
            if one.table != ANY:
                (self.tables if sure and one.is_sure else self.maybe_tables).add(one.table)
        for name in self.names.functions(node):
            key = ("flag", name) if name == DISTINCT else ("func", name)
            (self.always if sure and clause == "out" else self.maybe).add(key)
        for call in (*own_call(node), *node.find(Call)):
            self.is_open |= call.method in UNKNOWN_PARTS
            if call.method == DISTINCT:
                self.maybe.add(("flag", DISTINCT))
            if call.method in ("exists", "any", "has"):
                self.maybe.add(("flag", "exists"))
        if isinstance(node, Starred) or not (found or _is_value(node)):
            self.is_open = True
            self._nearby(clause, node)

    def _nearby(self, clause: str, node: Node) -> None:
        """What is not said at the place may be collected before it in the function (`conditions.append(...)`)."""
        around = node.function
        for one in self.names.references(around, self.generic, depth=9) if around is not None else ():
            self.maybe.add((clause, one.text))
            if one.table != ANY:
                self.maybe_tables.add(one.table)

    def step(self, method: str, call: Call, *, sure: bool) -> None:
        """One method of the chain."""
        if method in CLAUSES:
            self._clause(CLAUSES[method], call, sure=sure)
        elif method in JOINS:
            for one in call.args:
                self._join(one, sure=sure)
            for keyword in call.keywords:
                self.take("on", keyword.value, sure=False)
        elif method in FLAGS:
            self._flag(FLAGS[method], call, sure=sure)
        elif method in QUIET:
            self._options(call, sure=sure)
        elif method == "count":
            self.always.add(("func", "count"))
        elif method not in QUERY_ENDS | SENDERS | EMBEDDED:
            self.is_open = True
        self.is_partial |= method in PARTIAL
        self.is_part |= method in EMBEDDED

    def _options(self, call: Call, *, sure: bool) -> None:
        """Relationships that are loaded with it, by a join."""
        for one in call.find(Call):
            self.is_partial |= one.method in PARTIAL
            self.is_open |= one.method == "with_loader_criteria"
            if one.method in ("joinedload", "contains_eager") and one.args and not _is_separate(one, call):
                for target in self.names.relationship_target(one.args[0]):
                    into = self.always if sure and one.method == "joinedload" else self.maybe
                    into.add(("eager", target.table or target.name))
        if not any(True for _ in call.find(Call)):
            self.is_open = True

    def _flag(self, flag: str, call: Call, *, sure: bool) -> None:
        first = call.args[0] if call.args else None
        sure = sure and not (first is not None and flag in ("limit", "offset") and first.text == "None")
        (self.always if sure else self.maybe).add(("flag", flag))
        if flag == "on conflict":
            self.maybe.update(("set", f"{ANY}.{word.value}") for word in call.find(Str))
            self.is_open = True
        elif flag in ("union", "exists"):
            self.is_open = True
        elif flag == "returning":
            for one in call.args:
                self.take("out", one, sure=False)

    def _clause(self, clause: str, call: Call, *, sure: bool) -> None:
        for one in call.args:
            if clause == "set" and isinstance(one, Dict):
                for key, _ in one.items:
                    self._key(clause, key.value if isinstance(key, Str) else "", key, sure=sure)
            elif clause == "set" and not isinstance(one, Str):
                self.is_open = True
            elif isinstance(one, Str) and clause in ("order", "group"):
                self.maybe.add((clause, f"{ANY}.{one.value}"))
                self.is_open = True
            else:
                self.take(clause, one, sure=sure)
        for keyword in call.keywords:
            self._key(clause, keyword.name, keyword.value, sure=sure)

    def _key(self, clause: str, name: str, node: Node, *, sure: bool) -> None:
        if not name:
            references = list(self.names.references(node, self.generic))
            self.is_open |= not references
            (self.always if sure else self.maybe).update((clause, f"{ANY}.{one.column}") for one in references)
        else:
            column = next((one.columns[name] for one in self.entities[-1:] if name in one.columns), name)
            (self.always if sure else self.maybe).add((clause, f"{ANY}.{column}"))

    def _join(self, node: Node, *, sure: bool) -> None:
        targets = self.names.relationship_target(node) or self.names.mapped(node)
        if targets:
            (self.tables if sure and len(targets) == 1 else self.maybe_tables).update(
                one.table or one.name for one in targets
            )
            self.maybe.update(("on", one.text) for one in self.names.references(node, self.generic))
        else:
            self.take("on", node, sure=False)
            if isinstance(node, Name | Call) and not list(self.names.references(node, self.generic)):
                self.is_open = True


def _is_separate(loader: Call, options: Call) -> bool:
    """Whether it belongs to a statement of its own: `selectinload(A.b).joinedload(B.c)`."""
    receiver: Node | None = loader.receiver
    while isinstance(receiver, Call):
        if receiver.method in SEPARATE:
            return True
        receiver = receiver.receiver
    around = next((one for one in loader.ancestors if isinstance(one, Call) and one.method == "options"), None)
    return around is not None and around is not options and _is_separate(around, options)


def own_call(node: Node) -> Iterable[Call]:
    """The node itself where it is a call: `find` gives only what is inside."""
    return (node,) if isinstance(node, Call) else ()


def _is_conditional(node: Node) -> bool:
    """Whether what it says may be left out when the code runs."""
    return isinstance(node, IfExp) or any(True for _ in node.find(IfExp))


def _is_value(node: Node) -> bool:
    """Whether it says nothing of columns for sure: a literal, a comparison of values, a label of its own."""
    return isinstance(node, Compare | BoolOp) or node.text in ("True", "False", "None") or isinstance(node, Str)
