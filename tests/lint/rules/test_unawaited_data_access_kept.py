"""Coroutines of the project that are put away, handed on or stored: what tells that nobody awaits them, and what that
somebody does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import AWAITS

RULE = "unawaited-data-access"
HEAD = """\
from collections import defaultdict
from typing import Any
from celery import shared_task
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession
async def load(db: AsyncSession, key=1):
    return await db.get(int, key)
"""
FOUND = {
    "a list or a generator given to gather as a whole": """\
import asyncio
async def f(db: AsyncSession, keys):
    await asyncio.gather([load(db)])  # expect high
    await asyncio.gather(load(db, key) for key in keys)  # expect high
""",
    "what partial() makes": """\
import functools
from functools import partial
async def f(db: AsyncSession, later):
    partial(load, db)()  # expect
    fetch = functools.partial(load, db)
    later(fetch)
    fetch(1)  # expect
""",
    "what a pattern has asked for": """\
class Shelf:
    def __init__(self, db: AsyncSession): self.db = db
    async def fill(self): await self.db.commit()
async def f(thing):
    match thing:
        case [Shelf() as shelf]:
            shelf.fill()  # expect high
""",
    "an argument before `*args`, or behind it by its name": """\
def named(title: str, *works, limit: int = 3):
    return [title, limit]
async def f(db: AsyncSession):
    named(load(db), 1)  # expect high
    named("a", limit=load(db))  # expect high
""",
    "a dict of the function around": """\
async def due(db: AsyncSession, parcels):
    zones = {}
    async def zone(key):
        if key not in zones:
            zones[key] = load(db, key)  # expect medium
        return zones[key]
    return [one for one in parcels if await zone(one.key)]
""",
    "a dict of the module": """\
zones = defaultdict()
async def fill(db: AsyncSession):
    for key in ("north", "south"):
        zones[key] = load(db, key)  # expect medium
def name(key):
    zone = zones[key]
    return zone.name
""",
    "a dict of the object": """\
class Zones:
    def __init__(self, db: AsyncSession):
        self.db = db
        self.known = {}
    async def zone(self, key):
        if key in self.known:
            return self.known[key]
        self.known[key] = load(self.db, key)  # expect medium
        return self.known[key]
""",
    "one of many named arguments": """\
async def page(template, **values: Any):
    await signal(template, values)
    return await in_thread(template.render, values)
async def f(db: AsyncSession, template):
    parcel = load(db)  # expect medium
    return await page(template, parcel=parcel)
""",
    "a parameter of the project's own Task": """\
class Task:
    done: bool
def told(tasks: list[Task], last: Task):
    return [one for one in tasks if one.done]
async def f(db: AsyncSession) -> Task:
    tasks = load(db)  # expect high
    told(tasks, load(db))  # expect high
    return load(db)  # expect high
""",
    "an argument of a queue's task": """\
@shared_task
def mail(address, text): ...
async def f(db: AsyncSession):
    text = load(db)  # expect high
    mail.delay("ada@example.org", text=text)
""",
    "handed to what another class may do, and returned": """\
class Rows:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def fill(self, row): ...
    async def one(self, key):
        row = load(self.db, key)  # expect medium
        await self.fill(row)
        return row
""",
    "an attribute that is handed on and compared": """\
class Reader:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def start(self):
        self.last = load(self.db)  # expect medium
        print("from", self.last)
    def is_new(self, key):
        return key > self.last
""",
    "a session that blocks": """\
async def push(key, db: Session) -> bool:
    db.commit()
    return True
async def f(db: Session):
    if push(1, db):  # expect high
        return 1
    return push(2, db)  # expect high
""",
    "a decorator that hands on what it is given": """\
def needs(what):
    def decorate(method):
        def checked(self, *args, **named):
            if not what:
                raise ValueError(what)
            return method(self, *args, **named)
        return checked
    return decorate
class Search:
    @needs("web")
    async def pages(self, db: AsyncSession):
        return await db.scalars(select(1))
    async def all(self, db: AsyncSession):
        found = self.pages(db)  # expect medium
        if found:
            return 1
""",
}
SILENT = {
    "what somebody takes apart, chains or closes": """\
import asyncio
from functools import partial, reduce
class Batch:
    def later(self, coro): self.works.append(coro)
async def chain(first, second):
    await first
    await second
async def f(db: AsyncSession, keys, app):
    await asyncio.gather(*[load(db)], *(load(db, key) for key in keys))
    await app.gather([load(db)])
    await reduce(chain, [load(db), load(db)])
    Batch().later(load(db))
    work = load(db)
    assert work is not None
    work.close()
    await partial(load, db)()
    fetch = partial(load, db)
    app.on_exit(partial(load, db))
    await asyncio.wait_for(fetch(), 3)
    return await fetch(1)
