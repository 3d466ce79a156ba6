"""What the mapper sends by itself and what is written as text leads back to its line as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.orm.origins.search import Origin, Statements
from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Confidence

MODELS = """
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase): pass

tagged = Table("product_tags", Base.metadata, Column("product_id", ForeignKey("products.id")),
               Column("tag_id", ForeignKey("tags.id")))

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stock: Mapped[int]
    tags: Mapped[list[Tag]] = relationship(secondary=tagged)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int]
    email: Mapped[str]
    paid: Mapped[bool]
    product: Mapped["Product"] = relationship()
"""
API = """
from sqlalchemy import select, text
from sqlalchemy.orm import joinedload
from models import Order, Product

async def show(session, id):
    return await session.get(Order, id)

async def show_product(session, order):
    return order.product.name

async def lock(session, id):
    return await session.get_one(Product, id, with_for_update=True)

async def place(session, product_id, email):
    session.add(Order(product_id=product_id, email=email, paid=False))

async def restock(product):
    product.stock += 1
    product.name = "new"

async def with_tags(session):
    return await session.scalars(select(Product).where(Product.stock > 0).options(joinedload(Product.tags)))

async def pay(order):
    setattr(order, "paid", True)
    setattr(order, "email", None)

async def report(session, day):
    return await session.execute(text("SELECT email, count(*) FROM orders WHERE day = :day GROUP BY 1"), {"day": day})

async def report_of(connection, table):
    return await connection.fetch(f"SELECT product_id FROM {table} WHERE paid = false ORDER BY product_id")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Statements:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "models.py").write_text(MODELS)
    (folder / "api.py").write_text(API)
    (folder / "pyproject.toml").write_text("")
    (folder / "test_api.py").write_text(API)
    return Statements(Project(Path(folder)))


def functions(found: tuple[Origin, ...]) -> list[str]:
    return [one.function for one in found]


@pytest.mark.parametrize(
    ("statement", "function"),
    [
        (
            (
                "SELECT orders.id AS orders_id, orders.product_id AS orders_product_id, orders.email AS orders_email, "
                "orders.paid AS orders_paid FROM orders WHERE orders.id = $1::INTEGER"
            ),
            "show",
        ),
        (
            (
                "SELECT products.id AS products_id, products.name AS products_name, products.stock AS products_stock "
                "FROM products WHERE products.id = $1::INTEGER"
            ),
            "show_product",
        ),
        (
            (
                "SELECT products.id AS products_id, products.name AS products_name, products.stock AS products_stock "
                "FROM products WHERE products.id = $1::INTEGER FOR UPDATE"
            ),
            "lock",
        ),
        (
            "SELECT products.id, products.name, products.stock FROM products WHERE products.id = $1::INTEGER FOR UPDATE",
            "lock",
        ),
        (
            (
                "INSERT INTO orders (product_id, email, paid) VALUES ($1::INTEGER, $2::VARCHAR, $3::BOOLEAN) "
                "RETURNING orders.id"
            ),
            "place",
        ),
        ("UPDATE products SET name=$1::VARCHAR, stock=$2::INTEGER WHERE products.id = $3::INTEGER", "restock"),
        (
            (
                "SELECT products.id, products.name, products.stock, tags_1.id AS id_1, tags_1.name AS name_1 FROM products "
                "LEFT OUTER JOIN (product_tags AS product_tags_1 JOIN tags AS tags_1 ON tags_1.id = product_tags_1.tag_id) "
                "ON products.id = product_tags_1.product_id WHERE products.stock > $1::INTEGER"
            ),
            "with_tags",
        ),
        ("UPDATE orders SET email=$1::VARCHAR, paid=$2::BOOLEAN WHERE orders.id = $3::INTEGER", "pay"),
        ("SELECT email, count(*) FROM orders WHERE day = $1 GROUP BY ?", "report"),
        ("SELECT product_id FROM orders_2026 WHERE paid = false ORDER BY product_id", "report_of"),
    ],
)
def test_the_line_is_found(shop: Statements, statement: str, function: str) -> None:
    found = shop.origins(statement)
    assert functions(found) == [function]
    assert found[0].path == "api.py"
    assert found[0].confidence is not Confidence.HIGH, "another place may send the same text"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET note=$1::VARCHAR WHERE orders.id = $2::INTEGER",
        "SELECT invoices.id FROM invoices",
        "COMMIT;",
        "",
        "SELECT pg_sleep(?)",
        "SELECT orders.id AS orders_id FROM orders WHERE orders.email = $1 ORDER BY orders.id",
    ],
)
def test_nothing_is_named_where_nothing_fits(shop: Statements, statement: str) -> None:
    assert shop.origins(statement) == ()


