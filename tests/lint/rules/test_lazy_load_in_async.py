"""`lazy-load-in-async` sees a relationship read that nothing loaded, and is silent as soon as anything may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    """\
async def f(db: AsyncSession):
    from sqlalchemy import select as sa_select
    users = list(await db.scalars(sa_select(User).order_by(User.name)))
    return [len(user.orders) for user in users]  # expect high
""",
    """\
async def f(db: AsyncSession):
    user = await db.get(User, 1)
    return user.orders  # expect high
""",
    """\
async def f(db: AsyncSession):
    user = await db.get_one(User, 1)
    return {"orders": len(user.orders)}  # expect high
""",
    """\
async def f(db: AsyncSession):
    result = await db.execute(select(User).where(User.id == 1).options(selectinload(User.groups)))
    user = result.scalars().first()
    for order in user.orders:  # expect high
        print(order)
""",
    """\
async def f(db: AsyncSession):
    query = select(User).order_by(User.name)
    query = query.limit(3)
    users = (await db.scalars(query)).all()
    return [len(user.orders) for user in users]  # expect high
""",
    """\
async def f():
    async with Session() as db:
        for order in (await db.scalars(select(Order))).all():
            print(order.user.name)  # expect high
""",
    """\
async def f(db: AsyncSession):
    order = await db.get(Order, 1)
    return order.user  # expect medium
""",
    """\
async def load(db: AsyncSession, key: int):
    result = await db.execute(select(User).where(User.id == key))
    return result.scalar_one_or_none()
async def f(db: AsyncSession):
    user = await load(db, 1)
    if user is None:
        return 0
    return len(user.orders)  # expect medium
""",
    """\
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def count(self):
        user = await self.db.scalar(select(User))
        return len(user.orders)  # expect high
""",
]
GOOD = [
    "    user = await db.scalar(select(User).options(selectinload(User.orders)))\n    return user.orders\n",
    (
        "    user = await db.scalar(select(User).options(joinedload(User.groups), joinedload(User.orders)))\n"
        "    return user.orders\n"
    ),
    (
        "    q = select(User).join(User.orders).options(contains_eager(User.orders))\n"
        "    user = (await db.scalars(q)).unique().one()\n    return user.orders\n"
    ),
    "    user = await db.get(User, 1, options=[selectinload(User.orders)])\n    return user.orders\n",
    "    user = await db.get(User, 1, **kwargs)\n    return user.orders\n",
    "    user = await db.scalar(select(User).options(*options))\n    return user.orders\n",
    "    user = await db.scalar(select(User).options(with_orders()))\n    return user.orders\n",
    "    user = await db.scalar(select(User).options(selectinload('*')))\n    return user.orders\n",
    "    user = await db.scalar(eager(select(User)))\n    return user.orders\n",
    "    user = await db.scalar(query)\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    await db.refresh(user, ['orders'])\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    return await user.awaitable_attrs.orders\n",
    "    user = await db.get(User, 1)\n    await db.run_sync(lambda s: user.orders)\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    user.orders = []\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    return user.groups, user.visits, user.logins, user.clicks\n",
    "    user = await db.get(User, 1)\n    return user.tags\n",
    "    user = await db.get(User, 1)\n    return user.name, user.age, user.label()\n",
    "    user = User(name='a')\n    return user.orders\n",
    "    user = await db.get(User, 1)\n    return await db.run_sync(lambda s: len(user.orders))\n",
    "    row = (await db.execute(select(User, Order))).first()\n    return row.orders\n",
    "    if lazy:\n        user = await db.get(User, 1)\n    else:\n        user = other()\n    return user.orders\n",
    "    user = await cache.get(User, 1)\n    return user.orders\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_relationship_nobody_loaded_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_whatever_may_have_loaded_it_keeps_the_rule_silent(code: str, tmp_path: Path) -> None:
    start = "async def f(db: AsyncSession, query, options, kwargs, lazy, cache):\n"
    check_source(project(start + code), "lazy-load-in-async", tmp_path)


def test_a_sync_function_may_load_lazily(tmp_path: Path) -> None:
    code = "def f(session):\n    user = session.get(User, 1)\n    return user.orders\n"
    check_source(project(code), "lazy-load-in-async", tmp_path)


def test_a_query_built_by_many_optional_filters_is_followed_through_all_of_them(tmp_path: Path) -> None:
    filters = "".join(f"    if wanted == {n}:\n        query = query.where(User.id == {n})\n" for n in range(30))
    head = "async def f(db: AsyncSession, wanted: int):\n    query = select(User)\n"
    tail = "    user = (await db.scalars(query)).first()\n    return user.orders  # expect high\n"
    check_source(project(head + filters + tail), "lazy-load-in-async", tmp_path)
    check_source(
        project(head + filters + "    query = query.options(selectinload(User.orders))\n" + tail.partition("  #")[0]),
        "lazy-load-in-async",
        tmp_path,
    )


DEEP = """\
from datetime import datetime
from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): ...
class House(Base):
    __tablename__ = "houses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    beds: Mapped[list["Bed"]] = relationship(back_populates="house")
    def crops(self):
        return [bed.crop for bed in self.beds]
    @property
    def size(self):
        return len(self.crops())
    def title(self):
        return self.name
    def maybe(self, deep):
        return self.crops() if deep else []
    def careful(self):
        return self.beds if "beds" not in inspect(self).unloaded else []
