"""Which objects an expression holds: of what model, in what shape, from how far away, with whose session; nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.project import Project
from forge_doctor.lint.dataflow.objects.loaded import MAX_HOPS, loaded
from tests.support.lint_models import project

ABOUT = """
async def one(db: AsyncSession):
    return await db.get(User, 1)

async def maybe(session: AsyncSession, key):
    if key is None:
        return None
    found = await session.get(User, key)
    return found

async def either(db: AsyncSession, key):
    if key:
        return await db.get(User, key)
    return await db.get(Order, key)

async def nested(db: AsyncSession):
    def inner():
        return 5
    return await db.get(User, inner())

async def through(db: AsyncSession):
    return await one(db)

async def too_far(db: AsyncSession):
    return await through(db)

async def each(db: AsyncSession):
    yield await db.get(User, 1)

@cached
async def kept(db: AsyncSession):
    return await db.get(User, 1)

class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def first(self):
        return await self.session.get(User, 1)
    async def by(self, db: AsyncSession):
        return await db.get(User, 1)
    @staticmethod
    async def plain(key, db: AsyncSession):
        return await db.get(User, key)
    async def here(self):
        seen(await self.first())

"""
# The body of a function with a session `db`, in which `seen(...)` is asked about, and what that is.
CASES = [
    ("seen(await db.get(User, 1))", "User object 0 db"),
    ("seen(await db.scalar(select(User)))", "User object 0 db"),
    ("seen(await db.scalars(select(User)))", "User many 0 db"),
    ("seen(await db.execute(select(User)))", "User rows 0 db"),
    ("seen(await db.execute(select(User, Order)))", ""),
    ("seen(await db.execute(update(User).values(name='x')))", ""),
    ("seen(await db.execute(delete(User)))", ""),
    ("seen(await db.execute(statement))", ""),
    ("seen(await other.get(User, 1))", ""),
    ("seen(await db.get(kind(), 1))", ""),
    # Results, and what comes of them.
    ("seen((await db.execute(select(User))).scalars())", "User many 0 db"),
    ("seen((await db.execute(select(User))).scalars().unique().all())", "User many 0 db"),
    ("seen((await db.execute(select(User))).scalars().first())", "User object 0 db"),
    ("seen((await db.execute(select(User))).scalar_one())", "User object 0 db"),
    ("seen((await db.execute(select(User))).mappings())", ""),
    ("seen((await db.execute(select(User))).yield_per(5))", ""),
    ("seen((await db.scalars(select(User))).partitions())", ""),
    ("seen((await db.get(User, 1)).first())", ""),
    ("seen(list(await db.scalars(select(User))))", "User many 0 db"),
    ("seen(iter(await db.scalars(select(User))))", ""),
    ("seen(dict(await db.scalars(select(User))))", ""),
    ("seen(list(await db.get(User, 1)))", ""),
    # Names, one of many, each of many.
    ("user = await db.get(User, 1)\n    seen(user)", "User object 0 db"),
    ("if flag:\n        user = await db.get(User, 1)\n    else:\n        user = await db.get(User, 2)\n    seen(user)", ""),
    ("seen(nobody)", ""),
    ("seen(maybe)", ""),
    ("seen(user := await db.get(User, 1))", "User object 0 db"),
    ("users = (await db.scalars(select(User))).all()\n    seen(users[0])", "User object 0 db"),
    ("users = (await db.scalars(select(User))).all()\n    seen(users[-1])", "User object 0 db"),
    ("users = (await db.scalars(select(User))).all()\n    seen(users[at])", ""),
    ("users = (await db.scalars(select(User))).all()\n    seen(users[0, 1])", ""),
    ("user = await db.get(User, 1)\n    seen(user[0])", ""),
    ("for user in await db.scalars(select(User)):\n        seen(user)", "User object 0 db"),
    ("for user in await db.get(User, 1):\n        seen(user)", ""),
    ("for user in numbers:\n        seen(user)", ""),
    ("for user, other in await db.scalars(select(User)):\n        seen(user)", ""),
    ("users = await db.scalars(select(User))\n    seen([one for one in users])", "User many 0 db"),
    ("users = await db.scalars(select(User))\n    seen([one.name for one in users])", ""),
    ("users = await db.scalars(select(User))\n    seen([one for some in users for one in some])", ""),
    ("seen([one for one in numbers])", ""),
    ("user = await db.get(User, 1)\n    seen([one for one in user])", ""),
    # Each of many, in a lambda.
    ("users = await db.scalars(select(User))\n    sorted(users, key=lambda one: seen(one))", "User object 0 db"),
    ("users = await db.scalars(select(User))\n    sorted(users, other, key=lambda one: seen(one))", ""),
    ("users = await db.scalars(select(User))\n    sorted(users, default=lambda one: seen(one))", ""),
    ("users = await db.scalars(select(User))\n    sorted(users, zkey=lambda one: seen(one))", ""),
    ("users = await db.scalars(select(User))\n    list(map(lambda one: seen(one), users))", "User object 0 db"),
    ("users = await db.scalars(select(User))\n    list(map(lambda one, two: seen(one), users, users))", ""),
    ("users = await db.scalars(select(User))\n    list(map(lambda one: seen(one), users, users))", ""),
    ("users = await db.scalars(select(User))\n    list(map(lambda one: seen(one)))", ""),
    ("users = await db.scalars(select(User))\n    reduce(lambda one: seen(one), users)", ""),
    ("users = await db.scalars(select(User))\n    pool.map(lambda one: seen(one), users)", ""),
    ("user = await db.get(User, 1)\n    list(map(lambda one: seen(one), user))", ""),
    # Relationships.
    ("user = await db.get(User, 1)\n    seen(user.orders)", "Order many 0 db User.orders"),
    ("order = await db.get(Order, 1)\n    seen(order.user)", "User object 0 db Order.user"),
    ("order = await db.get(Order, 1)\n    seen(order.user.orders)", "Order many 0 db Order.user User.orders"),
    ("user = await db.get(User, 1)\n    seen(user.name)", ""),
    ("user = await db.get(User, 1)\n    seen(user.notes)", ""),
    ("users = await db.scalars(select(User))\n    seen(users.orders)", ""),
    ("seen(nobody.orders)", ""),
    # What functions load, with the session that they are given.
    ("seen(await one(db))", "User object 1 db"),
    ("seen(await one(db=db))", "User object 1 db"),
    ("seen(await maybe(db, 7))", "User object 1 db"),
    ("seen(await maybe(key=7, session=db))", "User object 1 db"),
    ("seen(await either(db, 7))", ""),
    ("seen(await nested(db))", "User object 1 db"),
    ("seen(await through(db))", "User object 2 db"),
    ("seen(await too_far(db))", ""),
    ("seen(await each(db))", ""),
    ("seen(await kept(db))", ""),
    ("seen(await Repo(db).first())", "User object 1 db"),
    ("seen(await Repo(db).by(db))", "User object 1 db"),
    ("seen(await Repo.plain(7, db))", "User object 1 db"),
    ("seen(await unknown(db))", ""),
    # What was made and saved.
    ("user = User()\n    db.add(user)\n    await db.flush()\n    seen(user)", "User object 0 db made"),
    ("user = User()\n    db.add_all([order, user])\n    await db.commit()\n    seen(user)", "User object 0 db made"),
    ("user = User()\n    db.add_all(user)\n    await db.commit()\n    seen(user)", ""),
    ("user = User()\n    db.add(zebra)\n    await db.flush()\n    seen(user)", ""),
    ("user = User()\n    db.add_all([zebra])\n    await db.flush()\n    seen(user)", ""),
    ("user = User()\n    db.add(user)\n    await zoo.flush()\n    seen(user)", ""),
    ("user = User()\n    db.add(user)\n    seen(user)", ""),
    ("user = User()\n    db.add(user)\n    db.commit()\n    seen(user)", ""),
    ("user = make()\n    db.add(user)\n    await db.flush()\n    seen(user)", ""),
]  # fmt: skip


def told(code: str, folder: Path) -> str:
    """What is known of the argument of `seen(...)`: the model, its shape, hops, the session, and how it was come by."""
    for name, text in project(code).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    known = Project(folder)
    file = known.open(folder / "app/code.py")
    assert file is not None
    (asked,) = (one for one in file.calls("seen") if one.receiver is None)
    found = loaded(known, asked.args[0])
    if found is None:
        return ""
    way = [f"{model.class_.name}.{relationship.name}" for model, relationship in found.path]
    parts = [found.model.class_.name, found.shape.name.lower(), str(found.hops), found.session.text, *way]
    return " ".join([*parts, "made"] if found.is_made else parts)


@pytest.mark.parametrize(("body", "known"), CASES)
def test_what_an_expression_holds(body: str, known: str, tmp_path: Path) -> None:
    about = ABOUT.replace("        seen(await self.first())\n", "        pass\n")
    assert told(f"{about}async def f(db: AsyncSession):\n    {body}\n", tmp_path) == known


def test_a_method_has_the_session_of_its_own_object(tmp_path: Path) -> None:
    assert told(ABOUT, tmp_path) == "User object 1 self.session"


@pytest.mark.parametrize("functions", [MAX_HOPS, MAX_HOPS + 1])
def test_so_many_functions_are_looked_into(functions: int, tmp_path: Path) -> None:
    code = "async def f0(db: AsyncSession):\n    return await db.get(User, 1)\n"
    for number in range(1, functions):
        code += f"async def f{number}(db: AsyncSession):\n    return await f{number - 1}(db)\n"
    code += f"async def f(db: AsyncSession):\n    seen(await f{functions - 1}(db))\n"
    assert told(code, tmp_path) == (f"User object {functions} db" if functions <= MAX_HOPS else "")


@pytest.mark.parametrize(("names", "known"), [(11, "User object 0 db"), (12, "")])
def test_a_chain_of_names_is_followed_only_so_far(names: int, known: str, tmp_path: Path) -> None:
    chain = "".join(f"    u{number + 1} = u{number}\n" for number in range(names))
    code = f"async def f(db: AsyncSession):\n    u0 = await db.get(User, 1)\n{chain}    seen(u{names})\n"
    assert told(code, tmp_path) == known
