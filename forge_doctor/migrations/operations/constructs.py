"""SQLAlchemy's columns and constraints, as a revision builds them, in the server's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.values import Made, Value, is_known, path_of
from forge_doctor.migrations.operations.defaults import is_volatile, quoted_default
from forge_doctor.migrations.operations.objects import Column, Constraint, Default
from forge_doctor.migrations.operations.types import type_of
from forge_doctor.sql.quoting import join_name

KEYS = ("ForeignKey", "Identity", "Computed", "Sequence", "CheckConstraint", "FetchedValue", "DefaultClause")
CONSTRAINTS = {
    "ForeignKeyConstraint": "foreign key",
    "UniqueConstraint": "unique",
    "PrimaryKeyConstraint": "primary key",
    "CheckConstraint": "check",
    "ExcludeConstraint": "exclude",
}
WORDS = {"true": "true", "false": "false", "null": "NULL"}


def kind_of(value: Value) -> str:
    """`Column` for `sa.Column(...)`; empty for what a library did not make."""
    return path_of(value).rpartition(".")[2] if isinstance(value, Made) else ""


def name_of(value: Value) -> str | None:
    """A name as given: `op.f("x")` and `quoted_name("x", True)` as well; None where none is, HOLE where it is unknown."""
    if isinstance(value, Made) and value.args and kind_of(value) in ("f", "quoted_name", "conv", "literal_column"):
        value = value.args[0]
    if value is None:
        return None
    return value if isinstance(value, str) else HOLE


def names_of(value: Value) -> tuple[str, ...]:
    """Several names; an expression of an index in parentheses, HOLE for what is unknown."""
    if isinstance(value, str):
        return (value,)
    return tuple(map(_part, value)) if isinstance(value, tuple | list) else ()


def _part(value: Value) -> str:
    if isinstance(value, str):
        return value
    made = value
    while isinstance(made, Made) and isinstance(made.owner, Made) and kind_of(made) in ("desc", "asc", "nullslast"):
        made = made.owner
    text = sql_of(made)
    if isinstance(made, Made) and kind_of(made) in ("desc", "asc", "column") and made.args:
        return _part(made.args[0])
    return HOLE if text is None else text if kind_of(made) == "column" else f"({text})"


def sql_of(value: Value) -> str | None:
    """The SQL of `text("...")`, `func.now()`, a string; None for what cannot be told."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Made):
        return None
    kind = kind_of(value)
    if isinstance(value.owner, Made) and kind in ("bindparams", "columns", "execution_options"):
        return sql_of(value.owner)
    if kind in ("text", "literal_column", "quoted_name", "DDL", "column") and value.args:
        return sql_of(value.args[0])
    if kind in WORDS and not value.args:
        return WORDS[kind]
    if ".func." in value.path:
        inner = [sql_of(one) or HOLE for one in value.args]
        return f"{kind}({', '.join(inner)})"
    return None


def qualified(name: Value, schema: Value) -> str:
    """A table's name with its schema, unless that is `public` or one that only the run knows, as in a loop over tenants."""
    told = name_of(name)
    if told is None:
        return HOLE
    is_known = isinstance(schema, str) and schema not in ("", "public") and HOLE not in schema
    return join_name(schema, told) if is_known and isinstance(schema, str) else join_name(told)


def column_of(value: Value) -> Column | None:
    """The column of `sa.Column(...)`; None for anything else, a copy of one included."""
    if not isinstance(value, Made) or kind_of(value) not in ("Column", "mapped_column"):
        return None
    args = list(value.args)
    name = name_of(args.pop(0) if args and isinstance(args[0], str | Made) and _is_name(args[0]) else None)
    type_ = value.keywords.get("type_")
    if args and kind_of(args[0]) not in KEYS:
        type_ = args.pop(0)
    keywords = value.keywords
    primary = keywords.get("primary_key") is True
    default, generated, identity = _server_side(keywords.get("server_default"), args)
    return Column(
        name=name if name is not None else name_of(keywords.get("name")) or HOLE,
        type=type_of(type_),
        nullable=not primary if "nullable" not in keywords else keywords["nullable"] is not False,
        default=default,
        python_default="default" in keywords and keywords["default"] is not None,
        identity=identity,
        generated=generated,
        primary_key=primary,
        unique=keywords.get("unique") is True,
        index=keywords.get("index") is True,
        constraints=tuple(_of_column(args, name or HOLE)),
        location=value.node.file.location(value.node),
    )


