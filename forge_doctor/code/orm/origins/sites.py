"""Where a file builds statements, and what each is made of: what it always has, and what it may have."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.orm.origins.building import (
    AROUND,
    EMBEDDED,
    SENDERS,
    STARTS,
    Build,
    Site,
    own_call,
)
from forge_doctor.code.orm.origins.references import Names
from forge_doctor.code.orm.origins.tables import Mapped
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    Name,
    NamedExpr,
    Node,
    Return,
    Statement,
    Subscript,
)
from forge_doctor.dataclass import replace


def sites_in(names: Names) -> Iterator[Site]:
    """Every place of a file that builds a statement with SQLAlchemy's constructs."""
    for call in names.file.calls(*STARTS):
        if _starts(call, names):
            yield _site(call, names)
    yield from _refined(names)


def _starts(call: Call, names: Names) -> bool:
    receiver = call.receiver
    if call.method == "query":
        return receiver is not None and bool(call.args)
    if receiver is None or receiver.text in (
        "sa",
        "sqlalchemy",
        "sqlmodel",
        "sql",
        "pg",
        "postgresql",
        "db",
        "expression",
    ):
        return bool(call.args)
    return call.method != "delete" and bool(names.mapped(receiver))  # orders.select()


def _site(call: Call, names: Names) -> Site:
    build = Build(names=names, is_part=_is_inside(call))
    entities, is_generic = _entities(call, build)
    build.entities = entities
    steps, outer = _chain(call)
    for method, step in steps:
        build.step(method, step, sure=True)
    variable = _variable(outer)
    if variable is not None:
        _follow(variable, outer, build)
    elif isinstance(outer.parent, Return) or _is_handed_on(outer):
        build.is_open = True
    verb = "select" if call.method == "query" else call.method
    ends = {method for method, _ in steps}
    if call.method == "query" and ends & {"delete", "update"}:
        verb = "delete" if "delete" in ends else "update"
        if verb == "update":
            build.is_open = True
    return _made(call, verb, entities, is_generic, build, is_legacy=call.method == "query")


def _made(
    node: Node, verb: str, entities: tuple[Mapped, ...], is_generic: bool, build: Build, *, is_legacy: bool = False
) -> Site:
    build.tables.update(one.table or one.name for one in entities)
    return Site(
        node=node,
        verb=verb,
        entities=entities,
        is_generic=is_generic,
        always=frozenset(build.always),
        maybe=frozenset(build.maybe),
        tables=frozenset(build.tables),
        maybe_tables=frozenset(build.maybe_tables),
        is_open=build.is_open,
        is_legacy=is_legacy,
        is_part=build.is_part,
        is_partial=build.is_partial,
    )


def _entities(call: Call, build: Build) -> tuple[tuple[Mapped, ...], bool]:
    """The classes that are loaded whole, and whether there is one that only the run knows."""
    found: list[Mapped] = []
    generic = False
    receiver = call.receiver
    if receiver is not None and call.method != "query" and (own := build.names.mapped(receiver)):
        return own, False
    for arg in call.args:
        mapped = build.names.mapped(arg)
        if mapped:
            found += mapped
        elif any(True for _ in build.names.references(arg)) or any(True for _ in build.names.functions(arg)):
            build.take("out", arg, sure=True)
        elif isinstance(arg, Name | Attribute | Subscript) and arg.text != "1":
            generic, build.generic = True, arg.text
        else:
            build.take("out", arg, sure=False)
    return tuple(found), generic


def _chain(first: Node) -> tuple[list[tuple[str, Call]], Node]:
    """The methods called on it one after another, and the whole expression."""
    steps: list[tuple[str, Call]] = []
    outer = first
    while isinstance(attribute := outer.parent, Attribute) and attribute.value is outer:
        above = attribute.parent
        if not isinstance(above, Call) or above.func is not attribute:
            break
        steps.append((attribute.attr, above))
        outer = above
    return steps, outer


def _variable(outer: Node) -> Name | None:
    """The name an expression is given, if it is."""
    around = outer.parent
    if isinstance(around, Await):
        return None
    if isinstance(around, Assign | NamedExpr) and isinstance(around.target, Name) and around.value is outer:
        return around.target
    return None


def _follow(variable: Name, first: Node, build: Build) -> None:
    """What the function adds to the statement under that name."""
    function: Node = variable.function or variable.file.module
    block = first.statement.parent
    for use in function.find(Name):
        if use.id != variable.id or (use.start <= first.end and use.start >= first.statement.start):
            continue
        around = use.parent
        if isinstance(around, Attribute) and around.value is use:
            steps, outer = _chain(use)
            back = _variable(outer)
            sure = back is not None and back.id == variable.id and outer.statement.parent is block
            for method, step in steps:
                if back is None and method in EMBEDDED:
                    continue
                build.step(method, step, sure=sure)
        elif isinstance(around, Return) or (
            isinstance(around, Call) and use in around.args and around.method not in SENDERS
        ):
            build.is_open = True


def _is_inside(call: Call) -> bool:
    """Whether it is a part of another statement."""
    below: Node = call
    for one in call.ancestors:
        if isinstance(one, Statement):
            return False
        if isinstance(one, Call) and one.method in AROUND and below is not one.func:
            return True
        below = one
    return False


def _is_handed_on(outer: Node) -> bool:
    around = outer.parent
    return isinstance(around, Call) and outer in around.args and around.method not in SENDERS


def _refined(names: Names) -> Iterator[Site]:
    """Statements begun elsewhere: `self.base_statement().where(Order.id == id)`."""
    for call in names.file.calls("where", "filter", "filter_by"):
        root: Node = call
        while isinstance(root, Call) and isinstance(root.func, Attribute):
            if root.method in STARTS:
                break
            root = root.func.value
        if isinstance(root, Call) and root.method in STARTS:
            continue
        if isinstance(root, Name) and isinstance(names.local(root), Call) and _leads_to_start(names, root):
            continue
        build = Build(names=names, is_open=True)
        steps, outer = _chain(call)
        for method, step in [(call.method, call), *steps]:
            build.step(method, step, sure=True)
        if (variable := _variable(outer)) is not None:
            _follow(variable, outer, build)
        site = _made(call, "select", (), is_generic=True, build=build)
        if any(clause == "where" for clause, _ in site.always):
            yield replace(site, is_open=True)


def _leads_to_start(names: Names, name: Name) -> bool:
    value = names.local(name)
    return value is not None and any(one.method in STARTS for one in (*own_call(value), *value.find(Call)))
