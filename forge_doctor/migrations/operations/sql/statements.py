"""What a text of SQL does, told by PostgreSQL's own parser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from forge_doctor.dataclass import replace
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.operations.objects import Index
from forge_doctor.migrations.operations.operation import (
    AlterTable,
    ChangeRows,
    CreateIndex,
    CreateTable,
    DropIndex,
    DropTable,
    EndTransaction,
    Operation,
    OtherSql,
    Reindex,
    SeveralStatements,
    Unresolved,
    Written,
)
from forge_doctor.migrations.operations.parameters import parameter, parameters_set
from forge_doctor.migrations.operations.sql.alter import altered, renamed
from forge_doctor.migrations.operations.sql.blocks import body_of, queries_in
from forge_doctor.migrations.operations.sql.columns import column_of, constraint_of
from forge_doctor.migrations.operations.sql.text import trees_of
from forge_doctor.migrations.operations.sql.tree import (
    Tree,
    constants,
    dotted,
    held,
    strings,
    table_of,
    tables_in,
)
from forge_doctor.migrations.operations.type_operations import (
    AddEnumValue,
    CreateEnum,
    CreateView,
    DropType,
    DropView,
    RenameType,
)
from forge_doctor.regex import regex
from forge_doctor.sql.parser import NotParsed, parsed_block

FIRST_WORD = regex(r"\s*+(?:--[^\n]*+\n\s*+|/\*(?:[^*]|\*(?!/))*+\*/\s*+)*+(\w++)")


def statements(sql: str, written: Written, *, binds: bool = True) -> Iterator[Operation]:
    """The operations of a text; where it does not parse, one that says so."""
    try:
        text, trees = trees_of(sql, binds=binds)
    except NotParsed:
        yield Unresolved(
            written=replace(written, is_sql=True), what=_head(sql), reason="PostgreSQL's parser does not read it"
        )
        return
    if len(trees) > 1:
        yield SeveralStatements(written=written, count=len(trees))
    data = text.encode()
    for number, one in enumerate(trees):
        tree = one["stmt"]
        yield from operations_of(tree, replace(written, is_sql=True, statement=number, text=_text(data, one)))


def _text(data: bytes, statement: Tree) -> str:
    """The statement's own part of a text: the parser counts bytes."""
    start = statement.get("stmt_location", 0)
    length = statement.get("stmt_len") or len(data)
    return held(" ".join(data[start : start + length].decode("utf-8", "replace").split()))


def _head(sql: str) -> str:
    found = FIRST_WORD.match(sql)
    return found[1].upper() if found else "a statement"


def operations_of(tree: Tree, written: Written) -> Iterator[Operation]:
    """The operations of one statement."""
    ((kind, inner),) = tree.items()
    judge = JUDGES.get(kind)
    if judge is None:
        yield OtherSql(written=written, kind=kind, strings=tuple(constants(inner)), tables=tuple(tables_in(inner)))
    else:
        yield from judge(written, inner)


def _create_index(written: Written, tree: Tree) -> Iterator[Operation]:
    table = table_of(tree.get("relation"))
    parts = [one["IndexElem"] for one in tree.get("indexParams", []) if "IndexElem" in one]
    index = Index(
        name=held(str(tree.get("idxname", ""))) or None,
        table=table,
        columns=tuple(held(str(one.get("name", ""))) or "(an expression)" for one in parts),
        unique=bool(tree.get("unique")),
        where=HOLE if "whereClause" in tree else "",
        method=str(tree.get("accessMethod", "")),
    )
    yield CreateIndex(
        written=written,
        table=table,
        index=index,
        concurrently=bool(tree.get("concurrent")),
        if_not_exists=bool(tree.get("if_not_exists")),
    )


