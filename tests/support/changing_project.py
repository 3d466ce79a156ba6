"""A project whose files are changed at random between runs, told with the cache and without it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from forge_doctor.finding import Finding
from forge_doctor.lint.judge import FileResult, Rule, all_rules
from forge_doctor.lint.schedule import look, look_with_cache

RULES = tuple(all_rules())
IMPORTED = "from {0} import Own, make, load, get_db, User, Factory\n"
# Each file is of one of these sorts, and imports from a module that may not be there.
SORTS = {
    "empty": "",
    "session": "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nclass Own(AsyncSession):\n    pass\n",
    "other": "class Own:\n    def commit(self):\n        pass\n\n\ndef make():\n    return Own()\n",
    "factory": "from sqlalchemy.ext.asyncio import async_sessionmaker\n\nFactory = async_sessionmaker(e)\n",
    "keeping": (
        "from sqlalchemy.ext.asyncio import async_sessionmaker\n\nFactory = async_sessionmaker(e, expire_on_commit=False)\n"
    ),
    "makers": "from {0} import Factory\n\n\ndef make():\n    return Factory()\n\n\nasync def get_db():\n"
    "    async with Factory() as s:\n        yield s\n",
    "async": "from {0} import Own\n\n\nasync def load(db: Own):\n    await db.execute('x')\n",
    "plain": "from {0} import Own\n\n\ndef load(db: Own):\n    return 1\n",
    "again": "from {0} import Own, make, load, get_db, User, Factory\n",
    "star": "from {0} import *\n",
    "model": (
        "from sqlalchemy.orm import DeclarativeBase, Mapped, relationship\n\n\nclass User(DeclarativeBase):\n"
        "    id: Mapped[int]\n    posts: Mapped[list['User']] = relationship()\n"
    ),
    "all": (
        "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker\nfrom {0} import *\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, relationship\n\nFactory = async_sessionmaker(e)\n\n\n"
        "class Own(AsyncSession):\n    pass\n\n\ndef make():\n    return Factory()\n\n\n"
        "class User(DeclarativeBase):\n    id: Mapped[int]\n    posts: Mapped[list['User']] = relationship()\n\n\n"
        "async def load(db: Own):\n    await db.execute('x')\n"
    ),
    "use": IMPORTED + "\n\nasync def save(db: Own) -> None:\n    db.commit()\n    load(db)\n",
    "leak": IMPORTED + "\n\nasync def leak() -> None:\n    s = make()\n    await s.commit()\n    await load(s)\n",
    "read": (
        IMPORTED + "from sqlalchemy import select\n\n\nasync def read(db: Own):\n"
        "    user = (await db.execute(select(User))).scalars().first()\n    await db.commit()\n"
        "    return [user.id, user.posts]\n"
    ),
    "route": (
        IMPORTED + "from fastapi import BackgroundTasks, Depends\n\n\nasync def mail():\n    s = Factory()\n"
        "    await s.commit()\n\n\nasync def page(tasks: BackgroundTasks, db: Own = Depends(get_db)):\n"
        "    tasks.add_task(load, db)\n    db.commit()\n    db.add(User())\n"
    ),
    "starter": "import asyncio\nfrom {0} import load\n\n\ndef start():\n    asyncio.create_task(load())\n    spawn(mail)\n",
    "fixture": "import pytest\nfrom {0} import Own\n\n\n@pytest.fixture\ndef db() -> Own:\n    return Own()\n",
    "test": "from {0} import load\n\n\nasync def test_it(db):\n    db.commit()\n    load(db)\n",
}
HUBS = ("session", "factory", "keeping", "makers", "async", "model", "all", "all", "all")
NAMES = (
    *("app/__init__.py", "app/a.py", "app/b.py", "app/c.py", "app/c/__init__.py", "app/deep/__init__.py"),
    *("app/deep/a.py", "app/deep/d.py", "src/app/e.py", "src/b.py", "tests/conftest.py", "tests/test_a.py"),
    *("build/f.py", "build/__init__.py", "services/one/src/h/k.py", "services/two/h/__init__.py"),
    *("app/dist/g.py", "app/.hidden/h.py", "linked/i.py", "b.py", "app/deep/conftest.py"),
)
MODULES = (
    *("app.a", "app.b") * 6,
    *(".a", ".b", "..b", ".c", ".deep", ".deep.a", "app", "app.a", "app.b", "app.c", "app.deep.d", "app.e", "b"),
    *("h", "h.k", "f", "build.f", ".dist.g", "app.dist.g", "linked.i", "i", "...b"),
)


class Shop:
    """A project whose files are changed at random."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.root, self.cache, self.dice = folder / "shop", folder / "cache", dice
        elsewhere = folder / "elsewhere"
        for made in (self.root, elsewhere):
            made.mkdir()
        (self.root / "pyproject.toml").write_text("[project]\n")
        (self.root / "linked").symlink_to(elsewhere)
        for name in NAMES:
            self.write(name)

    def write(self, name: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hub = path.stem in "ab"  # what most others import from
        sorts = HUBS if hub and self.dice.random() < 0.7 else tuple(SORTS)
        text = SORTS[self.dice.choice(sorts)].replace("{0}", self.dice.choice(MODULES))
        path.write_text(text + "\n" * self.dice.randrange(3))

    def change(self) -> str:
        """Do something to a file or folder; tells what, for the report of a failure."""
        name = self.dice.choice(NAMES)
        path = self.root / name
        what = self.dice.choice(["write", "write", "write", "rename", "delete", "touch", "delete folder"])
        if what == "write":
            self.write(name)
        elif what == "delete folder" and path.parent not in (self.root, self.root / "linked"):
            shutil.rmtree(path.parent, ignore_errors=True)
        elif path.exists() and what == "delete":
            path.unlink()
        elif path.exists() and what == "touch":
            path.touch()
        elif path.exists() and what == "rename":
            other = self.root / self.dice.choice(NAMES)
            other.parent.mkdir(parents=True, exist_ok=True)
            path.rename(other)
        return f"{what} {name}"

    def files(self) -> list[Path]:
        return sorted(one for name in NAMES if (one := self.root / name).exists())

    def with_cache(self, rules: tuple[Rule, ...] = RULES) -> tuple[FileResult, ...]:
        return look_with_cache(self.files(), lambda: rules, 1, self.cache, ()).results


def said(results: tuple[FileResult, ...]) -> list[tuple[str, tuple[Finding, ...]]]:
    assert not [reason for one in results for reason in one.not_run]
    return [(one.path, one.findings) for one in results]


def told_alike(shop: Shop, steps: int) -> int:
    """Change the project step by step, and see after each that kept results tell what a run without them tells.

    Gives how many findings were told in all, so that a walk that met none is seen.
    """
    done: list[str] = []
    told = 0
    for _ in range(steps):
        done += [shop.change() for _ in range(shop.dice.choice((0, 1, 1, 1, 3)))]
        kept, fresh = said(shop.with_cache()), said(look(shop.files(), lambda: RULES, {}, 1))
        assert kept == fresh, done
        told += sum(len(findings) for _, findings in fresh)
    return told