class Bed(Base):
    __tablename__ = "beds"
    id: Mapped[int] = mapped_column(primary_key=True)
    crop: Mapped[str]
    house_id: Mapped[int] = mapped_column(ForeignKey("houses.id"))
    house: Mapped[House] = relationship(back_populates="beds")
    notes: Mapped[list["Note"]] = relationship()
    def __repr__(self):
        return f"<Bed {self.crop} of {self.house}>"
class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    bed_id: Mapped[int] = mapped_column(ForeignKey("beds.id"))
"""
DEEP_HEAD = """\
import logging
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from models import Bed, House
log = logging.getLogger(__name__)
async def f(db: AsyncSession, key: int):
"""
BED = "    bed = await db.scalar(select(Bed).options(selectinload(Bed.house)))\n"
BEDS = "    beds = (await db.scalars(select(Bed).options(joinedload(Bed.house)))).all()\n"
HOUSE = "    house = await db.get(House, key)\n"
NEW = "    house = House(name='a')\n    db.add(house)\n    await db.flush()\n"


@pytest.mark.parametrize(
    "code",
    [
        # The second level.
        BED + "    return len(bed.house.beds)  # expect high\n",
        BEDS + "    return [other for bed in beds for other in bed.house.beds]  # expect high\n",
        HOUSE.replace("key", "key, options=[selectinload(House.beds)]")
        + "    for bed in house.beds:\n        print(bed.notes)  # expect high\n",
        # Back where it came from: the session has it.
        HOUSE.replace("key", "key, options=[selectinload(House.beds)]") + "    return house.beds[0].house.name\n",
        BED.replace("Bed.house)", "Bed.house).selectinload(House.beds)") + "    return len(bed.house.beds)\n",
        # Only the first that is missing is told.
        "    bed = await db.get(Bed, key)\n    return bed.house.beds  # expect medium\n",
        # Methods and properties of the object.
        HOUSE + "    return house.crops()  # expect high\n",
        HOUSE + "    return house.size  # expect high\n",
        HOUSE + "    return house.maybe(True)  # expect medium\n",
        HOUSE + "    return house.title(), house.careful()\n",
        HOUSE.replace("key", "key, options=[selectinload(House.beds)]") + "    return house.size\n",
        # What turns it into text.
        "    bed = await db.get(Bed, key)\n    log.info(f'{bed}')  # expect medium\n",
        "    bed = await db.get(Bed, key)\n    log.warning('%s is there', bed)  # expect medium\n",
        "    beds = (await db.scalars(select(Bed))).all()\n    print(beds)  # expect medium\n",
        "    bed = await db.get(Bed, key)\n    log.info(f'{bed.crop} {key}')\n    return str(key), repr(bed.id)\n",
        BED + "    return f'{bed!r}'\n",
        HOUSE + "    return f'{house}'\n",
        # Objects that were made and saved.
        NEW + "    return house.beds  # expect high\n",
        NEW + "    await db.commit()\n    await db.refresh(house)\n    return house.size  # expect high\n",
        NEW.replace("name='a'", "name='a', beds=[]") + "    return house.beds\n",
        NEW.replace("db.add(house)", "house.beds.append(Bed())\n    db.add(house)") + "    return house.beds\n",
        NEW.replace("db.add(house)", "db.add(Bed(house=house))\n    db.add(house)") + "    return house.beds\n",
        NEW.replace("    await db.flush()\n", "") + "    return house.beds\n",
        NEW + "    await db.refresh(house, ['beds'])\n    return house.beds\n",
        NEW.replace("name='a'", "**key") + "    return house.beds  # expect medium\n",
    ],
)  # fmt: skip
def test_what_an_object_leads_to_and_reads_by_itself_is_followed(code: str, tmp_path: Path) -> None:
    check_source({"pyproject.toml": "", "models.py": DEEP, "app.py": DEEP_HEAD + code}, "lazy-load-in-async", tmp_path)


def test_who_asks_a_repository_needs_no_word_of_a_database(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "models.py": DEEP,
        "repository.py": DEEP_HEAD.replace("async def f(db: AsyncSession, key: int):\n", "")
        + "class Houses:\n    def __init__(self, db: AsyncSession):\n        self.db = db\n"
        + "    async def named(self, name: str) -> House:\n"
        + "        return (await self.db.scalars(select(House).where(House.name == name))).one()\n",
        "service.py": "from repository import Houses\nasync def f(houses: Houses):\n"
        "    house = await houses.named('a')\n    return house.beds  # expect medium\n",
    }
    check_source(files, "lazy-load-in-async", tmp_path)


def test_what_a_dependency_has_loaded_is_followed(tmp_path: Path) -> None:
    code = """\