def _drop(written: Written, tree: Tree) -> Iterator[Operation]:
    kind, missing = str(tree.get("removeType", "")), bool(tree.get("missing_ok"))
    cascade = tree.get("behavior") == "DROP_CASCADE"
    for one in tree.get("objects", []):
        inner = one.get("List", {}).get("items") or one.get("TypeName", {}).get("names") or [one]
        name = dotted(strings(inner))
        if kind == "OBJECT_TABLE":
            yield DropTable(written=written, table=name, if_exists=missing, cascade=cascade)
        elif kind == "OBJECT_INDEX":
            concurrently = bool(tree.get("concurrent"))
            yield DropIndex(written=written, table="", name=name, concurrently=concurrently, if_exists=missing)
        elif kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
            yield DropType(written=written, name=name, if_exists=missing, cascade=cascade)
        elif kind in ("OBJECT_VIEW", "OBJECT_MATVIEW"):
            yield DropView(written=written, name=name)
        else:
            yield OtherSql(written=written, kind=f"DropStmt {kind}")


def _create_table(written: Written, tree: Tree) -> Iterator[Operation]:
    elements = tree.get("tableElts", [])
    columns = tuple(column_of(one["ColumnDef"]) for one in elements if "ColumnDef" in one)
    constraints = tuple(constraint_of(one["Constraint"]) for one in elements if "Constraint" in one)
    keys = {name for one in constraints if one.kind == "primary key" for name in one.columns}
    yield CreateTable(
        written=written,
        table=table_of(tree.get("relation")),
        columns=tuple(replace(one, nullable=False) if one.name in keys else one for one in columns),
        constraints=constraints,
        if_not_exists=bool(tree.get("if_not_exists")),
        is_complete="inhRelations" not in tree and not any("TableLikeClause" in one for one in elements),
        temporary=tree.get("relation", {}).get("relpersistence") == "t",
        partition_of=table_of((tree.get("inhRelations") or [{}])[0].get("RangeVar")),
        is_partitioned="partspec" in tree,
    )


def _create_table_as(written: Written, tree: Tree) -> Iterator[Operation]:
    into = tree.get("into", {}).get("rel", {})
    if tree.get("objtype") == "OBJECT_MATVIEW":
        yield CreateView(written=written, name=table_of(into), materialized=True)
    else:
        temporary = into.get("relpersistence") == "t"
        yield CreateTable(written=written, table=table_of(into), is_complete=False, temporary=temporary)


def _enum(written: Written, tree: Tree) -> Iterator[Operation]:
    yield CreateEnum(
        written=written, name=dotted(strings(tree.get("typeName"))), values=tuple(strings(tree.get("vals")))
    )


def _alter_enum(written: Written, tree: Tree) -> Iterator[Operation]:
    name, value = dotted(strings(tree.get("typeName"))), held(str(tree.get("newVal", "")))
    if "oldVal" in tree:
        yield RenameType(written=written, name=name, new_name=value, value=held(str(tree["oldVal"])))
    else:
        yield AddEnumValue(written=written, name=name, value=value, if_not_exists=bool(tree.get("skipIfNewValExists")))


def _rows(kind: str) -> Callable[[Written, Tree], Iterator[Operation]]:
    def judge(written: Written, tree: Tree) -> Iterator[Operation]:
        targets = tree.get("targetList") or tree.get("cols") or []
        where = tree.get("whereClause")
        text = written.text.upper()
        yield ChangeRows(
            written=written,
            table=table_of(tree.get("relation")),
            kind=kind,
            columns=tuple(held(str(one.get("ResTarget", {}).get("name", ""))) for one in targets),
            has_where=where is not None,
            is_limited=" LIMIT " in text or (kind == "INSERT" and "FROM" not in text),
            strings=tuple(constants(tree)),
            reads=tuple(tables_in(tree)),
        )

    return judge


def _transaction(written: Written, tree: Tree) -> Iterator[Operation]:
    what = str(tree.get("kind", "")).removeprefix("TRANS_STMT_")
    if what in ("COMMIT", "ROLLBACK", "BEGIN", "START"):
        yield EndTransaction(written=written, what=what)
    else:
        yield OtherSql(written=written, kind="TransactionStmt")


