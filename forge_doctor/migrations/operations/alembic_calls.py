"""The operations of Alembic's `op` and of its batches, by their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.values import Made, Unknown, Value
from forge_doctor.migrations.operations.constructs import (
    column_of,
    constraint_of,
    default_of,
    flag,
    kind_of,
    name_of,
    names_of,
    qualified,
    sql_of,
)
from forge_doctor.migrations.operations.objects import Column, Constraint, Index
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ChangeRows,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    OtherSql,
    RenameTable,
    Unresolved,
    Written,
)
from forge_doctor.migrations.operations.types import type_of
from forge_doctor.sql.quoting import join_name


class Given(NamedTuple):
    """One call: its arguments, those of a batch with the table put in front."""

    made: Made
    args: tuple[Value, ...]
    schema: Value
    written: Written

    def argument(self, index: int, *names: str) -> Value:
        """The argument by place or by one of its names."""
        if index < len(self.args):
            return self.args[index]
        return next((self.made.keywords[name] for name in names if name in self.made.keywords), None)

    def table(self, index: int) -> str:
        """The table at a place."""
        return qualified(self.argument(index, "table_name", "tablename", "source_table", "old_table_name"), self.schema)

    def text(self, index: int, *names: str) -> str:
        """A name at a place; HOLE where it is not known."""
        return name_of(self.argument(index, *names)) or HOLE

    def flag(self, name: str) -> bool:
        """Whether a keyword is given and not False."""
        return flag(self.made, name)


def _create_table(given: Given) -> Iterator[Operation]:
    parts: list[Value] = []
    for one in given.args[1:]:
        parts.extend(one if isinstance(one, list | tuple) else [one])
    columns = tuple(column for one in parts if (column := column_of(one)) is not None)
    constraints = tuple(constraint for one in parts if (constraint := constraint_of(one)) is not None)
    table = given.table(0)
    is_complete = not any(isinstance(one, Unknown) for one in parts) and HOLE not in "".join(c.name for c in columns)
    yield CreateTable(
        written=given.written,
        table=table,
        columns=columns,
        constraints=constraints,
        indexes=tuple(_indexes(table, parts, columns)),
        if_not_exists=given.flag("if_not_exists"),
        is_complete=is_complete and "**" not in given.made.keywords,
        temporary="TEMPORARY" in str(given.made.keywords.get("prefixes")),
        is_partitioned="postgresql_partition_by" in given.made.keywords,
    )


def _indexes(table: str, parts: Iterable[Value], columns: Iterable[Column]) -> Iterator[Index]:
    for one in columns:
        if one.index:
            yield Index(name=index_name(table, one.name), table=table, columns=(one.name,), unique=one.unique)
    for made in parts:
        if isinstance(made, Made) and kind_of(made) == "Index":
            name, inner = name_of(made.args[0] if made.args else None), names_of(made.args[1:])
            yield Index(name=name, table=table, columns=inner, unique=made.keywords.get("unique") is True)


def index_name(table: str, column: str) -> str:
    """What SQLAlchemy calls the index of `Column(index=True)`."""
    return f"ix_{table.rpartition('.')[2]}_{column}"


def _add_column(given: Given) -> Iterator[Operation]:
    column = column_of(given.argument(1, "column"))
    if column is None:
        yield Unresolved(written=given.written, what="add_column", reason="the column is only known when it runs")
        return
    yield AddColumn(
        written=given.written, table=given.table(0), column=column, if_not_exists=given.flag("if_not_exists")
    )


def _alter_column(given: Given) -> Iterator[Operation]:
    keywords = given.made.keywords
    default, nullable = keywords.get("server_default", False), keywords.get("nullable")
    yield AlterColumn(
        written=given.written,
        table=given.table(0),
        column=given.text(1, "column_name"),
        nullable=nullable if isinstance(nullable, bool) else None,
        type=type_of(keywords["type_"]) if keywords.get("type_") is not None else None,
        using=sql_of(keywords.get("postgresql_using")) or ("" if "postgresql_using" not in keywords else HOLE),
        existing_type=type_of(keywords["existing_type"]) if "existing_type" in keywords else None,
        default=default_of(default),
        drop_default=default is None,
        new_name=name_of(keywords.get("new_column_name") or keywords.get("name")) or "",
        identity=kind_of(default) == "Identity",
    )


def _create_index(given: Given) -> Iterator[Operation]:
    table, method = given.table(1), given.made.keywords.get("postgresql_using")
    where = given.made.keywords.get("postgresql_where")
    index = Index(
        name=name_of(given.argument(0, "index_name", "name")),
        table=table,
        columns=names_of(given.argument(2, "columns")),
        unique=given.made.keywords.get("unique") is True or (len(given.args) > 4 and given.args[4] is True),
        where="" if where is None else sql_of(where) or HOLE,
        method=method if isinstance(method, str) else "",
    )
    yield CreateIndex(
        written=given.written,
        table=table,
        index=index,
        concurrently=given.flag("postgresql_concurrently"),
        if_not_exists=given.flag("if_not_exists"),
    )


def _drop_index(given: Given) -> Iterator[Operation]:
    name = name_of(given.argument(0, "index_name", "name"))
    yield DropIndex(
        written=given.written,
        table=given.table(1) if given.argument(1, "table_name", "tablename") is not None else "",
        name=None if name is None else join_name(name),
        concurrently=given.flag("postgresql_concurrently"),
        if_exists=given.flag("if_exists"),
    )


def _foreign_key(given: Given) -> Iterator[Operation]:
    keywords = given.made.keywords
    schema = keywords.get("source_schema", given.schema)
    target = qualified(given.argument(2, "referent_table", "referent"), keywords.get("referent_schema"))
    yield AddConstraint(
        written=given.written,
        table=qualified(given.argument(1, "source_table", "source"), schema),
        constraint=Constraint(
            kind="foreign key",
            name=constraint_name(given.argument(0, "constraint_name", "name")),
            columns=names_of(given.argument(3, "local_cols")),
            target=target,
            target_columns=names_of(given.argument(4, "remote_cols")),
            not_valid=given.flag("postgresql_not_valid"),
        ),
    )


def constraint_name(value: Value) -> str | None:
    """The name of a constraint: empty where None is given, None where it is only known when it runs."""
    told = name_of(value)
    return "" if told is None else None if HOLE in told else told


def _constraint(kind: str) -> Callable[[Given], Iterator[Operation]]:
    def judge(given: Given) -> Iterator[Operation]:
        what = given.argument(2, "columns", "condition", "sqltext")
        yield AddConstraint(
            written=given.written,
            table=given.table(1),
            constraint=Constraint(
                kind=kind,
                name=constraint_name(given.argument(0, "constraint_name", "name")),
                columns=names_of(what) if kind in ("unique", "primary key") else (),
                expression=(sql_of(what) or HOLE) if kind == "check" else "",
                not_valid=given.flag("postgresql_not_valid"),
            ),
        )

    return judge


def _drop_constraint(given: Given) -> Iterator[Operation]:
    kind = given.argument(2, "type_", "type")
    yield DropConstraint(
        written=given.written,
        table=given.table(1),
        name=name_of(given.argument(0, "constraint_name", "name")),
        kind={"foreignkey": "foreign key", "primary": "primary key"}.get(str(kind), str(kind or "")),
        if_exists=given.flag("if_exists"),
    )


def _drop_table(given: Given) -> Iterator[Operation]:
    yield DropTable(written=given.written, table=given.table(0), if_exists=given.flag("if_exists"))


def _rename_table(given: Given) -> Iterator[Operation]:
    new = qualified(given.argument(1, "new_table_name"), given.schema)
    yield RenameTable(written=given.written, table=given.table(0), new_name=new)


def _drop_column(given: Given) -> Iterator[Operation]:
    yield DropColumn(
        written=given.written,
        table=given.table(0),
        column=given.text(1, "column_name"),
        if_exists=given.flag("if_exists"),
    )


def _bulk_insert(given: Given) -> Iterator[Operation]:
    table = given.argument(0, "table")
    name = qualified(table.args[0], table.keywords.get("schema")) if isinstance(table, Made) and table.args else HOLE
    yield ChangeRows(written=given.written, table=name, kind="INSERT", is_limited=True)


def _comment(given: Given) -> Iterator[Operation]:
    yield OtherSql(written=given.written, kind="CommentStmt")


# By the name of the method; where a batch's has its table in another place, its arguments are moved.
OPERATIONS: Mapping[str, Callable[[Given], Iterator[Operation]]] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_foreign_key": _foreign_key,
    "create_unique_constraint": _constraint("unique"),
    "create_check_constraint": _constraint("check"),
    "create_primary_key": _constraint("primary key"),
    "create_exclude_constraint": _constraint("exclude"),
    "drop_constraint": _drop_constraint,
    "bulk_insert": _bulk_insert,
    "create_table_comment": _comment,
    "drop_table_comment": _comment,
}
# Where the table stands among the arguments of `op`'s own method, if not first.
TABLE_SECOND = frozenset(name for name in OPERATIONS if "index" in name or "constraint" in name or "key" in name)


def operations_of(made: Made, written: Written) -> Iterator[Operation] | None:
    """What a call of `op` or of a batch does; None where it is no operation on the schema."""
    name = made.path.rpartition(".")[2]
    judge = OPERATIONS.get(name)
    if judge is None:
        return None
    batch = made.owner if isinstance(made.owner, Made) and made.owner.path.endswith("batch_alter_table") else None
    if batch is None:
        return judge(Given(made, made.args, made.keywords.get("schema"), written))
    table = batch.argument(0, "table_name")
    schema = batch.keywords.get("schema")
    args = (*made.args[:1], table, *made.args[1:]) if name in TABLE_SECOND else (table, *made.args)
    return judge(Given(_renamed(made, table), args, schema, written))


def _renamed(made: Made, table: Value) -> Made:
    """The call of a batch with its table among the keywords, for those who pass all by name."""
    keywords = {**made.keywords, "table_name": table, "source_table": table}
    return Made(made.path, made.args, keywords, made.node, made.owner)