async def current_user(db: AsyncSession = Depends(get_db)):
    return (await db.scalars(select(User))).first()
@router.get("/orders")
async def orders(user: Annotated[User, Depends(current_user)]):
    return len(user.orders)  # expect medium
@router.get("/name")
async def name(user: Annotated[User, Depends(current_user)]):
    return user.name, user.groups
"""
    check_source(project(code), "lazy-load-in-async", tmp_path)


DYNAMIC = (
    "user.logins.all()  # expect high",
    "user.clicks.filter(Order.id > 1).first()  # expect high",
    "len(user.clicks.order_by(Order.id).count())  # expect high",
    "[one for one in user.logins]  # expect high",
    "list(user.clicks)  # expect high",
    "user.clicks[0]  # expect high",
    "user.clicks.append(1)",
    "await db.scalars(user.logins.statement)",
    "user.clicks.filter(Order.id > 1)",
    "user.visits.select()",
)


@pytest.mark.parametrize("use", DYNAMIC)
def test_the_query_of_a_dynamic_collection_is_sent_where_it_ends(use: str, tmp_path: Path) -> None:
    code = f"async def f(db: AsyncSession):\n    user = await db.get(User, 1)\n    x = {use}\n"
    check_source(project(code), "lazy-load-in-async", tmp_path)


EACH = (
    "sorted(users, key=lambda one: len(one.orders))  # expect",
    "max(users, key=lambda one: one.orders)  # expect",
    "list(map(lambda one: one.orders, users))  # expect",
    "sorted(users, key=lambda one: one.name)",
    "sorted(other, key=lambda one: one.orders)",
    "call(users, key=lambda one: one.orders)",
)


@pytest.mark.parametrize("use", EACH)
def test_what_a_lambda_is_called_with_is_known(use: str, tmp_path: Path) -> None:
    code = f"async def f(db: AsyncSession, other):\n    users = (await db.scalars(select(User))).all()\n    x = {use}\n"
    check_source(project(code), "lazy-load-in-async", tmp_path)


HELD = (
    "users[0].orders  # expect",
    "users[-1].orders  # expect",
    "users[0:2].orders",
    "users[0, 1].orders",
    "users[other].orders",
    "row[0].orders",
    "[one for one in users][0].orders  # expect",
    "[one for one in users if one.name][0].orders  # expect",
    "[other for one in users][0].orders",
    "[one for one in users for other in users][0].orders",
    "[one for one in user][0].orders",
    "list(users)[0].orders  # expect",
    "list()[0].orders",
    "tuple(users)[0].orders",
    "list(user)[0].orders",
    "(one := users[0]).orders  # expect",
    "users.all()[0].orders  # expect",
    "users.unique()[0].orders  # expect",
    "users.first().orders  # expect",
    "users.fetchmany(1)[0].orders",
    "users.orders",
    "row.scalar_one().orders  # expect",
    "row.scalars()[0].orders  # expect",
    "row.unique().scalar().orders  # expect",
    "row.mappings()[0].orders",
    "user.first().orders",
)


@pytest.mark.parametrize("use", HELD)
def test_what_holds_the_objects_is_told_by_how_it_is_used(use: str, tmp_path: Path) -> None:
    code = """\
