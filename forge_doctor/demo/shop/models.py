"""The shop's tables."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Registry of the shop's tables."""


class Product(Base):
    """Something to buy."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stock: Mapped[int]


class Order(Base):
    """One product for one customer."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    email: Mapped[str]
    paid: Mapped[bool] = mapped_column(default=False)
    receipt_sent: Mapped[bool] = mapped_column(default=False)
    product: Mapped[Product] = relationship()


class Wish(Base):
    """A product a customer would like to have one day."""

    __tablename__ = "wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    email: Mapped[str]
