"""`lazy-load-in-async` of rows with several columns: the objects are told apart by their place in the row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

QUERY = "select(User, Order).join(Order, Order.user_id == User.id)"
BAD = [
    """\
async def f(db: AsyncSession):
    result = await db.execute({query})
    for user, order in result:
        print(order.id, len(user.orders))  # expect {sure}
""",
    """\
async def f(db: AsyncSession):
    rows = (await db.execute({query})).all()
    return [len(user.orders) for user, order in rows]  # expect {sure}
""",
    """\
async def f(db: AsyncSession):
    for row in await db.execute({query}):
        print(row.User.orders)  # expect {sure}
""",
    """\
async def f(db: AsyncSession):
    user, order = (await db.execute({query})).tuples().one()
    return user.orders  # expect {sure}
""",
    """\
async def f(db: AsyncSession):
    row = (await db.execute({query})).first()
    return row[0].orders  # expect {sure}
""",
    """\
async def pairs(db: AsyncSession):
    return await db.execute({query})
async def f(db: AsyncSession):
    for user, order in await pairs(db):
        print(user.orders)  # expect medium
""",
]


@pytest.mark.parametrize("query", [QUERY, "select(User, func.count()).group_by(User.id)"])
@pytest.mark.parametrize("source", BAD)
def test_a_column_of_a_row_is_an_object(source: str, query: str, tmp_path: Path) -> None:
    check_source(project(source.format(query=query, sure="high")), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize("source", BAD)
def test_what_the_query_loads_for_one_of_them_is_there(source: str, tmp_path: Path) -> None:
    query = f"{QUERY}.options(selectinload(User.orders))"
    quiet = "\n".join(line.partition("  # expect")[0] for line in source.format(query=query, sure="").splitlines())
    check_source(project(f"{quiet}\n"), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        # Both are in the row: the session finds the one by the key that the other has.
        "    for user, order in await db.execute(QUERY):\n        print(order.user.name)\n",
        "    for user, order in await db.execute(select(aliased, Order)):\n        print(order.user.name)\n",
        "    for user, total in await db.execute(select(User.name, Order)):\n        print(user.orders)\n",
        "    for user, order in await db.execute(select(*columns)):\n        print(user.orders)\n",
        "    for user in await db.execute(QUERY):\n        print(user.orders)\n",
        "    for number, user in enumerate(names):\n        print(user.orders)\n",
    ],
)
def test_what_is_in_the_row_or_out_of_sight_is_not_told(source: str, tmp_path: Path) -> None:
    head = "async def f(db: AsyncSession, aliased, columns, names):\n"
    check_source(project(head + source.replace("QUERY", QUERY)), "lazy-load-in-async", tmp_path)
