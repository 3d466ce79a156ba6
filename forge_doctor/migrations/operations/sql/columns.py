"""Columns and constraints of a statement as PostgreSQL's parser gives them."""

from __future__ import annotations

from typing import Any

from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.defaults import VOLATILE
from forge_doctor.migrations.operations.objects import Column, Constraint, Default
from forge_doctor.migrations.operations.sql.tree import Tree, calls_in, held, strings, table_of, type_of_name

KINDS = {
    "CONSTR_CHECK": "check",
    "CONSTR_FOREIGN": "foreign key",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_PRIMARY": "primary key",
    "CONSTR_EXCLUSION": "exclude",
    "CONSTR_NOTNULL": "not null",
}


def column_of(tree: Tree) -> Column:
    """The column of a ColumnDef."""
    name = held(str(tree.get("colname", "")))
    given = [one["Constraint"] for one in tree.get("constraints", []) if "Constraint" in one]
    kinds = {str(one.get("contype")) for one in given}
    type_ = type_of_name(tree.get("typeName"))
    default = next((default_of(one.get("raw_expr")) for one in given if one["contype"] == "CONSTR_DEFAULT"), None)
    generated = next((one for one in given if one["contype"] == "CONSTR_GENERATED"), None)
    return Column(
        name=name,
        type=type_,
        nullable=not kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"} and not type_.serial,
        default=default,
        identity="CONSTR_IDENTITY" in kinds,
        generated="" if generated is None else "virtual" if generated.get("generated_kind") == "v" else "stored",
        primary_key="CONSTR_PRIMARY" in kinds,
        unique="CONSTR_UNIQUE" in kinds,
        constraints=tuple(
            constraint_of(one, name) for one in given if one["contype"] in ("CONSTR_FOREIGN", "CONSTR_CHECK")
        ),
    )


def default_of(tree: Any) -> Default:
    """The default of an expression."""
    return Default(sql=_shown(tree), is_volatile=any(name in VOLATILE for name in calls_in(tree)))


def _shown(tree: Any) -> str:
    if isinstance(tree, dict) and tree.get("A_Const", {}).get("isnull"):
        return "NULL"
    called = [*calls_in(tree)]
    return f"{called[0]}(...)" if called else HOLE


def constraint_of(tree: Tree, column: str = "") -> Constraint:
    """The constraint of a Constraint node; `column` is the one it is written behind."""
    kind = KINDS.get(str(tree.get("contype")), "")
    is_key = kind == "foreign key"
    columns = strings(tree.get("fk_attrs" if is_key else "keys")) or ([column] if column else [])
    return Constraint(
        kind=kind,
        name=held(str(tree.get("conname", ""))),
        columns=tuple(columns),
        expression=_not_null_of(tree.get("raw_expr")) if kind == "check" else "",
        target=table_of(tree.get("pktable")) if is_key else "",
        target_columns=tuple(strings(tree.get("pk_attrs"))),
        not_valid=bool(tree.get("skip_validation")),
        using_index=held(str(tree.get("indexname", ""))),
    )


def _not_null_of(tree: Any) -> str:
    """`x IS NOT NULL` where the expression is just that, `x IS NOT NULL AND ...` included; else what cannot be told."""
    found: list[str] = []
    for part in _conjuncts(tree):
        test = part.get("NullTest", {}) if isinstance(part, dict) else {}
        field = test.get("arg", {}).get("ColumnRef", {}).get("fields") if test else None
        if test.get("nulltesttype") == "IS_NOT_NULL" and field:
            found.append(f"{strings(field)[-1]} IS NOT NULL")
    return " AND ".join(found) or HOLE


def _conjuncts(tree: Any) -> list[Any]:
    both = tree.get("BoolExpr", {}) if isinstance(tree, dict) else {}
    return both["args"] if both.get("boolop") == "AND_EXPR" else [tree]
