"""`swallowed-error-without-rollback` sees handlers that leave a broken transaction behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_models import project

BAD = [
    (
        "    try:\n        await db.flush()\n    except IntegrityError:  # expect high\n        print(1)\n"
        "    await db.execute(q)\n"
    ),
    (
        "    for row in rows:\n        db.add(row)\n        try:\n            await db.commit()\n"
        "        except Exception:  # expect high\n            continue\n"
    ),
    (
        "    try:\n        await db.execute(insert(User))\n        await db.commit()\n    except:  # expect high\n"
        "        await db.execute(q)\n        await db.commit()\n"
    ),
    (
        "    async with Session() as own:\n        try:\n            await own.flush()\n"
        "        except IntegrityError:  # expect high\n            pass\n        await own.commit()\n"
    ),
    (
        "    try:\n        await ask(q)\n        await db.commit()\n    except Exception:  # expect medium\n"
        "        await db.execute(q)\n"
    ),
    # A statement that fails aborts the transaction on PostgreSQL only.
    (
        "    try:\n        await db.execute(insert(User))\n    except IntegrityError:  # expect medium\n        pass\n"
        "    await db.execute(q)\n"
    ),
    (
        "    for row in rows:\n        try:\n            await db.flush()\n        except IntegrityError:  # expect high\n"
        "            print(1)\n"
    ),
    (
        "    if rows:\n        try:\n            await db.commit()\n        except Exception:  # expect high\n"
        "            print(1)\n    await db.execute(q)\n"
    ),
]
GOOD = [
    (
        "    try:\n        await db.flush()\n    except IntegrityError:\n        await db.rollback()\n"
        "    await db.execute(q)\n"
    ),
    "    try:\n        await db.flush()\n    except IntegrityError:\n        raise\n    await db.execute(q)\n",
    "    try:\n        await db.flush()\n    except IntegrityError:\n        return None\n    await db.execute(q)\n",
    "    try:\n        await db.flush()\n    except ValueError:\n        pass\n    await db.execute(q)\n",
    (
        "    try:\n        async with db.begin_nested():\n            await db.flush()\n    except IntegrityError:\n"
        "        pass\n    await db.execute(q)\n"
    ),
    (
        "    try:\n        async with Session() as own:\n            await own.commit()\n    except IntegrityError:\n"
        "        pass\n    await db.execute(q)\n"
    ),
    (
        "    for row in rows:\n        async with Session() as own:\n            try:\n"
        "                await own.commit()\n"
        "            except Exception:\n                continue\n"
    ),
    "    try:\n        await db.commit()\n    except Exception:\n        await recover(db)\n    await db.execute(q)\n",
    (
        "    try:\n        await db.commit()\n    except Exception:\n        print(1)\n    finally:\n"
        "        await db.close()\n"
    ),
    "    try:\n        await db.commit()\n    except Exception:\n        print(1)\n",
    (
        "    point = await db.begin_nested()\n    try:\n        await db.flush()\n    except IntegrityError:\n"
        "        await point.rollback()\n    await db.execute(q)\n"
    ),
    "    try:\n        await other.commit()\n    except Exception:\n        print(1)\n    await db.execute(q)\n",
    (
        "    try:\n        await db.execute(select(User))\n    except Exception:\n        print(1)\n"
        "    await db.execute(q)\n"
    ),
]

# What stands further below is not what runs next.
GOOD += [
    (
        "    if rows:\n        try:\n            await db.commit()\n        except Exception:\n            print(1)\n"
        "        return None\n    await db.execute(q)\n"
    ),
    (
        "    try:\n        try:\n            await db.commit()\n        except Exception:\n            print(1)\n"
        "        raise KeyError(q)\n    except ValueError:\n        await db.commit()\n"
    ),
    (
        "    for row in await db.scalars(q):\n        async with Session() as db:\n            try:\n"
        "                await db.commit()\n            except Exception:\n                print(1)\n"
    ),
    (
        "    with open(q) as file:\n        try:\n            await db.commit()\n        except Exception:\n"
        "            print(1)\n        return file\n    await db.execute(q)\n"
    ),
    (
        "    match rows:\n        case 1:\n            try:\n                await db.commit()\n"
        "            except Exception:\n                print(1)\n        case _:\n            await db.execute(q)\n"
    ),
    # The next statement fails inside a bigger `try` that rolls back.
    (
        "    try:\n        try:\n            await db.commit()\n        except Exception:\n            print(1)\n"
        "        await db.commit()\n    except Exception:\n        await db.rollback()\n"
    ),
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_handlers_that_leave_a_broken_transaction_are_found(code: str, tmp_path: Path) -> None:
    start = "async def f(db: AsyncSession, other: AsyncSession, q, rows):\n"
    check_source(project(start + code), "swallowed-error-without-rollback", tmp_path)


@pytest.mark.parametrize(
    ("first", "mark"),
    [
        ("known = await db.scalar(select(1))", "  # expect high"),
        ("known = await db.scalar(select(1))\n        await db.rollback()", "  # expect high"),
        ("await db.rollback()\n        known = await db.scalar(select(1))", ""),
        ("known = 3", ""),
        ("known = await other.scalar(select(1))", ""),
    ],
)
def test_a_handler_that_asks_the_session_before_it_raises(first: str, mark: str, tmp_path: Path) -> None:
    code = f"""\
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
async def f(db: AsyncSession, other: AsyncSession, row):
    db.add(row)
    try:
        await db.flush()
    except IntegrityError:{mark}
        {first}
        if known:
            raise LookupError(known)
        raise
"""
    check_source(code, "swallowed-error-without-rollback", tmp_path)


@pytest.mark.parametrize(("opened", "is_in_begin"), [("engine.begin()", True), ("engine.connect()", False)])
def test_a_begin_block_goes_on_only_behind_a_savepoint(opened: str, is_in_begin: bool, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy import insert, text\nfrom sqlalchemy.exc import IntegrityError\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "engine = create_async_engine('postgresql+asyncpg://localhost/x')\n"
        f"async def f(rows):\n    async with {opened} as c:\n        for row in rows:\n            try:\n"
        "                await c.execute(text('INSERT INTO t VALUES (1)'))\n            except IntegrityError:\n"
        "                print(row)\n"
    )
    (found,) = lint_source(code, "swallowed-error-without-rollback", tmp_path)
    assert "begin_nested()" in found.remedy
    assert ("rollback()" in found.remedy) is not is_in_begin
