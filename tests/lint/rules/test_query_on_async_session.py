"""`query` on an async session is found and rewritten as a `select` that means the same; other queries are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed, lint_source
from tests.support.lint_heads import QUERIES

RULE = "query-on-async-session"
FOUND = (
    "async def f(db: AsyncSession):\n    return db.query(User).all()  # expect high\n",
    "async def f(db: AsyncSession):\n    return await db.query(User).filter(User.id == 1).first()  # expect high\n",
    "async def f():\n    async with Factory() as s:\n        s.query(User.id)  # expect high\n",
    """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def all(self):
        return self.session.query(User).all()  # expect high
""",
    "async def f(db):\n    await db.commit()\n    return db.query(User).all()  # expect medium\n",
    """\
async def f(db: AsyncSession):
    rows = db.query(User).filter_by(name='a')  # expect high
    return rows.all()
""",
)
SILENT = (
    "async def f(db: AsyncSession):\n    await db.run_sync(lambda s: s.query(User).all())\n",
    """\
async def f(db: AsyncSession):
    def work(session: Session):
        return session.query(User).all()
    return await db.run_sync(work)
""",
    "def f(db: Session):\n    return db.query(User).all()\n",
    "async def f(db):\n    return db.query(User).all()\n",
    "async def f(store):\n    return await store.query('text', limit=3)\n",
    "async def f(db):\n    await db.commit()\n    return await db.query('SELECT * FROM person')\n",
    "class Own(AsyncSession):\n    def query(self, x): ...\nasync def f(db: Own):\n    return db.query(User)\n",
    "import pytest\nasync def f(db: AsyncSession):\n    with pytest.raises(ValueError):\n        db.query(User)\n",
    "from unittest.mock import Mock\nasync def test_f():\n    db = Mock(AsyncSession)\n    db.query(User)\n",
    """\
async def f(prometheus, vector_store):
    await prometheus.query('up')
    return vector_store.query(User)
""",
    """\
import strawberry
@strawberry.type
class Query:
    @strawberry.field
    async def query(self, db: AsyncSession): ...
""",
    """\
class AsyncSession:
    def query(self, x): ...
async def f(db: AsyncSession):
    return db.query(User)
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_query_of_an_async_session_is_found(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_has_a_query_of_its_own_is_silent(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


MANY = """\
async def f(db: AsyncSession):
    a = db.query(User).all()
    b = db.query(User).filter(User.id == 1).first()
    return a, b
async def g(db: AsyncSession):
    return db.query(User.name).all()
class Repo:
    async def f(self, db: AsyncSession):
        return db.query(User).all()
    async def g(self, db: AsyncSession):
        return db.query(User).count(), db.query(User).slice(1, 2).all()
"""


def test_a_module_and_a_class_give_one_finding_each_with_the_number_of_their_calls(tmp_path: Path) -> None:
    head = QUERIES.count("\n")
    found = lint_source(QUERIES + MANY, RULE, tmp_path)
    told = sorted(((one.location.line or 0) - head, len(one.related), bool(one.edits)) for one in found)
    assert told == [(2, 2, True), (9, 0, True), (11, 1, False)]
    assert "(and 2 more calls in this module)" in found[0].message
    assert "in class Repo" in found[-1].message


def test_all_calls_of_one_finding_are_rewritten_together(tmp_path: Path) -> None:
    after = fixed(QUERIES + MANY, RULE, tmp_path)
    assert after.count(".query(") == 2, "what cannot be proven stays"
    assert after.count("await db.") == 4
    compile(after, "module.py", "exec")


def test_a_query_inside_another_is_rewritten_in_a_round_of_its_own(tmp_path: Path) -> None:
    code = "async def f(db: AsyncSession):\n    return db.query(User).filter(User.id == db.query(User).get(1).id).first()\n"
    assert len(lint_source(QUERIES + code, RULE, tmp_path)) == 2
    compile(fixed(QUERIES + code, RULE, tmp_path), "module.py", "exec")


REWRITTEN = {
    "db.query(User).all()": "(await db.scalars(select(User))).all()",
    "await db.query(User).filter(User.id == 1).first()": (
        "(await db.scalars(select(User).where(User.id == 1).limit(1))).first()"
    ),
    "db.query(User).get(1)": "await db.get(User, 1)",
    "db.query(User.name).all()": "(await db.execute(select(User.name))).all()",
    "db.query(User).join(User.x).one()": "(await db.scalars(select(User).join(User.x))).unique().one()",
    "db.query(User.id).filter_by(name='a').scalar()": (
        "(await db.execute(select(User.id).filter_by(name='a'))).scalar_one_or_none()"
    ),
}


@pytest.mark.parametrize("before", REWRITTEN)
def test_a_query_is_rewritten_with_the_select_that_means_the_same(before: str, tmp_path: Path) -> None:
    code = f"{QUERIES}async def f(db: AsyncSession):\n    return {before}\n"
    after = fixed(code, RULE, tmp_path)
    assert f"    return {REWRITTEN[before]}\n" in after
    assert ("import select\n" in after) == ("select(" in after)
    compile(after, "module.py", "exec")
    assert lint_source(after, RULE, tmp_path) == ()


@pytest.mark.parametrize(
    "kept",
    [
        "db.query(Unknown).all()",
        "db.query(User).count()",
        "db.query(User).slice(1, 2).all()",
        "[x for x in map(lambda: db.query(User).all(), ())]",
    ],
)
def test_what_is_not_proven_is_not_rewritten(kept: str, tmp_path: Path) -> None:
    code = f"{QUERIES}async def f(db: AsyncSession):\n    return {kept}\n"
    assert fixed(code, RULE, tmp_path) == code


def test_a_name_select_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    code = f"{QUERIES}def select(x): ...\nasync def f(db: AsyncSession):\n    return db.query(User).all()\n"
    assert fixed(code, RULE, tmp_path) == code


@pytest.mark.parametrize(("url", "told"), [("create_engine('postgresql://localhost/x')", False), ("make()", True)])
def test_a_session_of_a_synchronous_engine_is_none_of_asyncios_by_its_block(
    url: str, told: bool, tmp_path: Path
) -> None:
    code = (
        f"from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\nmake = print\n"
        f"async def f():\n    engine = {url}\n    Local = sessionmaker(bind=engine)\n"
        f"    async with Local() as db:\n        return db.query(User).all(){'  # expect medium' * told}\n"
    )
    check_source(QUERIES + code, RULE, tmp_path)
