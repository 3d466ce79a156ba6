"""`json-change-not-tracked`: changes inside of JSON and ARRAY columns, and what lets the session see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "json-change-not-tracked"
TOLD = "  # expect high"
HEAD = (
    "from sqlalchemy import ARRAY, JSON, String, select, update\nfrom sqlalchemy.dialects.postgresql import JSONB\n"
    "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.ext.mutable import MutableDict, MutableList\n"
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
    "from sqlalchemy.orm.attributes import flag_modified\n"
    "class Base(DeclarativeBase): ...\n"
    "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    notes: Mapped[dict] = mapped_column({type})\n"
)
LOAD = "async def f(db: AsyncSession, x):\n    order = await db.get(Order, 1)\n"
SAVE = "    await db.commit()\n"


def code(body: str, kind: str = "JSONB", save: str = SAVE) -> str:
    return HEAD.format(type=kind) + LOAD + body + save


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("JSON", True),
        ("JSONB, default=dict", True),
        ("JSONB(none_as_null=True)", True),
        ("JSON().with_variant(JSONB(), 'postgresql')", True),
        ("ARRAY(String)", True),
        ("MutableDict.as_mutable(JSONB)", False),
        ("MutableList.as_mutable(ARRAY(String))", False),
        ("Notes", False),
        ("String", False),
    ],
)
def test_types(kind: str, told: bool, tmp_path: Path) -> None:
    check_source(code(f"    order.notes['x'] = x{TOLD * told}\n", kind), RULE, tmp_path)


def test_a_statement_that_sends_something_else(tmp_path: Path) -> None:
    body = f"    order.notes['x'] = x{TOLD}\n    await db.execute(update(Order).values(id=order.id, seen=x))\n"
    check_source(code(body), RULE, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        "order.notes['x'] = x",
        "order.notes['x']['y'] = x",
        "order.notes['x'] += 1",
        "del order.notes['x']",
        "order.notes.update(x)",
        "order.notes['log'].append(x)",
        "order.notes.pop('x', None)",
    ],
)
def test_changes(change: str, tmp_path: Path) -> None:
    check_source(code(f"    {change}{TOLD}\n"), RULE, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "    order.notes = {**order.notes, 'x': x}\n",
        "    order.notes['x'] = x\n    flag_modified(order, 'notes')\n",
        "    order.notes = dict(order.notes)\n    order.notes['x'] = x\n",
        # The statement sends the value itself.
        "    order.notes['x'] = x\n    await db.execute(update(Order).values(notes=order.notes))\n",
        "    order.notes['x'] = x\n    await db.execute(update(Order).where(Order.id == 1).values({'notes': order.notes}))\n",
        "    notes = dict(order.notes)\n    notes['x'] = x\n    order.notes = notes\n",
        # Copied first, or with something more.
        "    order.notes['x'] = x\n    order.notes = {**order.notes, 'y': x}\n",
        "    order.notes['x'] = x\n    order.notes = dict(order.notes, y=x)\n",
        "    order.notes['x'] = x\n    order.notes = dict(order.notes)\n    order.notes['y'] = x\n",
        "    order.notes['x'] = x\n    order.notes = dict(x.notes)\n",
        "    notes = dict(order.notes or {})\n    notes['x'] = x\n    order.notes = dict(notes)\n",
        "    notes = order.notes\n    order.notes = dict(notes)\n    notes['x'] = x\n",
        "    notes = order.notes.copy()\n    notes['x'] = x\n    order.notes = notes\n",
        "    x = order.notes['x']\n",
        "    x = order.notes.get('x')\n",
        "    order = Order(notes={})\n    order.notes['x'] = x\n    db.add(order)\n",
    ],
)
def test_what_the_session_sees(body: str, tmp_path: Path) -> None:
    check_source(code(body), RULE, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "    notes = order.notes\n    notes['x'] = x\n    order.notes = notes  # expect medium\n",
        "    notes = order.notes or {}\n    notes['x'] = x\n    order.notes = notes  # expect medium\n",
        "    notes = order.notes\n    notes['x'] = x  # expect high\n",
        # A copy of what has changed is equal to it.
        "    order.notes['x'] = x\n    order.notes = dict(order.notes)  # expect medium\n",
        "    order.notes['x'] = x\n    order.notes = {**order.notes}  # expect medium\n",
        "    order.notes['log'].append(x)\n    order.notes = order.notes.copy()  # expect medium\n",
        "    notes = order.notes or {}\n    notes['x'] = x\n    order.notes = dict(notes)  # expect medium\n",
        "    notes = order.notes\n    notes['x'] = x\n    del notes['y']\n    order.notes = notes.copy()  # expect medium\n",
        "    if order.notes is None:\n        order.notes = {}\n    order.notes['x'] = x  # expect high\n",
    ],
)
def test_the_same_object_by_another_name(body: str, tmp_path: Path) -> None:
    check_source(code(body), RULE, tmp_path)


def test_a_change_that_nobody_saves(tmp_path: Path) -> None:
    check_source(code("    order.notes.pop('secret')\n", save="    return order.notes\n"), RULE, tmp_path)


def test_an_object_of_a_repository_and_one_that_is_given(tmp_path: Path) -> None:
    files = {
        "models.py": HEAD.format(type="JSONB"),
        "repo.py": (
            "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\nfrom models import Order\n\n"
            "class Orders:\n    def __init__(self, session: AsyncSession):\n        self.session = session\n\n"
            "    async def by_id(self, number):\n"
            "        return (await self.session.scalars(select(Order).where(Order.id == number))).one_or_none()\n"
        ),
        "service.py": (
            "from models import Order\nfrom repo import Orders\n\n"
            "async def note(orders: Orders, number, text):\n    order = await orders.by_id(number)\n"
            "    order.notes['last'] = text  # expect high\n    await orders.session.commit()\n\n"
            "async def tag(orders: Orders, order: Order, tag):\n    order.notes['tag'] = tag  # expect medium\n"
            "    await orders.session.flush()\n"
        ),
    }
    check_source(files, RULE, tmp_path)


HELPERS = """\
from sqlalchemy.orm.attributes import flag_modified
def put(notes, key, value):
    notes[key] = value
