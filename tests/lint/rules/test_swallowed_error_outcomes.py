"""`swallowed-error-without-rollback` asks what the code behind a `try` knows of how it ended, and which server it talks to."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "swallowed-error-without-rollback"
START = """
def refuse(error) -> NoReturn: ...
def give_up(error):
    log(error)
    raise ValueError from error
async def f(db: AsyncSession, q, rows):
"""
FAILING = ("await db.flush()", "await db.commit()", "await db.execute(insert(User))")
# What marks how it ended (before, in the `try` behind the call, in the handler), and the condition that asks for it.
MARKS = [
    ("failed = False", "pass", "failed = True", "failed", "not failed"),
    ("saved = False", "saved = True", "log(1)", "not saved", "saved"),
    ("error = None", "pass", "error = caught", "error is not None", "error is None"),
    ("errors = []", "pass", "errors.append(caught)", "errors", "len(errors) == 0"),
    ("state = {}", "pass", "state['error'] = caught", "state.get('error')", "not state"),
    ("self.ok = False", "self.ok = True", "log(1)", "not self.ok", "self.ok"),
]


def tried(failing: str, behind: str, handler: str, caught: str = "except IntegrityError as caught:") -> str:
    return f"    try:\n        {failing}\n        {behind}\n    {caught}\n        {handler}\n"


@pytest.mark.parametrize(("failing", "mark"), list(product(FAILING, MARKS)))
def test_a_condition_on_how_it_ended_is_a_way_out(failing: str, mark: tuple[str, ...], tmp_path: Path) -> None:
    before, behind, handler, lost, won = mark
    body = f"    {before}\n" + tried(failing, behind, handler)
    leaving = f"    if {lost}:\n        return None\n    await db.execute(q)\n"
    around = f"    if {won}:\n        await db.execute(q)\n"
    for number, rest in enumerate((leaving, around)):
        check_source(project(START + body + rest), RULE, tmp_path / str(number))
    # The same condition about something else says nothing.
    marked = body.replace("caught:", "caught:  # expect")
    for number, rest in enumerate((leaving.replace(lost, "rows"), around.replace(won, "rows"))):
        check_source(project(START + marked + rest), RULE, tmp_path / f"other{number}")


@pytest.mark.parametrize(
    "end", ["sys.exit(1)", "refuse(caught)", "give_up(caught)", "os._exit(1)", "pytest.skip('no')"]
)
def test_a_handler_that_ends_in_what_never_returns_leads_nowhere(end: str, tmp_path: Path) -> None:
    code = START + tried("await db.flush()", "pass", end) + "    await db.execute(q)\n"
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize(
    "entered", ["async with AsyncExitStack() as stack:\n            await stack.enter_async_context(db.begin_nested())",
                "async with savepoint(db):"],
)  # fmt: skip
def test_a_savepoint_may_be_entered_in_other_words(entered: str, tmp_path: Path) -> None:
    manager = "@asynccontextmanager\nasync def savepoint(db):\n    async with db.begin_nested():\n        yield\n"
    code = f"    try:\n        {entered}\n            await db.flush()\n    except IntegrityError:\n        pass\n"
    check_source(project(manager + START + code + "    await db.execute(q)\n"), RULE, tmp_path)


@pytest.mark.parametrize("failing", FAILING)
@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:///shop.db", "mysql+asyncmy://db/shop", "postgresql+asyncpg://db/shop"]
)
def test_only_postgresql_refuses_after_a_statement(url: str, failing: str, tmp_path: Path) -> None:
    refuses = "execute" not in failing or url.startswith("postgresql")
    body = tried(failing, "pass", "pass", "except IntegrityError:" + "  # expect" * refuses).replace("\n", "\n    ")
    code = f"async def f(q):\n    async with Session() as db:\n    {body}    await db.execute(q)\n"
    files = project(code)
    files["app/db.py"] = files["app/db.py"].replace("postgresql+asyncpg://localhost/shop", url)
    check_source(files, RULE, tmp_path / "block")
    # A session that comes from outside is one of the project's engines.
    caught = "except IntegrityError:" + "  # expect" * refuses
    given = START + tried(failing, "pass", "pass", caught) + "    await db.execute(q)\n"
    files["app/code.py"] = project(given)["app/code.py"]
    check_source(files, RULE, tmp_path / "given")


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ("from sqlalchemy.dialects.mssql import UNIQUEIDENTIFIER\n", False),
        ("from sqlalchemy.dialects import oracle\n", False),
        ("from sqlalchemy.dialects.mssql import BIT\nfrom sqlalchemy.dialects.postgresql import JSONB\n", True),
        ("from sqlalchemy.dialects.sqlite import JSON\n", True),
        ("import sqlalchemy\n", True),
    ],
)
def test_columns_of_another_server_alone(types: str, told: bool, tmp_path: Path) -> None:
    caught = "except IntegrityError:" + "  # expect" * told
    code = START + tried("await db.execute(insert(User))", "pass", "pass", caught) + "    await db.execute(q)\n"
    files = project(code)
    files["app/db.py"] = files["app/db.py"].replace('"postgresql+asyncpg://localhost/shop"', "url()")
    files["app/types.py"] = types
    assert "url()" in files["app/db.py"]
    check_source(files, RULE, tmp_path)


@pytest.mark.parametrize("errors", ["IntegrityError", "(IntegrityError, ValueError)", "ERRORS"])
def test_other_words_for_a_handler_are_found(errors: str, tmp_path: Path) -> None:
    named = "ERRORS = (IntegrityError, ValueError)\n"
    handled = tried("await db.flush()", "pass", "pass", f"except {errors}:  # expect high")
    check_source(project(named + START + handled + "    await db.execute(q)\n"), RULE, tmp_path / "except")
    for name in ("suppress", "contextlib.suppress") if errors != "(IntegrityError, ValueError)" else ():
        code = f"    with {name}({errors}):  # expect high\n        await db.flush()\n    await db.execute(q)\n"
        imports = "import contextlib\nfrom contextlib import suppress\n"
        check_source(project(imports + named + START + code), RULE, tmp_path / name)
        rolled = code.replace("  # expect high", "").replace(
            "    await db.ex", "    await db.rollback()\n    await db.ex"
        )
        check_source(project(imports + named + START + rolled), RULE, tmp_path / f"rolled-{name}")


POOL = """\
import asyncpg
async def f(pool: asyncpg.Pool, rows):
    async with pool.acquire() as c:
        {begun}
            for row in rows:
                try:
                    await c.{sent}
                except {error}:{mark}
                    {handled}
"""
BEGUN = "async with c.transaction():"


@pytest.mark.parametrize(
    "sent", ["execute('insert into t values ($1)', row)", "fetchval('insert into t values ($1)', row)"]
)
@pytest.mark.parametrize("error", ["asyncpg.UniqueViolationError", "asyncpg.PostgresError", "Exception"])
def test_a_transaction_of_the_driver_is_aborted_too(error: str, sent: str, tmp_path: Path) -> None:
    def code(begun: str = BEGUN, handled: str = "pass", mark: str = "") -> str:
        return POOL.format(begun=begun, sent=sent, error=error, mark=mark, handled=handled)

    check_source(code(mark="  # expect high"), RULE, tmp_path / "told")
    # Each statement is a transaction of its own; a savepoint; the way out; another error.
    check_source(code(begun="if rows:"), RULE, tmp_path / "alone")
    saved = code().replace("await c.", "async with c.transaction():\n                        await c.")
    check_source(saved, RULE, tmp_path / "savepoint")
    check_source(code(handled="raise"), RULE, tmp_path / "raised")
    check_source(code(handled="return None"), RULE, tmp_path / "left")
    check_source(code().replace(f"except {error}", "except KeyError"), RULE, tmp_path / "other")