async def f(db: AsyncSession, other):
    row = await db.execute(select(User))
    users = await db.scalars(select(User))
    user = await db.get(User, 1)
"""
    check_source(project(f"{code}    x = {use}\n"), "lazy-load-in-async", tmp_path)


SAVED = (
    ("db.add(user)", True),
    ("db.add_all([user])", True),
    ("db.add_all([other, user])", True),
    ("db.add_all((user, other))", True),
    ("db.add_all([other])", False),
    ("db.add_all(other)", False),
    ("db.add_all()", False),
    ("db.add(other)", False),
    ("db.add(other, user)", False),
    ("other.add(user)", False),
    ("db.expunge([user])", False),
)


@pytest.mark.parametrize(("call", "is_saved"), SAVED)
def test_what_was_made_and_saved_has_nothing_loaded(call: str, is_saved: bool, tmp_path: Path) -> None:
    mark = "  # expect" if is_saved else ""
    code = f"""\
async def f(db: AsyncSession, other):
    user = User()
    {call}
    await db.commit()
    await db.refresh(user)
    x = user.orders{mark}
"""
    check_source(project(code), "lazy-load-in-async", tmp_path)


NAMED = (
    (".join(User.orders)", True),
    (".outerjoin(User.orders)", True),
    (".where(User.orders.any(Order.paid))", True),
    (".options(selectinload(User.groups).selectinload(Group.orders))", True),
    (".join(User.orders).options(contains_eager(User.orders))", False),
    (".options(selectinload(User.groups).selectinload(Group.orders), selectinload(User.orders))", False),
    (".options(selectinload(Admin.orders))", False),
    (".options(joinedload('orders'))", False),
    (".where(User.orders == other)", False),
)


@pytest.mark.parametrize(("named", "is_missing"), NAMED)
def test_a_join_a_condition_and_another_class_load_nothing(named: str, is_missing: bool, tmp_path: Path) -> None:
    code = f"""\
class Group(Base):
    __tablename__ = "groups"
    orders: Mapped[list["Order"]] = relationship()
class Admin(User): ...
async def f(db: AsyncSession, other):
    user = await db.scalar(select(User){named})
    return user.orders{"  # expect high" if is_missing else ""}
