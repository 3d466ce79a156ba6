"""One session used by several tasks at a time is found; a session for each, or one after the other, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import TASKS
from tests.support.lint_models import project

RULE = "shared-session-in-tasks"
FOUND = (
    """\
async def f(s: AsyncSession, keys):
    async def one(key):
        return await s.get(User, key)
    await asyncio.gather(*map(one, keys))  # expect high
""",
    """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def one(self, key):
        return await self.session.get(User, key)
    async def many(self, keys):
        return await asyncio.gather(*map(self.one, keys))  # expect medium
""",
    "async def f(s: AsyncSession):\n    await asyncio.gather(load(s), load(s))  # expect high\n",
    # It loads relationships, where there are any, and sends nothing else.
    "async def f(s: AsyncSession, users):\n    await asyncio.gather(*[s.delete(x) for x in users])  # expect medium\n",
    "async def f(s: AsyncSession, users):\n    await asyncio.gather(*[s.merge(x) for x in users])  # expect high\n",
    "async def f(s: AsyncSession):\n    await asyncio.gather(*[load(s, x) for x in (1, 2)])  # expect high\n",
    """\
async def f(s: AsyncSession):
    tasks = [load(s, x) for x in (1, 2)]
    await asyncio.gather(*tasks)  # expect high
""",
    """\
async def f(s: AsyncSession):
    tasks = []
    for x in (1, 2):
        tasks.append(asyncio.create_task(load(s, x)))
    await asyncio.gather(*tasks)  # expect high
""",
    """\
async def f(s: AsyncSession):
    async with asyncio.TaskGroup() as group:
        for x in (1, 2):
            group.create_task(load(s, x))  # expect high
""",
    """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def a(self):
        return await self.session.scalar(select(1))
async def f(repo: Repo):
    await asyncio.gather(repo.a(), repo.a())  # expect medium
""",
    """\
async def f(s: AsyncSession):
    await asyncio.gather(s.scalar(select(1)), s.scalar(select(2)))  # expect high
""",
    """\
async def f():
    async with Factory() as s:
        await asyncio.gather(load(s, 1), load(s, 2))  # expect high
""",
    """\
async def f(s: AsyncSession, ids):
    async def one(x):
        return await s.scalar(select(x))
    return await asyncio.gather(*(one(x) for x in ids))  # expect high
""",
    """\
async def f(s: AsyncSession):
    first = asyncio.create_task(load(s, 1))
    second = asyncio.create_task(load(s, 2))  # expect high
    await first
    await second
""",
    """\
async def f(s: AsyncSession):
    async with asyncio.TaskGroup() as group:
        group.create_task(load(s, 1))
        group.create_task(load(s, 2))  # expect high
        group.create_task(load(s, 3))
""",
)
SILENT = (
    "async def f(s: AsyncSession, a, b):\n    await asyncio.gather(s.add(a), s.add(b))\n",
    """\
async def f(s: AsyncSession, keys):
    lock = asyncio.Lock()
    async def one(key):
        async with lock:
            return await s.get(User, key)
    await asyncio.gather(*map(one, keys))
""",
    """\
async def f(keys):
    async def one(key):
        async with Factory() as s:
            return await s.get(User, key)
    await asyncio.gather(*map(one, keys))
""",
    """\
async def f(make, many):
    s = await make()
    await s.execute(select(1))
    await asyncio.gather(*(s.commit() for s in many))
""",
    """\
async def f(s: AsyncSession, ids):
    async def one(x):
        async with Factory() as s:
            return await s.scalar(select(x))
    async def two(x):
        return await load(Factory(), x)
    await asyncio.gather(*(one(x) for x in ids), *(two(x) for x in ids))
""",
    """\
async def f(s: AsyncSession, t: AsyncSession, many):
    first = asyncio.create_task(load(s, 1))
    second = asyncio.create_task(load(t, 2))
    await asyncio.gather(first, second)
    if many:
        third = asyncio.create_task(load(s, 1))
    else:
        third = asyncio.create_task(load(s, 2))
    await third
    await asyncio.create_task(load(s, 1))
    await asyncio.create_task(load(s, 2))
""",
    "async def f(s: AsyncSession):\n    await asyncio.gather(load(s), alone())\n",
    "async def f(s: AsyncSession):\n    for x in (1, 2):\n        await load(s, x)\n",
    """\
