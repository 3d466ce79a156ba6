"""`commit-inside-begin-block` tells the call that breaks the block from the one that only repeats it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence, Severity
from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BREAKING = [
    (
        "    async with db.begin():\n        try:\n            await db.execute(q)\n        except ValueError:\n"
        "            await db.rollback()  # expect high\n        await db.flush()\n        await db.execute(q)\n"
    ),
    "    async with db.begin():\n        await db.commit()  # expect high\n        db.add(1)\n",
    "    async with Session.begin() as own:\n        await own.rollback()  # expect high\n        own.add(q)\n",
    (
        "    async with Session.begin() as own:\n        await own.commit()  # expect high\n        q.name = 1\n"
        "        await own.flush()\n"
    ),
    (
        "    async with Session() as own, own.begin():\n        await own.commit()  # expect high\n"
        "        await own.execute(q)\n"
    ),
    "    async with engine.begin() as c:\n        await c.commit()  # expect high\n        await c.execute(q)\n",
    "    async with db.begin_nested():\n        await db.commit()  # expect high\n        await db.execute(q)\n",
]
REPEATING = [
    (
        "    async with db.begin():\n        q.name = 1\n        await db.commit()  # expect high\n"
        "        await db.flush()\n"
    ),
    "    async with db.begin():\n        db.add(1)\n        await db.commit()  # expect high\n",
    (
        "    async with Session.begin() as own:\n        if q:\n            await own.commit()  # expect high\n"
        "            return\n        await own.execute(q)\n"
    ),
]
GOOD = [
    "    async with db.begin():\n        await db.flush()\n    await db.commit()\n",
    "    async with Session.begin() as own:\n        await own.rollback()\n        await own.flush()\n",
    "    async with db.begin():\n        await other.commit()\n        await db.flush()\n",
    "    async with Session() as own:\n        await own.commit()\n",
    (
        "    async with db.begin():\n        try:\n            await db.flush()\n        except ValueError:\n"
        "            await db.rollback()\n            raise\n        await db.flush()\n"
    ),
    "    async with db.begin() as savepoint:\n        await savepoint.rollback()\n",
    "    async with db.begin_nested():\n        await db.commit()\n",
    (
        "    async with db.begin():\n        async def later():\n            await db.commit()\n"
        "            await db.flush()\n"
    ),
    (
        "    async with engine.connect() as c:\n        await c.execute(q)\n        await c.commit()\n"
        "        await c.execute(q)\n"
    ),
]
MANAGER = (
    "@asynccontextmanager\nasync def scope():\n    async with Session() as own:\n{block}\n"
    "async def f(q):\n    async with scope() as s:\n        await s.commit()  # expect high\n        await s.execute(q)\n"
)
START = "async def f(db: AsyncSession, other: AsyncSession, q):\n"


@pytest.mark.parametrize("code", BREAKING)
def test_a_session_used_after_the_commit_is_an_error(code: str, tmp_path: Path) -> None:
    (found,) = check_source(project(START + code), "commit-inside-begin-block", tmp_path)
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize("code", REPEATING)
def test_a_commit_with_nothing_behind_it_is_only_too_much(code: str, tmp_path: Path) -> None:
    (found,) = check_source(project(START + code), "commit-inside-begin-block", tmp_path)
    assert found.severity is Severity.INFO


@pytest.mark.parametrize("code", GOOD)
def test_other_commits_are_silent(code: str, tmp_path: Path) -> None:
    check_source(project(START + code), "commit-inside-begin-block", tmp_path)


def test_the_block_of_a_context_manager_of_the_project_counts(tmp_path: Path) -> None:
    code = MANAGER.format(block="        async with own.begin():\n            yield own")
    (found,) = check_source(project(code), "commit-inside-begin-block", tmp_path)
    assert "the block of `scope()` holds" in found.message


@pytest.mark.parametrize(
    "block",
    [
        "        async with own.begin():\n            pass\n        yield own",
        "        async with own.begin():\n            yield q",
        "        yield own",
    ],
)
def test_but_only_where_it_yields_the_session_inside(block: str, tmp_path: Path) -> None:
    code = MANAGER.format(block=block).replace("  # expect high", "")
    check_source(project(code), "commit-inside-begin-block", tmp_path)


def test_a_savepoint_of_a_context_manager_is_one(tmp_path: Path) -> None:
    code = MANAGER.format(block="        async with own.begin_nested():\n            yield own")
    check_source(project(code.replace("        await s.execute(q)\n", "").replace("  # expect high", "")),
                 "commit-inside-begin-block", tmp_path)  # fmt: skip


def test_context_managers_that_enter_each_other_have_an_end(tmp_path: Path) -> None:
    other = (
        "@asynccontextmanager\nasync def other():\n    async with scope() as own:\n        yield own  # .begin()\n\n"
    )
    code = other + MANAGER.format(block="        async with other() as own:\n            yield own")
    check_source(project(code.replace("  # expect high", "")), "commit-inside-begin-block", tmp_path)


DEPENDENCY = "async def own_db():\n    async with Session() as own, own.begin():\n        yield own\n"
BY_FACTORY = "async def own_db():\n    async with Session.begin() as own:\n        yield own\n"
ENDPOINT = "@router.get('/')\nasync def f(q, db: AsyncSession = Depends(own_db)):\n"


@pytest.mark.parametrize("dependency", [DEPENDENCY, BY_FACTORY])
def test_the_block_of_a_dependency_is_around_the_endpoint(dependency: str, tmp_path: Path) -> None:
    body = "    await db.commit()  # expect high\n    db.add(q)\n    await db.flush()\n"
    (found,) = check_source(project(dependency + ENDPOINT + body), "commit-inside-begin-block", tmp_path)
    assert found.severity is Severity.ERROR


def test_a_dependency_that_begins_nothing_leaves_the_commit_to_the_endpoint(tmp_path: Path) -> None:
    plain = DEPENDENCY.replace(", own.begin()", "")
    body = "    await db.commit()\n    db.add(q)\n    await db.commit()\n"
    check_source(project(plain + ENDPOINT + body), "commit-inside-begin-block", tmp_path)


CALLED = """\
async def save(s, user):
    s.add(user)
    await s.commit()