"""
    check_source(project(code), "lazy-load-in-async", tmp_path)


ANY_MODEL = """\
class Store:
    model = None
    def __init__(self, db: AsyncSession):
        self.db = db
    async def one(self, key, with_orders=False):
        query = select(self.model).where(self.model.id == key)
        if with_orders:
            query = query.options(selectinload(User.orders))
        return await self.db.scalar(query)
    async def again(self, key):
        return await self.one(key)
class Users(Store):
    model = User
class Given:
    def __init__(self, model, db: AsyncSession):
        self.model, self.db = model, db
        self.model = model
        self.db = db
    async def one(self, key):
        return await self.db.get(self.model, key)
class GivenUsers(Given):
    def __init__(self, db: AsyncSession):
        super().__init__(User, db)
async def f(users: Users, given: GivenUsers, store: Store, db: AsyncSession):
    user = await {call}
    return user.orders{mark}
"""


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("users.one(1)", True),
        ("users.one(1, False)", True),
        ("users.one(1, with_orders=True)", False),
        ("users.one(1, with_orders=flag)", False),
        ("users.one(1, **more)", False),
        ("users.again(1)", True),
        ("Users(db).one(1)", True),
        ("given.one(1)", True),
        ("Given(User, db).one(1)", True),
        ("store.one(1)", False),
        ("Given(other, db).one(1)", False),
    ],
)
def test_a_repository_for_any_model_works_with_that_of_its_object(call: str, told: bool, tmp_path: Path) -> None:
    code = ANY_MODEL.replace("{call}", call).replace("{mark}", "  # expect medium" if told else "")
    check_source(project(code), "lazy-load-in-async", tmp_path)


def test_a_class_method_works_with_its_own_class(tmp_path: Path) -> None:
    files = project(
        "async def f(db: AsyncSession):\n    user = await User.one(db)\n    return user.orders  # expect medium\n"
    )
    files["app/models.py"] = files["app/models.py"].replace(
        "    def label(self):",
        "    @classmethod\n    async def one(cls, db: AsyncSession):\n        return await db.scalar(select(cls))\n\n    def label(self):",
        1,
    )
    files["app/models.py"] = (
        "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n" + files["app/models.py"]
    )
    check_source(files, "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("isinstance(link, Tunnel)", True),
        ("not isinstance(link, Tunnel)", False),
        ("isinstance(link, Other)", False),
        ("link.id", False),
    ],
)
def test_isinstance_tells_the_subclass_that_has_the_relationship(asked: str, told: bool, tmp_path: Path) -> None:
    code = f"""\
class Link(Base):
    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
class Tunnel(Link):
    peer: Mapped[list["User"]] = relationship()
class Other(Base):
    __tablename__ = "others"
    id: Mapped[int] = mapped_column(primary_key=True)
async def f(db: AsyncSession):
    for link in (await db.scalars(select(Link))).all():
        if {asked}:
            print(link.peer){"  # expect high" if told else ""}
"""
    check_source(project(code), "lazy-load-in-async", tmp_path)


PROXY = """\
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from app.models import Base, Mapped, mapped_column, relationship

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list["Tag"]] = relationship(back_populates="post")
    words: AssociationProxy[list[str]] = association_proxy("tags", "word")

"""


def test_an_association_proxy_reads_its_relationship(tmp_path: Path) -> None:
    read = "async def f(db: AsyncSession):\n    post = await db.get(Post, 1{})\n    return list(post.words){}\n"
    told = PROXY + read.format("", "  # expect high")
    check_source(project(told), "lazy-load-in-async", tmp_path)
    check_source(
        project(PROXY + read.format(", options=[selectinload(Post.tags)]", "")), "lazy-load-in-async", tmp_path
    )


def test_what_refuses_to_load_is_told_with_its_error(tmp_path: Path) -> None:
    code = "async def f(db: AsyncSession):\n    user = await db.get(User, 1)\n    return user.notes  # expect high\n"
    (finding,) = check_source(project(code), "lazy-load-in-async", tmp_path)
    assert "InvalidRequestError" in finding.message


FILLS = """\
async def fill(db, *given):
    for one in given:
        await db.refresh(one, ["orders"])
