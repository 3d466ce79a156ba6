"""`query-in-loop` sees N+1 queries, and leaves loops alone that batch, retry, search or work off jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
    for key in keys:
        await db.scalar(select(func.count()).select_from(Order).where(Order.user_id == key))  # expect medium
""",
    """\
    db.add_all(users)
    await db.commit()
    for user in users:
        await db.refresh(user)  # expect medium
""",
    """\
    [await db.refresh(user, ["orders"]) for user in users]  # expect medium
""",
    """\
    users = (await db.scalars(select(User))).all()
    for user in users:
        await db.scalars(select(Order).where(Order.user_id == user.id))  # expect high
""",
    """\
    for key in keys:
        found.append(await db.get(User, key))  # expect medium
""",
    """\
    return [await db.scalar(select(User).where(User.id == key)) for key in keys]  # expect medium
""",
    """\
    for key in keys:
        query = select(User)
        query = query.where(User.id == key)
        await db.execute(query)  # expect medium
""",
    """\
    for key in keys:
        wanted = key.lower()
        if wanted:
            await db.execute(text("SELECT 1 FROM users WHERE name = :n"), {"n": wanted})  # expect medium
""",
    """\
    total = None
    for key in keys:
        user = await db.get(User, key)  # expect medium
        if total is None:
            total = await db.scalar(select(User.age).where(User.id == key))  # expect medium
        total = user.age
""",
]
GOOD = [
    """\
    for key in keys:
        db.add(user := User(id=key))
        await db.flush()
        await db.commit()
        await db.refresh(user)
""",
    """\
    for key in keys:
        await db.refresh(owner)
""",
    "    for batch in batches:\n        await db.scalars(select(User).where(User.id.in_(batch)))\n",
    "    for ids in grouped:\n        await db.scalars(select(User).where(User.id.in_(ids)))\n",
    "    for attempt in range(3):\n        await db.scalar(select(User).where(User.id == attempt))\n",
    "    for page in range(9):\n        await db.scalars(select(User).offset(page * 10).limit(10))\n",
    "    for model in (User, Order):\n        await db.scalars(select(model))\n",
    "    for name in models:\n        model = models[name]\n        await db.get(model, name)\n",
    "    for model in models:\n        await db.scalars(select(model).where(model.id == 1))\n",
    "    for table in tables:\n        await db.scalar(select(func.count()).select_from(table))\n",
    "    for one in tables:\n        t = one.table\n        q = select(func.count()).select_from(t)\n        await db.scalar(q)\n",
    "    for table in tables:\n        await db.execute(text(f'SELECT count(*) FROM {table}'))\n",
    "    for name in NAMES:\n        await db.scalar(select(User).where(User.name == name))\n",
    "    for name in ('a', 'b'):\n        await db.scalar(select(User).where(User.name == name))\n",
    "    for key in keys:\n        await db.execute(insert(User).values(id=key))\n",
    "    for key in keys:\n        await db.scalar(select(User).where(User.id == 1))\n",
    "    for key in keys:\n        if await db.get(User, key):\n            return key\n",
    "    for key in keys:\n        user = await db.get(User, key)\n        await send(user)\n",
    "    for key in keys:\n        user = await db.get(User, key)\n        await db.commit()\n",
    "    for key in keys:\n        async with Session() as own:\n            await own.get(User, key)\n",
    "    while True:\n        for key in keys:\n            await db.get(User, key)\n",
    (
        "    lock = text('SELECT 1 FROM t WHERE id = :i FOR UPDATE')\n    for key in keys:\n"
        "        await db.execute(lock, {'i': key})\n"
    ),
    (
        "    user_cache = {}\n    for key in keys:\n        if key not in user_cache:\n"
        "            user_cache[key] = await db.get(User, key)\n"
    ),
    (
        "    for name, value in keys.items():\n        if name == 'email' and value:\n"
        "            found.append(await db.scalar(select(User).where(User.name == value)))\n"
    ),
    """\
    parent = None
    for key in keys:
        query = select(User).where(User.name == key, User.id == parent)
        user = await db.scalar(query)
        parent = user.id
""",
    """\
    for key in keys:
        user = cache.get(key)
        if user is None:
            user = await db.get(User, key)
        found.append(user)
""",
    "    for key in keys:\n        await db.execute(text('SELECT setval(:name, 1)'), {'name': key})\n",
    "    for user in await db.scalars(select(User)):\n        print(user)\n",
    "    for key in keys:\n        cache.get(key)\n        await cache.get(key)\n",
    "    async for row in await db.stream(select(User)):\n        print(row)\n",
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_a_query_for_each_item_is_found(code: str, tmp_path: Path) -> None:
    start = "async def f(db: AsyncSession, keys, found, batches, grouped, models, tables, cache):\n"
    check_source(project(start + code), "query-in-loop", tmp_path)


def test_tests_and_migrations_are_left_alone(tmp_path: Path) -> None:
    code = project("async def f(db: AsyncSession, keys):\n" + BAD[1])["app/code.py"].replace("# expect medium", "")
    check_source({"tests/test_a.py": code, "migrations/env.py": code}, "query-in-loop", tmp_path)