""",
    "arguments by place, of which `*args` takes all": """\
async def gathered(*works: Any, on_failure=None, limit: int = 3):
    tasks = [asyncio.ensure_future(work) for work in works]
    return await asyncio.wait(tasks)
class Runner:
    async def in_turn(self, first, *works, limit: int = 3, **named):
        return [await first, *[await work for work in works]]
async def f(db: AsyncSession, runner: Runner):
    await gathered(load(db), load(db), load(db), on_failure=print)
    await runner.in_turn(load(db), load(db), load(db), load(db), limit=2)
""",
    "a dict of the function around that is gathered": """\
import asyncio
async def due(db: AsyncSession, parcels):
    zones = {}
    async def ask(key):
        if key not in zones:
            zones[key] = load(db, key)
    for one in parcels:
        await ask(one.key)
    return await asyncio.gather(*zones.values())
""",
    "a dict of the module that another function awaits": """\
zones = {}
def begin(db: AsyncSession, key):
    zones[key] = load(db, key)
async def zone(key):
    if key in zones:
        return await zones[key]
""",
    "a dict of the object that another method awaits": """\
class Zones:
    def __init__(self, db: AsyncSession):
        self.db = db
        self.known = {}
    def begin(self, key):
        self.known[key] = load(self.db, key)
    async def zone(self, key):
        return await self.known.pop(key)
""",
    "a dict of the object that goes elsewhere": """\
class Zones:
    async def zones(self, db: AsyncSession):
        self.known["a"] = load(db)
        return await finished(self.known)
""",
    "one of many arguments that are awaited": """\
async def each(*many, **named):
    for one in many:
        await one
    return [await one for one in named.values()]
async def f(db: AsyncSession):
    await each(load(db), last=load(db))
""",
    "one of many arguments, the first of which is awaited": """\
async def first(*many):
    return await many[0]
async def f(db: AsyncSession):
    return await first(load(db))
""",
    "a task of asyncio": """\
import asyncio
def kept(task: asyncio.Task, other: "Task"): ...
async def f(db: AsyncSession):
    kept(load(db), load(db))
""",
    "delayed by whom nobody knows": """\
async def f(db: AsyncSession, clock):
    clock.delay(load(db), 5)
""",
    "run by another before it is returned": """\
class Rows:
    async def one(self, db: AsyncSession, key):
        row = load(db, key)
        self.spawn(row)
        return row
""",
}


@pytest.mark.parametrize("kind", FOUND)
def test_a_coroutine_that_is_kept_or_handed_on_as_a_value_is_found(kind: str, tmp_path: Path) -> None:
    check_source(HEAD + FOUND[kind], RULE, tmp_path)


@pytest.mark.parametrize("kind", SILENT)
def test_a_coroutine_that_somebody_may_run_later_is_left_alone(kind: str, tmp_path: Path) -> None:
    check_source(HEAD + SILENT[kind], RULE, tmp_path)


ASKED = """\
from sqlalchemy.ext.asyncio import AsyncSession
from .state import state
async def search(db: AsyncSession):
    found = state.documents.chunks(session=db, k=3){}
    return sorted(found)
"""


@pytest.mark.parametrize(
    ("others", "mark"),
    [
        ("", "  # expect medium"),
        ("class Cached:\n    def chunks(self, session, k): ...\n", ""),
        ("async def chunks(): ...\n", ""),
    ],
)
def test_a_method_of_whom_nobody_knows_is_judged_by_its_name_where_each_of_that_name_takes_a_session(
    others: str, mark: str, tmp_path: Path
) -> None:
    files = {
        "app/__init__.py": "",
        "app/state.py": "from types import SimpleNamespace\nstate = SimpleNamespace()\n",
        "app/documents.py": f"class Documents:\n    async def chunks(\n        self, *, session, k\n    ):\n        ...\n{others}",
        "app/search.py": ASKED.format(mark),
    }
    check_source(files, RULE, tmp_path)


ROLES = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): ...
class Role(Base):
    __tablename__ = "roles"
    id: Mapped[int] = mapped_column(primary_key=True)
    @classmethod
    async def named(cls, db: AsyncSession, name: str):
        return await db.get(cls, name)
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    roles: Mapped[list[Role]] = relationship()
    tasks: Mapped[list[Role]] = relationship()
async def f(db: AsyncSession, user, kept, later):
"""


