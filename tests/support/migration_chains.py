"""Random revisions that are valid at the point where they stand: each line is one operation on what is there by then."""

from __future__ import annotations

import random
from collections.abc import Callable

from forge_doctor.migrations.replay.schema import Schema, Table

TYPES = (
    "sa.Integer()",
    "sa.BigInteger()",
    "sa.Text()",
    "sa.String(30)",
    "sa.Numeric(8, 2)",
    "sa.Boolean()",
    "sa.JSON()",
)
DEFAULTS = {
    "sa.Integer()": ('"0"', 'sa.text("1 + 1")'),
    "sa.Text()": ('"x"', 'sa.text("md5(random()::text)")', "sa.func.now()"),
    "sa.Boolean()": ("sa.true()",),
    "sa.BigInteger()": ('"7"',),
}
# Of a column's type, those it may become with any value that the rows have.
NEXT = {
    "int4": ("sa.BigInteger()", "sa.Numeric()", "sa.Text()"),
    "int8": ("sa.Numeric(20, 0)", "sa.Text()"),
    "varchar": ("sa.String(60)", "sa.String(25)", "sa.Text()", "sa.String()"),
    "text": ("sa.String()", "sa.String(40)", "sa.Text()"),
    "numeric": ("sa.Numeric(12, 2)", "sa.Numeric(20, 4)", "sa.Numeric()"),
    "json": ("sa.dialects.postgresql.JSONB()",),
}
Chooser = random.Random


class Chain:
    """Makes lines; `schema` is what they meet, and the caller keeps it up to date."""

    def __init__(self, seed: int, schema: Schema) -> None:
        self.random = random.Random(seed)
        self.schema = schema
        self.number = 0

    def line(self) -> str:
        """The next operation."""
        while True:
            made = self.random.choice(MAKERS)(self)
            if made:
                return made

    def name(self, prefix: str) -> str:
        """A name that is not there yet."""
        self.number += 1
        return f"{prefix}_{self.number}"

    def table(self) -> Table:
        """Any table."""
        return self.schema.tables[self.random.choice(sorted(self.schema.tables))]

    def column(self, table: Table) -> str:
        """A column beside the key, or nothing."""
        keyed = {name for one in table.constraints for name in one.columns}
        found = [name for name in sorted(table.columns) if name not in keyed and name != "id"]
        return self.random.choice(found) if found else ""

    def is_sql(self) -> bool:
        """Whether to write it as SQL."""
        return self.random.random() < 0.3


def _add_column(chain: Chain) -> str:
    table, name = chain.table().name, chain.name("c")
    kind = chain.random.choice(TYPES)
    default = chain.random.choice((None, *DEFAULTS.get(kind, ())))
    extra = "" if default is None else f", server_default={default}, nullable={chain.random.random() < 0.5}"
    special = chain.random.choice(
        ("", "", "", "sa.Identity()", 'sa.Computed("id + 1", persisted=True)', "unique", "key")
    )
    if special == "unique":
        return f'op.add_column("{table}", sa.Column("{name}", sa.Integer(), unique=True))'
    if special == "key":
        target = chain.table().name
        return f'op.add_column("{table}", sa.Column("{name}", sa.Integer(), sa.ForeignKey("{target}.id")))'
    if special:
        return f'op.add_column("{table}", sa.Column("{name}", sa.BigInteger(), {special}))'
    return f'op.add_column("{table}", sa.Column("{name}", {kind}{extra}))'


def _drop_column(chain: Chain) -> str:
    table = chain.table()
    column = chain.column(table)
    return f'op.drop_column("{table.name}", "{column}")' if column else ""


def _change_type(chain: Chain) -> str:
    table = chain.table()
    column = chain.column(table)
    known = table.columns.get(column)
    if known is None or known.type.name not in NEXT or known.generated or known.identity or known.default is not None:
        return ""
    return f'op.alter_column("{table.name}", "{column}", type_={chain.random.choice(NEXT[known.type.name])})'


