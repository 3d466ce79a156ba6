"""`session-in-stream`: how a generator that is sent reaches the session of the endpoint, and what it does with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_models import project

HEAD = "import asyncio\nfrom fastapi.responses import StreamingResponse\n"
ROUTE = "@router.get('/')\nasync def live(db: AsyncSession = Depends(get_db)):\n"
NESTED = "    async def lines():\n        while True:\n            yield await db.scalar(text('x')){mark}\n            {wait}\n"
SEND = "    return StreamingResponse(lines())\n"
WAIT = "await asyncio.sleep(1)"
OUTER = "async def lines(db):\n    while True:\n        yield await db.scalar(text('x')){mark}\n        await asyncio.sleep(1)\n"
CLASS = (
    "class Feed:\n    def __init__(self, db):\n        self.db = db\n    async def lines(self):\n        while True:\n"
    "            yield await self.db.scalar(text('x')){mark}\n            await asyncio.sleep(1)\n"
)
STREAMED = [
    ROUTE + NESTED.format(mark="  # expect high", wait=WAIT) + SEND,
    ROUTE + NESTED.format(mark="  # expect medium", wait="pass") + SEND,
    ROUTE + NESTED.format(mark="  # expect high", wait=WAIT) + "    g = lines()\n    return StreamingResponse(g)\n",
    ROUTE + NESTED.format(mark="  # expect high", wait=WAIT) + "    return EventSourceResponse(lines())\n",
    OUTER.format(mark="  # expect high") + ROUTE + "    return StreamingResponse(lines(db))\n",
    OUTER.format(mark="  # expect high") + ROUTE + "    return StreamingResponse(content=lines(db=db))\n",
    CLASS.format(mark="  # expect high") + ROUTE + "    return StreamingResponse(Feed(db).lines())\n",
    CLASS.format(mark="  # expect high") + "def feed(db: AsyncSession = Depends(get_db)):\n    return Feed(db)\n"
    "@router.get('/')\nasync def live(feed: Feed = Depends(feed)):\n    return StreamingResponse(feed.lines())\n",
    OUTER.format(mark="  # expect high")
    + "async def live():\n    async with Session() as s:\n        return StreamingResponse(lines(s))\n",
    (
        "@router.get('/', response_class=EventSourceResponse)\nasync def live(db: AsyncSession = Depends(get_db)):\n"
        "    while True:\n        yield await db.scalar(text('x'))  # expect high\n        await asyncio.sleep(1)\n"
    ),
]
SILENT = [
    ROUTE + "    n = await db.scalar(text('x'))\n    async def lines():\n        yield n\n" + SEND,
    ROUTE + NESTED.format(mark="", wait="await db.commit()") + SEND,
    ROUTE + NESTED.format(mark="", wait=WAIT).replace("while True:", "async with Session() as db:") + SEND,
    ROUTE
    + NESTED.format(mark="", wait=WAIT).replace("lines()", "lines(db)")
    + "    return StreamingResponse(lines(1))\n",
    OUTER.format(mark="") + "async def live():\n    return StreamingResponse(lines(Session()))\n",
]


@pytest.mark.parametrize("code", STREAMED)
def test_a_session_read_in_the_stream_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), "session-in-stream", tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_session_of_the_stream_itself_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), "session-in-stream", tmp_path)


def test_sending_the_rows_of_one_result_needs_the_connection(tmp_path: Path) -> None:
    code = (
        ROUTE
        + "    async def lines():\n        async for x in await db.stream(text('x')):\n            yield x\n"
        + SEND
    )
    (found,) = lint_source(project(HEAD + code), "session-in-stream", tmp_path)
    assert found.confidence.label == "low"


def test_a_generator_of_another_file_is_told_at_the_response(tmp_path: Path) -> None:
    files = project(HEAD + "from app.feed import lines\n" + ROUTE + "    return StreamingResponse(lines(db))\n")
    files["app/feed.py"] = "import asyncio\nfrom sqlalchemy import text\n" + OUTER.format(mark="")
    (found,) = lint_source(files, "session-in-stream", tmp_path)
    assert found.location.target == "app/code.py"
    assert found.confidence.label == "medium"


def test_a_service_made_in_the_endpoint_holds_its_session(tmp_path: Path) -> None:
    code = (
        "from fastapi.responses import StreamingResponse\nfrom elsewhere import client\n"
        "class Chat:\n    def __init__(self, db):\n        self.db = db\n"
        "    async def lines(self):\n        await self.db.execute(text('x'))  # expect medium\n"
        "        async for one in client.stream('x'):\n            yield one\n"
        "@router.get('/')\nasync def f(db: AsyncSession = Depends(get_db)):\n"
        "    chat = Chat(db)\n    return StreamingResponse(chat.lines())\n"
    )
    check_source(project(code), "session-in-stream", tmp_path)


HELPER = "def as_csv(rows):\n    return StreamingResponse(rows, media_type='text/csv')\n"


@pytest.mark.parametrize(("made", "mark"), [("lines(db)", "  # expect high"), ("[1]", "")])
def test_the_response_may_be_made_by_a_helper(made: str, mark: str, tmp_path: Path) -> None:
    code = HEAD + HELPER + OUTER.format(mark=mark) + ROUTE + f"    return as_csv({made})\n"
    check_source(project(code), "session-in-stream", tmp_path)


OWN_CONTENT = "def as_csv(rows):\n    content = made_of(rows)\n    return StreamingResponse(content)\n"


def test_what_a_helper_makes_itself_is_none_of_its_arguments(tmp_path: Path) -> None:
    for helper, mark in ((OWN_CONTENT, ""), (HELPER, "  # expect high")):
        code = HEAD + helper + OUTER.format(mark=mark) + ROUTE + "    return as_csv(lines(db))\n"
        check_source(project(code), "session-in-stream", tmp_path)


@pytest.mark.parametrize(
    ("before", "iterated", "confidence"),
    [
        ("", "body", "medium"),
        ("", "lines", "low"),
        ("        chunks = await db.stream(text('x'))\n", "chunks", "low"),
    ],
)
def test_what_another_service_sends_bit_by_bit_takes_its_time(
    before: str, iterated: str, confidence: str, tmp_path: Path
) -> None:
    code = (
        ROUTE.replace("async def live(", "async def live(body, lines, ")
        + f"    async def sent():\n{before}        async for one in {iterated}:\n"
        + "            await db.execute(text('x'), one)\n            yield one\n    return StreamingResponse(sent())\n"
    )
    (found,) = lint_source(project(HEAD + code), "session-in-stream", tmp_path)
    assert found.confidence.label == confidence
