"""`lazy-load-in-response` compares the fields of a response model with what the query loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

SCHEMAS = """\
class UserOut(BaseModel):
    id: int
    orders: list[int]
class UserList(BaseModel):
    orders: list[int] = []
    name: str
class Plain(BaseModel):
    id: int
    groups: list[int]
"""
BAD = [
    (
        "from pydantic import TypeAdapter\nmany = TypeAdapter(list[UserOut])\n"
        "async def f(db: AsyncSession):\n    users = (await db.scalars(select(User))).all()\n"
        "    return many.validate_python(users)  # expect\n"
    ),
    (
        '@router.get("/u", response_model=UserOut)\nasync def f(db: AsyncSession):\n'
        "    return await db.scalar(select(User))  # expect high\n"
    ),
    (
        '@router.get("/u")\nasync def f(db: AsyncSession) -> UserOut:\n'
        "    user = await db.get(User, 1, options=[joinedload(User.groups)])\n    return user  # expect high\n"
    ),
    (
        '@router.get("/u", response_model=list[UserList])\nasync def f(db: AsyncSession = Depends(get_db)):\n'
        "    result = await db.execute(select(User).limit(9))\n    return result.scalars().all()  # expect high\n"
    ),
    (
        "async def f(db: AsyncSession):\n    user = await db.get(User, 1)\n"
        "    return UserOut.model_validate(user)  # expect high\n"
    ),
    (
        '@router.post("/u", response_model=UserOut)\nasync def f(db: AsyncSession):\n'
        "    user = User(name='a')\n    db.add(user)\n    await db.commit()\n    return user  # expect high\n"
    ),
]
GOOD = [
    (
        "from pydantic import TypeAdapter\nmany = TypeAdapter(list[UserOut])\n"
        "async def f(db: AsyncSession):\n"
        "    users = (await db.scalars(select(User).options(selectinload(User.orders)))).all()\n"
        "    return many.validate_python(users)\n"
    ),
    (
        '@router.get("/u", response_model=UserOut)\nasync def f(db: AsyncSession):\n'
        "    return await db.scalar(select(User).options(selectinload(User.orders)))\n"
    ),
    (
        '@router.get("/u", response_model=Plain)\nasync def f(db: AsyncSession):\n'
        "    return await db.scalar(select(User))\n"
    ),
    '@router.get("/u")\nasync def f(db: AsyncSession):\n    return await db.scalar(select(User))\n',
    (
        '@router.get("/u", response_model=UserOut)\nasync def f(db: AsyncSession):\n'
        "    user = await db.scalar(select(User))\n    return UserOut(id=user.id, orders=[])\n"
    ),
    "async def f(db: AsyncSession) -> UserOut:\n    return await db.scalar(select(User))\n",
    (
        "async def fill(user):\n    await user.awaitable_attrs.orders\n"
        '@router.post("/u", response_model=UserOut)\nasync def f(db: AsyncSession):\n'
        "    user = User(name='a')\n    db.add(user)\n    await db.commit()\n    await fill(user)\n    return user\n"
    ),
    (
        "async def one(db: AsyncSession, options=None):\n    return await db.get(User, 1, options=options)\n"
        '@router.get("/u", response_model=UserOut)\nasync def f(db: AsyncSession):\n'
        "    return await one(db, loading())\n"
    ),
    (
        '@router.post("/u", response_model=UserOut)\nasync def f(db: Session):\n'
        "    user = User(name='a')\n    db.add(user)\n    db.commit()\n    return user\n"
    ),
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_fields_nobody_loaded_are_found(code: str, tmp_path: Path) -> None:
    check_source(project(SCHEMAS + code), "lazy-load-in-response", tmp_path)


def test_a_validator_of_the_whole_may_read_something_else(tmp_path: Path) -> None:
    code = """\
class Out(BaseModel):
    orders: list[int]
    @model_validator(mode="before")
    def build(cls, value):
        return {"orders": []}
async def f(db: AsyncSession):
    return Out.model_validate(await db.get(User, 1))
"""
    check_source(project(code), "lazy-load-in-response", tmp_path)


COUNTED = """\
from sqlalchemy.ext.hybrid import hybrid_property
from app.models import Base, Mapped, mapped_column, relationship

class Cart(Base):
    __tablename__ = "carts"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["Line"]] = relationship(back_populates="cart")

    @hybrid_property
    def total(self):
        return sum(line.price for line in self.lines)

    @property
    def name(self):
        return f"cart {self.id}"

class CartOut(BaseModel):
    total: int
    name: str

