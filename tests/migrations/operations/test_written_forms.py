"""One operation, however it is written, is the same operation and gives the same findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.check import load
from forge_doctor.migrations import checks
from forge_doctor.migrations.history import History
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.operations.operation import Operation
from forge_doctor.migrations.tree.places import places
from tests.support.migration_cases import judged, write_tree

# Method, positional arguments as written (the table by its name), keywords; where the table stands among them.
OPERATIONS = [
    ("add_column", ['"orders"', 'sa.Column("x", sa.Integer(), nullable=False)'], {}, 0),
    ("add_column", ['"orders"', 'sa.Column("x", sa.Uuid(), server_default=sa.func.gen_random_uuid())'], {}, 0),
    ("drop_column", ['"orders"', '"note"'], {}, 0),
    ("alter_column", ['"orders"', '"status"'], {"type_": "sa.String(10)"}, 0),
    ("alter_column", ['"orders"', '"note"'], {"nullable": "False"}, 0),
    ("alter_column", ['"orders"', '"note"'], {"new_column_name": '"comment"'}, 0),
    ("create_index", ['"ix"', '"orders"', '["note"]'], {}, 1),
    ("create_index", ['"ix"', '"orders"', '["note"]'], {"postgresql_concurrently": "True"}, 1),
    ("create_unique_constraint", ['"uq"', '"orders"', '["note"]'], {}, 1),
    ("create_foreign_key", ['"fk"', '"orders"', '"customers"', '["customer_id"]', '["id"]'], {}, 1),
    ("create_check_constraint", ['"ck"', '"orders"', '"total > 0"'], {}, 1),
    ("drop_constraint", ["None", '"orders"'], {"type_": '"unique"'}, 1),
]
Call = tuple[str, list[str], dict[str, str], int]


def arguments(args: list[str], keywords: dict[str, str]) -> str:
    return ", ".join([*args, *(f"{name}={value}" for name, value in keywords.items())])


def plain(call: Call) -> str:
    name, args, keywords, _ = call
    return f"def upgrade():\n    op.{name}({arguments(args, keywords)})\n"


def constants(call: Call) -> str:
    name, args, keywords, _ = call
    named = [f"A{at} = {value}\n" for at, value in enumerate(args)]
    return f"{''.join(named)}\n\ndef upgrade():\n    op.{name}({arguments([f'A{n}' for n in range(len(args))], keywords)})\n"


def f_string(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = 'f"{PREFIX}ers"'
    return f'PREFIX = "ord"\n\n\ndef upgrade():\n    op.{name}({arguments(args, keywords)})\n'


def helper(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = "table"
    body = f"    op.{name}({arguments(args, keywords)})\n"
    return f'def _do(*, table="nothing"):\n{body}\n\ndef upgrade():\n    _do(table="orders")\n'


def nested_helper(call: Call) -> str:
    name, args, keywords, _ = call
    return (
        f"def _inner(method, *args, **keywords):\n    getattr_ = {{{name!r}: op.{name}}}\n"
        "    getattr_[method](*args, **keywords)\n\n\n"
        f"def upgrade():\n    _inner({name!r}, {arguments(args, keywords)})\n"
    )


def loop(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = "table"
    return f'TABLES = ("orders",)\n\n\ndef upgrade():\n    for table in TABLES:\n        op.{name}({arguments(args, keywords)})\n'


def loop_over_pairs(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = "table"
    return (
        'def upgrade():\n    for number, (table, _) in enumerate({"orders": 1}.items()):\n'
        f"        if number >= 0:\n            op.{name}({arguments(args, keywords)})\n"
    ).replace("if number >= 0", "if number == 0")


def batch(call: Call) -> str:
    name, args, keywords, table = call
    args = [one for at, one in enumerate(args) if at != table]
    return f'def upgrade():\n    with op.batch_alter_table("orders") as b:\n        b.{name}({arguments(args, keywords)})\n'


def alias(call: Call) -> str:
    name, args, keywords, _ = call
    return (
        f"from alembic import op as o\n\n\ndef upgrade():\n    run = o.{name}\n    run({arguments(args, keywords)})\n"
    )


def dialect(call: Call) -> str:
    name, args, keywords, _ = call
    return (
        'def upgrade():\n    bind = op.get_bind()\n    if bind.dialect.name == "sqlite":\n        op.drop_table("orders")\n'
        f"    else:\n        op.{name}({arguments(args, keywords)})\n"
    )


def early_return(call: Call) -> str:
    name, args, keywords, _ = call
    return (
        'def upgrade():\n    if op.get_context().dialect.name != "postgresql":\n        return\n'
        f"    op.{name}({arguments(args, keywords)})\n"
    )


def spread(call: Call) -> str:
    name, args, keywords, _ = call
    given = ", ".join(f"{key!r}: {value}" for key, value in keywords.items())
    return f"def upgrade():\n    args = [{', '.join(args)}]\n    op.{name}(*args, **{{{given}}})\n"


def partial(call: Call) -> str:
    name, args, keywords, _ = call
    first, rest = args[0], arguments(args[1:], keywords)
    return f"from functools import partial\n\n\ndef upgrade():\n    do = partial(op.{name}, {first})\n    do({rest})\n"


def by_getattr(call: Call) -> str:
    name, args, keywords, _ = call
    return f"def upgrade():\n    getattr(op, {name!r})({arguments(args, keywords)})\n"


def comprehension(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = "table"
    rounds = 'for table in ["orders", "customers"] if table != "customers"'
    return f"def upgrade():\n    [op.{name}({arguments(args, keywords)}) {rounds}]\n"


def mapped(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = "table"
    return f'def upgrade():\n    list(map(lambda table: op.{name}({arguments(args, keywords)}), ["orders"]))\n'


def method(call: Call) -> str:
    name, args, keywords, table = call
    args = [*args]
    args[table] = "table"
    return (
        f"class Change:\n    def up(self, table):\n        self.do(table)\n\n    @staticmethod\n    def do(table):\n"
        f'        op.{name}({arguments(args, keywords)})\n\n\ndef upgrade():\n    Change().up("orders")\n'
    )


def several_databases(call: Call) -> str:
    name, args, keywords, _ = call
    return (
        'def upgrade(engine_name):\n    globals()[f"upgrade_{engine_name}"]()\n\n\n'
        f"def upgrade_shop():\n    op.{name}({arguments(args, keywords)})\n"
    )


def asynchronous(call: Call) -> str:
    name, args, keywords, _ = call
    return f"async def change(connection):\n    op.{name}({arguments(args, keywords)})\n\n\ndef upgrade():\n    op.run_async(change)\n"


FORMS: list[Callable[[Call], str]] = [
    constants, f_string, helper, nested_helper, loop, loop_over_pairs, batch, alias, dialect, early_return, spread,
    partial, by_getattr, comprehension, mapped, method, several_databases, asynchronous,
]  # fmt: skip


def history(folder: Path, source: str) -> History:
    write_tree(folder, source)
    (place,) = places(folder)
    return read(place, folder)


def told(one: History) -> set[tuple[str, str, str]]:
    return {(f.check, f.severity.label, f.confidence.label) for f in judged(one, load(checks)).findings}


def bare(one: History) -> list[Operation]:
    operations = one.changes[-1][0].body.operations
    assert operations
    place = operations[0].written
    return [dataclasses.replace(each, written=place) for each in operations]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_is_the_same_operation(form: Callable[[Call], str], tmp_path: Path) -> None:
    for number, call in enumerate(OPERATIONS):
        expected, got = (
            history(tmp_path / f"{number}{name}", text) for name, text in (("a", plain(call)), ("b", form(call)))
        )
        first, second = bare(expected), bare(got)
        shared = first[0].written
        assert [dataclasses.replace(each, written=shared) for each in second] == first, form(call)
        assert told(got) == told(expected) != set(), form(call)


SQL = {
    0: "ALTER TABLE orders ADD COLUMN x integer NOT NULL",
    2: "ALTER TABLE orders DROP COLUMN note",
    3: "ALTER TABLE orders ALTER COLUMN status TYPE varchar(10)",
    4: "ALTER TABLE orders ALTER note SET NOT NULL",
    5: "ALTER TABLE orders RENAME note TO comment",
    6: "CREATE INDEX ix ON orders (note)",
    7: "CREATE INDEX CONCURRENTLY ix ON orders (note)",
    8: "ALTER TABLE orders ADD CONSTRAINT uq UNIQUE (note)",
    9: "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers (id)",
    10: "ALTER TABLE public.orders ADD CONSTRAINT ck CHECK (total > 0)",
}
SENDERS = [
    'op.execute("{}")',
    'op.execute(sa.text("""\n        {}\n    """))',
    'op.get_bind().execute(sa.text("{}").execution_options(autocommit=True))',
    'op.get_bind().exec_driver_sql("{}")',
    'connection = op.get_bind()\n    for sql in ["{}"]:\n        connection.execute(sa.text(sql))',
    'op.execute(" ".join("{}".lower().split()))',
    'op.execute("/* a comment */ {};")',
]


@pytest.mark.parametrize("sender", SENDERS)
def test_sql_gives_what_the_operation_gives(sender: str, tmp_path: Path) -> None:
    for number, sql in SQL.items():
        expected = history(tmp_path / f"{number}a", plain(OPERATIONS[number]))
        got = history(tmp_path / f"{number}b", f"def upgrade():\n    {sender.format(sql)}\n")
        assert told(got) == told(expected) != set(), sender.format(sql)
