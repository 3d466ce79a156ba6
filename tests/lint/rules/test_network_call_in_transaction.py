"""`network-call-in-transaction` sees requests sent while a transaction is surely open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
    async with db.begin():
        await client.post("https://x")  # expect high
""",
    """\
    async with Session.begin() as own:
        async with httpx.AsyncClient() as http:
            await http.get("https://x")  # expect high
""",
    """\
    user.name = "b"
    await db.flush()
    await client.get("https://x")  # expect high
    await db.commit()
""",
    """\
    await db.execute(update(User).values(name="b"))
    async with aiohttp.ClientSession() as web:
        async with web.get("https://x") as answer:  # expect high
            print(answer)
    await db.commit()
""",
    """\
    user = await db.get(User, 1)
    await client.get(user.url)  # expect medium
""",
    """\
    async with engine.begin() as connection:
        requests.post("https://x")  # expect high
""",
]
GOOD = [
    "    while q:\n        async with db.begin():\n            await db.get(1, q)\n        await client.post('https://x')\n",
    "    async with db.begin():\n        user.name = 'b'\n    await client.post('https://x')\n",
    "    async with Unit(db) as unit:\n        await unit.session.flush()\n    await client.post('https://x')\n",
    "    await db.flush()\n    await db.commit()\n    await client.get('https://x')\n",
    "    await db.execute(q)\n    await db.rollback()\n    await client.get('https://x')\n",
    "    async with Session() as own:\n        await own.execute(q)\n    await client.get('https://x')\n",
    "    if user:\n        await db.flush()\n        await db.commit()\n    await client.get('https://x')\n",
    "    await db.flush()\n    await finish(db)\n    await client.get('https://x')\n",
    "    await client.get('https://x')\n    await db.flush()\n",
    "    async with db.begin():\n        task = client.get('https://x')\n    await task\n",
    "    async with db.begin():\n        await cache.get('x')\n        web.get('https://x')\n",
    "    async with db.begin():\n        async def later():\n            await client.get('https://x')\n",
    "    db.add(user)\n    await client.get('https://x')\n    await db.commit()\n",
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_requests_inside_an_open_transaction_are_found(code: str, tmp_path: Path) -> None:
    start = "import aiohttp, requests\nasync def f(db: AsyncSession, client: httpx.AsyncClient, user, q, cache, web):\n"
    check_source(project(start + code), "network-call-in-transaction", tmp_path)


def test_a_client_kept_in_self_is_known(tmp_path: Path) -> None:
    code = """\
class Payments:
    def __init__(self, db: AsyncSession):
        self.db = db
        self.client = httpx.AsyncClient()
    async def pay(self):
        async with self.db.begin():
            await self.client.post("https://x")  # expect high
"""
    check_source(project(code), "network-call-in-transaction", tmp_path)


AWAY = """\
import requests
import asyncio
import shutil
import subprocess
import time
def pay_at_once(order):
    return requests.post("https://x", json=order)
def pack(order):
    shutil.make_archive(order, "zip", order)
def render(order):
    subprocess.run(["render", order])
async def pay(client, order):
    async with httpx.AsyncClient() as http:
        return await http.post("https://x")
async def pause():
    await asyncio.sleep(2)
async def pay_later(client, order):
    await pause()
    await pay(client, order)
async def save_and_pay(db: AsyncSession, order):
    await db.commit()
    await pause()
async def note(db: AsyncSession, order):
    db.add(order)
    await pause()
async def quick(order):
    await asyncio.sleep(0)
    return order
async def retry(order):
    try:
        return await quick(order)
    except ValueError:
        await asyncio.sleep(5)
class Shop:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def finish(self):
        await self.db.commit()
        await pause()
    async def charge(self, order):
        self.db.add(order)
        await pay(None, order)
    async def good(self, order):
        async with self.db.begin():
            await self.finish()
    async def bad(self, order):
        await self.db.execute(update(User).values(name="b"))
        await self.charge(order)  # expect medium
async def f(db: AsyncSession, client: httpx.AsyncClient, order, running):
    await db.execute(update(User).values(name="b"))
    {line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "await pay(client, order)  # expect medium",
        "await pay_later(client, order)  # expect medium",
        "await asyncio.gather(pay(client, order), pause())  # expect medium",
        "pay_at_once(order)  # expect medium",
        "render(order)  # expect medium",
        "pack(order)  # expect medium",
        "await note(db, order)  # expect medium",
        "await asyncio.sleep(2)  # expect high",
        "await asyncio.create_subprocess_exec('render')  # expect medium",
        "await save_and_pay(db, order)",
        "await quick(order)",
        "await retry(order)",
        "running.add(asyncio.create_task(pay(client, order)))",
        "later = pay(client, order)",
        "await db.commit()\n    await pay(client, order)",
        "await hand(db)\n    await pay(client, order)",
        "time.sleep(2)",
    ],
)
def test_a_wait_in_a_called_function_is_followed(line: str, tmp_path: Path) -> None:
    code = project(AWAY.replace("{line}", line))
    check_source(code, "network-call-in-transaction", tmp_path)


INSIDE = """\
async def allowed(db: AsyncSession):
    return await db.scalar(select(User.id))
class Unit:
    def __init__(self, db):
        self.db = db
    async def __aenter__(self):
        return self.db
    async def __aexit__(self, *error):
        await self.db.commit()
async def settled(db: AsyncSession):
    await db.scalar(select(User.id))
    await db.commit()
async def pay(client: httpx.AsyncClient):
    return await client.post("https://x")
async def f(db: AsyncSession, client: httpx.AsyncClient, user):
    {line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "await allowed(db)\n    await client.get('https://x')  # expect medium",
        "await allowed(db)\n    await pay(client)  # expect medium",
        "async with Session() as own:\n        if await allowed(own):\n            await pay(client)  # expect medium",
        "async with Session() as own:\n        await allowed(own)\n    await pay(client)",
        "await allowed(db)\n    async with Unit(db) as unit:\n        unit.add(user)\n    await pay(client)",
        "await settled(db)\n    await pay(client)",
        "await allowed(db)\n    await db.rollback()\n    await pay(client)",
        "await allowed(db)\n    await elsewhere(db)\n    await pay(client)",
        "if user:\n        await allowed(db)\n        return\n    await pay(client)",
    ],
)
def test_a_called_function_may_begin_the_transaction(line: str, tmp_path: Path) -> None:
    check_source(project(INSIDE.replace("{line}", line)), "network-call-in-transaction", tmp_path)