@router.get("/carts/{key}", response_model=CartOut)
async def f(key: int, db: AsyncSession = Depends(get_db)):
    return await db.get(Cart, key OPTIONS
"""


def test_a_property_that_reads_one_is_a_field_too(tmp_path: Path) -> None:
    check_source(project(COUNTED.replace(" OPTIONS", ")  # expect high")), "lazy-load-in-response", tmp_path)
    loaded = COUNTED.replace(" OPTIONS", ", options=[selectinload(Cart.lines)])")
    check_source(project(loaded), "lazy-load-in-response", tmp_path)


TABLE = """\
from sqlmodel import Field, Relationship, SQLModel

class Cart(SQLModel, table=True):
    id: int = Field(primary_key=True)
    lines: list["Line"] = Relationship(back_populates="cart")

class Line(SQLModel, table=True):
    id: int = Field(primary_key=True)
    cart_id: int = Field(foreign_key="cart.id")
    cart: Cart = Relationship(back_populates="lines")

class CartOut(SQLModel):
    id: int
    lines: list[Line]

"""


@pytest.mark.parametrize(("model", "mark"), [("Cart", ""), ("CartOut", "  # expect high")])
def test_a_relationship_of_a_table_is_no_field_of_it(model: str, mark: str, tmp_path: Path) -> None:
    code = f'@router.get("/u", response_model={model})\nasync def f(db: AsyncSession):\n    return await db.get(Cart, 1){mark}\n'
    check_source(project(TABLE + code), "lazy-load-in-response", tmp_path)


READER = (
    "class Serial:\n    @classmethod\n    def of(cls, user: User) -> UserOut:\n        return UserOut.model_validate(user)\n"
    "def serialize(user: User, *, deep: bool = True) -> UserOut:\n    read = UserOut.model_validate(user)\n    return read\n"
    "def sometimes(user: User, deep: bool):\n    if deep:\n        return UserOut.model_validate(user)\n    return None\n"
    "def another(user: User):\n    user = User(orders=[])\n    return UserOut.model_validate(user)\n"
    "async def f(db: AsyncSession):\n    user = await db.get(User, 1{options})\n    return {call}{mark}\n"
)


@pytest.mark.parametrize(
    ("call", "options", "mark"),
    [
        ("serialize(user)", "", "  # expect high"),
        ("serialize(user=user, deep=False)", "", "  # expect high"),
        ("Serial.of(user)", "", "  # expect high"),
        ("serialize(user)", ", options=[joinedload(User.orders)]", ""),
        ("sometimes(user, True)", "", ""),
        ("another(user)", "", ""),
    ],
)
def test_a_plain_function_that_validates_what_it_is_given(call: str, options: str, mark: str, tmp_path: Path) -> None:
    code = SCHEMAS + READER.format(call=call, options=options, mark=mark)
    check_source(project(code), "lazy-load-in-response", tmp_path)


PLAIN_BLOCK = (
    "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session as PlainSession\n"
    "plain = create_engine('postgresql://h/d')\n"
    '@router.get("/u", response_model={model})\ndef f(number: int{more}):\n'
    "    with {block}:\n        user = {query}\n        {between}\n        return user{mark}\n"
)
BLOCK = {
    "model": "UserOut", "more": "", "block": "PlainSession(plain) as db", "query": "db.get(User, number)",
    "between": "print(user.name)", "mark": "",
}  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [
        {"mark": "  # expect high"},
        {"model": "list[UserOut]", "query": "db.scalars(select(User)).all()", "mark": "  # expect high"},
        {"query": "db.execute(select(User)).scalar_one()", "mark": "  # expect high"},
        {"query": "db.get(User, number, options=[joinedload(User.orders)])"},
        {"between": "print(len(user.orders))"},
        {"query": "UserOut.model_validate(db.get(User, number))"},
        {"more": ", db: PlainSession = Depends(get_plain)", "block": "open(number)"},
        {"model": "Plain"},
    ],
)
def test_what_leaves_the_block_of_a_plain_session(parts: dict[str, str], tmp_path: Path) -> None:
    """It is read when the session is closed; that of a dependency is still open then."""
    code = SCHEMAS + PLAIN_BLOCK.format(**(BLOCK | parts))
    check_source(project(code), "lazy-load-in-response", tmp_path)


NESTED = """\
class OrderOut(BaseModel):
    id: int
    user: {user}
class WithOrders(BaseModel):
    id: int
    orders: {orders}
class Inner(BaseModel):
    id: int
    groups: list[int]
{reads}
async def f(db: AsyncSession = Depends(get_db)):
    {query}
    {given}
"""
ROUTE = "@router.get('/u', response_model={model})"
OF_USERS = {
    "user": "int", "orders": "list[OrderOut]", "reads": ROUTE.format(model="list[WithOrders]"),
    "query": "rows = await db.scalars(select(User).options(selectinload(User.orders)))", "given": "return rows.all()",
}  # fmt: skip
OF_ORDERS = {
    "user": "UserOut", "orders": "int", "reads": ROUTE.format(model="OrderOut"),
    "query": "row = await db.get(Order, 1, options=[joinedload(Order.user)])", "given": "return row  # expect",
}  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [
        OF_ORDERS,
        OF_ORDERS | {"user": "UserOut | None"},
        OF_ORDERS | {"user": "Optional[UserOut]"},
        OF_ORDERS | {"reads": "", "given": "return OrderOut.model_validate(row)  # expect"},
        OF_ORDERS | {"user": "Inner", "given": "return row"},
        OF_ORDERS | {"user": "dict[str, UserOut]", "given": "return row"},
        OF_ORDERS
        | {
            "query": "row = await db.get(Order, 1, options=[joinedload(Order.user).selectinload(User.orders)])",
            "given": "return row",
        },
        # What is missing on the way is told, and nothing behind it.
        OF_ORDERS | {"query": "row = await db.get(Order, 1)", "given": "return row  # expect"},
        # An order's user is in the session: its orders were loaded for it.
        OF_USERS | {"user": "Plain"},
        OF_USERS | {"user": "Inner"},
    ],
)
def test_the_response_models_of_its_fields_read_the_next_level(parts: dict[str, str], tmp_path: Path) -> None:
    code = "from typing import Optional\n" + SCHEMAS + NESTED.format(**parts)
    check_source(project(code), "lazy-load-in-response", tmp_path)