def _set_null(chain: Chain) -> str:
    table = chain.table()
    column = chain.column(table)
    known = table.columns.get(column)
    if known is None or known.identity or (known.default is None and column.startswith("c_")):
        return ""
    if chain.is_sql():
        return f'op.execute("ALTER TABLE {table.name} ALTER COLUMN {column} SET NOT NULL")'
    return f'op.alter_column("{table.name}", "{column}", nullable={chain.random.choice((True, False))})'


def _default(chain: Chain) -> str:
    table = chain.table()
    column = chain.column(table)
    known = table.columns.get(column)
    usable = known is not None and not known.identity and not known.generated
    return f'op.alter_column("{table.name}", "{column}", server_default=None)' if usable else ""


def _rename(chain: Chain) -> str:
    table = chain.table()
    column = chain.column(table)
    if chain.is_sql() or not column:
        return f'op.rename_table("{table.name}", "{chain.name("t")}")'
    return f'op.alter_column("{table.name}", "{column}", new_column_name="{chain.name("c")}")'


def _index(chain: Chain) -> str:
    table = chain.table()
    if table.indexes and chain.random.random() < 0.4:
        return f'op.drop_index("{table.indexes[0].name}", "{table.name}")'
    name = chain.name("ix")
    if chain.is_sql():
        return f'op.execute("CREATE INDEX {name} ON {table.name} (id)")'
    return f'op.create_index("{name}", "{table.name}", ["id"], unique={chain.random.random() < 0.5})'


def _constraint(chain: Chain) -> str:
    table, name = chain.table(), chain.name("k")
    lazy = chain.random.choice(("", ", postgresql_not_valid=True"))
    other = chain.table().name
    return chain.random.choice(
        (
            f'op.create_unique_constraint("{name}", "{table.name}", ["id"])',
            f'op.create_check_constraint("{name}", "{table.name}", "id > 0"{lazy})',
            f'op.create_check_constraint("{name}", "{table.name}", "id IS NOT NULL"{lazy})',
            f'op.create_foreign_key("{name}", "{table.name}", "{other}", ["id"], ["id"]{lazy})',
            f'op.execute("ALTER TABLE {table.name} ADD CONSTRAINT {name} CHECK (id > 0) NOT VALID")',
        )
    )


def _drop_constraint(chain: Chain) -> str:
    table = chain.table()
    named = [one for one in table.constraints if one.name and one.name.startswith("k_")]
    lazy = [one for one in named if one.not_valid]
    if lazy:
        return f'op.execute("ALTER TABLE {table.name} VALIDATE CONSTRAINT {lazy[0].name}")'
    droppable = [one for one in named if one.kind != "unique"]
    return f'op.drop_constraint("{droppable[0].name}", "{table.name}")' if droppable else ""


def _create_table(chain: Chain) -> str:
    name, other = chain.name("t"), chain.table().name
    key = chain.random.choice(("", f', sa.ForeignKey("{other}.id")'))
    return (
        f'op.create_table("{name}", sa.Column("id", sa.Integer(), primary_key=True),'
        f' sa.Column("c_{name}", sa.Integer(){key}))'
    )


def _other(chain: Chain) -> str:
    table = chain.table().name
    return chain.random.choice(
        (
            f'op.execute("UPDATE {table} SET id = id")',
            f'op.execute("TRUNCATE {table} CASCADE")' if chain.random.random() < 0.1 else "",
            f'op.execute("ALTER TABLE {table} SET (fillfactor = 80)")',
            f'op.execute("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")',
            f'op.execute("ALTER TABLE {table} ALTER COLUMN id SET STATISTICS 300")',
            f'op.execute("REINDEX TABLE {table}")',
        )
    )


MAKERS: tuple[Callable[[Chain], str], ...] = (
    _add_column, _add_column, _drop_column, _change_type, _change_type, _set_null, _default, _rename, _index,
    _constraint, _constraint, _drop_constraint, _drop_constraint, _create_table, _other,
)  # fmt: skip
