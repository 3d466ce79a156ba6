"""Whatever else happens between two runs: files that trade places or times, other settings, a store that somebody spoiled."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.code.files.contents import UNSTEADY, Reading
from forge_doctor.lint import schedule
from forge_doctor.lint.schedule import look, look_with_cache
from tests.support.changing_project import NAMES, RULES, Shop, said, told_alike

STEPS = 60
EXAMPLES = tuple(
    "\n".join(line.removeprefix("    ") for line in part.splitlines()) + "\n"
    for rule in RULES
    for part in rule.manual.partition("Bad:")[2].partition("Source:")[0].split("Good:")
)
# Beside the sources: what settings are told by, and what makes a folder a project.
BESIDE = {
    "pyproject.toml": (
        "[project]\n",
        '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
        '[project]\ndependencies = ["sqlalchemy<2", "fastapi>=0.106,<0.118"]\n',
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "session"\n',
    ),
    "tests/pytest.ini": ("[pytest]\nasyncio_mode = auto\n", "[pytest]\nasyncio_mode = strict\n"),
    "app/pyproject.toml": ("[project]\n",),
    "services/one/pyproject.toml": ("[project]\n",),
    "services/two/setup.cfg": ("[metadata]\n",),
    "requirements-web.txt": ("fastapi==0.110.0\nsqlalchemy==1.4.2\n", "fastapi==0.120\n"),
    "requirements/base.txt": ("sqlalchemy==1.4.0\n", "sqlalchemy==2.0.40\nfastapi==0.115\n"),
    "compose.yaml": (("services:\n  web:\n    command: gunicorn -w 40 app:app\n    environment:\n"
                     "      DATABASE_URL: postgresql+asyncpg://a@pgbouncer:6432/a\n"),),
    "Dockerfile": ("CMD gunicorn --workers 60 app.a:app\n", "CMD uvicorn app.a:app --workers 2\n"),
    "alembic.ini": ("[alembic]\nsqlalchemy.url = postgresql://a@db/a\n",),
}  # fmt: skip


class Trip(Shop):
    """A project to which worse is done than edits."""

    def write(self, name: str) -> None:
        path = self.root / name
        if path.is_symlink() and not path.exists():
            path.unlink()
        if self.dice.random() < 0.4:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.dice.choice(EXAMPLES))
        else:
            super().write(name)

    def change(self) -> str:
        done: Callable[[], str] = self.dice.choice(
            [
                super().change,
                super().change,
                self.trade,
                self.backdate,
                self.settings,
                self.settings,
                self.link,
                self.spoil,
            ]
        )
        return done()

    def some(self) -> Path:
        return self.dice.choice(self.files() or [self.root / "pyproject.toml"])

    def trade(self) -> str:
        """Two files trade their contents, and their times with them, as a move over each other does."""
        one, other = self.some(), self.some()
        aside = self.root / "aside"
        one.rename(aside)
        if other.exists():
            other.rename(one)
        aside.rename(other)
        return f"trade {one} {other}"

    def backdate(self) -> str:
        """Another content of the same size under the old time: a letter is another one."""
        path = self.some()
        if path.is_symlink():
            return "nothing"
        before, text = path.stat(), path.read_text()
        for old, new in (("commit", "rollba"), ("async def", "     def"), ("Session", "Sessiun"), ("load", "laod")):
            if old in text:
                path.write_text(text.replace(old, new))
                break
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return f"backdate {path}"

    def settings(self) -> str:
        name = self.dice.choice(list(BESIDE))
        path = self.root / name
        if path.exists() and self.dice.random() < 0.4 and name != "pyproject.toml":
            path.unlink()
            return f"delete {name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.dice.choice(BESIDE[name]))
        return f"settings {name}"

    def link(self) -> str:
        """A file becomes a link to another one, or what a folder's link leads to becomes another folder."""
        path, other = self.root / self.dice.choice(NAMES), self.some()
        if path.exists() and not path.samefile(other):
            path.unlink()
            path.symlink_to(other)
            return f"link {path} to {other}"
        linked = self.root / "linked"
        there = linked.readlink().name
        linked.unlink()
        target = self.root.parent / ("elsewhere" if there == "others" else "others")
        target.mkdir(exist_ok=True)
        linked.symlink_to(target)
        return f"link to {target}"

    def spoil(self) -> str:
        """Some of what a run left is cut off, is rubbish, or is that of another time."""
        stores = sorted(self.cache.glob("*.json"))
        if not stores:
            return "nothing"
        store = self.dice.choice(stores)
        whole = store.read_bytes()
        kept = self.cache.parent / "kept"
        way = self.dice.choice(["cut", "rubbish", "empty", "older", "keep", "keep"])
        if way == "keep":
            kept.write_bytes(whole)
        elif way == "older":
            store.write_bytes(kept.read_bytes() if kept.exists() else b"")
        else:
            store.write_bytes({"cut": whole[: len(whole) // 2], "rubbish": b"\xff" * 99, "empty": b""}[way])
        return f"spoil: {way}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_kept_results_tell_what_a_run_without_them_tells(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FEW", 0)
    assert told_alike(Trip(tmp_path, random.Random(seed)), STEPS) > 100


MODELS = "from sqlalchemy.ext.asyncio import AsyncSession\nfrom fastapi import APIRouter\n"
ORDER = (
    "from datetime import datetime\nfrom sqlalchemy import DateTime\n"
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\nclass Base(DeclarativeBase): ...\n\n\n"
    "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    paid_at: Mapped[datetime] = mapped_column(DateTime)\n"
)
# Each: the files before, and what is put beside them or in their place.
BESIDE_THE_CODE = {
    "a requirement that nobody had written down": (
        {"app/a.py": f"{MODELS}\n\nasync def f(db: AsyncSession):\n    await db.execute('SELECT 1')\n"},
        {"requirements-web.txt": "sqlalchemy<2\n"},
    ),
    "a plain function of the name": (
        {
            "app/a.py": f"{MODELS}from x import R\n\n\nasync def f(repo: R, db: AsyncSession):\n    repo.reports(session=db)\n",
            "app/b.py": "async def reports(session):\n    await session.execute('x')\n",
        },
        {"app/zzqx.py": "def reports(session):\n    return session\n"},
    ),
    "a column that has no time zone any more": (
        {
            "app/a.py": "from datetime import UTC, datetime\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
            "from app.models import Order\n\n\nasync def pay(db: AsyncSession, order: Order):\n"
            "    order.paid_at = datetime.now(UTC)\n    await db.commit()\n",
            "app/db.py": "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine('postgresql+asyncpg://a@db/a')\n",
            "app/models.py": ORDER.replace("DateTime", "DateTime(timezone=True)"),
        },
        {"app/models.py": ORDER},
    ),
    "a test beside, of another loop": (
        {
            "tests/conftest.py": "import pytest_asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "@pytest_asyncio.fixture(scope='session')\nasync def engine():\n"
            "    yield create_async_engine('postgresql+asyncpg://a@db/a')\n",
            "tests/test_a.py": "async def test_a(engine):\n    pass\n",
        },
        {"tests/test_b.py": "import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope='session')\n"},
    ),
}


@pytest.mark.parametrize("case", BESIDE_THE_CODE)
def test_what_no_import_leads_to_ends_a_kept_result(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FEW", 0)
    before, more = BESIDE_THE_CODE[case]
    trip = Trip(tmp_path, random.Random(0))
    for path in trip.files():
        path.unlink()

    def put(files: dict[str, str]) -> None:
        for name, text in files.items():
            (trip.root / name).parent.mkdir(parents=True, exist_ok=True)
            (trip.root / name).write_text(text)

    put(before)
    files = [trip.root / name for name in before]
    first = said(look_with_cache(files, lambda: RULES, 1, trip.cache, ()).results)
    put(more)
    fresh = said(look(files, lambda: RULES, {}, 1))
    assert said(look_with_cache(files, lambda: RULES, 1, trip.cache, ()).results) == fresh != first


def test_a_file_that_changes_while_it_is_linted_is_no_ground_to_keep_anything(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    reading = Reading(tmp_path, {})
    reading.read(path)
    steady = reading.named(path)
    reading.read(path)
    assert reading.named(path) == steady
    path.write_text("x = 2\n")
    reading.read(path)
    assert reading.named(path) == (str(path), UNSTEADY)