def test_two_places_are_named_as_two(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "models.py").write_text(MODELS)
    twice = "".join(f"def {name}(session, id):\n    return session.get(Order, id)\n" for name in ("show", "show_again"))
    (tmp_path / "api.py").write_text(f"from models import Order\n{twice}")
    found = Statements(Project(tmp_path)).origins(
        "SELECT orders.id AS orders_id, orders.product_id AS orders_product_id, orders.email AS orders_email, "
        "orders.paid AS orders_paid FROM orders WHERE orders.id = $1::INTEGER"
    )
    assert sorted(functions(found)) == ["show", "show_again"]
    assert {one.confidence for one in found} == {Confidence.LOW}
    assert all("1 other place" in one.why for one in found)


AGGREGATES = """
from sqlalchemy import func, select
from models import Order

def kinds(): return select(func.count(func.distinct(Order.email))).where(Order.product_id == 1)
def plain(): return select(func.count(Order.email)).where(Order.product_id == 1)
def latest(): return select(Order.product_id, Order.email).distinct(Order.product_id).order_by(Order.product_id)
def usual(): return select(Order.product_id, func.mode().within_group(Order.email)).group_by(Order.product_id)
def paid(): return select(func.count(Order.id).filter(Order.paid.is_(True)), func.count(Order.id))
def ranked(): return select(Order.id, func.row_number().over(partition_by=Order.email, order_by=Order.product_id))
"""


@pytest.mark.parametrize("name", ["kinds", "plain", "latest", "usual", "paid", "ranked"])
def test_what_belongs_to_a_function_is_of_the_clause_it_stands_in(name: str, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "reports.py").write_text(AGGREGATES)
    told = {
        "kinds": "SELECT count(distinct(orders.email)) AS count_1 FROM orders WHERE orders.product_id = $1",
        "plain": "SELECT count(orders.email) AS count_1 FROM orders WHERE orders.product_id = $1",
        "latest": "SELECT DISTINCT ON (orders.product_id) orders.product_id, orders.email FROM orders ORDER BY orders.product_id",
        "usual": "SELECT orders.product_id, mode() WITHIN GROUP (ORDER BY orders.email) AS anon_1 FROM orders "
        "GROUP BY orders.product_id",
        "paid": "SELECT count(orders.id) FILTER (WHERE orders.paid IS true) AS anon_1, count(orders.id) AS count_1 FROM orders",
        "ranked": "SELECT orders.id, row_number() OVER (PARTITION BY orders.email ORDER BY orders.product_id) AS anon_1 FROM orders",
    }
    (origin,) = Statements(Project(tmp_path)).origins(told[name])
    assert (origin.function, origin.confidence) == (name, Confidence.MEDIUM)


WORDS = """
from sqlalchemy import distinct, select, update
from models import Order, Product
from sqlalchemy.orm import Mapped, mapped_column
from models import Base

class Setting(Base):
    __tablename__ = "settings"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    text: Mapped[str]

def named(): return update(Setting).where(Setting.id == 1).values(key="a", text="b")

def chosen(kind):
    if kind == "a":
        inner = select(Order.email, Order.paid).where(Order.product_id == 1)
    else:
        inner = select(Product.name, Product.stock).where(Product.stock > 1)
    return select(distinct(inner.c.email)).where(~inner.c.email.in_([1]))
"""


def test_a_column_may_be_called_as_a_word_of_sql_and_what_is_unsaid_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "settings.py").write_text(WORDS)
    statements = Statements(Project(tmp_path))
    (origin,) = statements.origins(
        "UPDATE settings SET key=$1::VARCHAR, text=$2::VARCHAR WHERE settings.id = $3::INTEGER"
    )
    assert (origin.function, origin.confidence) == ("named", Confidence.MEDIUM)
    assert statements.origins("SELECT orders.email, orders.paid FROM orders WHERE orders.email NOT IN ($1)") == ()