PLAIN = """\
import requests
from sqlalchemy.orm import Session, sessionmaker
Plain = sessionmaker()
def task():
    with Plain() as db:
        user = db.get(User, 1)
        {line}
"""


@pytest.mark.parametrize(
    "line",
    [
        "requests.post('https://x')  # expect medium",
        "db.commit()\n        requests.post('https://x')",
        "db.execute(update(User).values(name='b'))\n        db.commit()\n        requests.post('https://x')",
        "pass\n    requests.post('https://x')",
    ],
)
def test_a_plain_session_keeps_its_transaction_open_as_well(line: str, tmp_path: Path) -> None:
    check_source(project(PLAIN.replace("{line}", line)), "network-call-in-transaction", tmp_path)


HELD = """\
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy import select
class Base:
    def __init__(self, db: AsyncSession):
        self.db = db
class Agents(Base):
    async def one(self):
        return await self.db.scalar(select(1))
    async def one_alone(self):
        found = await self.db.scalar(select(1))
        await self.db.commit()
        return found
class Facade:
    def __init__(self, agents: Agents):
        self.agents = agents
    async def one(self):
        return await self.agents.one()
"""
OBJECTS = {
    "a parameter": "async def f(agents: Agents):\n    await agents.one()\n    await call_out()  # expect medium\n",
    "one inside of it": "async def f(all: Facade):\n    await all.agents.one()\n    await call_out()  # expect medium\n",
    "further away": "async def f(all: Facade):\n    await all.one()\n    await call_out()  # expect medium\n",
    "self": (
        "class Service:\n    def __init__(self, agents: Agents):\n        self.agents = agents\n"
        "    async def f(self):\n        await self.agents.one()\n        await call_out()  # expect medium\n"
    ),
    "what commits": "async def f(agents: Agents):\n    await agents.one_alone()\n    await call_out()\n",
    "before it": "async def f(agents: Agents):\n    await call_out()\n    await agents.one()\n",
    "ended here": (
        "async def f(agents: Agents):\n    await agents.one()\n    await agents.db.rollback()\n    await call_out()\n"
    ),
}


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_that_holds_the_session_opens_a_transaction(kind: str, tmp_path: Path) -> None:
    head = (
        "import httpx\nfrom repositories import Agents, Facade\nasync def call_out():\n"
        "    async with httpx.AsyncClient() as client:\n        await client.get('http://x')\n"
    )
    check_source({"repositories.py": HELD, "use.py": head + OBJECTS[kind]}, "network-call-in-transaction", tmp_path)


