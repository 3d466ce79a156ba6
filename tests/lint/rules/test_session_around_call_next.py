"""`session-around-call-next`: a middleware whose own session has a connection while the endpoint runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

START = "async def middleware(request, call_next):\n    async with Session() as db:\n"
NEXT = "        return await call_next(request){mark}\n"
QUERY = "        request.state.user = await db.scalar(select(User))\n"
HELD = [
    START + QUERY + NEXT.format(mark="  # expect high"),
    START + "        db.add(User())\n        await db.flush()\n" + NEXT.format(mark="  # expect high"),
    "async def find(db):\n    return await db.scalar(select(User))\n"
    + START
    + "        await find(db)\n"
    + NEXT.format(mark="  # expect medium"),
    (
        "class Middleware:\n    def __init__(self, app):\n        self.app = app\n"
        "    async def __call__(self, scope, receive, send):\n        async with Session() as db:\n"
        "            await db.execute(text('x'))\n            await self.app(scope, receive, send)  # expect high\n"
    ),
    # By whatever name: what a middleware is given last is the application behind it.
    "@app.middleware('http')\nasync def auth(request, proceed):\n    async with Session() as db:\n"
    + QUERY
    + "        return await proceed(request)  # expect high\n",
    (
        "class Auth(BaseHTTPMiddleware):\n    async def dispatch(self, request, nxt):\n        async with Session() as db:\n"
        "            await db.execute(text('x'))\n            return await nxt(request)  # expect high\n"
    ),
]
MADE = "async def middleware(request, call_next):\n    db = Session()\n    try:\n"
HELD += [
    MADE + QUERY + NEXT.format(mark="  # expect high") + "    finally:\n        await db.close()\n",
    MADE.replace("Session()", "make()") + QUERY + NEXT.format(mark="  # expect high") + "    finally:\n"
    "        await db.close()\ndef make():\n    return Session()\n",
]
FREE = [
    MADE + QUERY + "    finally:\n        await db.close()\n    return await call_next(request)\n",
    MADE + QUERY + "        await db.commit()\n" + NEXT.format(mark="") + "    finally:\n        await db.close()\n",
    MADE
    + "        request.state.db = db\n"
    + QUERY
    + NEXT.format(mark="")
    + "    finally:\n        await db.close()\n",
    MADE.replace("try:", "async with db:") + QUERY + "    return await call_next(request)\n",
    MADE.replace("Session()", "request.state.db") + QUERY + NEXT.format(mark="") + "    finally:\n        pass\n",
    START + QUERY + NEXT.format(mark="")[4:],
    START + NEXT.format(mark=""),
    START + QUERY + "        await db.commit()\n" + NEXT.format(mark=""),
    START + "        request.state.db = db\n" + QUERY + NEXT.format(mark=""),
    START + "        answer = await call_next(request)\n" + QUERY + "        return answer\n",
    START + "        async with db.begin():\n    " + QUERY + NEXT.format(mark=""),
    "async def proceed_with(request, proceed):\n    async with Session() as db:\n"
    + QUERY
    + "        return await proceed(request)\n",
]


@pytest.mark.parametrize("code", HELD)
def test_a_connection_held_around_the_endpoint_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "session-around-call-next", tmp_path)


@pytest.mark.parametrize("code", FREE)
def test_a_session_shared_or_given_back_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "session-around-call-next", tmp_path)