async def one(x):
    async with Factory() as s:
        await load(s, x)
async def f():
    await asyncio.gather(*[one(x) for x in (1, 2)])
async def g(sessions: list[AsyncSession]):
    await asyncio.gather(*[load(s) for s in sessions])
async def h(factory: async_sessionmaker):
    await asyncio.gather(alone(factory), alone(factory))
async def i(s: AsyncSession):
    for x in (1, 2):
        task = asyncio.create_task(load(s, x))
        await task
""",
    """\
lock = asyncio.Lock()
async def careful(s: AsyncSession):
    async with lock:
        await s.execute(select(1))
async def f(s: AsyncSession):
    await asyncio.gather(careful(s), careful(s))
""",
    """\
from sqlalchemy.ext.asyncio import AsyncConnection
class Store:
    @property
    def conn(self) -> AsyncConnection:
        return current.get()
    async def __aenter__(self): ...
    async def __aexit__(self, *about): ...
    async def drop(self, key):
        await self.conn.execute(key)
async def f(store: Store):
    async def part(key):
        async with asyncio.Semaphore(3), store:
            await store.drop(key)
    await asyncio.gather(*[part(key) for key in (1, 2)])
""",
    "async def gather(*todo): ...\nasync def f(s: AsyncSession):\n    await gather(1, 2)\n",
    "async def f(session: dict):\n    await asyncio.gather(alone(session), alone(session))\n",
    """\
