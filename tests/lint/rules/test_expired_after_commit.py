"""`expired-after-commit` sees reads of expired attributes where the factory is proven to leave the option on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
async def f():
    async with Session() as db:
        user = User(name="a")
        db.add(user)
        await db.commit()
        return user.id  # expect high
""",
    """\
@router.post("/users")
async def f(name: str, db: AsyncSession = Depends(get_db)):
    user = await db.get(User, 1)
    user.name = name
    try:
        await db.commit()
    except IntegrityError:
        await db.rollback()
        raise
    print(user.name)  # expect high
""",
    """\
Db = Annotated[AsyncSession, Depends(get_db)]
async def f(db: Db):
    user = (await db.execute(select(User))).scalar_one()
    await db.commit()
    return {"age": user.age}  # expect high
""",
    """\
async def f(db: AsyncSession):
    user = await db.scalar(select(User))
    await db.commit()
    return user.orders  # expect medium
""",
    """\
class UserOut(BaseModel):
    id: int
@router.post("/users", response_model=UserOut)
async def f(db: AsyncSession = Depends(get_db)):
    user = User()
    db.add(user)
    await db.commit()
    return user  # expect high
""",
]
GOOD = [
    "    await db.refresh(user)\n    return user.id\n",
    "    user = await db.get(User, 1)\n    return user.id\n",
    "    user = (await db.execute(select(User))).scalar_one()\n    return user.id\n",
    "    return user.label()\n",
    "    return user\n",
    "    user.name = 'b'\n",
    "    return other.id\n",
    "    await reload(user)\n    return user.id\n",
    "    return await user.awaitable_attrs.name\n",
    "    return lambda: user.id\n",
]
START = """\
async def f(db: Annotated[AsyncSession, Depends(get_db)], other: User):
    user = User()
    db.add(user)
    await db.commit()
"""


@pytest.mark.parametrize("code", BAD)
def test_a_read_of_an_expired_attribute_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "expired-after-commit", tmp_path)


@pytest.mark.parametrize("code", [code.replace("# expect high", "").replace("# expect medium", "") for code in BAD])
def test_nothing_expires_where_the_factory_turns_it_off(code: str, tmp_path: Path) -> None:
    check_source(project(code, options=", expire_on_commit=False"), "expired-after-commit", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_what_fills_or_does_not_read_the_object_is_silent(code: str, tmp_path: Path) -> None:
    check_source(project(START + code), "expired-after-commit", tmp_path)


def test_a_commit_on_another_way_or_session_expires_nothing(tmp_path: Path) -> None:
    code = """\
async def f(db: AsyncSession, log: AsyncSession, save: bool):
    user = await db.get(User, 1)
    if save:
        await db.commit()
        return None
    await log.commit()
    return user.id
"""
    check_source(project(code), "expired-after-commit", tmp_path)


def test_without_a_factory_in_sight_nothing_is_said(tmp_path: Path) -> None:
    files = project(START + "    return user.id\n")
    del files["app/db.py"]
    check_source(files, "expired-after-commit", tmp_path)