def _set(written: Written, tree: Tree) -> Iterator[Operation]:
    yield parameter(written, tree)


def _select(written: Written, tree: Tree) -> Iterator[Operation]:
    settings = [*parameters_set(written, tree)]
    yield from settings
    if not settings:
        tables = tuple(tables_in(tree))
        yield OtherSql(written=written, kind="SelectStmt", strings=tuple(constants(tree)), tables=tables)


def _reindex(written: Written, tree: Tree) -> Iterator[Operation]:
    concurrently = _is_on(tree.get("params", []), "concurrently")
    name, is_index = table_of(tree.get("relation")), tree.get("kind") == "REINDEX_OBJECT_INDEX"
    yield Reindex(
        written=written, table="" if is_index else name, name=name if is_index else "", concurrently=concurrently
    )


OFF = frozenset({"false", "off", "0"})


def _is_on(options: Iterable[Tree], name: str) -> bool:
    """Whether an option is given, and not as `(FULL false)`."""
    told = [one.get("DefElem", {}) for one in options if one.get("DefElem", {}).get("defname") == name]
    given = [next(iter(one["arg"].values())) if one.get("arg") else {"sval": "true"} for one in told]
    return any(str(value.get("sval", value.get("ival", 0))).lower() not in OFF for value in given)


def _whole_table(what: str) -> Callable[[Written, Tree], Iterator[Operation]]:
    def judge(written: Written, tree: Tree) -> Iterator[Operation]:
        full = what != "VACUUM" or _is_on(tree.get("options", []), "full")
        named = [tree.get("relation"), *(one.get("RangeVar") for one in tree.get("relations", []))]
        named += [one.get("VacuumRelation", {}).get("relation") for one in tree.get("rels", [])]
        word = f"{what} FULL" if what == "VACUUM" and full else what
        word = "ANALYZE" if what == "VACUUM" and not tree.get("is_vacuumcmd") else word
        for relation in named:
            if relation:
                concurrently = bool(tree.get("concurrent"))
                yield AlterTable(written=written, table=table_of(relation), what=word, concurrently=concurrently)

    return judge


def _view(written: Written, tree: Tree) -> Iterator[Operation]:
    yield CreateView(written=written, name=table_of(tree.get("view")))


def _block(written: Written, tree: Tree) -> Iterator[Operation]:
    """DO: the statements written out in the block; they run only if the block comes to them."""
    body = next(iter(one for one in body_of(tree)), "")
    inside = replace(written, conditions=(*written.conditions, "DO"))
    try:
        queries = [*queries_in(parsed_block(body))]
    except NotParsed:
        yield Unresolved(written=written, what="DO", reason="its block is not read")
        return
    for query in queries:
        for one in statements(query, inside, binds=False):
            if not isinstance(one, SeveralStatements):
                yield replace(one, written=replace(one.written, text=f"DO: {one.written.text}"))


JUDGES: Mapping[str, Callable[[Written, Tree], Iterator[Operation]]] = {
    "IndexStmt": _create_index,
    "DropStmt": _drop,
    "AlterTableStmt": altered,
    "RenameStmt": renamed,
    "CreateStmt": _create_table,
    "CreateTableAsStmt": _create_table_as,
    "CreateEnumStmt": _enum,
    "AlterEnumStmt": _alter_enum,
    "UpdateStmt": _rows("UPDATE"),
    "DeleteStmt": _rows("DELETE"),
    "InsertStmt": _rows("INSERT"),
    "TransactionStmt": _transaction,
    "VariableSetStmt": _set,
    "SelectStmt": _select,
    "ReindexStmt": _reindex,
    "ClusterStmt": _whole_table("CLUSTER"),
    "VacuumStmt": _whole_table("VACUUM"),
    "TruncateStmt": _whole_table("TRUNCATE"),
    "LockStmt": _whole_table("LOCK"),
    "RefreshMatViewStmt": _whole_table("REFRESH"),
    "ViewStmt": _view,
    "DoStmt": _block,
}