async def f(s: AsyncSession):
    await asyncio.wait_for(load(s), 3)
    await asyncio.wait_for(load(s), 3)
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_session_that_tasks_share_is_found(code: str, tmp_path: Path) -> None:
    check_source(TASKS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_tasks_that_share_no_session_are_silent(code: str, tmp_path: Path) -> None:
    check_source(TASKS + code, RULE, tmp_path)


OBJECTS = """\
class A:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def load(self):
        return await self.db.scalar(text("x"))
    async def plain(self):
        return 1
async def f(db: AsyncSession):
"""
MADE = (
    "    await asyncio.gather(A(db).load(), A(db).load())  # expect medium\n",
    (
        "    a, b = A(db), 1\n    first = A(db)\n    second = A(db)\n"
        "    await asyncio.gather(first.load(), second.load())  # expect medium\n"
    ),
    (
        "    todo = []\n    todo.append(A(db).load())\n    todo.append(A(db).load())\n"
        "    await asyncio.gather(*todo)  # expect medium\n"
    ),
    "    await asyncio.gather(A(db).plain(), A(db).plain())\n",
    "    await asyncio.gather(A(Session()).load(), A(Session()).load())\n",
    "    await asyncio.gather(A(db).load(), other())\n",
)


@pytest.mark.parametrize("code", MADE)
def test_objects_made_with_one_session_share_it(code: str, tmp_path: Path) -> None:
    check_source(project("import asyncio\n" + OBJECTS + code), RULE, tmp_path)


HOLDS = """\
class Page:
    def __init__(self, db: AsyncSession, other: AsyncSession):
        self.one = A(db)
        self.two = A({given})
{more}
    async def both(self):
        return await asyncio.gather(self.one.load(), self.two.{method}()){mark}
"""


@pytest.mark.parametrize(
    ("given", "method", "more", "mark"),
    [
        ("db", "load", "", "  # expect medium"),
        ("other", "load", "", ""),
        ("Session()", "load", "", ""),
        ("db", "plain", "", ""),
        ("db", "load", "    def again(self):\n        self.two = A(Session())\n", ""),
    ],
    ids=["one session", "two sessions", "a session of its own", "no session used", "bound again"],
)
def test_objects_that_an_object_made_with_one_session_share_it(
    given: str, method: str, more: str, mark: str, tmp_path: Path
) -> None:
    code = HOLDS.format(given=given, method=method, more=more, mark=mark)
    head = OBJECTS[: OBJECTS.index("async def f")]
    check_source(project("import asyncio\n" + head + code), RULE, tmp_path)


@pytest.mark.parametrize(
    ("given", "call", "word"),
    [
        ("asyncpg.Connection", "fetch", "high"),
        ("AsyncConnection", "execute", "low"),
        ("AsyncSession", "execute", "high"),
    ],
    ids=lambda one: one,
)
def test_statements_of_an_open_connection_wait_for_each_other(given: str, call: str, word: str, tmp_path: Path) -> None:
    head = "import asyncio\nimport asyncpg\nfrom sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession\n"
    code = f"async def f(c: {given}):\n    await asyncio.gather(c.{call}('x'), c.{call}('y'))  # expect {word}\n"
    (found,) = check_source(head + code, RULE, tmp_path)
    assert ("wait for each other" in found.message) is (given == "AsyncConnection")


def test_a_pool_gives_each_statement_its_own_connection(tmp_path: Path) -> None:
    code = "import asyncio\nimport asyncpg\nasync def f(p: asyncpg.Pool):\n    await asyncio.gather(p.fetch('x'), p.fetch('y'))\n"
    check_source(code, RULE, tmp_path)


MANY = (
    "async with asyncio.TaskGroup() as g:\n        x = [g.create_task(one(db, k)) for k in keys]  # expect high\n",
    "await asyncio.gather(*map(partial(one, db), keys))  # expect high\n",
    "await asyncio.gather(*map(lambda k: one(db, k), keys))  # expect high\n",
    "async with asyncio.TaskGroup() as g:\n        x = [g.create_task(one(s, k)) for s, k in keys]\n",
    "await asyncio.gather(*map(one, keys))\n",
    "for k in keys:\n        await asyncio.gather(*[one(db, k)])\n",
)


@pytest.mark.parametrize("code", MANY)
def test_many_tasks_made_in_one_expression_share_it(code: str, tmp_path: Path) -> None:
    head = "import asyncio\nfrom functools import partial\nasync def one(db: AsyncSession, k): ...\n"
    check_source(project(f"{head}async def f(db: AsyncSession, keys):\n    {code}"), RULE, tmp_path)


LAYERS = """\
import asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
class Items:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def one(self, key):
        return await self.session.scalar(select(key))
    def plain(self, key):
        return key
class Alone:
    def __init__(self, factory: async_sessionmaker):
        self.factory = factory
    async def one(self, key):
        async with self.factory() as session:
            return await session.scalar(select(key))
class Feed:
    def __init__(self, items: Items, alone: Alone):
        self.items = items
        self.alone = alone
    async def by_items(self, key):
        return await self.items.one(key)
    async def by_nothing(self, key):
        return self.items.plain(key)
    async def all(self, keys, feeds: list["Feed"]):
        async def inner(key):
            await {inner}(key)
        await asyncio.gather({given}){mark}
"""


@pytest.mark.parametrize(
    ("inner", "given", "told"),
    [
        ("print", "*[self.by_items(one) for one in keys]", True),
        ("print", "self.by_items(1), self.by_items(2)", True),
        ("self.by_items", "*[inner(one) for one in keys]", True),
        ("print", "*[self.items.one(one) for one in keys]", True),
        ("self.alone.one", "*[inner(one) for one in keys]", False),
        ("print", "*[self.by_nothing(one) for one in keys]", False),
        ("print", "*[feed.by_items(1) for feed in feeds]", False),
        ("print", "self.by_items(1), self.by_nothing(2)", False),
    ],
)
def test_a_session_may_be_in_what_an_object_holds(inner: str, given: str, told: bool, tmp_path: Path) -> None:
    code = LAYERS.format(inner=inner, given=given, mark="  # expect medium" if told else "")
    check_source(code, "shared-session-in-tasks", tmp_path)


AMBIENT = """\
import asyncio
from contextvars import ContextVar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker

current: ContextVar[AsyncSession] = ContextVar("current")
request_id: ContextVar[str] = ContextVar("request_id")
Factory = async_sessionmaker()
Scoped = async_scoped_session(Factory, scopefunc=request_id.get)
PerTask = async_scoped_session(Factory, scopefunc=asyncio.current_task)
def session():
    return current.get()
"""


@pytest.mark.parametrize("made", ["session()", "current.get()", "Scoped"])
def test_one_that_every_task_finds_in_its_caller_s_context(made: str, tmp_path: Path) -> None:
    """Each task starts with a copy of the context, and so with the same session."""
    check_source(
        f"{AMBIENT}async def count(x):\n    return await {made}.scalar(select(x))\n"
        "async def f():\n    await asyncio.gather(count(1), count(2))  # expect medium\n",
        RULE,
        tmp_path,
    )


@pytest.mark.parametrize(
    "body",
    [
        "    return await PerTask.scalar(select(x))\n",
        "    current.set(Factory())\n    return await current.get().scalar(select(x))\n",
        "    async with Factory.begin():\n        return await session().scalar(select(x))\n",
        "    async with Factory() as own:\n        return await own.scalar(select(x))\n",
    ],
)
def test_each_task_may_have_its_own(body: str, tmp_path: Path) -> None:
    """By its own scope, or set for itself."""
    check_source(
        f"{AMBIENT}async def count(x):\n{body}async def f():\n    await asyncio.gather(count(1), count(2))\n",
        RULE,
        tmp_path,
    )


def test_what_sanic_keeps_for_a_request(tmp_path: Path) -> None:
    """`request.ctx.session`, set by a middleware."""
    check_source(
        f"{AMBIENT}async def inject(request):\n    request.ctx.session = Factory()\n"
        "async def totals(request):\n    session = request.ctx.session\n"
        "    await asyncio.gather(session.scalar(select(1)), session.scalar(select(2)))  # expect medium\n",
        RULE,
        tmp_path,
    )


def test_one_gather_is_one_finding(tmp_path: Path) -> None:
    """Whatever its coroutines call the session, and whatever started them."""
    check_source(
        f"{TASKS}class Repo:\n    def __init__(self, session: AsyncSession):\n        self.session = session\n"
        "    async def a(self):\n        return await self.session.scalar(select(1))\n"
        "async def f(s: AsyncSession, repo: Repo):\n"
        "    await asyncio.gather(s.scalar(select(1)), repo.a(), load(s), repo.a())  # expect high\n"
        "async def g(s: AsyncSession):\n    one = asyncio.create_task(load(s))\n    two = asyncio.create_task(load(s))\n"
        "    await asyncio.gather(one, two)  # expect high\n",
        RULE,
        tmp_path,
    )


DOUBLES = """\
class FakeSession:
    async def scalar(self, query): ...
class Service:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def count(self):
        return await self.session.scalar(select(1))
def built(session: FakeSession) -> Service:
    return Service(session)
def real(session: AsyncSession) -> Service:
    return Service(session)
async def test_counts(fake_session, db: AsyncSession):
    service = {made}
    await asyncio.gather(service.count(), service.count()){mark}
"""


@pytest.mark.parametrize(
    ("made", "home", "mark"),
    [
        ("built(fake_session)", "tests/test_service.py", ""),
        ("Service(FakeSession())", "tests/test_service.py", ""),
        ("real(db)", "tests/test_service.py", "  # expect medium"),
        ("built(fake_session)", "service.py", "  # expect medium"),
    ],
)
def test_an_object_made_of_doubles_shares_no_session(made: str, home: str, mark: str, tmp_path: Path) -> None:
    check_source({home: TASKS + DOUBLES.format(made=made, mark=mark)}, RULE, tmp_path)


HOLDING = (
    "{'a': load(s), 'b': load(s, 1)}",
    "{x: load(s, x) for x in (1, 2)}",
)


@pytest.mark.parametrize("made", HOLDING)
def test_the_coroutines_of_a_dict_run_side_by_side(made: str, tmp_path: Path) -> None:
    code = f"async def f(s: AsyncSession):\n    tasks = {made}\n    await asyncio.gather(*tasks.values())"
    check_source(TASKS + code + "  # expect high\n", RULE, tmp_path)


def test_a_dict_filled_or_keyed_by_tasks(tmp_path: Path) -> None:
    code = """\
async def f(s: AsyncSession):
    tasks = {}
    for x in (1, 2):
        tasks[x] = load(s, x)
    await asyncio.gather(*tasks.values())  # expect high
async def g(s: AsyncSession):
    tasks = {asyncio.create_task(load(s, x)): x for x in (1, 2)}
    await asyncio.wait(tasks)  # expect high
async def h(s: AsyncSession):
    tasks = {"a": load(s), "b": alone()}
    await asyncio.gather(*tasks.values())
async def i():
    tasks = {x: alone(x) for x in (1, 2)}
    await asyncio.gather(*tasks.values())
"""
    check_source(TASKS + code, RULE, tmp_path)


HANDED = """\
async def helper(session, key):
    return await session.get(User, key)
async def idle(session, key):
    return key
async def f(s: AsyncSession, keys, pool):
    async def one(key):
        {before}await {call}
    return await asyncio.gather({many}){mark}
"""
OF_EACH_KEY = "*[one(key) for key in keys]"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, True),
        ({"many": "*map(one, keys)"}, True),
        ({"call": "helper(session=s, key=key)"}, True),
        ({"call": "idle(s, key)"}, False),
        ({"before": "s = pool(); ", "call": "helper(s, key)"}, False),
        ({"call": "helper(pool, key)"}, False),
        ({"before": "lock = asyncio.Lock()\n        await lock.acquire()\n        "}, False),
    ],
)
def test_a_nested_coroutine_hands_the_session_on(parts: dict[str, str], told: bool, tmp_path: Path) -> None:
    named = {"before": "", "call": "helper(s, key)", "many": OF_EACH_KEY} | parts
    code = HANDED.format(**named, mark="  # expect medium" * told)
    check_source(TASKS + code, RULE, tmp_path)