async def through(db, one):
    await fill(db, one)
async def by_key(db, keys):
    await db.scalars(select(User).where(User.id.in_(keys)).options(selectinload(User.orders)))
async def by_attribute(given):
    return await given.awaitable_attrs.orders
async def plainly(db, one):
    await db.refresh(one)
async def joined(db, one):
    return await db.scalar(select(User.id).join(User.orders).where(User.name == one.name))
class Filler:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def fill(self, one):
        await self.db.refresh(one, attribute_names=["orders"])
async def f(db: AsyncSession, keys, filler: Filler):
    user = await db.get(User, 1)
    {call}
    return user.orders{mark}
"""
FILLING = (
    "await fill(db, user)",
    "await fill(db, *[user], user)",
    "await through(db, one=user)",
    "await by_key(db, keys)",
    "await through(db, [user])",
    "await by_attribute(user)",
    "await filler.fill(user)",
    "await asyncio.wait_for(fill(db, user), 3)",
)
NOT_FILLING = ("await plainly(db, user)", "await joined(db, user)", "await db.refresh(user)", "print(user)")


@pytest.mark.parametrize("call", FILLING)
def test_a_function_that_is_given_the_object_may_load_it(call: str, tmp_path: Path) -> None:
    check_source(project("import asyncio\n" + FILLS.format(call=call, mark="")), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize("call", NOT_FILLING)
def test_a_function_that_loads_something_else_does_not(call: str, tmp_path: Path) -> None:
    check_source(project(FILLS.format(call=call, mark="  # expect high")), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize(
    ("query", "mark"),
    [
        ("await db.get(User, order.user_id)", "low"),
        ("await users.by_id(order.user_id)", "low"),
        ("await Users(db).get(id=order.user_id)", "low"),
        ("(await db.scalars(select(User).where(User.id == 1))).one()", "low"),
        ("await db.get(Order, 2)", "medium"),
    ],
)
def test_a_single_object_may_have_been_queried_by_itself(query: str, mark: str, tmp_path: Path) -> None:
    code = (
        f"async def f(db: AsyncSession):\n    order = await db.get(Order, 1)\n    other = {query}\n"
        f"    return other, order.user  # expect {mark}\n"
    )
    check_source(project(code), "lazy-load-in-async", tmp_path)


REPOSITORY = """\
class Orders:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def by_id(self, key):
        return await self.db.get(Order, key)
async def f(db: AsyncSession, orders: Orders):
    order = await orders.by_id(1)
    {before}
    name = order.user.name  # expect {mark}
    {behind}
    return name
"""
ASKED = "user = await db.get(User, order.user_id)"


@pytest.mark.parametrize(
    ("before", "behind", "mark"),
    [(ASKED, "pass", "low"), ("pass", ASKED, "medium"), ("await db.get(Order, 2)", "pass", "medium")],
)
def test_what_the_reader_has_queried_is_in_the_session(before: str, behind: str, mark: str, tmp_path: Path) -> None:
    code = REPOSITORY.format(before=before, behind=behind, mark=mark)
    check_source(project(code), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize(("home", "place"), [("app/code.py", "in line "), ("app/store.py", "in app/store.py:")])
def test_the_query_is_named_with_its_file_where_that_is_another(home: str, place: str, tmp_path: Path) -> None:
    files = project("")
    head, loads = files["app/code.py"], "async def load(db: AsyncSession):\n    return await db.get(User, 1)\n"
    files[home] = head + loads
    imports = "" if home == "app/code.py" else "from app.store import load\n"
    files["app/code.py"] = f"{files['app/code.py']}{imports}async def f(db: AsyncSession):\n    user = await load(db)\n"
    files["app/code.py"] += "    return user.orders  # expect\n"
    (finding,) = check_source(files, "lazy-load-in-async", tmp_path)
    assert f"the query {place}" in finding.message


AGAIN = """\
class Users:
    @staticmethod
    async def got(db: AsyncSession, key: int, with_orders: bool = False):
        query = select(User).where(User.id == key)
        if with_orders:
            query = query.options(selectinload(User.orders))
        return await db.scalar(query)