TOOLS = "import time\ndef back_off(n):\n    time.sleep(n)\n"
TOOLS += "def maybe(of):\n    pause = of.pause()\n    if pause > 0:\n        time.sleep(pause)\n"
TOOLS += "def always(of):\n    pause = of.pause()\n    if of.log:\n        time.sleep(pause)\n"


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        ("await db.get(User, 1)\n    tools.back_off(3)", "  # expect medium"),
        ("await db.get(User, 1)\n    tools.maybe(key)", ""),
        ("await db.get(User, 1)\n    tools.always(key)", "  # expect medium"),
        ("tools.back_off(3)\n    await db.get(User, 1)", ""),
        ("await db.get(User, 1)\n    while key:\n        await asyncio.sleep(0.5)", "  # expect medium"),
    ],
)
def test_a_function_of_another_module_and_a_poll_wait(body: str, mark: str, tmp_path: Path) -> None:
    code = f"import asyncio\nfrom app import tools\nasync def f(db: AsyncSession, key):\n    {body}{mark}\n"
    check_source(project(code) | {"app/tools.py": TOOLS}, "network-call-in-transaction", tmp_path)


@pytest.mark.parametrize(("end", "mark"), [("", "  # expect medium"), ("    db.commit()\n", "")])
def test_a_plain_session_in_an_async_function_too(end: str, mark: str, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.orm import Session as Plain\nasync def f(db: Plain, client: httpx.AsyncClient):\n"
        f"    db.execute(select(User))\n{end}    await client.post('https://x'){mark}\n"
    )
    check_source(project(code), "network-call-in-transaction", tmp_path)


SYNC = (
    "from sqlalchemy.orm import Session as PlainSession\n"
    "async def f(db: PlainSession, client: httpx.AsyncClient):\n{query}    await client.get('https://x'){mark}\n"
)


@pytest.mark.parametrize(
    ("query", "mark"),
    [
        ("    users = db.query(User).filter(User.id > 1).all()\n", "  # expect medium"),
        ("    users = db.query(User).filter(User.id > 1)\n", ""),
        ("    users = db.query(User).all()\n    db.commit()\n", ""),
    ],
)
def test_a_chain_of_a_plain_session_opens_where_it_is_sent(query: str, mark: str, tmp_path: Path) -> None:
    check_source(project(SYNC.format(query=query, mark=mark)), "network-call-in-transaction", tmp_path)


STORED = (
    "import aioboto3, boto3\nboto = aioboto3.Session()\n"
    "class Files:\n    async def put_object(self, **given): ...\n"
    "async def f(db: AsyncSession, files: Files):\n    db.add(User())\n    await db.flush()\n"
    "    async with boto.client('s3') as s3:\n        {call}\n    await db.commit()\n"
)


@pytest.mark.parametrize(
    "call",
    [
        "await s3.put_object(Bucket='b', Key='k', Body=b'')  # expect high",
        "await files.put_object(Bucket='b', Key='k', Body=b'')",
        "await boto3.unknown()",
    ],
)
def test_a_store_of_objects_is_another_service(call: str, tmp_path: Path) -> None:
    check_source(project(STORED.format(call=call)), "network-call-in-transaction", tmp_path)


def test_a_plain_function_waits_for_it_as_well(tmp_path: Path) -> None:
    code = (
        "import boto3\nfrom sqlalchemy.orm import Session as PlainSession\nstore = boto3.client('s3')\n"
        "def f(db: PlainSession):\n    db.add(User())\n    db.flush()\n"
        "    store.put_object(Bucket='b', Key='k', Body=b'')  # expect high\n    db.commit()\n"
    )
    check_source(project(code), "network-call-in-transaction", tmp_path)


TURNED_OFF = """\
import asyncio
async def send(text, duration: int, *, quiet=False):
    if duration > 0:
        await asyncio.sleep(duration)
async def told(text, duration: int = 0):
    await send(text, duration)
async def either(text, fast=True):
    if not fast:
        return await asyncio.sleep(1)
    await asyncio.sleep(2)
async def f(db: AsyncSession, some: int):
    db.add(User())
    await db.flush()
    {call}{mark}
    await db.commit()
"""


@pytest.mark.parametrize(
    ("call", "is_off"),
    [
        ("await told('x')", True),
        ("await told('x', 0)", True),
        ("await told('x', duration=5)", False),
        ("await told('x', some)", False),
        ("await send('x', 0)", True),
        ("await send('x', 1)", False),
        ("await either('x')", False),
        ("await either('x', fast=False)", False),
    ],
)
def test_a_wait_that_the_call_turns_off_is_none(call: str, is_off: bool, tmp_path: Path) -> None:
    mark = "" if is_off else "  # expect"
    check_source(project(TURNED_OFF.format(call=call, mark=mark)), "network-call-in-transaction", tmp_path)


