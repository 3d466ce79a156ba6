"""`connection-held-while-waiting`: a dependency's query, then an endpoint that waits; through functions and classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_models import project

KEY = "async def key(token: str, db: AsyncSession = Depends(get_db)):\n    return await db.scalar(select(User)){mark}\n"
QUIET = KEY.format(mark="")
WAITS = "    async with httpx.AsyncClient() as client:\n        return await client.post('https://x'){mark}\n"
ROUTE = "@router.post('/answers')\nasync def answer(q: str, owner: User = Depends(key)):\n"
BOTH = KEY.format(mark="  # expect high") + ROUTE + WAITS.format(mark="  # expect high")

WAITING = [
    BOTH,
    KEY.format(mark="  # expect")
    + "Owner = Annotated[User, Depends(key)]\n@router.post('/a')\nasync def a(owner: Owner):\n"
    + WAITS.format(mark="  # expect high"),
    KEY.format(mark="  # expect")
    + "@router.post('/a', dependencies=[Depends(key)])\nasync def a():\n"
    + WAITS.format(mark="  # expect high"),
    # The key is checked by what another dependency depends on; the session is never seen by the endpoint.
    QUIET.replace("(select(User))", "(select(User))  # expect")
    + "async def admin(owner=Depends(key)):\n    return owner\n"
    + ROUTE.replace("Depends(key)", "Depends(admin)")
    + WAITS.format(mark="  # expect high"),
    # One function away, on both sides.
    "async def find(db: AsyncSession):\n    return await db.scalar(select(User))\n"
    "async def key(db: AsyncSession = Depends(get_db)):\n    return await find(db)  # expect medium\n"
    "async def ask(q):\n    async with httpx.AsyncClient() as client:\n        return await client.get(q)\n"
    + ROUTE
    + "    return await ask(q)  # expect medium\n",
    # By a repository and a service.
    "class Users:\n    def __init__(self, db):\n        self.db = db\n"
    "    async def one(self):\n        return await self.db.scalar(select(User))\n"
    "class Service:\n    def __init__(self, db):\n        self.users = Users(db)\n"
    "    async def one(self):\n        return await self.users.one()\n"
    "def service(db: AsyncSession = Depends(get_db)):\n    return Service(db)\n"
    "async def key(s: Service = Depends(service)):\n    return await s.one()  # expect medium\n"
    + ROUTE
    + WAITS.format(mark="  # expect medium"),
    "import asyncio\n" + KEY.format(mark="  # expect") + ROUTE + "    await asyncio.sleep(5)  # expect high\n",
    "import subprocess\n" + KEY.format(mark="  # expect") + ROUTE + "    subprocess.run(['x'])  # expect high\n",
    "from openai import AsyncOpenAI\nclient = AsyncOpenAI()\n"
    + KEY.format(mark="  # expect")
    + ROUTE
    + "    return await client.chat.completions.create(model='x')  # expect high\n",
    # A branch that ends the transaction and leaves the function is another way, and so is what it does before.
    "async def ask(q):\n    async with httpx.AsyncClient() as client:\n        return await client.get(q)\n"
    + KEY.format(mark="  # expect")
    + ROUTE.replace("):\n", ", db: AsyncSession = Depends(get_db)):\n")
    + "    if not q:\n        said = await ask(q)  # expect medium\n        await db.rollback()\n        return said\n    return 1\n",
    KEY.format(mark="  # expect")
    + ROUTE.replace("):\n", ", db: AsyncSession = Depends(get_db)):\n")
    + "    if not q:\n        await db.commit()\n        return None\n"
    + WAITS.format(mark="  # expect high"),
]
ENDED = [
    KEY.format(mark="").replace("    return", "    async with db:\n        return") + ROUTE + WAITS.format(mark=""),
    KEY.format(mark="").replace("    return", "    async with db.begin():\n        return")
    + ROUTE
    + WAITS.format(mark=""),
    KEY.format(mark="\n").replace("    return await", "    owner = await")
    + "    await db.commit()\n    return owner\n",
    KEY.format(mark="\n").replace("    return await", "    owner = await") + "    await db.close()\n    return owner\n",
    "async def key():\n    async with Session() as db:\n        return await db.scalar(select(User))\n",
    "async def key(db: AsyncSession = Depends(get_db)):\n    async with db.begin():\n        return await db.scalar(1)\n",
    "async def key(db: AsyncSession = Depends(get_db)):\n    return select(User)\n",
]
SILENT = [
    # What ends it in a branch that leaves has ended it for the rest of that branch.
    "async def ask(q):\n    async with httpx.AsyncClient() as client:\n        return await client.get(q)\n"
    + QUIET
    + ROUTE.replace("):\n", ", db: AsyncSession = Depends(get_db)):\n")
    + "    if not q:\n        await db.rollback()\n        said = await ask(q)\n        return said\n    return 1\n",
    *(key + ROUTE + WAITS.format(mark="") for key in ENDED),
    QUIET
    + ROUTE.replace("):\n", ", db: AsyncSession = Depends(get_db)):\n")
    + "    await db.commit()\n"
    + WAITS.format(mark=""),
    QUIET
    + "async def finish(db):\n    await db.commit()\n"
    + ROUTE.replace("):\n", ", db: AsyncSession = Depends(get_db)):\n")
    + "    await finish(db)\n"
    + WAITS.format(mark=""),
    QUIET + ROUTE + "    return owner.name\n",
    "import asyncio\n" + QUIET + ROUTE + "    await asyncio.sleep(0)\n",
    "import asyncio\n" + QUIET + "async def later():\n    await asyncio.sleep(9)\n" + ROUTE + "    later()\n",
    QUIET
    + ROUTE
    + "    try:\n        return 1\n    except ValueError:\n    "
    + WAITS.format(mark="").replace("\n", "\n    "),
    # Two sessions: a dependency that wants its own.
    QUIET.replace("Depends(get_db)", "Depends(get_db, use_cache=False)")
    + "async def other():\n    return 1\n@router.get('/b')\nasync def b(x=Depends(other)):\n"
    + WAITS.format(mark=""),
]


@pytest.mark.parametrize("code", WAITING)
def test_the_wait_and_the_query_are_told(code: str, tmp_path: Path) -> None:
    check_source(project(code), "connection-held-while-waiting", tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_connection_given_back_before_is_nobodys_loss(code: str, tmp_path: Path) -> None:
    check_source(project(code), "connection-held-while-waiting", tmp_path)


def test_dependencies_of_other_files_are_told_where_they_stand(tmp_path: Path) -> None:
    files = project("from app.auth import Owner\n@router.post('/a')\nasync def a(o: Owner):\n" + WAITS.format(mark=""))
    head = files["app/code.py"].partition("router =")[0]
    files["app/auth.py"] = head + QUIET + "Owner = Annotated[User, Depends(key)]\n"
    at_wait, at_query = lint_source(files, "connection-held-while-waiting", tmp_path)
    assert at_wait.location.target == "app/code.py"
    assert [one.location.target for one in at_wait.related if one.location] == ["app/auth.py"]
    assert at_query.location.target == "app/auth.py"
    assert [one.location.target for one in at_query.related if one.location] == ["app/code.py"]


def test_each_function_is_read_once(tmp_path: Path) -> None:
    """A chain of functions that call the next one twice has twice as many ways with each; none is walked again."""
    chain = "".join(f"async def f{n}(q):\n    await f{n + 1}(q)\n    await f{n + 1}(q)\n" for n in range(60))
    code = QUIET + chain + "async def f60(q): ...\n" + ROUTE + "    await f0(q)\n"
    assert lint_source(project(code), "connection-held-while-waiting", tmp_path) == ()


STREAM = (
    "import asyncio\nfrom fastapi.responses import StreamingResponse\nasync def lines():\n    while True:\n"
    "        yield 'x'\n        await asyncio.sleep(5)\n"
)
SEND = "    return StreamingResponse(lines()){mark}\n"


@pytest.mark.parametrize(
    "code",
    [
        KEY.format(mark="  # expect high") + ROUTE + SEND.format(mark="  # expect high"),
        ROUTE.replace("owner: User = Depends(key)", "db: AsyncSession = Depends(get_db)")
        + "    await db.get(User, 1)\n"
        + SEND.format(mark="  # expect high"),
        ROUTE.replace("owner: User = Depends(key)", "db: AsyncSession = Depends(get_db)")
        + "    await db.get(User, 1)\n    await db.close()\n"
        + SEND.format(mark=""),
        QUIET
        + ROUTE.replace("key)", "key), db: AsyncSession = Depends(get_db)")
        + "    await db.close()\n"
        + SEND.format(mark=""),
        # The generator gives the connection back before it waits.
        QUIET
        + "async def own(db):\n    await db.commit()\n    while True:\n        yield 'x'\n        await asyncio.sleep(5)\n"
        + ROUTE.replace("key)", "key), db: AsyncSession = Depends(get_db)")
        + "    return StreamingResponse(own(db))\n",
        KEY.format(mark="  # expect")
        + "async def gone(r):\n    while True:\n        if await r.is_disconnected():\n            break\n        yield 'x'\n"
        + ROUTE
        + "    return StreamingResponse(gone(q))  # expect medium\n",
        QUIET
        + "async def pages(q):\n    while True:\n        if not q:\n            break\n        yield q.pop()\n"
        + ROUTE
        + "    return StreamingResponse(pages(q))\n",
        QUIET + "async def few():\n    yield 'x'\n" + ROUTE + SEND.format(mark="").replace("lines", "few"),
    ],
)
def test_a_request_lasts_as_long_as_its_stream(code: str, tmp_path: Path) -> None:
    check_source(project(STREAM + code), "connection-held-while-waiting", tmp_path)


ROUTER = "from fastapi import APIRouter\nrouter = APIRouter({made})\n"
# A file of routes that knows nothing of what they are included with.
ANSWERS = (
    "import httpx  # no session here\n{router}@router.post('/answers')\nasync def answer(q: str):\n"
    + WAITS.format(mark="  # expect high")
)
MAIN = "from fastapi import Depends, FastAPI\nfrom app import answers, code\nfrom app.code import key\n"
IN_FILES = {
    "included": {
        "app/answers.py": ANSWERS.format(router=ROUTER.format(made="")),
        "app/main.py": MAIN + "app = FastAPI()\napp.include_router(answers.router, dependencies=[Depends(key)])\n",
    },
    "included in what is included": {
        "app/answers.py": ANSWERS.format(router=ROUTER.format(made="")),
        "app/api.py": ROUTER.format(made="")
        + "from app.answers import router as inner\nrouter.include_router(router=inner)\n",
        "app/main.py": MAIN
        + "from app import api\napp = FastAPI(dependencies=[Depends(key)])\napp.include_router(api.router)\n",
    },
    "made elsewhere": {
        "app/answers.py": ANSWERS.format(router="from app.routing import router\n"),
        "app/routing.py": "from fastapi import Depends\nfrom app.code import key\n"
        + ROUTER.format(made="dependencies=[Depends(key)]"),
    },
}


@pytest.mark.parametrize("kind", IN_FILES)
def test_dependencies_of_a_router_count_for_its_routes_in_other_files(kind: str, tmp_path: Path) -> None:
    at_query = "" if kind == "made elsewhere" else "  # expect high"
    check_source({**project(KEY.format(mark=at_query)), **IN_FILES[kind]}, "connection-held-while-waiting", tmp_path)


def test_a_router_included_without_dependencies_waits_behind_none(tmp_path: Path) -> None:
    files = {name: text.replace("  # expect high", "") for name, text in IN_FILES["included"].items()}
    files["app/main.py"] = files["app/main.py"].replace(", dependencies=[Depends(key)]", "")
    check_source({**project(QUIET), **files}, "connection-held-while-waiting", tmp_path)


def test_a_fastapi_that_ends_dependencies_before_a_stream_holds_nothing_for_it(tmp_path: Path) -> None:
    code = (
        "from fastapi.responses import StreamingResponse\nimport asyncio\n"
        "@router.get('/events')\nasync def events(db: AsyncSession = Depends(get_db)):\n"
        "    user = await db.scalar(select(User))\n"
        "    async def stream():\n        while True:\n            await asyncio.sleep(1)\n            yield 'x'\n"
        "    return StreamingResponse(stream()){mark}\n"
    )
    check_source(project(code.format(mark="  # expect")), "connection-held-while-waiting", tmp_path)
    (tmp_path / "requirements.txt").write_text("fastapi==0.115.6\n", encoding="utf-8")
    check_source(project(code.format(mark="")), "connection-held-while-waiting", tmp_path)


def test_a_dependency_that_does_not_say_the_word_is_found_by_its_name(tmp_path: Path) -> None:
    files = {
        "app/guard.py": (
            "from app.given import OneSession\nfrom sqlalchemy import text\n"
            "async def guard(db: OneSession):\n    await db.execute(text('SELECT 1'))  # expect high\n"
        ),
        "app/given.py": "from typing import Annotated\nfrom fastapi import Depends\nfrom app.code import get_db\n"
        "from sqlalchemy.ext.asyncio import AsyncSession\nOneSession = Annotated[AsyncSession, Depends(get_db)]\n",
        "app/answers.py": (
            "import httpx\nfrom fastapi import APIRouter, Depends\nfrom app.guard import guard\nrouter = APIRouter()\n"
            "@router.post('/ask', dependencies=[Depends(guard)])\nasync def ask(client: httpx.AsyncClient):\n"
            "    return await client.post('http://llm')  # expect high\n"
        ),
    }
    check_source({**project(""), **files}, "connection-held-while-waiting", tmp_path)


SENT = (
    "from fastapi.responses import FileResponse, StreamingResponse\n"
    "@router.get('/tracks/{{number}}')\nasync def track(number: int, db: AsyncSession = Depends(get_db)):\n"
    "    found = await db.get(User, number)\n{before}    return {response}{mark}\n"
)


@pytest.mark.parametrize(
    ("before", "response", "mark"),
    [
        ("", "FileResponse(found.name, media_type='audio/mpeg')", "  # expect medium"),
        ("", "FileResponse(found.name)", "  # expect low"),
        ("    await db.close()\n", "FileResponse(found.name, media_type='audio/mpeg')", ""),
        ("    await db.commit()\n", "FileResponse(found.name, media_type='video/mp4')", ""),
        ("", "found.name", ""),
    ],
)
def test_a_file_is_sent_for_as_long_as_the_client_takes(before: str, response: str, mark: str, tmp_path: Path) -> None:
    code = SENT.format(before=before, response=response, mark=mark)
    check_source(project(code), "connection-held-while-waiting", tmp_path)


@pytest.mark.parametrize(
    ("test", "mark"),
    [
        ("not await request.is_disconnected()", "  # expect medium"),
        ("not socket.closed", "  # expect medium"),
        ("not queue.empty()", ""),
    ],
)
def test_a_stream_that_goes_on_until_nobody_listens(test: str, mark: str, tmp_path: Path) -> None:
    code = SENT.format(
        before=f"    async def lines():\n        while {test}:\n            yield await queue.get()\n",
        response="StreamingResponse(lines())",
        mark=mark,
    )
    check_source(project(code), "connection-held-while-waiting", tmp_path)


@pytest.mark.parametrize(("ending", "mark"), [("", "  # expect medium"), ("    await users.db.commit()\n", "")])
def test_a_dependency_may_commit_what_an_object_holds(ending: str, mark: str, tmp_path: Path) -> None:
    code = (
        "class Users:\n    def __init__(self, db: AsyncSession = Depends(get_db)):\n        self.db = db\n"
        "    async def known(self):\n        return await self.db.get(User, 1)\n"
        f"async def signed_in(users: Users = Depends()):\n    user = await users.known(){mark}\n{ending}    return user\n"
        "@router.get('/x')\nasync def x(client: httpx.AsyncClient, user = Depends(signed_in)):\n"
        f"    return await client.get('https://x'){mark}\n"
    )
    check_source(project(code), "connection-held-while-waiting", tmp_path)


@pytest.mark.parametrize(
    ("before", "lines", "mark"),
    [
        (
            "",
            "        await client.get('https://x')\n        yield 'x'\n        await db.commit()\n",
            "  # expect high",
        ),
        ("", "        await db.commit()\n        await client.get('https://x')\n        yield 'x'\n", ""),
        (
            "    await db.close()\n",
            "        await client.get('https://x')\n        yield 'x'\n        await db.commit()\n",
            "",
        ),
    ],
)
def test_a_stream_that_saves_what_it_has_waited_for(before: str, lines: str, mark: str, tmp_path: Path) -> None:
    code = SENT.format(
        before=f"    client = httpx.AsyncClient()\n{before}    async def lines():\n{lines}",
        response="StreamingResponse(lines())",
        mark=mark,
    )
    check_source(project(code), "connection-held-while-waiting", tmp_path)