async def keep(s, user):
    s.add(user)
async def maybe(s, user, commit=True):
    s.add(user)
    if commit:
        await s.commit()
    await s.refresh(user)
async def deeper(s, user):
    await maybe(s, user)
    await Users(s).save(user)
class Users:
    def __init__(self, s):
        self.s = s
    async def save(self, user):
        await self.s.commit()
async def f(user, db: AsyncSession):
    async with Session.begin() as s:
        {first}
        {then}
"""


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("await save(s, user)  # expect medium", "await s.refresh(user)"),
        ("await Users(s).save(user)  # expect medium", "s.add(user)"),
        ("await save(s, user)", "pass"),
        ("await keep(s, user)", "await s.refresh(user)"),
        ("await save(db, user)", "await s.refresh(user)"),
        ("await maybe(s, user, False)", "await s.refresh(user)"),
        ("await deeper(s, user)  # expect medium", "await s.refresh(user)"),
    ],
)
def test_a_function_that_commits_the_session_it_is_given(first: str, then: str, tmp_path: Path) -> None:
    check_source(project(CALLED.format(first=first, then=then)), "commit-inside-begin-block", tmp_path)


OWN = "async def own():\n    async with Session() as s, s.begin():\n        yield s\n"
REPO = (
    "class Users:\n    def __init__(self, session: Annotated[AsyncSession, Depends({provider})]):\n"
    "        self.session = session\n    async def save(self, user):\n        self.session.add(user)\n"
    "        await self.session.commit(){mark}\n"
)


@pytest.mark.parametrize(("provider", "mark"), [("own", "  # expect high"), ("get_db", "")])
def test_a_method_of_what_is_injected_with_the_session(provider: str, mark: str, tmp_path: Path) -> None:
    check_source(project(OWN + REPO.format(provider=provider, mark=mark)), "commit-inside-begin-block", tmp_path)


@pytest.mark.parametrize(("tail", "mark"), [("", "  # expect medium"), ("            break\n", "")])
def test_a_loop_comes_to_the_function_that_commits_once_more(tail: str, mark: str, tmp_path: Path) -> None:
    code = (
        "async def save(db: AsyncSession, one):\n    db.add(one)\n    await db.commit()\n"
        "async def all(many):\n    async with Session.begin() as db:\n        for one in many:\n"
        f"            await save(db, one){mark}\n{tail}"
    )
    check_source(project(code), "commit-inside-begin-block", tmp_path)


OF_OTHERS = """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def add(self, user):
        self.session.add(user)
        await self.session.{ending}()
    async def touch(self, user):
        await self.session.refresh(user)
    async def look(self, user):
        print(user)
class Service:
    def __init__(self, repo: Repo):
        self.repo = repo
    async def register(self, user):
        await self.repo.add(user)
        await self.repo.{then}(user)
def get_service(session: Annotated[AsyncSession, Depends({provider})]):
    return Service(Repo(session))
@router.post("/")
async def post(user: int, service: Annotated[Service, Depends(get_service)]):
    await service.register(user){mark}
async def made(user):
    async with Session.begin() as s:
        repo = Repo(s)
        await repo.add(user){second}
        await repo.{then}(user)
"""


@pytest.mark.parametrize(
    ("ending", "then", "provider", "told"),
    [
        ("commit", "touch", "own", "both"),
        ("commit", "touch", "get_db", "second"),
        ("commit", "look", "own", ""),
        ("flush", "touch", "own", ""),
    ],
)
def test_what_is_made_with_the_session_commits_it(
    ending: str, then: str, provider: str, told: str, tmp_path: Path
) -> None:
    mark = "  # expect medium"
    code = OWN + OF_OTHERS.format(
        ending=ending, then=then, provider=provider, mark=mark * (told == "both"), second=mark * (told != "")
    )
    check_source(project(code), "commit-inside-begin-block", tmp_path)


DECORATORS = """\
from functools import wraps
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/shop"))