@pytest.mark.parametrize(
    ("code", "mark"),
    [
        # A relationship holds mapped objects.
        ("    user.roles.append(Role.named(db, 'admin'))MARK\n", "medium"),
        ("    role = Role.named(db, 'admin')MARK\n    user.roles.append(role)\n", "medium"),
        ("    later.append(Role.named(db, 'admin'))\n    await asyncio.gather(*later)\n", ""),
        ("    user.tasks.append(Role.named(db, 'admin'))\n", ""),
        ("    user.jobs.append(Role.named(db, 'admin'))\n", ""),
        ("    role = await Role.named(db, 'admin')\n    user.roles.append(role)\n", ""),
        # What a name is declared to hold is no coroutine.
        ("    role: Role = Role.named(db, 'admin')MARK\n    kept['role'] = role\n", "medium"),
        ("    role: Role | None = Role.named(db, 'admin')MARK\n    kept.role = role\n", "medium"),
        ("    role: Any = Role.named(db, 'admin')\n    kept['role'] = role\n", ""),
        ("    role: Awaitable[Role] = Role.named(db, 'admin')\n    kept['role'] = role\n", ""),
        ("    role: Deferred[Role] = Role.named(db, 'admin')\n    kept['role'] = role\n", ""),
        ("    role = Role.named(db, 'admin')\n    kept['role'] = role\n", ""),
        ("    role: Role = Role.named(db, 'admin')\n    kept['role'] = await role\n", ""),
        ("    role: Role = Role.named(db, 'admin')\n    kept['role'] = asyncio.create_task(role)\n", ""),
    ],
)
def test_what_mapped_objects_are_wanted_for_takes_no_coroutine(code: str, mark: str, tmp_path: Path) -> None:
    code = code.replace("MARK", f"  # expect {mark}")
    check_source("import asyncio\nfrom typing import Any, Awaitable\n" + AWAITS + ROLES + code, RULE, tmp_path)


CONTAINER = """\
from typing import Optional, Type, TypeVar
T = TypeVar("T")
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def load(self):
        return await self.db.execute(select(1))
class Context:
    def require(self, name, key: {key}) -> {gives}:
        return self.providers[key].provide()
async def f(context: Context):
    users = context.require("users", {asked})
    users.load(){mark}
"""


@pytest.mark.parametrize(
    ("key", "gives", "asked", "mark"),
    [
        ("Type[T]", "T", "Users", "  # expect medium"),
        ("type[T]", "Optional[T]", "key=Users", "  # expect medium"),
        ("type[T]", "T | None", "Users", "  # expect medium"),
        ("type[T]", "list[T]", "Users", ""),
        ("type[T]", "T", "other(Users)", ""),
        ("T", "T", "Users", ""),
        ("str", "T", "'Users'", ""),
    ],
)
def test_what_is_asked_for_by_its_class_is_an_object_of_it(
    key: str, gives: str, asked: str, mark: str, tmp_path: Path
) -> None:
    check_source(AWAITS + CONTAINER.format(key=key, gives=gives, asked=asked, mark=mark), RULE, tmp_path)


ENDED = """\
from sqlalchemy.ext.asyncio import AsyncSession
async def load(db: AsyncSession, key):
    return await db.get(object, key)
async def work(db: AsyncSession, log):
    found = load(db, 1){mark}
    {rest}
"""


@pytest.mark.parametrize(
    ("rest", "mark"),
    [
        ("found.close()", "  # expect low"),
        ("await found.close()", "  # expect high"),
        ("log(found.name)\n    found.close()", "  # expect high"),
        ("found.name = 'x'", "  # expect high"),
    ],
)
def test_a_coroutine_that_is_only_closed_may_be_meant(rest: str, mark: str, tmp_path: Path) -> None:
    check_source(ENDED.format(rest=rest, mark=mark), "unawaited-data-access", tmp_path)


STARTED = """\
import asyncio
from sqlalchemy.ext.asyncio import AsyncSession
async def load(db: AsyncSession, key):
    return await db.get(object, key)
async def work(db: AsyncSession, key, log):
    found = None
    if key:
        found = load(db, key){mark}
    {rest}
"""


@pytest.mark.parametrize(
    ("rest", "mark"),
    [
        ("if found is not None:\n        task = asyncio.create_task(found)\n        await task", ""),
        ("if found:\n        return await asyncio.wait_for(found, 3)", ""),
        ("if found is None:\n        return None\n    return await asyncio.gather(found, log())", ""),
        ("if found is not None:\n        log(found)", "  # expect high"),
        (
            "if not found:\n        return\n    async with asyncio.TaskGroup() as tg: tg.start_soon(log, found)",
            "  # expect high",
        ),
        ("if found is not None:\n        asyncio.create_task(log(found))", "  # expect high"),
        ("if found.name:\n        asyncio.create_task(found)", "  # expect high"),
    ],
)
def test_what_is_started_where_something_made_it_may_be_asked_for_first(rest: str, mark: str, tmp_path: Path) -> None:
    check_source(STARTED.format(rest=rest, mark=mark), RULE, tmp_path)
