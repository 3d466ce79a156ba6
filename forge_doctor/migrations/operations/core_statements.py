"""Statements of SQLAlchemy's expression language: which rows they change, and through which mapped classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.values import Class, Imported, Made, Member, Value, path_of
from forge_doctor.migrations.operations.constructs import qualified
from forge_doctor.migrations.operations.operation import ChangeRows, Operation, OtherSql, UseModel, Written

VERBS = frozenset({"select", "update", "insert", "delete"})
TABLES = frozenset({"table", "Table", "TableClause", "create_table"})
LIBRARIES = ("sqlalchemy", "alembic", "sqlmodel", "builtins", "?", "<class>")


class Chain(NamedTuple):
    """`update(t).where(...).values(...)`: its verb, what it is about, the calls behind it."""

    verb: str
    subjects: tuple[Value, ...]
    calls: tuple[Made, ...]

    def called(self, *names: str) -> Iterator[Made]:
        """The calls of these names."""
        return (one for one in self.calls if one.path.rpartition(".")[2] in names)


def chain_of(value: Value) -> Chain | None:
    """The statement an expression builds; None where it builds none."""
    calls: list[Made] = []
    at = value
    while isinstance(at, Made):
        name = at.path.rpartition(".")[2]
        if name in VERBS and not isinstance(at.owner, Made):
            return Chain(name, at.args, tuple(calls[::-1])) if at.path.startswith(("sqlalchemy", "sqlmodel")) else None
        if name in VERBS and isinstance(at.owner, Made) and at.owner.path.rpartition(".")[2] in TABLES:
            return Chain(name, (at.owner,), tuple(calls[::-1]))
        calls.append(at)
        at = at.owner
    return None


def table_name(value: Value) -> str:
    """The table that an argument stands for; HOLE where it is not known."""
    while isinstance(value, Member):
        value = value.owner
    if isinstance(value, Made) and value.path.rpartition(".")[2] in TABLES:
        return qualified(value.args[0] if value.args else None, value.keywords.get("schema"))
    if isinstance(value, Class):
        name = value.names.get("__tablename__")
        table = value.names.get("__table__")
        return name if isinstance(name, str) else table_name(table) if isinstance(table, Made) else HOLE
    return HOLE


def model_of(value: Value, home: object) -> str:
    """The dotted name of a class that another file of the application maps; empty for anything else."""
    if isinstance(value, Made) and value.path.startswith("<class>"):
        value = value.owner
    while isinstance(value, Member):
        value = value.owner
    if isinstance(value, Class):
        is_mapped = "__tablename__" in value.names or "__table__" in value.names or bool(value.node.bases)
        return value.node.name if value.frame.file is not home and is_mapped else ""
    if isinstance(value, Imported) and not value.path.startswith(LIBRARIES):
        parts = value.path.split(".")
        classes = [at for at, part in enumerate(parts) if part[:1].isupper()]
        return ".".join(parts[: classes[0] + 1]) if classes and not parts[classes[0]].isupper() else ""
    return ""


def operations_of(chain: Chain, written: Written, home: object) -> Iterator[Operation]:
    """What a statement does."""
    wheres = [*chain.called("where", "filter", "filter_by")]
    models = dict.fromkeys(filter(None, (model_of(one, home) for one in chain.subjects)))
    for model in models:
        yield UseModel(written=written, model=model, is_found="." not in model)
    table = table_name(chain.subjects[0]) if chain.subjects else HOLE
    if chain.verb == "select":
        yield OtherSql(written=written, kind="SelectStmt", tables=(table,))
        return
    values = [*chain.called("values")]
    yield ChangeRows(
        written=written,
        table=table,
        kind=chain.verb.upper(),
        columns=tuple(_columns(values)),
        has_where=bool(wheres),
        is_limited=chain.verb == "insert" or ".limit(" in written.text or (written.repeated and bool(wheres)),
        strings=tuple(_strings((*values, *wheres))),
    )


def _columns(calls: Iterable[Made]) -> Iterator[str]:
    for call in calls:
        yield from (name for name in call.keywords if name != "**")
        for one in call.args:
            if isinstance(one, dict):
                yield from (str(name) if isinstance(name, str) else HOLE for name in one)


def _strings(values: Iterable[Value]) -> Iterator[str]:
    for one in values:
        if isinstance(one, str):
            yield one
        elif isinstance(one, Made):
            yield from _strings((*one.args, *one.keywords.values()))
        elif isinstance(one, list | tuple):
            yield from _strings(one)
        elif isinstance(one, dict):
            yield from _strings(one.values())


def is_of_application(value: Value) -> bool:
    """Whether something comes from a module that is no known library."""
    path = path_of(value)
    return bool(path) and not path.startswith(LIBRARIES)