async def f(db: AsyncSession, key: int, other: int):
    user = await Users.got(db, {first})
    print(user.name)
    user = await Users.got(db, {key})
    return user.orders{mark}
"""


@pytest.mark.parametrize(
    ("first", "key", "mark"),
    [
        ("key, with_orders=True", "user.id", ""),
        ("key", "user.id", "  # expect medium"),
        ("key, with_orders=True", "other", "  # expect medium"),
    ],
)
def test_an_object_that_is_here_is_given_once_more_with_all_it_has(
    first: str, key: str, mark: str, tmp_path: Path
) -> None:
    check_source(project(AGAIN.format(first=first, key=key, mark=mark)), "lazy-load-in-async", tmp_path)


@pytest.mark.parametrize(("options", "told"), [("", "  # expect medium"), (".options(selectinload(Ticket.marks))", "")])
def test_a_base_of_another_file_turns_an_object_into_a_dict(options: str, told: str, tmp_path: Path) -> None:
    files = {
        "turning.py": (
            "class Turning:\n    def to_dict(self, whole=False):\n        found = {'id': self.id}\n"
            "        if whole:\n            found['marks'] = [one.id for one in self.marks]\n        return found\n"
        ),
        "models.py": (
            "from sqlalchemy import ForeignKey\n"
            "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship\nfrom turning import Turning\n"
            "class Base(DeclarativeBase): ...\nclass Ticket(Turning, Base):\n    __tablename__ = 'tickets'\n"
            "    id: Mapped[int] = mapped_column(primary_key=True)\n    marks: Mapped[list['Label']] = relationship()\n"
            "class Label(Base):\n    __tablename__ = 'labels'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
            "    ticket_id: Mapped[int] = mapped_column(ForeignKey('tickets.id'))\n"
        ),
        "show.py": (
            "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
            "from sqlalchemy.orm import selectinload\nfrom models import Ticket\n"
            "async def show(db: AsyncSession, number):\n"
            f"    ticket = await db.scalar(select(Ticket).where(Ticket.id == number){options})\n"
            f"    return ticket.to_dict(whole=True){told}\n"
        ),
    }
    check_source(files, "lazy-load-in-async", tmp_path)


KEYED = """\
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): ...
class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
class Parcel(Base):
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    sender: Mapped[Person | None] = relationship(foreign_keys=[sender_id])
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"){default})
    owner: Mapped[Person | None] = relationship(foreign_keys="Parcel.owner_id")
    kept_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    keeper: Mapped[Person | None] = relationship(Person, back_populates="kept")
async def send(db: AsyncSession, key: int, data):
    parcel = Parcel({given})
    {then}
    db.add(parcel)
    await db.commit()
    await db.refresh(parcel)
    return parcel.{read}{mark}
"""


@pytest.mark.parametrize(
    ("given", "read", "then", "default", "mark"),
    [
        ("", "owner", "pass", "", ""),
        ("sender_id=key", "owner", "pass", "", ""),
        ("owner_id=key", "owner", "pass", "", "  # expect medium"),
        ("", "owner", "parcel.owner_id = key", "", "  # expect medium"),
        ("**data", "owner", "pass", "", "  # expect medium"),
        ("", "owner", "pass", ", default=1", "  # expect medium"),
        ("", "keeper", "pass", "", "  # expect medium"),
    ],
)
def test_a_new_object_without_its_key_has_no_other(
    given: str, read: str, then: str, default: str, mark: str, tmp_path: Path
) -> None:
    code = KEYED.format(given=given, read=read, then=then, default=default, mark=mark)
    check_source(code, "lazy-load-in-async", tmp_path)