def _is_name(value: Value) -> bool:
    return isinstance(value, str) or kind_of(value) in ("quoted_name", "f")


def _server_side(given: Value, args: Iterable[Value]) -> tuple[Default | None, str, bool]:
    """The default, how it is generated, and whether it is an identity."""
    for one in (given, *args):
        kind = kind_of(one)
        if kind == "Identity":
            return None, "", True
        if isinstance(one, Made) and kind == "Computed":
            return None, "virtual" if one.keywords.get("persisted") is False else "stored", False
        if kind == "DefaultClause":
            given = one
    return default_of(given), "", False


def default_of(given: Value) -> Default | None:
    """The default a `server_default=` gives; None for none."""
    if given is None or given is False or kind_of(given) == "FetchedValue":
        return None
    if isinstance(given, Made) and kind_of(given) == "DefaultClause" and given.args:
        given = given.args[0]
    if isinstance(given, str):
        return Default(sql=quoted_default(given))
    if isinstance(given, Made) and kind_of(given) in ("next_value", "Sequence"):
        return Default(sql="nextval(...)", is_volatile=True)
    sql = sql_of(given)
    if isinstance(given, int | float):
        sql = str(given)
    return Default(sql=HOLE if sql is None else sql, is_volatile=sql is not None and is_volatile(sql))


def _of_column(args: Sequence[Value], column: str) -> Iterable[Constraint]:
    for one in args:
        if isinstance(one, Made) and kind_of(one) == "ForeignKey" and not _is_added_later(one):
            table, _, target = (name_of(one.argument(0, "column")) or HOLE).rpartition(".")
            yield Constraint(
                kind="foreign key",
                name=name_of(one.keywords.get("name")) or "",
                columns=(column,),
                target=_table(table),
                target_columns=(target,) if target and target != HOLE else (),
            )
        elif isinstance(one, Made) and kind_of(one) == "CheckConstraint":
            yield _constraint(one, "check")


def _table(written: str) -> str:
    return written.removeprefix("public.") or HOLE


def constraint_of(value: Value) -> Constraint | None:
    """The constraint of a table's argument; None for anything else."""
    kind = CONSTRAINTS.get(kind_of(value))
    if not isinstance(value, Made) or not kind or _is_added_later(value):
        return None
    return _constraint(value, kind)


def _is_added_later(made: Made) -> bool:
    """Whether it is left out of CREATE TABLE, for an ALTER TABLE that the revision may write or not."""
    return made.keywords.get("use_alter") is True


def _constraint(made: Made, kind: str) -> Constraint:
    name = name_of(made.keywords.get("name")) or ""
    not_valid = made.keywords.get("postgresql_not_valid") is True
    if kind == "foreign key":
        targets = names_of(made.argument(1, "refcolumns"))
        if not name and len(made.args) > 2:
            name = name_of(made.args[2]) or ""
        return Constraint(
            kind=kind,
            name=name,
            columns=names_of(made.argument(0, "columns")),
            target=_table(targets[0].rpartition(".")[0]) if targets else HOLE,
            target_columns=tuple(one.rpartition(".")[2] for one in targets),
            not_valid=not_valid,
        )
    if kind == "check":
        text = sql_of(made.argument(0, "sqltext"))
        return Constraint(kind=kind, name=name, expression=HOLE if text is None else text, not_valid=not_valid)
    columns = tuple(one if isinstance(one, str) else HOLE for one in made.args if kind != "exclude")
    return Constraint(kind=kind, name=name, columns=columns)


def flag(made: Made, name: str) -> bool:
    """Whether a keyword is given and not False: what is unknown is taken as given."""
    value = made.keywords.get(name)
    return value is True or (value is not None and value is not False and not is_known(value))