def {name}:
{body}
"""
WRAPPER = """\
    @wraps(function)
    async def wrapper(*args, **kwargs):
        {block}
            return await function({given})
    return wrapper
"""
BEGUN = "async with Session.begin() as session:"
TWICE = "async with app.scope() as session, session.begin():"
CALLED = "*args, session=session, **kwargs"


@pytest.mark.parametrize(
    ("block", "given", "told"),
    [
        (BEGUN, CALLED, "high"),
        (TWICE, CALLED, "medium"),
        ("async with Session() as session:", CALLED, ""),
        (BEGUN, "*args, **kwargs", ""),
        ("async with Session() as session, other.begin():", CALLED, ""),
        ("async with Session.begin() as outer, Session() as session:", CALLED, ""),
    ],
)
@pytest.mark.parametrize("is_factory", [False, True])
def test_the_block_of_a_decorator(block: str, given: str, told: str, is_factory: bool, tmp_path: Path) -> None:
    body = WRAPPER.format(block=block, given=given)
    name = "in_unit(function)"
    if is_factory:
        inner = "".join(f"    {line}\n" for line in body.splitlines())
        body, name = f"    def decorate(function):\n{inner}    return decorate\n", "in_unit(retries=1)"
    use = (
        "from sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import AsyncSession\nfrom units import in_unit\n\n"
        f"@in_unit{'(retries=3)' * is_factory}\nasync def store(data, *, session: AsyncSession):\n    session.add(data)\n"
        f"    await session.commit(){f'  # expect {told}' * bool(told)}\n    return await session.scalar(text('select 1'))\n"
    )
    check_source(
        {"units.py": DECORATORS.format(name=name, body=body), "use.py": use},
        "commit-inside-begin-block",
        tmp_path,
        least=Confidence.MEDIUM,
    )


PLAIN = """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
engine = create_engine("postgresql://db/shop")
Factory = sessionmaker(engine)

class Orders:
    @staticmethod
    def rename(session: Session, name):
        session.execute(text("update orders set name = 'x'"))
        session.commit()

    @staticmethod
    def kept(session: Session, name):
        session.execute(text("update orders set name = 'x'"))
        session.flush()

    @staticmethod
    def maybe(session: Session, name):
        if name:
            session.commit()

    @staticmethod
    def count(session: Session):
        return session.scalar(text("select count(*) from orders"))
"""


@pytest.mark.parametrize(
    ("opener", "first", "then", "told"),
    [
        (
            "with Session(engine) as session, session.begin():",
            "Orders.rename(session, name)",
            "Orders.count(session)",
            True,
        ),
        ("with session.begin():", "Orders.rename(session, name)", "Orders.count(session)", True),
        ("with session.begin():", "session.commit()", "Orders.count(session)", True),
        ("with session.begin():", "Orders.rename(session, name)", "return Orders.count(session)", True),
        ("with session.begin():", "session.rollback()", "session.execute(text('select 1'))", True),
        ("with session.begin():", "Orders.kept(session, name)", "Orders.count(session)", False),
        ("with session.begin():", "Orders.maybe(session, name)", "Orders.count(session)", False),
        ("with session.begin():", "Orders.rename(session, name)", "print(name)", False),
        ("with session.begin():", "Orders.rename(name, session)", "return", False),
        ("with session.begin():", "Orders.rename(other, name)", "Orders.count(session)", False),
        ("with session.begin_nested():", "Orders.kept(session, name)", "Orders.count(session)", False),
        ("with Session(engine) as session:", "Orders.rename(session, name)", "Orders.count(session)", False),
    ],
)
def test_plain_sessions(opener: str, first: str, then: str, told: bool, tmp_path: Path) -> None:
    use = (
        "from sqlalchemy import text\nfrom sqlalchemy.orm import Session\nfrom orders import Orders, engine\n\n"
        f"def rename(session: Session, other: Session, name):\n    {opener}\n        {first}{'  # expect medium' * told}\n"
        f"        {then}\n    session.close()\n"
    )
    check_source({"orders.py": PLAIN, "use.py": use}, "commit-inside-begin-block", tmp_path)


ROUNDS = """\
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

async def load(session: AsyncSession, rows):
    async with session.begin():
        for row in rows:
            try:
                {first}
            except IntegrityError:
                {handler}
"""


@pytest.mark.parametrize(
    ("first", "handler"),
    [
        ("await session.execute(row)", "await session.rollback()  # expect high"),
        (
            "async with session.begin_nested():\n                    session.add(row)",
            "await session.rollback()  # expect high\n                continue",
        ),
        ("await session.execute(row)", "await session.rollback()\n                raise"),
        ("await session.execute(row)", "await session.rollback()\n                break"),
        ("await session.execute(row)", "await session.rollback()\n                return"),
        ("print(row)", "await session.rollback()"),
        ("async with session.begin_nested():\n                    session.add(row)", "continue"),
    ],
)
def test_a_rollback_in_a_handler_of_a_loop(first: str, handler: str, tmp_path: Path) -> None:
    check_source(ROUNDS.format(first=first, handler=handler), "commit-inside-begin-block", tmp_path)
