"""What is sent with `execute`, and what a session or connection is asked to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from forge_doctor.code.syntax.nodes import Expr
from forge_doctor.migrations.evaluation.values import Made, Value
from forge_doctor.migrations.operations import core_statements
from forge_doctor.migrations.operations.constructs import kind_of, sql_of
from forge_doctor.migrations.operations.operation import (
    EndTransaction,
    Operation,
    OtherSql,
    Unresolved,
    UseModel,
    Written,
)
from forge_doctor.migrations.operations.sql.statements import statements
from forge_doctor.migrations.operations.type_operations import CreateEnum, DropType
from forge_doctor.migrations.operations.types import type_of

EXECUTING = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "stream", "exec"})
QUERYING = frozenset({"query", "get", "get_one", "merge", "add", "add_all", "bulk_save_objects", "bulk_insert_mappings",
                      "bulk_update_mappings"})  # fmt: skip
ENDING = {"commit": "COMMIT", "rollback": "ROLLBACK"}
SESSIONS = ("Session", "sessionmaker()", "get_bind", "get_context", "connection", "?.", "AsyncSession")


def operations_of(made: Made, written: Written) -> Iterator[Operation]:
    """What a call does to a database; nothing where it does nothing."""
    name = made.path.rpartition(".")[2]
    home = made.node.file
    if name in EXECUTING and made.args:
        yield from executed(made.args[0], written, home, is_text=name != "exec_driver_sql")
    elif name in ENDING and not made.args and _is_session(made):
        yield EndTransaction(written=written, what=ENDING[name], how=f".{name}()")
    elif name in QUERYING and made.args and _is_session(made):
        yield from _queried(made, written, home)
    elif name in ("create", "drop") and isinstance(made.owner, Made):
        yield from _made_or_dropped(made, name, written)
    elif name in ("create_all", "drop_all"):
        yield Unresolved(written=written, what=name, reason="it creates what the models say when it runs")
    elif _is_foreign_helper(made):
        yield Unresolved(written=written, what=made.path, reason="the function is of no file of the project")


def executed(value: Value, written: Written, home: object, *, is_text: bool = True) -> Iterator[Operation]:
    """What executing a statement does."""
    text = sql_of(value) if isinstance(value, str) or kind_of(value) in TEXTS else None
    if text is not None:
        yield from statements(text, written, binds=is_text)
        return
    if isinstance(value, list | tuple):
        for one in value:
            yield from executed(one, written, home, is_text=is_text)
        return
    chain = core_statements.chain_of(value)
    if chain is not None:
        yield from core_statements.operations_of(chain, written, home)
        return
    yield Unresolved(written=written, what="execute", reason="the statement is only known when it runs")


SAYING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "success", "log", "echo", "print"}
)
TEXTS = frozenset({"text", "bindparams", "columns", "execution_options", "DDL"})


def _is_session(made: Made) -> bool:
    return made.path.startswith(("?.", "alembic.op.")) or any(
        word in made.path for word in ("Session", "sessionmaker", "get_bind", "get_context", "connect", "begin")
    )


def _queried(made: Made, written: Written, home: object) -> Iterator[Operation]:
    given: list[Value] = []
    for one in made.args:
        given.extend(one if isinstance(one, list | tuple) else [one])
    models = dict.fromkeys(filter(None, (core_statements.model_of(one, home) for one in given)))
    for model in models:
        yield UseModel(written=written, model=model, is_found="." not in model)
    if not models:
        yield OtherSql(written=written, kind="session")


def _made_or_dropped(made: Made, name: str, written: Written) -> Iterator[Operation]:
    """`sa.Enum(...).create(bind)`; a table made that way is read no further."""
    enum = type_of(made.owner).enum
    checks = made.keywords.get("checkfirst", made.args[1] if len(made.args) > 1 else True)
    if enum is not None and name == "create":
        yield CreateEnum(written=written, name=enum.name, values=enum.values, checks_first=checks is not False)
    elif enum is not None:
        yield DropType(written=written, name=enum.name, if_exists=checks is not False)
    elif kind_of(made.owner) in ("Table", "Index", "Sequence", "DOMAIN", "Enum", "ENUM"):
        yield Unresolved(written=written, what=f"{kind_of(made.owner)}.{name}", reason="it is not read")


def _is_foreign_helper(made: Made) -> bool:
    """A function of a package that was not found, called for what it does and not for what it gives."""
    root = made.path.partition(".")[0]
    if made.path.rpartition(".")[2] in SAYING:
        return False
    if "(" in made.path or root in sys.stdlib_module_names or made.path.startswith(("sqlalchemy", "?", "<class>")):
        return False
    return root not in ("alembic", "builtins", "op", "context") and isinstance(made.node.parent, Expr)
