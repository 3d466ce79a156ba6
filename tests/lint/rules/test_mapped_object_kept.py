"""`mapped-object-kept`: objects of a query in what outlives its session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

START = "users_cache = {}\nfirst = None\nasync def f(app, db: AsyncSession, key=1):\n"
PLAIN = "from functools import cache, lru_cache\nfrom sqlalchemy.orm import Session as Plain\n"
KEPT = [
    (
        START + "    users = (await db.scalars(select(User))).all()\n"
        "    app.state.users = {one.id: one for one in users}  # expect high\n"
    ),
    PLAIN
    + "@lru_cache(9)\ndef f(key):\n    with Plain(engine) as db:\n        return db.get(User, key)  # expect high\n",
    PLAIN + "@cache\ndef f(key):\n    with Plain(engine) as db:\n        return db.get(User, key)  # expect high\n",
    "kept: dict[int, User] = {}\ndef keep(key: int, user: User):\n    kept[key] = user  # expect medium\n",
    (
        "kept: dict[int, User] = {}\nasync def f(db: AsyncSession, key):\n"
        "    kept[key] = await db.get(User, key)  # expect high\n"
    ),
    START + "    app.state.user = await db.get(User, 1)  # expect high\n",
    START + "    user = await db.get(User, 1)\n    app.state.user = user  # expect high\n",
    START + "    global first\n    first = await db.get(User, 1)  # expect high\n",
    START + "    users_cache[key] = await db.get(User, key)  # expect high\n",
    START + "    app.state.all = (await db.scalars(select(User))).all()  # expect high\n",
    (
        "from async_lru import alru_cache\n@alru_cache\nasync def f():\n    async with Session() as db:\n"
        "        return await db.get(User, 1)  # expect high\n"
    ),
    (
        "from async_lru import alru_cache\n@alru_cache(maxsize=9, ttl=60)\nasync def f():\n"
        "    async with Session() as db:\n        return await db.get(User, 1)  # expect medium\n"
    ),
]
VALUES = [
    (
        START + "    users = (await db.scalars(select(User))).all()\n"
        "    app.state.names = {one.id: one.name for one in users}\n"
    ),
    PLAIN + "@lru_cache(9)\ndef f(key):\n    with Plain(engine) as db:\n        return db.get(User, key).name\n",
    PLAIN + "def f(key):\n    with Plain(engine) as db:\n        return db.get(User, key)\n",
    "kept: dict[int, str] = {}\ndef keep(key: int, user: User):\n    kept[key] = user.name\n",
    "def f(key: int, user: User):\n    kept: dict[int, User] = {}\n    kept[key] = user\n",
    (
        "kept: dict[int, User] = {}\nasync def f(db: AsyncSession, key):\n"
        "    user = await db.get(User, key)\n    db.expunge(user)\n    kept[key] = user\n"
    ),
    START + "    user = await db.get(User, 1)\n    app.state.name = user.name\n",
    START + "    app.state.count = await db.scalar(text('select count(*) from users'))\n",
    START + "    user = await db.get(User, 1)\n    db.expunge(user)\n    app.state.user = user\n",
    START + "    user_cache = {}\n    user_cache[key] = await db.get(User, key)\n",
    START + "    request = app\n    request.state.user = await db.get(User, 1)\n",
    "from fastapi_cache.decorator import cache\n@cache(expire=9)\nasync def f(db: AsyncSession):\n    return await db.get(User, 1)\n",
]


STORES = [
    ("kept: dict[int, User] = {}\n", "kept", "kept[key] = {}", True),
    ("kept: list[User] = []\n", "kept", "kept.append({})", True),
    ("kept: list[User] = list()\n", "kept", "kept.insert(0, {})", True),
    ("kept: dict[int, User] = {}\n", "kept", "kept.setdefault(key, {})", True),
    ("from cachetools import LRUCache\nkept = LRUCache(maxsize=9)\n", "kept", "kept[key] = {}", True),
    ("kept: list[str] = []\n", "kept", "kept.append({})", False),
    ("kept: list[User] = []\n", "kept", "kept.remove({})", False),
    ("kept: list[User] = []\n", "kept", "other.kept.append({})", False),
    ("from other import LRUCache\nkept = LRUCache(maxsize=9)\n", "kept", "kept[key] = {}", False),
]
HOLDER = (
    "class Users:\n    def __init__(self):\n        self.{store}\n"
    "    async def f(self, db: AsyncSession, key):\n        {put}\n{made}\n"
)


@pytest.mark.parametrize(("store", "name", "put", "is_kept"), STORES)
@pytest.mark.parametrize("value", ["await db.get(User, key)", "(await db.get(User, key)).name"])
def test_the_ways_into_a_store(store: str, name: str, put: str, is_kept: bool, value: str, tmp_path: Path) -> None:
    told = "  # expect high" * (is_kept and not value.endswith("name"))
    code = f"{store}async def f(db: AsyncSession, key, other):\n    {put.format(value)}{told}\n"
    check_source(project(code), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize("made", ["users = Users()", "users: Users = Users()", "def make():\n    return Users()", ""])
@pytest.mark.parametrize("store", ["by_key: dict[int, User] = {}", "by_key: dict[int, str] = {}"])
def test_the_store_of_an_object_that_its_module_makes(made: str, store: str, tmp_path: Path) -> None:
    told = "  # expect high" * (made.startswith("users") and "User]" in store)
    put = f"self.by_key[key] = await db.get(User, key){told}"
    check_source(project(HOLDER.format(store=store, put=put, made=made)), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize(
    ("given", "told"),
    [("ttl=9", "  # expect medium"), ("", "  # expect high"), ("cache=RedisCache", ""), ("alias='a'", "")],
)
def test_the_decorator_of_aiocache(given: str, told: str, tmp_path: Path) -> None:
    code = f"from aiocache import cached\n@cached({given})\nasync def f(db: AsyncSession):\n    return await db.get(User, 1){told}\n"
    check_source(project(code), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize("code", KEPT)
def test_an_object_that_outlives_its_session_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize("code", VALUES)
def test_values_and_objects_of_a_request_are_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize(
    ("put", "told"),
    [
        ("await redis.setex('user', 60, pickle.dumps(user))", True),
        ("await redis.set('user', value=pickle.dumps(user))", True),
        ("await redis.set('user', pickle.dumps(user.name))", False),
        ("await redis.set('user', json.dumps(user))", False),
        ("blob = pickle.dumps(user)", False),
        ("db.expunge(user)\n    await redis.set('user', pickle.dumps(user))", False),
    ],
)
def test_a_pickle_in_a_cache_of_another_process(put: str, told: bool, tmp_path: Path) -> None:
    code = (
        "import json, pickle\nasync def f(redis, db: AsyncSession):\n    user = await db.get(User, 1)\n"
        f"    {put}{'  # expect medium' * told}\n"
    )
    check_source(project(code), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize(("value", "told"), [("user", True), ("user.name", False)])
@pytest.mark.parametrize("decorator", ["cache(ttl='10m')", "cache.early(ttl=9)", "other.cache(ttl=9)"])
def test_the_decorators_of_cashews(decorator: str, value: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect medium" * (told and not decorator.startswith("other"))
    code = (
        f"from cashews import cache\nimport other\n@{decorator}\nasync def f(db: AsyncSession):\n"
        f"    user = await db.get(User, 1)\n    return {value}{mark}\n"
    )
    check_source(project(code), "mapped-object-kept", tmp_path)


@pytest.mark.parametrize(
    ("decorator", "first", "value", "told"),
    [
        ("@classmethod", "cls", "user", True),
        ("@classmethod", "cls", "user.id", False),
        ("", "self", "user", False),
        ("@staticmethod", "cls", "user", False),
    ],
)
def test_an_attribute_of_a_class_outlives_every_session(
    decorator: str, first: str, value: str, told: bool, tmp_path: Path
) -> None:
    code = (
        f"class Directory:\n    {decorator}\n    async def first({first}, db: AsyncSession):\n"
        f"        user = await db.get(User, 1)\n        {first}.kept = {value}{'  # expect high' * told}\n"
    )
    check_source(project(code), "mapped-object-kept", tmp_path)