def with_one(notes, key, value):
    return {**notes, key: value}
def put_in_copy(notes, key, value):
    notes = dict(notes)
    notes[key] = value
    return notes
def shown(notes):
    return notes["x"]
class Writer:
    def put(self, notes, key):
        notes.setdefault(key, []).append(key)
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("    helpers.put(order.notes, 'x', x)", True),
        ("    helpers.put(notes=order.notes, key='x', value=x)", True),
        ("    helpers.Writer().put(order.notes, 'x')", True),
        ("    order.notes = helpers.with_one(order.notes, 'x', x)", False),
        ("    order.notes = helpers.put_in_copy(order.notes, 'x', x)", False),
        ("    helpers.shown(order.notes)", False),
        ("    helpers.put(dict(order.notes), 'x', x)", False),
    ],
)
def test_a_function_of_another_file_changes_what_it_is_given(body: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect medium" if told else ""
    check_source({"helpers.py": HELPERS, "module.py": "import helpers\n" + code(f"{body}{mark}\n")}, RULE, tmp_path)


@pytest.mark.parametrize(
    ("kind", "method", "told"),
    [
        ("JSONB", "def put(self, key, x):\n        self.notes[key] = x", True),
        ("JSONB", "def put(self, key, x):\n        self.notes.setdefault(key, {{}})['x'] = x", True),
        ("JSONB", "def put(self, key, x):\n        self.notes = {{**self.notes, key: x}}", False),
        ("JSONB", "def put(self, key, x):\n        self.notes[key] = x\n        flag_modified(self, 'notes')", False),
        ("JSONB", "def to_dict(self):\n        self.notes.pop('secret', None)\n        return self.notes", False),
        ("JSONB", "@property\n    def last(self):\n        return self.notes.pop('last')", False),
        ("MutableDict.as_mutable(JSONB)", "def put(self, key, x):\n        self.notes[key] = x", False),
    ],
)
def test_a_method_of_the_mapped_class_changes_its_own(kind: str, method: str, told: bool, tmp_path: Path) -> None:
    lines = method.format().split("\n")
    lines[1] += "  # expect medium" * told
    check_source(HEAD.format(type=kind) + "    " + "\n".join(lines) + "\n", RULE, tmp_path)


MANAGERS = """\
from contextlib import asynccontextmanager, contextmanager
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker
Plain = sessionmaker(create_engine("postgresql://db/shop"))
Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/shop"))

class Database:
    @contextmanager
    def scope(self):
        session = Plain()
        try:
            yield session
            session.commit()
        finally:
            session.close()

    @contextmanager
    def reading(self):
        session = Plain()
        try:
            yield session
        finally:
            session.close()

@asynccontextmanager
async def unit():
    async with Session() as session:
        yield session
        await session.commit()
"""


@pytest.mark.parametrize(
    ("manager", "change", "told"),
    [
        ("scope", "order.notes['x'] = x", True),
        ("reading", "order.notes['x'] = x", False),
        ("reading", "order.notes['x'] = x{}\n        db.commit()", True),
        ("scope", "order.notes = {{**order.notes, 'x': x}}", False),
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        "order = db.query(Order).filter(Order.id == x).first()",
        "order = db.query(Order).filter_by(id=x).with_for_update().one()",
        "order = db.query(Order).get(x)",
        "order = db.query(Order).order_by(Order.id).all()[0]",
        "order = db.get(Order, x)",
    ],
)
def test_what_a_manager_commits_and_legacy_queries(
    manager: str, change: str, told: bool, query: str, tmp_path: Path
) -> None:
    change = change.format(TOLD * told) + (TOLD if told and "{" not in change else "")
    use = (
        "from models import Order\nfrom database import Database\n\ndef f(database: Database, x):\n"
        f"    with database.{manager}() as db:\n        {query}\n        {change}\n"
    )
    files = {"models.py": HEAD.format(type="JSONB"), "database.py": MANAGERS}
    check_source(files | {"use.py": use}, RULE, tmp_path)


def test_an_async_manager_commits(tmp_path: Path) -> None:
    use = (
        "from models import Order\nfrom database import unit\n\nasync def f(x):\n    async with unit() as db:\n"
        f"        order = await db.get_one(Order, x)\n        order.notes['x'] = x{TOLD}\n"
    )
    check_source({"models.py": HEAD.format(type="JSONB"), "database.py": MANAGERS, "use.py": use}, RULE, tmp_path)


def test_a_query_behind_that_may_write_it(tmp_path: Path) -> None:
    use = (
        "from models import Order\nfrom database import Database\n\ndef f(database: Database, x):\n"
        "    with database.scope() as db:\n        order = db.get(Order, x)\n        order.notes['x'] = x\n"
        "        db.query(Order).filter(Order.id == x).update({'notes': order.notes})\n"
    )
    check_source({"models.py": HEAD.format(type="JSONB"), "database.py": MANAGERS, "use.py": use}, RULE, tmp_path)