STARTED = """\
async def helper(session, key):
    return await session.get(User, key)
async def f(s: AsyncSession, key, other):
    task = asyncio.create_task(helper(s, key))
    {between}
    {then}
"""


@pytest.mark.parametrize(
    ("between", "then", "told"),
    [
        ("print(key)", "await s.scalar(select(User))", True),
        ("task.add_done_callback(print)", "await s.commit()", True),
        ("print(key)", "row = await helper(s, 2)", True),
        ("await task", "await s.commit()", False),
        ("await asyncio.wait_for(task, 1)", "await s.commit()", False),
        ("await asyncio.sleep(1)", "await s.commit()", False),
        ("print(key)", "if key:\n        await s.commit()", False),
        ("print(key)", "await other.commit()", False),
        ("print(key)", "s.add(key)", False),
    ],
)
def test_the_starter_of_a_task_goes_on_with_its_session(between: str, then: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect medium" * told
    check_source(TASKS + STARTED.format(between=between, then=then + mark), RULE, tmp_path)


CONTEXTS = """\
from dataclasses import dataclass
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

@dataclass
class Context:
    session: AsyncSession
    factory: async_sessionmaker[AsyncSession]
    name: str

    @property
    def current(self) -> AsyncSession:
        return CURRENT.get()

class Node:
    async def run(self, context: Context):
        await context.session.execute(text("select 1"))

    async def own(self, context: Context):
        async with context.factory() as session:
            await session.execute(text("select 1"))

    async def of_task(self, context: Context):
        await context.current.execute(text("select 1"))

    async def add(self, context: Context):
        context.session.add(self)

    async def entered(self, context: Context):
        async with context.session:
            await context.session.execute(text("select 1"))

async def load(number, *, deps: Context):
    return await deps.session.scalar(text("select 1"))
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("asyncio.gather(*(node.run(self.context) for node in nodes))", True),
        ("asyncio.gather(*[load(one, deps=self.context) for one in nodes])", True),
        ("asyncio.gather(load(1, deps=self.context), load(2, deps=self.context))", True),
        ("asyncio.gather(*(node.own(self.context) for node in nodes))", False),
        ("asyncio.gather(*(node.of_task(self.context) for node in nodes))", False),
        ("asyncio.gather(*(node.add(self.context) for node in nodes))", False),
        ("asyncio.gather(*(node.entered(self.context) for node in nodes))", False),
        ("asyncio.gather(*[load(1, deps=one) for one in self.contexts])", False),
        ("asyncio.gather(load(1, deps=self.context), load(2, deps=self.other))", False),
    ],
)
def test_a_session_in_an_object_that_each_task_is_given(line: str, told: bool, tmp_path: Path) -> None:
    use = (
        "import asyncio\nfrom context import Context, Node, load\n\nclass Executor:\n"
        "    def __init__(self, context: Context, other: Context, contexts: list[Context]):\n"
        "        self.context = context\n        self.other = other\n        self.contexts = contexts\n\n"
        f"    async def run(self, nodes: list[Node]):\n        await {line}{'  # expect medium' * told}\n"
    )
    check_source({"context.py": CONTEXTS, "run.py": use}, "shared-session-in-tasks", tmp_path)