TASK = """\
import asyncio
import httpx
async def notify(name):
    async with httpx.AsyncClient() as client:
        return await client.post("https://push.example", json=name)
async def f(name):
    async with Session() as db:
        user = await db.scalar(select(User).where(User.name == name))
        task = asyncio.create_task(notify(name)){told}
{rest}"""


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("        reply = await task\n        await db.commit()\n", True),
        ("        user.age = 3\n        await task\n", True),
        ("        await db.commit()\n        reply = await task\n", False),
        ("    reply = await task\n", False),
        ("        await db.commit()\n", False),
        ("        task.add_done_callback(print)\n", False),
        ("        await other\n", False),
    ],
)
def test_a_task_that_is_awaited_in_the_transaction(rest: str, told: bool, tmp_path: Path) -> None:
    code = TASK.format(told="  # expect medium" * told, rest=rest)
    check_source(project(code), "network-call-in-transaction", tmp_path)


DRIVERS = {
    "asyncpg": "import asyncpg\nimport httpx\nfrom asyncpg import Connection, Pool\n",
    "psycopg": "import httpx\nfrom psycopg import AsyncConnection as Connection\n",
}


@pytest.mark.parametrize("driver", sorted(DRIVERS))
def test_a_transaction_of_a_driver_is_one_too(driver: str, tmp_path: Path) -> None:
    code = """\
async def f(conn: Connection, other):
    async with httpx.AsyncClient() as client:
        async with conn.transaction():
            await conn.execute('x')
            await client.get('x')  # expect high
        await client.get('x')
        async with other.transaction():
            await client.get('x')
        async with conn.transaction(await client.get('x')):
            pass
class Payments:
    async def charge(self):
        async with httpx.AsyncClient() as client:
            await client.post('x')
class Orders:
    def __init__(self, payments: Payments):
        self.payments = payments
    async def pay(self, conn: Connection):
        async with conn.transaction():
            await self.payments.charge()  # expect medium
        await self.payments.charge()
"""
    check_source(DRIVERS[driver] + code, "network-call-in-transaction", tmp_path)


LEFT = """\
async def ask(url):
    async with httpx.AsyncClient() as client:
        return await client.get(url)
async def allowed(db: AsyncSession):
    return await db.scalar(select(User.id))
async def f(db: AsyncSession, q):
    user = await db.get(User, 1)
    if user.away:
        {body}
        return said
    {rest}
"""


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("await db.rollback()\n        said = await ask(q)", "return await ask(q)  # expect medium"),
        ("await db.commit()\n        if q:\n            raise ValueError\n        said = await ask(q)", "return None"),
        ("said = await ask(q)  # expect medium\n        await db.rollback()", "return None"),
        (
            "if q:\n            await db.rollback()\n            return q\n        said = await ask(q)  # expect medium",
            "",
        ),
        ("await db.rollback()\n        user = await db.get(User, 2)\n        said = await ask(q)  # expect medium", ""),
        ("await db.rollback()\n        ok = await allowed(db)\n        said = await ask(q)  # expect medium", ""),
    ],
)
def test_what_ends_it_in_a_branch_that_leaves_has_ended_it_for_that_branch(
    body: str, rest: str, tmp_path: Path
) -> None:
    check_source(project(LEFT.format(body=body, rest=rest)), "network-call-in-transaction", tmp_path)


UNIT = """\
class Users:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def get(self, key):
        return await self.session.get(User, key)
class Unit:
    session: AsyncSession
    users: Users
    async def __aenter__(self):
        self.session = Session()
        self.users = Users(self.session)
        return self
    async def __aexit__(self, kind, error, trace):
        await self.session.close()
    async def commit(self):
        await self.session.commit()
class Model:
    async def answer(self, text):
        async with httpx.AsyncClient() as client:
            return await client.post("https://x", content=text)
async def f(model: Model):
    async with Unit() as unit:
        {inside}
    {behind}
"""
ASKED = "name = (await unit.users.get(1)).name"


@pytest.mark.parametrize(
    ("inside", "behind"),
    [
        (f"{ASKED}\n        await model.answer(name)  # expect medium", "pass"),
        (ASKED, "await model.answer(name)"),
        (f"{ASKED}\n        await unit.commit()\n        await model.answer(name)", "pass"),
        (f"await model.answer('x')\n        {ASKED}", "pass"),
    ],
)
def test_a_unit_of_work_that_has_queried_holds_its_transaction(inside: str, behind: str, tmp_path: Path) -> None:
    check_source(project(UNIT.format(inside=inside, behind=behind)), "network-call-in-transaction", tmp_path)
